"""Scripted style: TorchScript functions cut, solve and lay out; plain Python around them asks `predict`."""

import torch

from harness import hookimpl


@torch.jit.script
def cut_every(values: torch.Tensor, length: int, step: int) -> torch.Tensor:
    """The runs of `length` values that begin at 0, step, 2 · step, …"""
    count = max(0, values.size(0) - length + step) // step
    rows = torch.zeros([count, length], dtype=values.dtype, device=values.device)
    for i in range(count):
        for j in range(length):
            rows[i, j] = values[i * step + j]
    return rows


@torch.jit.script
def least_squares(features: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Weights and then the bias, by the normal equations in float64."""
    m, tau = features.size(0), features.size(1)
    design = torch.ones([m, tau + 1], dtype=torch.float64, device=features.device)
    design[:, :tau] = features
    target = labels.to(torch.float64)
    factor = torch.linalg.cholesky(design.t().mm(design))
    solution = torch.cholesky_solve(design.t().mm(target), factor)
    return solution.view(-1).to(features.dtype)


@torch.jit.script
def lay_out(tokens: torch.Tensor, n: int, T: int) -> torch.Tensor:
    """(batches, 2, n, T): what is read and what follows it, in n rows side by side."""
    width = (tokens.size(0) - 1) // n
    batches = width // T
    table = torch.zeros([batches, 2, n, T], dtype=torch.int64)
    for b in range(batches):
        for i in range(n):
            begin = i * width + b * T
            table[b, 0, i] = tokens[begin : begin + T]
            table[b, 1, i] = tokens[begin + 1 : begin + T + 1]
    return table


def shuffle(items, generator):
    """Fisher and Yates, from the front."""
    for i in range(len(items) - 1):
        j = int(torch.randint(i, len(items), (), generator=generator))
        items[i], items[j] = items[j], items[i]


@hookimpl
def autoregressive_windows(series, tau):
    windows = cut_every(series, tau + 1, 1)
    return windows.narrow(1, 0, tau), windows.narrow(1, tau, 1)


@hookimpl
def fit_autoregression(features, labels):
    weight, bias = least_squares(features, labels).split([features.shape[1], 1])
    return weight, bias.squeeze()


@hookimpl
def multistep_predictions(series, tau, start, predict):
    length = series.numel()
    result = torch.nn.functional.pad(series[:start], (0, length - start))
    for window, place in zip(result.unfold(0, tau, 1)[start - tau :], result[start:], strict=False):
        place.copy_(predict(window.clone().view(1, tau)).view(()))  # a view: the next windows see it
    return result


@hookimpl
def k_step_predictions(series, tau, k, predict):
    windows = cut_every(series[: len(series) - k], tau, 1)
    curves = []
    for _ in range(k):
        curves.append(predict(windows).flatten())
        windows = windows.roll(-1, dims=1)
        windows[:, -1] = curves[-1]
    return torch.vstack(curves)


@hookimpl
def language_model_windows(corpus, num_steps):
    tokens = torch.tensor(corpus, dtype=torch.int64)
    inputs = cut_every(tokens[:-1], num_steps, 1)
    targets = cut_every(tokens[1:], num_steps, 1)
    return inputs, targets


@hookimpl
def random_batches(corpus, batch_size, num_steps, generator):
    tokens = torch.tensor(corpus, dtype=torch.int64)
    front = int(torch.randint(num_steps, (), generator=generator))
    pairs = cut_every(tokens[front:], num_steps + 1, num_steps)
    order = list(range(len(pairs)))
    shuffle(order, generator)
    for turn in range(len(order) // batch_size):
        mine = pairs[order[turn * batch_size :][:batch_size]]
        yield mine[:, :num_steps], mine[:, 1:]


@hookimpl
def sequential_batches(corpus, batch_size, num_steps, offset):
    tokens = torch.tensor(corpus, dtype=torch.int64)
    for x, y in lay_out(tokens[offset:], batch_size, num_steps):
        yield x.clone(), y.clone()
