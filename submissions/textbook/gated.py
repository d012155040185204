"""Modern recurrent networks (10.1-10.4)."""

import torch
from torch import nn

from harness import hookimpl

from .module import Module
from .rnn import RNN, RNNScratch


class GatedScratch(Module):
    """What LSTM and GRU share: names of weights, a start from zeros, a loop over the steps."""

    def affine(self, gate, X, H):
        W_x, W_h, b = (getattr(self, name + gate) for name in ("W_x", "W_h", "b_"))
        return torch.matmul(X, W_x) + torch.matmul(H, W_h) + b

    def zeros(self, inputs, bias):
        return torch.zeros(inputs.shape[1], len(bias), dtype=inputs.dtype, device=inputs.device)


class LSTMScratch(GatedScratch):
    """Equations 10.1.1-10.1.4."""

    def init_state(self, inputs):
        return self.zeros(inputs, self.b_i), self.zeros(inputs, self.b_i)

    def forward(self, inputs, H_C=None):
        H, C = self.init_state(inputs) if H_C is None else H_C
        outputs = []
        for X in inputs:
            I = torch.sigmoid(self.affine("i", X, H))
            F = torch.sigmoid(self.affine("f", X, H))
            O = torch.sigmoid(self.affine("o", X, H))
            C_tilde = torch.tanh(self.affine("c", X, H))
            C = F * C + I * C_tilde
            H = O * torch.tanh(C)
            outputs.append(H)
        return outputs, (H, C)


class GRUScratch(GatedScratch):
    """Equations 10.2.1-10.2.3."""

    def init_state(self, inputs):
        return self.zeros(inputs, self.b_z)

    def forward(self, inputs, H=None):
        if H is None:
            H = self.init_state(inputs)
        outputs = []
        for X in inputs:
            Z = torch.sigmoid(self.affine("z", X, H))
            R = torch.sigmoid(self.affine("r", X, H))
            H_tilde = torch.tanh(self.affine("h", X, R * H))
            H = Z * H + (1 - Z) * H_tilde
            outputs.append(H)
        return outputs, H


class LSTM(RNN):
    layer = nn.LSTM


class GRU(RNN):
    layer = nn.GRU


class StackedRNNScratch(Module):
    """Each layer reads the outputs of the one below (10.3.1)."""

    def __init__(self, layers):
        super().__init__()
        self.rnns = nn.ModuleList(RNNScratch(params) for params in layers)

    def forward(self, inputs, Hs=None):
        outputs, finals = inputs, []
        for i, rnn in enumerate(self.rnns):
            outputs, H = rnn(outputs, None if Hs is None else Hs[i])
            outputs = torch.stack(outputs)
            finals.append(H)
        return outputs, finals


class BiRNNScratch(Module):
    """One network reads forward, one backward (10.4.1)."""

    def __init__(self, f_params, b_params):
        super().__init__()
        self.f_rnn, self.b_rnn = RNNScratch(f_params), RNNScratch(b_params)

    def forward(self, inputs, Hs=None):
        f_H, b_H = (None, None) if Hs is None else Hs
        f_outputs, f_H = self.f_rnn(inputs, f_H)
        b_outputs, b_H = self.b_rnn(inputs.flip(0), b_H)
        outputs = [torch.cat((f, b), -1) for f, b in zip(f_outputs, reversed(b_outputs))]
        return outputs, (f_H, b_H)


@hookimpl
def lstm_scratch(inputs, state, params):
    return LSTMScratch(params)(inputs, state)


@hookimpl
def lstm_concise(num_inputs, num_hiddens):
    return LSTM(num_inputs, num_hiddens)


@hookimpl
def gru_scratch(inputs, state, params):
    return GRUScratch(params)(inputs, state)


@hookimpl
def gru_concise(num_inputs, num_hiddens):
    return GRU(num_inputs, num_hiddens)


@hookimpl
def deep_rnn(inputs, states, layers):
    return StackedRNNScratch(layers)(inputs, states)


@hookimpl
def bidirectional_rnn(inputs, states, forward_params, backward_params):
    return BiRNNScratch(forward_params, backward_params)(inputs, states)
