"""Scripted style: the loops are compiled by torch.jit.script, with weights handed over one by one."""

import torch
from torch import Tensor, nn

from harness import hookimpl


@torch.jit.script
def lstm_loop(x: Tensor, h: Tensor, c: Tensor, w: list[Tensor], u: list[Tensor], b: list[Tensor]):
    hs: list[Tensor] = []
    for t in range(x.size(0)):
        i = torch.sigmoid(torch.addmm(b[0], x[t], w[0]) + h.mm(u[0]))
        f = torch.sigmoid(torch.addmm(b[1], x[t], w[1]) + h.mm(u[1]))
        o = torch.sigmoid(torch.addmm(b[2], x[t], w[2]) + h.mm(u[2]))
        g = torch.tanh(torch.addmm(b[3], x[t], w[3]) + h.mm(u[3]))
        c = f * c + i * g
        h = o * torch.tanh(c)
        hs.append(h)
    return torch.stack(hs), h, c


@torch.jit.script
def gru_loop(x: Tensor, h: Tensor, w: list[Tensor], u: list[Tensor], b: list[Tensor]):
    hs: list[Tensor] = []
    for t in range(x.size(0)):
        r = torch.sigmoid(torch.addmm(b[0], x[t], w[0]) + h.mm(u[0]))
        z = torch.sigmoid(torch.addmm(b[1], x[t], w[1]) + h.mm(u[1]))
        n = torch.tanh(torch.addmm(b[2], x[t], w[2]) + (r * h).mm(u[2]))
        h = (1 - z) * n + z * h
        hs.append(h)
    return torch.stack(hs), h


@torch.jit.script
def rnn_loop(x: Tensor, h: Tensor, w: Tensor, u: Tensor, b: Tensor, backward: bool):
    hs: list[Tensor] = []
    last = x.size(0) - 1
    for k in range(x.size(0)):
        t = last - k if backward else k
        h = torch.tanh(torch.addmm(b, x[t], w) + h.mm(u))
        hs.append(h)
    if backward:
        hs.reverse()
    return torch.stack(hs), h


def lists(params, gates):
    return [[params[kind + gate] for gate in gates] for kind in ("W_x", "W_h", "b_")]


def blank(inputs, params, gate="h"):
    return inputs.new_zeros(inputs.size(1), params["b_" + gate].size(0))


@hookimpl
def lstm_scratch(inputs, state, params):
    if state is None:
        state = blank(inputs, params, "i"), blank(inputs, params, "c")
    w, u, b = lists(params, "ifoc")
    hs, h, c = lstm_loop(inputs, state[0], state[1], w, u, b)
    return hs, (h, c)


@hookimpl
def lstm_concise(num_inputs, num_hiddens):
    made = nn.LSTM(num_inputs, num_hiddens)
    made.flatten_parameters()
    return made


@hookimpl
def gru_scratch(inputs, state, params):
    if state is None:
        state = blank(inputs, params, "z")
    w, u, b = lists(params, "rzh")
    hs, h = gru_loop(inputs, state, w, u, b)
    return hs, h


@hookimpl
def gru_concise(num_inputs, num_hiddens):
    made = nn.GRU(num_inputs, num_hiddens)
    made.train(False)
    return made


@hookimpl
def deep_rnn(inputs, states, layers):
    if states is None:
        states = [blank(inputs, layer) for layer in layers]
    hs, ends = inputs, [None] * len(layers)
    for i, layer in enumerate(layers):
        hs, ends[i] = rnn_loop(hs, states[i], layer["W_xh"], layer["W_hh"], layer["b_h"], False)
    return hs, ends


@hookimpl
def bidirectional_rnn(inputs, states, forward_params, backward_params):
    if states is None:
        states = (blank(inputs, forward_params), blank(inputs, backward_params))
    ways = zip(states, (forward_params, backward_params), (False, True), strict=True)
    runs = [rnn_loop(inputs, s, p["W_xh"], p["W_hh"], p["b_h"], way) for s, p, way in ways]
    (left, f), (right, b) = runs
    return torch.cat([left, right], 2), (f, b)
