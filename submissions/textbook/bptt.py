"""Backpropagation through time, by the chain rule (9.7)."""

import torch

from harness import hookimpl


class LinearRNN:
    """h_t = W_hx x_t + W_hh h_{t-1}, o_t = W_qh h_t, and L the mean of half the squared errors (9.7.2)."""

    def __init__(self, params):
        self.W_hx, self.W_hh, self.W_qh = params["W_hx"], params["W_hh"], params["W_qh"]

    def forward(self, inputs, targets):
        h = [torch.zeros_like(self.W_hh[0])]
        for x in inputs:
            h.append(self.W_hx @ x + self.W_hh @ h[-1])
        self.inputs, self.before, self.hiddens = inputs, torch.stack(h[:-1]), torch.stack(h[1:])
        self.dL_do = (self.hiddens @ self.W_qh.T - targets) / len(inputs)  # 9.7.11
        return self

    def gradients(self, dL_dh):
        return {
            "W_hx": dL_dh.T @ self.inputs,  # 9.7.16
            "W_hh": dL_dh.T @ self.before,
            "W_qh": self.dL_do.T @ self.hiddens,  # 9.7.12
        }

    def backward(self, xi):
        """dL/dh_t, from the last step to the first; xi weighs each way back (9.7.8, 9.7.14)."""
        own = self.dL_do @ self.W_qh
        rows = [own[-1]]
        for t in range(len(own) - 1, 0, -1):
            rows.append(own[t - 1] + xi[t] * (self.W_hh.T @ rows[-1]))
        return self.gradients(torch.stack(rows[::-1]))

    def truncated(self, tau):
        """Each step's error goes back tau steps and no further (9.7.7)."""
        going = self.dL_do @ self.W_qh
        total = going.clone()
        for _ in range(min(tau, len(total) - 1)):
            going = going[1:] @ self.W_hh  # a step back: the first falls off
            total[: len(going)] += going
        return self.gradients(total)


class TanhRNN:
    """The cell of 9.4.2, with its way back."""

    def __init__(self, params):
        self.W_xh, self.W_hh, self.b_h = params["W_xh"], params["W_hh"], params["b_h"]

    def forward(self, inputs, state):
        states = [state]
        for X in inputs:
            states.append(torch.tanh(X @ self.W_xh + states[-1] @ self.W_hh + self.b_h))
        return torch.stack(states)

    def backward(self, inputs, state, grad_outputs):
        states = self.forward(inputs, state)
        slope = 1 - states[1:] ** 2
        deltas, later = [], torch.zeros_like(state)
        for t in reversed(range(len(inputs))):
            deltas.append((grad_outputs[t] + later) * slope[t])
            later = deltas[-1] @ self.W_hh.T
        deltas = torch.stack(deltas[::-1])
        return {
            "W_xh": (inputs.transpose(1, 2) @ deltas).sum(0),
            "W_hh": (states[:-1].transpose(1, 2) @ deltas).sum(0),
            "b_h": deltas.sum((0, 1)),
            "inputs": deltas @ self.W_xh.T,
            "state": later,
        }


@hookimpl
def linear_rnn_gradients(inputs, targets, params):
    return LinearRNN(params).forward(inputs, targets).backward(torch.ones_like(inputs[:, 0]))


@hookimpl
def truncated_gradients(inputs, targets, params, tau):
    return LinearRNN(params).forward(inputs, targets).truncated(tau)


@hookimpl
def randomized_gradients(inputs, targets, params, xi):
    return LinearRNN(params).forward(inputs, targets).backward(xi)


@hookimpl
def truncation_weights(pi, generator):  # 9.7.1.3
    drawn = torch.rand(pi.shape, generator=generator, dtype=torch.float64).to(pi.device)
    return (drawn < pi) / pi


@hookimpl
def rnn_gradients(inputs, state, params, grad_outputs):
    return TanhRNN(params).backward(inputs, state, grad_outputs)


@hookimpl
def state_gradient_norms(W_hh, grad, num_steps):  # 9.7.15
    norms = []
    for _ in range(num_steps):
        norms.append(torch.linalg.norm(grad))
        grad = W_hh.T @ grad
    return torch.stack(norms)
