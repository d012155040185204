"""Style: layers. Every step is an object that remembers what it saw and knows how to send a gradient back."""

import torch

from harness import hookimpl


class Tally(dict):
    """Gradients, summed up as they come in."""

    def add(self, name, value):
        self[name] = self[name] + value if name in self else value


class Cell:
    """h_t = W_hx x_t + W_hh h_{t-1} at one step."""

    def __init__(self, params):
        self.W_hx = params["W_hx"]
        self.W_hh = params["W_hh"]

    def forward(self, x, old):
        self.x, self.old = x, old
        return self.W_hx.mv(x) + self.W_hh.mv(old)

    def backward(self, d_new, tally):
        tally.add("W_hx", d_new.outer(self.x))
        tally.add("W_hh", d_new.outer(self.old))
        return self.W_hh.t().mv(d_new)


class Readout:
    """o_t = W_qh h_t and its share of the loss at one step."""

    def __init__(self, params, share):
        self.W_qh = params["W_qh"]
        self.share = share

    def forward(self, h, y):
        self.h = h
        self.error = self.W_qh.mv(h) - y

    def backward(self, tally):
        d_output = self.error * self.share
        tally.add("W_qh", d_output.outer(self.h))
        return self.W_qh.t().mv(d_output)


class Unrolled:
    """The linear RNN, unrolled over one sequence."""

    def __init__(self, inputs, targets, params):
        h = inputs.new_zeros(params["W_hh"].shape[0])
        self.cells, self.readouts = [], []
        for x, y in zip(inputs, targets, strict=False):
            cell, readout = Cell(params), Readout(params, 1 / len(inputs))
            h = cell.forward(x, h)
            readout.forward(h, y)
            self.cells.append(cell)
            self.readouts.append(readout)

    def full(self):
        tally, from_later = Tally(), 0
        for cell, readout in zip(self.cells[::-1], self.readouts[::-1], strict=False):
            from_own = readout.backward(tally)
            from_later = cell.backward(from_own + from_later, tally)
        return dict(tally)

    def loss_by_loss(self, tau):
        tally = Tally()
        for t, readout in enumerate(self.readouts):
            signal = readout.backward(tally)
            first = max(0, t - tau)
            for cell in reversed(self.cells[first : t + 1]):
                signal = cell.backward(signal, tally)
        return dict(tally)

    def weighted(self, xi):
        tally, from_later = Tally(), 0
        for weight, cell, readout in zip(xi.flip(0), self.cells[::-1], self.readouts[::-1], strict=False):
            arrived = readout.backward(tally) + from_later
            from_later = weight * cell.backward(arrived, tally)
        return dict(tally)


class TanhLayer:
    """H_t = tanh(X_t W_xh + H_{t-1} W_hh + b_h) at one step."""

    def __init__(self, params):
        self.params = params

    def forward(self, X, old):
        self.X, self.old = X, old
        self.new = (X @ self.params["W_xh"] + old @ self.params["W_hh"] + self.params["b_h"]).tanh()
        return self.new

    def backward(self, d_new, tally):
        d_inner = d_new * (1 + self.new) * (1 - self.new)
        tally.add("W_xh", self.X.t() @ d_inner)
        tally.add("W_hh", self.old.t() @ d_inner)
        tally.add("b_h", d_inner.sum(0))
        return d_inner @ self.params["W_xh"].t(), d_inner @ self.params["W_hh"].t()


class Echo:
    """A gradient on its way back through time."""

    def __init__(self, W_hh, grad):
        self.back, self.vector = W_hh.t(), grad

    def length(self):
        return self.vector.square().sum().sqrt()

    def travel(self):
        self.vector = self.back.mv(self.vector)


class Coin:
    """Flips that come up one with probability pi."""

    def __init__(self, generator):
        self.generator = generator

    def flip(self, pi):
        return torch.bernoulli(pi.cpu(), generator=self.generator).to(pi)


@hookimpl
def linear_rnn_gradients(inputs, targets, params):
    return Unrolled(inputs, targets, params).full()


@hookimpl
def truncated_gradients(inputs, targets, params, tau):
    return Unrolled(inputs, targets, params).loss_by_loss(tau)


@hookimpl
def randomized_gradients(inputs, targets, params, xi):
    return Unrolled(inputs, targets, params).weighted(xi)


@hookimpl
def truncation_weights(pi, generator):
    coin = Coin(generator)
    return coin.flip(pi) * pi.reciprocal()


@hookimpl
def rnn_gradients(inputs, state, params, grad_outputs):
    layers, running = [], state
    for X in inputs:
        layer = TanhLayer(params)
        running = layer.forward(X, running)
        layers.append(layer)
    tally, d_state, d_inputs = Tally(), torch.zeros_like(state), []
    for layer, own in zip(reversed(layers), reversed(grad_outputs), strict=False):
        d_X, d_state = layer.backward(own + d_state, tally)
        d_inputs.append(d_X)
    return {**tally, "inputs": torch.stack(d_inputs[::-1]), "state": d_state}


@hookimpl
def state_gradient_norms(W_hh, grad, num_steps):
    echo, lengths = Echo(W_hh, grad), []
    for _ in range(num_steps):
        lengths.append(echo.length())
        echo.travel()
    return torch.stack(lengths)
