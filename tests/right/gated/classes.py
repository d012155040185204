"""Class style: a cell class for each kind of step, and one reader that runs any cell over a sequence."""

from dataclasses import dataclass, field

import torch
from torch import nn

from harness import hookimpl


class Gate:
    """One affine map of the input and the state, and the function after it."""

    def __init__(self, params, letter, squash):
        self.from_input = params["W_x" + letter]
        self.from_state = params["W_h" + letter]
        self.bias = params["b_" + letter]
        self.squash = squash

    def __call__(self, X, H):
        return self.squash(torch.matmul(X, self.from_input) + torch.matmul(H, self.from_state) + self.bias)

    @property
    def width(self):
        return self.bias.numel()


class LongShortTermMemory:
    def __init__(self, params):
        self.enter = Gate(params, "i", torch.sigmoid)
        self.keep = Gate(params, "f", torch.sigmoid)
        self.show = Gate(params, "o", torch.sigmoid)
        self.propose = Gate(params, "c", torch.tanh)

    def begin(self, like):
        nothing = torch.zeros(like.shape[1], self.enter.width, dtype=like.dtype, device=like.device)
        return nothing, nothing.clone()

    def step(self, X, state):
        hidden, cell = state
        entering = self.enter(X, hidden) * self.propose(X, hidden)
        kept = self.keep(X, hidden) * cell
        cell_now = kept + entering
        hidden_now = self.show(X, hidden) * cell_now.tanh()
        return hidden_now, (hidden_now, cell_now)


class GatedRecurrentUnit:
    def __init__(self, params):
        self.reset = Gate(params, "r", torch.sigmoid)
        self.update = Gate(params, "z", torch.sigmoid)
        self.candidate = Gate(params, "h", torch.tanh)

    def begin(self, like):
        width = self.reset.width
        return torch.zeros(like.shape[1], width, dtype=like.dtype, device=like.device)

    def step(self, X, before):
        Z = self.update(X, before)
        proposed = self.candidate(X, self.reset(X, before) * before)
        after = proposed + Z * (before - proposed)
        return after, after


class Simple:
    """A tanh recurrent cell."""

    def __init__(self, params):
        self.gate = Gate(params, "h", torch.tanh)

    def begin(self, like):
        return torch.zeros(like.shape[1], self.gate.width, dtype=like.dtype, device=like.device)

    def step(self, X, H):
        H_next = self.gate(X, H)
        return H_next, H_next


@dataclass
class Reader:
    """Runs a cell over a sequence and remembers what it gave and where it ended."""

    cell: object
    given: list = field(default_factory=list)
    end: object = None

    def read(self, sequence, start=None):
        self.end = self.cell.begin(sequence) if start is None else start
        for X in sequence:
            output, self.end = self.cell.step(X, self.end)
            self.given.append(output)
        return self

    @property
    def outputs(self):
        return torch.stack(self.given)


class Lstm(nn.LSTM):
    def __init__(self, num_inputs, num_hiddens):
        super().__init__(num_inputs, num_hiddens)


class Gru(nn.Module):
    def __init__(self, num_inputs, num_hiddens):
        super().__init__()
        self.layer = nn.GRU(num_inputs, num_hiddens)

    def forward(self, sequence, state=None):
        return self.layer(sequence, state)


class Stack:
    def __init__(self, layers):
        self.readers = [Reader(Simple(params)) for params in layers]

    def read(self, sequence, starts):
        for level, reader in enumerate(self.readers):
            start = starts[level] if starts is not None else None
            sequence = reader.read(sequence, start).outputs
        return sequence, [reader.end for reader in self.readers]


class BothWays:
    def __init__(self, forward_params, backward_params):
        self.ahead = Reader(Simple(forward_params))
        self.back = Reader(Simple(backward_params))

    def read(self, sequence, starts):
        first, second = starts if starts is not None else (None, None)
        left = self.ahead.read(sequence, first).outputs
        right = self.back.read(torch.flip(sequence, dims=[0]), second).outputs
        halves = (left, torch.flip(right, dims=[0]))
        return torch.cat(halves, dim=-1), (self.ahead.end, self.back.end)


@hookimpl
def lstm_scratch(inputs, state, params):
    run = Reader(LongShortTermMemory(params)).read(inputs, state)
    return run.outputs, run.end


@hookimpl
def lstm_concise(num_inputs, num_hiddens):
    return Lstm(num_inputs, num_hiddens)


@hookimpl
def gru_scratch(inputs, state, params):
    done = Reader(GatedRecurrentUnit(params)).read(inputs, state)
    return done.outputs, done.end


@hookimpl
def gru_concise(num_inputs, num_hiddens):
    return Gru(num_inputs, num_hiddens)


@hookimpl
def deep_rnn(inputs, states, layers):
    return Stack(layers).read(inputs, states)


@hookimpl
def bidirectional_rnn(inputs, states, forward_params, backward_params):
    return BothWays(forward_params, backward_params).read(inputs, states)
