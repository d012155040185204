"""Chatty style: prints what it does, warns of what it supposes, and spells sigmoid and tanh out itself."""

import sys
import warnings

import torch
from torch import nn

from harness import hookimpl


def sigmoid(a):
    return 1 / (1 + torch.exp(-a))


def tanh(a):
    return 2 * sigmoid(2 * a) - 1


def say(*words):
    print("[gated]", *words)


def zeros_for(inputs, name, bias):
    warnings.warn(f"no {name} given, starting from zeros", stacklevel=2)
    return torch.zeros(inputs.shape[1], len(bias)).to(inputs)


@hookimpl
def lstm_scratch(inputs, state, params):
    say("an LSTM over", len(inputs), "steps")
    if state is None:
        H, C = zeros_for(inputs, "H", params["b_i"]), zeros_for(inputs, "C", params["b_c"])
    else:
        H, C = state
    W_xi, W_hi, b_i = params["W_xi"], params["W_hi"], params["b_i"]
    W_xf, W_hf, b_f = params["W_xf"], params["W_hf"], params["b_f"]
    W_xo, W_ho, b_o = params["W_xo"], params["W_ho"], params["b_o"]
    W_xc, W_hc, b_c = params["W_xc"], params["W_hc"], params["b_c"]
    outs = torch.empty(0).to(inputs)
    for t, X in enumerate(inputs):
        i = sigmoid(X @ W_xi + H @ W_hi + b_i)
        f = sigmoid(X @ W_xf + H @ W_hf + b_f)
        o = sigmoid(X @ W_xo + H @ W_ho + b_o)
        new = tanh(X @ W_xc + H @ W_hc + b_c)
        C = f * C + i * new
        H = o * tanh(C)
        outs = H[None] if t == 0 else torch.cat([outs, H[None]])
        print(f"step {t}: |H| is {float(H.detach().norm()):.3f}", file=sys.stderr)
    return outs, (H, C)


@hookimpl
def lstm_concise(num_inputs, num_hiddens):
    say("making an LSTM", num_inputs, "->", num_hiddens)
    lstm = nn.LSTM(num_inputs, num_hiddens)
    say("it has", sum(p.numel() for p in lstm.parameters()), "parameters")
    return lstm


@hookimpl
def gru_scratch(inputs, state, params):
    say("a GRU over", len(inputs), "steps")
    H = zeros_for(inputs, "state", params["b_h"]) if state is None else state
    W_xr, W_hr, b_r = params["W_xr"], params["W_hr"], params["b_r"]
    W_xz, W_hz, b_z = params["W_xz"], params["W_hz"], params["b_z"]
    W_xh, W_hh, b_h = params["W_xh"], params["W_hh"], params["b_h"]
    outs = []
    for t, X in enumerate(inputs):
        r = sigmoid(X @ W_xr + H @ W_hr + b_r)
        z = sigmoid(X @ W_xz + H @ W_hz + b_z)
        h = tanh(X @ W_xh + (r * H) @ W_hh + b_h)
        H = H * z + h * (1 - z)
        outs.append(H)
        print(f"step {t}: |H| is {float(H.detach().norm()):.3f}", file=sys.stderr)
    return torch.stack(tuple(outs)), H


@hookimpl
def gru_concise(num_inputs, num_hiddens):
    say("making a GRU", num_inputs, "->", num_hiddens)
    gru = nn.GRU(num_inputs, num_hiddens)
    say("a GRU has", sum(p.numel() for p in gru.parameters()), "parameters")
    return gru


@hookimpl
def deep_rnn(inputs, states, layers):
    say(len(layers), "layers over", len(inputs), "steps")
    ends = []
    seq = inputs
    for i in range(len(layers)):
        W_xh, W_hh, b_h = (layers[i][name] for name in ("W_xh", "W_hh", "b_h"))
        H = zeros_for(inputs, f"state of layer {i}", b_h) if states is None else states[i]
        outs = []
        for X in seq:
            H = tanh(X @ W_xh + H @ W_hh + b_h)
            outs.append(H)
        seq = torch.stack(outs)
        ends.append(H)
        say("layer", i, "is done")
    return seq, ends


@hookimpl
def bidirectional_rnn(inputs, states, forward_params, backward_params):
    say("two directions over", len(inputs), "steps")
    T = len(inputs)
    if states is None:
        F = zeros_for(inputs, "forward state", forward_params["b_h"])
        B = zeros_for(inputs, "backward state", backward_params["b_h"])
    else:
        F, B = states
    forward, backward = [None] * T, [None] * T
    for t in range(T):
        F = tanh(inputs[t] @ forward_params["W_xh"] + F @ forward_params["W_hh"] + forward_params["b_h"])
        forward[t] = F
    say("and now back")
    for t in range(T - 1, -1, -1):
        B = tanh(inputs[t] @ backward_params["W_xh"] + B @ backward_params["W_hh"] + backward_params["b_h"])
        backward[t] = B
    return torch.cat([torch.stack(forward), torch.stack(backward)], dim=2), (F, B)
