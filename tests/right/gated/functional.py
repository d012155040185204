"""Functional style: steps are closures, runs are itertools.accumulate, layers are functools.reduce; no loops."""

from functools import partial, reduce
from itertools import accumulate

import torch
from torch import nn

from harness import hookimpl


def affine(params, gate, X, H):
    return X @ params[f"W_x{gate}"] + H @ params[f"W_h{gate}"] + params[f"b_{gate}"]


def nothing(inputs, bias):
    return torch.zeros((inputs.size(1), *bias.shape), dtype=inputs.dtype, device=inputs.device)


def scan(step, start, inputs):
    """All states after the first, as accumulate gives them."""
    return list(accumulate(inputs, step, initial=start))[1:]


def lstm_step(params, carried, X):
    H, C = carried
    i, f, o = (torch.sigmoid(affine(params, gate, X, H)) for gate in "ifo")
    C_next = f.mul(C).add(i.mul(torch.tanh(affine(params, "c", X, H))))
    return o.mul(C_next.tanh()), C_next


def gru_step(params, H, X):
    reset, update = (torch.sigmoid(affine(params, gate, X, H)) for gate in "rz")
    fresh = torch.tanh(affine(params, "h", X, reset.mul(H)))
    return update.mul(H).add((1 - update).mul(fresh))


def rnn_step(params, H, X):
    return torch.tanh(affine(params, "h", X, H))


@hookimpl
def lstm_scratch(inputs, state, params):
    start = (nothing(inputs, params["b_i"]), nothing(inputs, params["b_c"])) if state is None else tuple(state)
    hiddens, memories = zip(*scan(partial(lstm_step, params), start, inputs), strict=True)
    return torch.stack(hiddens), (hiddens[-1], memories[-1])


@hookimpl
def lstm_concise(num_inputs, num_hiddens):
    return reduce(lambda make, size: partial(make, size), (num_inputs, num_hiddens), nn.LSTM)()


@hookimpl
def gru_scratch(inputs, state, params):
    start = nothing(inputs, params["b_r"]) if state is None else state
    hiddens = scan(partial(gru_step, params), start, inputs)
    return torch.stack(hiddens), hiddens[-1]


@hookimpl
def gru_concise(num_inputs, num_hiddens):
    return reduce(lambda make, size: partial(make, size), (num_inputs, num_hiddens), nn.GRU)()


@hookimpl
def deep_rnn(inputs, states, layers):
    starts = [nothing(inputs, layer["b_h"]) for layer in layers] if states is None else states

    def add_layer(done, layer_and_start):
        below, lasts = done
        layer, start = layer_and_start
        above = scan(partial(rnn_step, layer), start, below)
        return above, [*lasts, above[-1]]

    outputs, lasts = reduce(add_layer, zip(layers, starts, strict=True), (inputs, []))
    return torch.stack(outputs), lasts


@hookimpl
def bidirectional_rnn(inputs, states, forward_params, backward_params):
    sides = (forward_params, backward_params)
    starts = [nothing(inputs, side["b_h"]) for side in sides] if states is None else states
    ahead = scan(partial(rnn_step, forward_params), starts[0], inputs)
    behind = scan(partial(rnn_step, backward_params), starts[1], list(inputs)[::-1])
    outputs = [torch.hstack(halves) for halves in zip(ahead, reversed(behind), strict=True)]
    return torch.stack(outputs), (ahead[-1], behind[-1])
