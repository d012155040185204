"""Style: NumPy inside. Tensors become arrays at the door, all work is done by hand on arrays, and back again."""

import numpy as np
import torch

from harness import hookimpl


def arrays(params):
    return {name: value.cpu().numpy() for name, value in params.items()}


def tensors(found, like):
    return {name: torch.from_numpy(np.ascontiguousarray(value)).to(like.device) for name, value in found.items()}


def simulate(x, w):
    """The states, a row each, h_0 = 0 first."""
    h = np.zeros((x.shape[0] + 1, w["W_hh"].shape[0]), dtype=x.dtype)
    for t in range(x.shape[0]):
        h[t + 1] = w["W_hx"].dot(x[t]) + w["W_hh"].dot(h[t])
    return h


def mistakes(h, y, w):
    """The loss's derivative by the outputs."""
    return (h[1:].dot(w["W_qh"].T) - y) / y.shape[0]


@hookimpl
def linear_rnn_gradients(inputs, targets, params):
    x, y, w = inputs.cpu().numpy(), targets.cpu().numpy(), arrays(params)
    h = simulate(x, w)
    e = mistakes(h, y, w)
    dh = e.dot(w["W_qh"])
    for t in range(x.shape[0] - 2, -1, -1):
        dh[t] += dh[t + 1].dot(w["W_hh"])
    return tensors({"W_hx": dh.T.dot(x), "W_hh": dh.T.dot(h[:-1]), "W_qh": e.T.dot(h[1:])}, inputs)


@hookimpl
def truncated_gradients(inputs, targets, params, tau):
    x, y, w = inputs.cpu().numpy(), targets.cpu().numpy(), arrays(params)
    T, h = x.shape[0], simulate(x, w)
    e = mistakes(h, y, w)
    direct = e.dot(w["W_qh"])
    travelling, total = direct.copy(), direct.copy()  # row t of travelling: of the loss t + k, after k products
    for k in range(1, min(tau, T - 1) + 1):
        travelling = travelling[1:].dot(w["W_hh"])
        total[: T - k] += travelling
    answer = {"W_hx": total.T.dot(x), "W_hh": total.T.dot(h[:-1]), "W_qh": e.T.dot(h[1:])}
    return tensors(answer, inputs)


@hookimpl
def randomized_gradients(inputs, targets, params, xi):
    x, y, w, keep = inputs.cpu().numpy(), targets.cpu().numpy(), arrays(params), xi.cpu().numpy()
    h = simulate(x, w)
    e = mistakes(h, y, w)
    g = e.dot(w["W_qh"])
    for step in reversed(range(1, x.shape[0])):
        g[step - 1] += keep[step] * g[step].dot(w["W_hh"])
    by_input, by_state, by_output = g.T.dot(x), g.T.dot(h[:-1]), e.T.dot(h[1:])
    return tensors({"W_hx": by_input, "W_hh": by_state, "W_qh": by_output}, inputs)


@hookimpl
def truncation_weights(pi, generator):
    p = pi.cpu().numpy()
    u = torch.rand(p.shape[0], dtype=torch.float64, generator=generator).numpy()
    weights = np.zeros_like(p)
    weights[u < p] = 1 / p[u < p]
    return torch.from_numpy(weights).to(pi.device)


@hookimpl
def rnn_gradients(inputs, state, params, grad_outputs):
    x, G, w = inputs.cpu().numpy(), grad_outputs.cpu().numpy(), arrays(params)
    T, n, _ = x.shape
    H = np.empty((T + 1, *state.shape), dtype=x.dtype)
    H[0] = state.cpu().numpy()
    for t in range(T):
        H[t + 1] = np.tanh(x[t].dot(w["W_xh"]) + H[t].dot(w["W_hh"]) + w["b_h"])
    inner = np.zeros_like(G)
    dnext = np.zeros_like(H[0])
    for t in range(T)[::-1]:
        dh = G[t] + dnext
        inner[t] = dh * (1 - H[t + 1] * H[t + 1])
        dnext = inner[t].dot(w["W_hh"].T)
    flat = inner.reshape(T * n, -1)
    found = {
        "W_xh": x.reshape(T * n, -1).T.dot(flat),
        "W_hh": H[:-1].reshape(T * n, -1).T.dot(flat),
        "b_h": flat.sum(axis=0),
        "inputs": inner.dot(w["W_xh"].T),
        "state": dnext,
    }
    return tensors(found, inputs)


@hookimpl
def state_gradient_norms(W_hh, grad, num_steps):
    W, g = W_hh.cpu().numpy(), grad.cpu().numpy()
    norms = np.empty(num_steps, dtype=g.dtype)
    for j in range(num_steps):
        norms[j] = np.linalg.norm(g)
        g = g.dot(W)
    return torch.from_numpy(norms).to(grad.device)
