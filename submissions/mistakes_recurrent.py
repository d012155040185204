"""Typical mistakes in recurrent networks: a detached state, PyTorch's GRU, an LSTM that forgets tanh, 1/T dropped."""

import torch

from harness import hookimpl


def zeros(inputs, params, bias):
    return torch.zeros(inputs.shape[1], len(params[bias]), dtype=inputs.dtype, device=inputs.device)


@hookimpl
def rnn_scratch(inputs, state, params):
    H = zeros(inputs, params, "b_h") if state is None else state
    outputs = []
    for X in inputs:
        H = torch.tanh(X @ params["W_xh"] + H.detach() @ params["W_hh"] + params["b_h"])
        outputs.append(H)
    return torch.stack(outputs), H


@hookimpl
def lstm_scratch(inputs, state, params):
    p = params
    H, C = (zeros(inputs, p, "b_i"), zeros(inputs, p, "b_i")) if state is None else state
    outputs = []
    for X in inputs:
        I = torch.sigmoid(X @ p["W_xi"] + H @ p["W_hi"] + p["b_i"])
        F = torch.sigmoid(X @ p["W_xf"] + H @ p["W_hf"] + p["b_f"])
        O = torch.sigmoid(X @ p["W_xo"] + H @ p["W_ho"] + p["b_o"])
        C = F * C + I * torch.tanh(X @ p["W_xc"] + H @ p["W_hc"] + p["b_c"])
        H = O * C
        outputs.append(H)
    return torch.stack(outputs), (H, C)


@hookimpl
def gru_scratch(inputs, state, params):
    p = params
    H = zeros(inputs, p, "b_r") if state is None else state
    outputs = []
    for X in inputs:
        R = torch.sigmoid(X @ p["W_xr"] + H @ p["W_hr"] + p["b_r"])
        Z = torch.sigmoid(X @ p["W_xz"] + H @ p["W_hz"] + p["b_z"])
        H_tilde = torch.tanh(X @ p["W_xh"] + R * (H @ p["W_hh"]) + p["b_h"])
        H = Z * H + (1 - Z) * H_tilde
        outputs.append(H)
    return torch.stack(outputs), H


@hookimpl
def deep_rnn(inputs, states, layers):
    final = []
    for i, p in enumerate(layers):
        H = zeros(inputs, p, "b_h") if states is None else states[i]
        outputs = []
        for X in inputs:
            H = torch.tanh(X @ p["W_xh"] + H @ p["W_hh"] + p["b_h"])
            outputs.append(H)
        inputs = torch.stack(outputs)
        final.append(H)
    return inputs, final


@hookimpl
def clip_gradients(parameters, max_norm):
    for p in parameters:  # a norm for each, where one norm over all was asked for
        if p.grad is not None and p.grad.norm() > max_norm:
            p.grad *= max_norm / p.grad.norm()


@hookimpl
def linear_rnn_gradients(inputs, targets, params):
    h = [torch.zeros_like(params["W_hh"][0])]
    for x in inputs:
        h.append(params["W_hx"] @ x + params["W_hh"] @ h[-1])
    grads = {name: torch.zeros_like(value) for name, value in params.items()}
    carried = torch.zeros_like(h[0])
    for t in range(len(inputs), 0, -1):
        error = params["W_qh"] @ h[t] - targets[t - 1]  # the mean over T is missing
        carried = params["W_hh"].T @ carried + params["W_qh"].T @ error
        grads["W_qh"] += torch.outer(error, h[t])
        grads["W_hh"] += torch.outer(carried, h[t - 1])
        grads["W_hx"] += torch.outer(carried, inputs[t - 1])
    return grads
