"""Package style: a module each for gates, cells and torch's layers, tied together here by relative imports."""

from harness import hookimpl

from . import layers as torch_layers
from .cells import gru_cell, lstm_cell, run, tanh_cell
from .start import begin


@hookimpl
def lstm_scratch(inputs, state, params):
    if state is None:
        state = begin(inputs, params["b_f"]), begin(inputs, params["b_c"])
    return run(lstm_cell(params), inputs, state)


@hookimpl
def lstm_concise(num_inputs, num_hiddens):
    return torch_layers.Layer("LSTM", num_inputs, num_hiddens)


@hookimpl
def gru_scratch(inputs, state, params):
    return run(gru_cell(params), inputs, begin(inputs, params["b_z"]) if state is None else state)


@hookimpl
def gru_concise(num_inputs, num_hiddens):
    return torch_layers.Layer("GRU", num_inputs, num_hiddens)


@hookimpl
def deep_rnn(inputs, states, layers):
    if states is None:
        states = [begin(inputs, layer["b_h"]) for layer in layers]
    first, *others = layers
    outputs, end = run(tanh_cell(first), inputs, states[0])
    if not others:
        return outputs, [end]
    outputs, ends = deep_rnn(outputs, states[1:], others)
    return outputs, [end, *ends]


@hookimpl
def bidirectional_rnn(inputs, states, forward_params, backward_params):
    from .both import two_ways

    return two_ways(inputs, states, forward_params, backward_params)
