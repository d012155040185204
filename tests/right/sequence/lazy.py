"""Lazy style: generators, deques and itertools; results are lists of rows, batches are lists of pairs of lists."""

import random
from collections import deque
from functools import reduce
from itertools import accumulate, chain, islice, repeat

import torch

from harness import hookimpl


def sliding(items, size):
    """Every run of `size` items, as a tuple, as long as there are items."""
    items = iter(items)
    window = deque(islice(items, size - 1), maxlen=size)
    for item in items:
        window.append(item)
        yield tuple(window)


def forever(window, predict):
    """The predictions after a window, one after another, without end."""
    window = deque(window, maxlen=len(window))
    while True:
        ahead = predict(torch.stack(list(window))[None]).squeeze()
        yield ahead
        window.append(ahead)


def full_groups(items, size):
    """Lists of `size` items; a last, smaller one is dropped."""
    items = iter(items)
    while len(group := list(islice(items, size))) == size:
        yield group


def shuffled(items, rng):
    """The items in random order: Fisher and Yates, drawn one at a time."""
    items = list(items)
    while items:
        pick = rng.randrange(len(items))
        items[pick], items[-1] = items[-1], items[pick]
        yield items.pop()


def row(tokens):
    return torch.tensor(tokens, dtype=torch.int64)


@hookimpl
def autoregressive_windows(series, tau):
    runs = list(sliding(series, tau + 1))
    features = [torch.stack(run[:-1]) for run in runs]
    labels = [run[-1].reshape(1) for run in runs]
    return features, labels


@hookimpl
def fit_autoregression(features, labels):
    def add(sums, example):
        x, y = example
        x = torch.cat([x.double(), torch.ones(1, dtype=torch.float64, device=x.device)])
        return sums[0] + torch.outer(x, x), sums[1] + x * y.double()

    size = features.shape[1] + 1
    nothing = torch.zeros(size, size, dtype=torch.float64, device=features.device)
    squares, products = reduce(add, zip(features, labels, strict=True), (nothing, nothing[0]))
    solution = torch.linalg.solve(squares, products).to(features)
    weight, bias = solution[:-1], solution[-1]
    return weight, bias


@hookimpl
def multistep_predictions(series, tau, start, predict):
    observed = series[:start]
    predicted = forever(observed[start - tau :], predict)
    return list(islice(chain(observed, predicted), len(series)))


@hookimpl
def k_step_predictions(series, tau, k, predict):
    count = len(series) - tau - k + 1
    windows = islice(sliding(series, tau), count)
    curves = (islice(forever(window, predict), k) for window in windows)
    return [torch.stack(list(level)) for level in zip(*curves, strict=True)]


@hookimpl
def language_model_windows(corpus, num_steps):
    inputs = map(row, sliding(corpus[:-1], num_steps))
    targets = map(row, sliding(corpus[1:], num_steps))
    return list(inputs), list(targets)


@hookimpl
def random_batches(corpus, batch_size, num_steps, generator):
    rng = random.Random(int(torch.randint(2**62, (1,), generator=generator)))
    dropped = rng.randrange(num_steps)
    starts = range(dropped, len(corpus) - num_steps, num_steps)
    for batch in full_groups(shuffled(starts, rng), batch_size):
        inputs = [row(corpus[start : start + num_steps]) for start in batch]
        targets = [row(corpus[start + 1 : start + num_steps + 1]) for start in batch]
        yield [inputs, targets]


@hookimpl
def sequential_batches(corpus, batch_size, num_steps, offset):
    width = (len(corpus) - offset - 1) // batch_size
    begins = list(islice(accumulate(repeat(width), initial=offset), batch_size))
    lanes = [full_groups(range(begin, begin + width), num_steps) for begin in begins]
    for places in zip(*lanes, strict=True):
        inputs = [row([corpus[place] for place in lane]) for lane in places]
        targets = [row([corpus[place + 1] for place in lane]) for lane in places]
        yield [inputs, targets]
