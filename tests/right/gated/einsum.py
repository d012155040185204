"""Einsum style: gates stacked on an axis of their own, index loops over time, time outside and layers inside."""

import torch
from torch import einsum, nn

from harness import hookimpl

INPUT_SHARE = "tnd,gdh->tgnh"
STATE_SHARE = "nh,ghk->gnk"


def on_one_axis(params, prefix, gates):
    return torch.stack([params[prefix + gate] for gate in gates])


@hookimpl
def lstm_scratch(inputs, state, params):
    W_x, W_h, b = (on_one_axis(params, prefix, "ifoc") for prefix in ("W_x", "W_h", "b_"))
    T, n, _ = inputs.shape
    H, C = state or (inputs.new_zeros(n, b.shape[1]), inputs.new_zeros(n, b.shape[1]))
    pre = einsum(INPUT_SHARE, inputs, W_x) + b[:, None, :]
    history = []
    for t in range(T):
        a = pre[t] + einsum(STATE_SHARE, H, W_h)
        enter, keep, show = torch.sigmoid(a[:3])
        C = einsum("gnh,gnh->nh", torch.stack([keep, enter]), torch.stack([C, torch.tanh(a[3])]))
        H = show * torch.tanh(C)
        history.append(H)
    return torch.stack(history, dim=0), (H, C)


@hookimpl
def lstm_concise(num_inputs, num_hiddens):
    class Wrapped(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = nn.LSTM(num_inputs, num_hiddens)

        def forward(self, x, hc=None):
            y, (h, c) = self.inner(x, hc)
            return y, (h, c)

    return Wrapped()


@hookimpl
def gru_scratch(inputs, state, params):
    W_x, W_h, b = (on_one_axis(params, prefix, "rzh") for prefix in ("W_x", "W_h", "b_"))
    T, n, _ = inputs.shape
    S = inputs.new_zeros(n, b.shape[1]) if state is None else state
    pre = einsum(INPUT_SHARE, inputs, W_x) + b[:, None, :]
    trail = []
    for t in range(T):
        R, Z = torch.sigmoid(pre[t, :2] + einsum(STATE_SHARE, S, W_h[:2]))
        G = torch.tanh(pre[t, 2] + einsum("nh,nh,hk->nk", R, S, W_h[2]))
        S = einsum("nh,nh->nh", Z, S) + einsum("nh,nh->nh", 1 - Z, G)
        trail.append(S)
    return torch.stack(trail, dim=0), S


@hookimpl
def gru_concise(num_inputs, num_hiddens):
    class Wrapper(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = nn.GRU(num_inputs, num_hiddens)

        def forward(self, x, h=None):
            y, h_n = self.inner(x, h)
            return y, h_n

    return Wrapper()


@hookimpl
def deep_rnn(inputs, states, layers):
    T, n, _ = inputs.shape
    current = [inputs.new_zeros(n, p["b_h"].shape[0]) for p in layers] if states is None else list(states)
    tops = []
    for t in range(T):
        x = inputs[t]
        for k, p in enumerate(layers):
            x = torch.tanh(einsum("ni,ih->nh", x, p["W_xh"]) + einsum("nk,kh->nh", current[k], p["W_hh"]) + p["b_h"])
            current[k] = x
        tops.append(x)
    return torch.stack(tops), current


@hookimpl
def bidirectional_rnn(inputs, states, forward_params, backward_params):
    T, n, _ = inputs.shape

    def walk(times, params, start):
        W_x, W_h, b = params["W_xh"], params["W_hh"], params["b_h"]
        s = inputs.new_zeros(n, b.shape[0]) if start is None else start
        half = {}
        for t in times:
            s = torch.tanh(einsum("nd,dh->nh", inputs[t], W_x) + einsum("nk,kh->nh", s, W_h) + b)
            half[t] = s
        return half, s

    begin_left, begin_right = states or (None, None)
    left, left_end = walk(range(T), forward_params, begin_left)
    right, right_end = walk(reversed(range(T)), backward_params, begin_right)
    rows = [torch.cat((left[t], right[t]), dim=-1) for t in range(T)]
    return torch.stack(rows), (left_end, right_end)
