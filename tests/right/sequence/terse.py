"""Terse style: one expression a hook, by index arithmetic with arange, pinv and fold."""

from functools import reduce

import torch
from torch import arange, as_tensor, cat, ones_like, randint, randperm

from harness import hookimpl


@hookimpl
def autoregressive_windows(series, tau):
    return series[arange(len(series) - tau)[:, None] + arange(tau)], series[tau:, None]


@hookimpl
def fit_autoregression(features, labels):
    return (lambda w: (w[1:], w[0]))((torch.linalg.pinv(cat([ones_like(labels), features], 1)) @ labels)[:, 0])


@hookimpl
def multistep_predictions(series, tau, start, predict):
    return reduce(lambda past, _: cat([past, predict(past[None, -tau:])[0]]), series[start:], series[:start])


@hookimpl
def k_step_predictions(series, tau, k, predict):
    rows = series[arange(len(series) - tau - k + 1)[:, None] + arange(tau)]
    return reduce(lambda known, _: cat([known, predict(known[:, -tau:])], 1), range(k), rows)[:, tau:].mT


@hookimpl
def language_model_windows(corpus, num_steps):
    return tuple(as_tensor(corpus)[arange(len(corpus) - num_steps)[:, None] + arange(num_steps) + s] for s in (0, 1))


@hookimpl
def random_batches(corpus, batch_size, num_steps, generator):
    rest = as_tensor(corpus)[int(randint(num_steps, (), generator=generator)) :]
    rows = cat([rest[:-1], rest[1:]]).view(2, -1)[:, : (len(rest) - 1) // num_steps * num_steps]
    pieces = rows.reshape(2, -1, num_steps) if rows.numel() else rows.new_zeros(2, 0, num_steps)
    mixed = pieces[:, randperm(pieces.shape[1], generator=generator)]
    pairs = zip(*(half.split(batch_size) for half in mixed), strict=True)
    return [tuple(xy) for xy in pairs if len(xy[0]) == batch_size]


@hookimpl
def sequential_batches(corpus, batch_size, num_steps, offset):
    width = (len(corpus) - offset - 1) // batch_size
    at = offset + arange(batch_size)[:, None] * width + arange(width // num_steps * num_steps)
    return [(as_tensor(corpus)[p], as_tensor(corpus)[p + 1]) for p in at.split(num_steps, 1) if p.numel()]
