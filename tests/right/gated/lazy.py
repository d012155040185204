"""Lazy style: generators all the way; lists of tensors for outputs and 1-tuples for states, where allowed."""

import torch
from torch import nn

from harness import hookimpl


def sigma(value):
    return torch.special.expit(value)


def lstm_states(inputs, state, p):
    """(H_1, C_1), (H_2, C_2), ..."""
    if state is None:
        width = len(p["b_i"])
        state = inputs.new_zeros((inputs.shape[1], width)), inputs.new_zeros((inputs.shape[1], width))
    h, c = state
    for x in inputs.unbind():

        def pre(gate, x=x, h=h):
            return x.mm(p["W_x" + gate]) + h.mm(p["W_h" + gate]) + p["b_" + gate]

        c = sigma(pre("f")) * c + sigma(pre("i")) * pre("c").tanh()
        h = sigma(pre("o")) * c.tanh()
        yield h, c


def gru_states(inputs, state, p):
    h = inputs.new_zeros((inputs.shape[1], len(p["b_r"]))) if state is None else state
    for x in inputs.unbind():
        r = sigma(x.mm(p["W_xr"]) + h.mm(p["W_hr"]) + p["b_r"])
        z = sigma(x.mm(p["W_xz"]) + h.mm(p["W_hz"]) + p["b_z"])
        tilde = (x.mm(p["W_xh"]) + (r * h).mm(p["W_hh"]) + p["b_h"]).tanh()
        h = tilde - z * (tilde - h)
        yield h


def rnn_states(inputs, state, p):
    """H_1, H_2, ..., from any iterable of inputs."""
    for x in inputs:
        if state is None:
            state = x.new_zeros((x.shape[0], len(p["b_h"])))
        state = (x.mm(p["W_xh"]) + state.mm(p["W_hh"]) + p["b_h"]).tanh()
        yield state


class Last:
    """Iterates over something and keeps what came last."""

    def __init__(self, items):
        self.items, self.value = items, None

    def __iter__(self):
        for item in self.items:
            self.value = item
            yield item


@hookimpl
def lstm_scratch(inputs, state, params):
    run = Last(lstm_states(inputs, state, params))
    outputs = [h for h, _ in run]
    h, c = run.value
    return outputs, ((h,), (c,))


@hookimpl
def lstm_concise(num_inputs, num_hiddens):
    holder = nn.ModuleList([nn.LSTM(num_inputs, num_hiddens)])
    holder.forward = lambda inputs, state=None: holder[0](inputs, state)
    return holder


@hookimpl
def gru_scratch(inputs, state, params):
    run = Last(gru_states(inputs, state, params))
    outputs = list(run)
    return outputs, (run.value,)


@hookimpl
def gru_concise(num_inputs, num_hiddens):
    holder = nn.ModuleDict({"gru": nn.GRU(num_inputs, num_hiddens)})
    holder.forward = lambda inputs, state=None: holder["gru"](inputs, state)
    return holder


@hookimpl
def deep_rnn(inputs, states, layers):
    floors = []
    stream = inputs.unbind()
    for level, p in enumerate(layers):
        stream = Last(rnn_states(stream, None if states is None else states[level], p))
        floors.append(stream)
    outputs = list(stream)  # pulls every input through all layers
    return outputs, [(floor.value,) for floor in floors]


@hookimpl
def bidirectional_rnn(inputs, states, forward_params, backward_params):
    early, late = states if states is not None else (None, None)
    there = list(rnn_states(inputs.unbind(), early, forward_params))
    back = list(rnn_states(reversed(inputs.unbind()), late, backward_params))
    outputs = [torch.cat(pair, -1) for pair in zip(there, back[::-1], strict=True)]
    return outputs, ((there[-1],), (back[-1],))
