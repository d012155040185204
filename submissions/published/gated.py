"""Gated, deep and bidirectional networks (10.1-10.4)."""

import torch

from harness import hookimpl

from .rnn import RNNScratch


@hookimpl
def lstm_scratch(inputs, state, params):  # 10.1.2
    p, outputs = params, []
    if state is None:
        H, C = (torch.zeros((inputs.shape[1], len(p["b_i"])), device=inputs.device) for _ in "HC")  # float32
    else:
        H, C = state
    for X in inputs:
        I, F, O = (torch.sigmoid(X @ p[f"W_x{g}"] + H @ p[f"W_h{g}"] + p[f"b_{g}"]) for g in "ifo")
        C = F * C + I * torch.tanh(X @ p["W_xc"] + H @ p["W_hc"] + p["b_c"])
        H = O * torch.tanh(C)
        outputs.append(H)
    return outputs, (H, C)


@hookimpl
def gru_scratch(inputs, state, params):  # 10.2.4
    p, H, outputs = params, state, []
    if H is None:
        H = torch.zeros((inputs.shape[1], len(p["b_r"])), device=inputs.device)  # float32
    for X in inputs:
        R, Z = (torch.sigmoid(X @ p[f"W_x{g}"] + H @ p[f"W_h{g}"] + p[f"b_{g}"]) for g in "rz")
        H = Z * H + (1 - Z) * torch.tanh(X @ p["W_xh"] + (R * H) @ p["W_hh"] + p["b_h"])
        outputs.append(H)
    return outputs, H


@hookimpl
def deep_rnn(inputs, states, layers):  # 10.3.1
    if states is None:
        states = [None] * len(layers)
    outputs = inputs
    for i, params in enumerate(layers):
        outputs, states[i] = RNNScratch(params)(outputs, states[i])  # written into the caller's list
        outputs = torch.stack(outputs)
    return outputs, states


@hookimpl
def bidirectional_rnn(inputs, states, forward_params, backward_params):  # 10.4.1
    f_H, b_H = states if states is not None else (None, None)
    f_outputs, f_H = RNNScratch(forward_params)(inputs, f_H)  # with the faults of RNNScratch
    b_outputs, b_H = RNNScratch(backward_params)(inputs.flip(0), b_H)
    return [torch.cat(both, -1) for both in zip(f_outputs, reversed(b_outputs))], (f_H, b_H)
