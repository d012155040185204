"""Style: compiled. The loops are TorchScript functions; the hooks only call them."""

import torch

from harness import hookimpl


@torch.jit.script
def compiled_states(inputs: torch.Tensor, W_hx: torch.Tensor, W_hh: torch.Tensor) -> torch.Tensor:
    states = [torch.zeros_like(W_hh[0])]
    for t in range(inputs.size(0)):
        states.append(torch.mv(W_hx, inputs[t]) + torch.mv(W_hh, states[t]))
    return torch.stack(states)


@torch.jit.script
def compiled_back(direct: torch.Tensor, W_hh: torch.Tensor, xi: torch.Tensor, reach: int) -> torch.Tensor:
    arrived = torch.zeros_like(direct)
    for t in range(direct.size(0)):
        signal = direct[t]
        for k in range(min(reach, t) + 1):
            arrived[t - k] += signal
            signal = xi[t - k] * torch.mv(W_hh.t(), signal)
    return arrived


@torch.jit.script
def compiled_tanh(
    x: torch.Tensor, H: torch.Tensor, W_xh: torch.Tensor, W_hh: torch.Tensor, b_h: torch.Tensor
) -> torch.Tensor:
    states = [H]
    for t in range(x.size(0)):
        H = torch.tanh(torch.mm(x[t], W_xh) + torch.mm(H, W_hh) + b_h)
        states.append(H)
    return torch.stack(states)


@torch.jit.script
def compiled_reverse(G: torch.Tensor, states: torch.Tensor, W_hh: torch.Tensor) -> torch.Tensor:
    inner = torch.zeros_like(G)
    carried = torch.zeros_like(states[0])
    for k in range(G.size(0)):
        t = G.size(0) - 1 - k
        inner[t] = (G[t] + carried) * (1.0 - states[t + 1] * states[t + 1])
        carried = torch.mm(inner[t], W_hh.t())
    return inner


@torch.jit.script
def compiled_norms(W_hh: torch.Tensor, grad: torch.Tensor, num_steps: int) -> torch.Tensor:
    norms = torch.zeros(num_steps, dtype=grad.dtype, device=grad.device)
    for j in range(num_steps):
        norms[j] = torch.sqrt(torch.sum(grad * grad))
        grad = torch.mv(W_hh.t(), grad)
    return norms


def linear(inputs, targets, params, xi, reach):
    states = compiled_states(inputs, params["W_hx"], params["W_hh"])
    slopes = (states[1:] @ params["W_qh"].t() - targets) / inputs.size(0)
    arrived = compiled_back(slopes @ params["W_qh"], params["W_hh"], xi, reach)
    return {"W_hx": arrived.t() @ inputs, "W_hh": arrived.t() @ states[:-1], "W_qh": slopes.t() @ states[1:]}


@hookimpl
def linear_rnn_gradients(inputs, targets, params):
    return linear(inputs, targets, params, torch.ones_like(inputs[:, 0]), len(inputs))


@hookimpl
def truncated_gradients(inputs, targets, params, tau):
    return linear(inputs, targets, params, torch.ones_like(inputs[:, 0]), tau)


@hookimpl
def randomized_gradients(inputs, targets, params, xi):
    return linear(inputs, targets, params, xi, len(inputs))


@hookimpl
def truncation_weights(pi, generator):
    return torch.bernoulli(pi.cpu(), generator=generator).to(pi.device) / pi


@hookimpl
def rnn_gradients(inputs, state, params, grad_outputs):
    states = compiled_tanh(inputs, state, params["W_xh"], params["W_hh"], params["b_h"])
    inner = compiled_reverse(grad_outputs, states, params["W_hh"])
    return {
        "W_xh": torch.tensordot(inputs, inner, dims=([0, 1], [0, 1])),
        "W_hh": torch.tensordot(states[:-1], inner, dims=([0, 1], [0, 1])),
        "b_h": inner.sum((0, 1)),
        "inputs": inner @ params["W_xh"].t(),
        "state": inner[0] @ params["W_hh"].t(),
    }


@hookimpl
def state_gradient_norms(W_hh, grad, num_steps):
    return compiled_norms(W_hh, grad, num_steps)
