"""Fused style: the weights of all gates side by side, all inputs multiplied at once, one product a step."""

import torch
from torch import nn

from harness import hookimpl


def side_by_side(params, gates):
    """W_x (d, gh), W_h (h, gh) and b (gh,) of several gates."""
    return [torch.cat([params[name + gate] for gate in gates], dim=-1) for name in ("W_x", "W_h", "b_")]


@hookimpl
def lstm_scratch(inputs, state, params):
    W_x, W_h, b = side_by_side(params, "ifoc")
    h = params["b_c"].shape[0]
    if state is None:
        hidden, memory = inputs.new_zeros(2, inputs.shape[1], h)
    else:
        hidden, memory = state
    shown = []
    for share in inputs @ W_x + b:  # (n, 4h)
        summed = share + hidden @ W_h
        i, f, o = summed[:, : 3 * h].sigmoid().chunk(3, dim=1)
        candidate = summed[:, 3 * h :].tanh()
        memory = torch.addcmul(f * memory, i, candidate)
        hidden = o * memory.tanh()
        shown.append(hidden)
    return torch.stack(shown), (hidden, memory)


@hookimpl
def lstm_concise(num_inputs, num_hiddens):
    sizes = {"input_size": num_inputs, "hidden_size": num_hiddens}
    return nn.LSTM(**sizes)


@hookimpl
def gru_scratch(inputs, state, params):
    W_x, W_h, b = side_by_side(params, "rz")
    h = params["b_h"].shape[0]
    old = inputs.new_zeros(inputs.shape[1], h) if state is None else state
    seen = []
    for_gates = inputs @ W_x + b  # (T, n, 2h)
    for_candidate = inputs @ params["W_xh"] + params["b_h"]  # (T, n, h)
    for gate_share, share in zip(for_gates, for_candidate, strict=True):
        r, z = torch.sigmoid(gate_share + old @ W_h).chunk(2, dim=1)
        new = torch.tanh(share + (r * old) @ params["W_hh"])
        old = torch.lerp(new, old, z)
        seen.append(old)
    return torch.stack(seen), old


@hookimpl
def gru_concise(num_inputs, num_hiddens):
    options = {"input_size": num_inputs, "hidden_size": num_hiddens}
    return nn.GRU(**options)


@hookimpl
def deep_rnn(inputs, states, layers):
    h = layers[0]["b_h"].shape[0]
    if states is None:
        states = inputs.new_zeros(len(layers), inputs.shape[1], h).unbind(0)
    below, ends = inputs, []
    for H, params in zip(states, layers, strict=True):
        W = torch.cat([params["W_xh"], params["W_hh"]])  # (d + h, h)
        column = []
        for X in below:
            H = torch.tanh(torch.addmm(params["b_h"], torch.cat([X, H], dim=1), W))
            column.append(H)
        below = torch.stack(column)
        ends.append(H)
    return below, ends


@hookimpl
def bidirectional_rnn(inputs, states, forward_params, backward_params):
    both = [torch.stack([forward_params[name], backward_params[name]]) for name in ("W_xh", "W_hh", "b_h")]
    W_x, W_h, b = both  # (2, d, h), (2, h, h), (2, h)
    pair = inputs.new_zeros(2, inputs.shape[1], b.shape[1]) if states is None else torch.stack(states)
    two_ways = torch.stack([inputs, inputs.flip(0)], dim=1)  # (T, 2, n, d)
    read = []
    for X in two_ways:
        pair = torch.tanh(torch.bmm(X, W_x) + torch.bmm(pair, W_h) + b.unsqueeze(1))
        read.append(pair)
    ahead, back = torch.stack(read, dim=1)  # each (T, n, h)
    return torch.cat([ahead, back.flip(0)], dim=2), (pair[0], pair[1])
