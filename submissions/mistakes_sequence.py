"""Typical mistakes in the unit sequence: windows one too many, true values fed back, targets not shifted."""

import torch

from harness import hookimpl


@hookimpl
def autoregressive_windows(series, tau):
    n = len(series) - tau
    features = torch.stack([series[i : n + i] for i in range(tau)], dim=1)
    return features, series[tau:]  # labels of shape (N,) broadcast against (N, 1) in the loss


@hookimpl
def fit_autoregression(features, labels):
    solution = torch.linalg.lstsq(features, labels).solution  # no column of ones: no bias
    return solution.reshape(-1), torch.zeros((), dtype=features.dtype, device=features.device)


@hookimpl
def multistep_predictions(series, tau, start, predict):
    result = series.clone()
    for i in range(start, len(series)):
        result[i] = predict(series[i - tau : i].reshape(1, -1)).reshape(())  # the true values, not its own
    return result


@hookimpl
def language_model_windows(corpus, num_steps):
    data = torch.tensor(corpus)
    X = torch.stack([data[i : i + num_steps] for i in range(len(data) - num_steps)])
    Y = torch.stack([data[i + 1 : i + num_steps + 1] for i in range(len(data) - num_steps)])
    return X, Y


@hookimpl
def random_batches(corpus, batch_size, num_steps, generator):
    data = torch.tensor(corpus)
    count = (len(data) - 1) // num_steps  # the offset is always 0
    order = torch.randperm(count, generator=generator) * num_steps
    for b in range(count // batch_size):
        starts = order[b * batch_size : (b + 1) * batch_size].tolist()
        X = torch.stack([data[s : s + num_steps] for s in starts])
        Y = torch.stack([data[s + 1 : s + num_steps + 1] for s in starts])
        yield X, Y


@hookimpl
def sequential_batches(corpus, batch_size, num_steps, offset):
    data = torch.tensor(corpus)
    size = (len(data) - offset - 1) // batch_size * batch_size
    X = data[offset : offset + size].reshape(-1, batch_size).T  # neighbours in a row are batch_size apart
    Y = data[offset + 1 : offset + 1 + size].reshape(-1, batch_size).T
    for i in range(X.shape[1] // num_steps):
        part = slice(i * num_steps, (i + 1) * num_steps)
        yield X[:, part], Y[:, part]
