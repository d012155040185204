"""Backpropagation through time, by hand."""

import torch

from harness import hookimpl


class LinearRNN:
    """h_t = W_hx x_t + W_hh h_{t-1}, o_t = W_qh h_t, and its gradients."""

    def __init__(self, params):
        self.W_hx, self.W_hh, self.W_qh = params["W_hx"], params["W_hh"], params["W_qh"]

    def run(self, inputs):
        h = self.W_hh.new_zeros(self.W_hh.shape[0])
        self.inputs, self.hiddens = inputs, [h]
        for x in inputs:
            h = self.W_hx @ x + self.W_hh @ h
            self.hiddens.append(h)
        return torch.stack([self.W_qh @ h for h in self.hiddens[1:]])

    def output_errors(self, inputs, targets):
        return (self.run(inputs) - targets) / len(inputs)

    def gradients(self, inputs, targets, horizon=None, xi=None):
        errors = self.output_errors(inputs, targets)
        grads = {
            "W_hx": torch.zeros_like(self.W_hx),
            "W_hh": torch.zeros_like(self.W_hh),
            "W_qh": sum(torch.outer(e, h) for e, h in zip(errors, self.hiddens[1:])),
        }
        for t, error in enumerate(errors):
            reach = t if horizon is None else min(t, horizon)
            signal = self.W_qh.T @ error
            for s in range(t, t - reach - 1, -1):
                grads["W_hx"] += torch.outer(signal, inputs[s])
                grads["W_hh"] += torch.outer(signal, self.hiddens[s])
                signal = self.W_hh.T @ signal
                if xi is not None:
                    signal = signal * xi[s]
        return grads


class TanhRNNBackward:
    """Reverse sweep through a tanh RNN."""

    def __init__(self, inputs, state, params):
        self.inputs, self.params = inputs, params
        self.states = [state]
        for X in inputs:
            state = torch.tanh(X @ params["W_xh"] + state @ params["W_hh"] + params["b_h"])
            self.states.append(state)

    def sweep(self, grad_outputs):
        grads = {name: torch.zeros_like(value) for name, value in self.params.items()}
        grads["inputs"] = torch.zeros_like(self.inputs)
        carried = torch.zeros_like(self.states[0])
        for t in reversed(range(len(self.inputs))):
            before = (grad_outputs[t] + carried) * (1 - self.states[t + 1] ** 2)
            grads["W_xh"] += self.inputs[t].T @ before
            grads["W_hh"] += self.states[t].T @ before
            grads["b_h"] += before.sum(0)
            grads["inputs"][t] = before @ self.params["W_xh"].T
            carried = before @ self.params["W_hh"].T
        grads["state"] = carried
        return grads


@hookimpl
def linear_rnn_gradients(inputs, targets, params):
    return LinearRNN(params).gradients(inputs, targets)


@hookimpl
def truncated_gradients(inputs, targets, params, tau):
    return LinearRNN(params).gradients(inputs, targets, horizon=tau)


@hookimpl
def randomized_gradients(inputs, targets, params, xi):
    return LinearRNN(params).gradients(inputs, targets, xi=xi)


@hookimpl
def truncation_weights(pi, generator):
    kept = torch.rand(pi.shape, generator=generator, dtype=torch.float64).to(pi.device) < pi
    return torch.where(kept, 1 / pi, torch.zeros_like(pi))


@hookimpl
def rnn_gradients(inputs, state, params, grad_outputs):
    return TanhRNNBackward(inputs, state, params).sweep(grad_outputs)


@hookimpl
def state_gradient_norms(W_hh, grad, num_steps):
    norms = []
    for _ in range(num_steps):
        norms.append(grad.norm())
        grad = W_hh.T @ grad
    return torch.stack(norms)
