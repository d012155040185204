"""Gated, deep and bidirectional recurrent networks."""

import torch
from torch import nn
from torch.func import functional_call

from harness import hookimpl

from .rnn import RNN, shape_of


class Gates(nn.Module):
    """A recurrent module whose weights are named W_x<gate>, W_h<gate>, b_<gate>."""

    gates = ""

    def __init__(self):
        super().__init__()
        for gate in self.gates:
            for name in (f"W_x{gate}", f"W_h{gate}", f"b_{gate}"):
                self.register_parameter(name, nn.Parameter(torch.zeros(1)))

    def affine(self, gate, X, H):
        return X @ getattr(self, f"W_x{gate}") + H @ getattr(self, f"W_h{gate}") + getattr(self, f"b_{gate}")

    def zeros(self, inputs):
        return inputs.new_zeros(inputs.shape[1], getattr(self, f"b_{self.gates[0]}").shape[0])


class LSTM(Gates):
    gates = "ifoc"

    def forward(self, inputs, state=None):
        H, C = state if state is not None else (self.zeros(inputs), self.zeros(inputs))
        outputs = []
        for X in inputs:
            I, F, O = (torch.sigmoid(self.affine(gate, X, H)) for gate in "ifo")
            C = F * C + I * torch.tanh(self.affine("c", X, H))
            H = O * torch.tanh(C)
            outputs.append(H)
        return torch.stack(outputs), (H, C)


class GRU(Gates):
    gates = "rzh"

    def forward(self, inputs, state=None):
        H = self.zeros(inputs) if state is None else state
        outputs = []
        for X in inputs:
            R, Z = torch.sigmoid(self.affine("r", X, H)), torch.sigmoid(self.affine("z", X, H))
            H = Z * H + (1 - Z) * torch.tanh(self.affine("h", X, R * H))
            outputs.append(H)
        return torch.stack(outputs), H


class Concise(nn.Module):
    """One of torch's recurrent modules behind the course's signature."""

    def __init__(self, kind, num_inputs, num_hiddens):
        super().__init__()
        self.rnn = kind(num_inputs, num_hiddens)

    def forward(self, inputs, state=None):
        return self.rnn(inputs, state)


def run_rnn(inputs, state, params):
    return functional_call(shape_of(RNN, 1, 1), params, (inputs, state))


@hookimpl
def lstm_scratch(inputs, state, params):
    return functional_call(LSTM(), params, (inputs, state))


@hookimpl
def lstm_concise(num_inputs, num_hiddens):
    return Concise(nn.LSTM, num_inputs, num_hiddens)


@hookimpl
def gru_scratch(inputs, state, params):
    return functional_call(GRU(), params, (inputs, state))


@hookimpl
def gru_concise(num_inputs, num_hiddens):
    return Concise(nn.GRU, num_inputs, num_hiddens)


@hookimpl
def deep_rnn(inputs, states, layers):
    final = []
    for i, params in enumerate(layers):
        inputs, state = run_rnn(inputs, None if states is None else states[i], params)
        final.append(state)
    return inputs, final


@hookimpl
def bidirectional_rnn(inputs, states, forward_params, backward_params):
    first, second = states if states is not None else (None, None)
    ahead, first = run_rnn(inputs, first, forward_params)
    back, second = run_rnn(inputs.flip(0), second, backward_params)
    return torch.cat([ahead, back.flip(0)], dim=-1), (first, second)
