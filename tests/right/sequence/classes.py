"""Class style: a data set, an nn.Module that is trained by L-BFGS, a forecaster, and iterators with __next__."""

import torch
from torch import nn

from harness import hookimpl


class Examples:
    """A series as a collection of (window, label) examples."""

    def __init__(self, values, width):
        self.values = values
        self.width = width

    def __len__(self):
        return len(self.values) - self.width

    def __getitem__(self, i):
        if i >= len(self):
            raise IndexError(i)
        stop = i + self.width
        return self.values[i:stop], self.values[stop : stop + 1]

    def stacked(self):
        windows, labels = [], []
        for window, label in self:
            windows.append(window)
            labels.append(label)
        return torch.stack(windows), torch.stack(labels)


class LinearModel(nn.Module):
    """row · weight + bias, from zero on, so that nothing random is needed."""

    def __init__(self, inputs):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(inputs, dtype=torch.float64))
        self.bias = nn.Parameter(torch.zeros((), dtype=torch.float64))

    def forward(self, rows):
        return rows @ self.weight + self.bias

    def loss(self, rows, targets):
        return nn.functional.mse_loss(self(rows), targets)

    def train_on(self, rows, targets):
        settings = {"max_iter": 400, "tolerance_grad": 1e-12, "tolerance_change": 1e-15}
        optimizer = torch.optim.LBFGS(self.parameters(), line_search_fn="strong_wolfe", **settings)

        def closure():
            optimizer.zero_grad()
            loss = self.loss(rows, targets)
            loss.backward()
            return loss

        optimizer.step(closure)


class Unit:
    """Measures numbers in units of their own spread, about their mean."""

    def __init__(self, numbers):
        self.middle = numbers.mean(0)
        spread = numbers.std(0, correction=0)
        self.spread = torch.where(spread > 0, spread, torch.ones_like(spread))

    def measure(self, numbers):
        return (numbers - self.middle) / self.spread


class Forecaster:
    """Carries a track of values on with a one-step model."""

    def __init__(self, model, memory):
        self.model = model
        self.memory = memory

    def next_value(self, track):
        newest = track[len(track) - self.memory :]
        return self.model(newest.unsqueeze(0)).reshape(1)

    def carried_on(self, track, steps):
        for _ in range(steps):
            track = torch.cat([track, self.next_value(track)])
        return track


class Tokens:
    """A corpus that pieces are cut from."""

    def __init__(self, corpus):
        self.ids = torch.tensor(corpus, dtype=torch.int64)

    def __len__(self):
        return len(self.ids)

    def pieces(self, starts, length):
        return torch.stack([self.ids[start : start + length] for start in starts])


class ShuffledEpoch:
    """One epoch of disjoint pieces in random order."""

    def __init__(self, corpus, batch_size, num_steps, generator):
        self.tokens = Tokens(corpus)
        self.batch_size, self.num_steps = batch_size, num_steps
        self.dropped = torch.randint(0, num_steps, (1,), generator=generator).item()
        self.count = max(0, (len(self.tokens) - self.dropped - 1) // num_steps)
        self.waiting = torch.randperm(self.count, generator=generator).tolist()

    def __iter__(self):
        return self

    def __next__(self):
        if len(self.waiting) < self.batch_size:
            raise StopIteration
        starts = [self.dropped + self.num_steps * self.waiting.pop() for _ in range(self.batch_size)]
        inputs = self.tokens.pieces(starts, self.num_steps)
        targets = self.tokens.pieces([start + 1 for start in starts], self.num_steps)
        return inputs, targets


class Lane:
    """One row of the layout: a reader that goes on where it stopped."""

    def __init__(self, ids, first, width):
        self.ids = ids
        self.place = first
        self.end = first + width

    def has(self, length):
        return self.place + length <= self.end

    def read(self, length):
        here = self.place
        self.place += length
        return self.ids[here : here + length], self.ids[here + 1 : here + 1 + length]


class Lanes:
    """Reads all lanes side by side."""

    def __init__(self, corpus, lanes, offset):
        ids = Tokens(corpus).ids
        width = (len(ids) - 1 - offset) // lanes
        self.lanes = [Lane(ids, offset + i * width, width) for i in range(lanes)]

    def batches(self, num_steps):
        while all(lane.has(num_steps) for lane in self.lanes):
            inputs, targets = zip(*[lane.read(num_steps) for lane in self.lanes], strict=True)
            yield torch.stack(inputs), torch.stack(targets)


@hookimpl
def autoregressive_windows(series, tau):
    return Examples(series, tau).stacked()


@hookimpl
def fit_autoregression(features, labels):
    rows, targets = features.double(), labels[:, 0].double()
    x, y = Unit(rows), Unit(targets)
    model = LinearModel(rows.shape[1]).to(rows.device)
    model.train_on(x.measure(rows), y.measure(targets))
    weight = model.weight.detach() * y.spread / x.spread
    bias = model.bias.detach() * y.spread + y.middle - x.middle @ weight
    return weight.to(features), bias.to(features)


@hookimpl
def multistep_predictions(series, tau, start, predict):
    return Forecaster(predict, tau).carried_on(series[:start].clone(), len(series) - start)


@hookimpl
def k_step_predictions(series, tau, k, predict):
    forecaster = Forecaster(predict, tau)
    columns = []
    for begin in range(len(series) - tau - k + 1):
        track = forecaster.carried_on(series[begin : begin + tau], k)
        columns.append(track[tau:])
    return torch.stack(columns, dim=1)


@hookimpl
def language_model_windows(corpus, num_steps):
    tokens = Tokens(corpus)
    begins = range(len(tokens) - num_steps)
    following = range(1, len(tokens) - num_steps + 1)
    return tokens.pieces(begins, num_steps), tokens.pieces(following, num_steps)


@hookimpl
def random_batches(corpus, batch_size, num_steps, generator):
    return ShuffledEpoch(corpus, batch_size, num_steps, generator)


@hookimpl
def sequential_batches(corpus, batch_size, num_steps, offset):
    return Lanes(corpus, batch_size, offset).batches(num_steps)
