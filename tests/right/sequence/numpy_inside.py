"""NumPy inside: sliding_window_view, lstsq and fancy indexing on arrays; tensors at the borders only."""

import numpy as np
import torch
from numpy.lib.stride_tricks import sliding_window_view

from harness import hookimpl


def to_numpy(tensor):
    return tensor.detach().cpu().numpy()


def to_torch(array, like):
    return torch.from_numpy(np.array(array)).to(like.device)


def ask(predict, rows, like):
    """What `predict` says of the rows of an array, as a flat array."""
    return to_numpy(predict(to_torch(rows, like)))[:, 0]


@hookimpl
def autoregressive_windows(series, tau):
    values = to_numpy(series)
    features = sliding_window_view(values[:-1], tau)
    labels = values[tau:].reshape(-1, 1)
    return to_torch(features, series), to_torch(labels, series)


@hookimpl
def fit_autoregression(features, labels):
    X, y = to_numpy(features), to_numpy(labels)
    design = np.hstack([np.ones((len(X), 1)), X])  # float64
    solution, *_ = np.linalg.lstsq(design, y, rcond=None)
    solution = solution.ravel().astype(X.dtype)
    weight, bias = solution[1:], solution[0]
    return to_torch(weight, features), to_torch(bias, features)


@hookimpl
def multistep_predictions(series, tau, start, predict):
    values = to_numpy(series)
    result = np.empty_like(values)
    result[:start] = values[:start]
    t = start
    while t < len(result):
        window = result[t - tau : t]
        result[t] = ask(predict, window.reshape(1, tau), series)[0]
        t += 1
    return to_torch(result, series)


@hookimpl
def k_step_predictions(series, tau, k, predict):
    values = to_numpy(series)
    columns = len(values) - tau - k + 1
    table = np.empty((tau + k, columns), dtype=values.dtype)  # one column a window, time downward
    for i in range(tau):
        table[i] = values[i : i + columns]
    for j in range(tau, tau + k):
        table[j] = ask(predict, table[j - tau : j].T, series)
    return to_torch(table[tau:], series)


@hookimpl
def language_model_windows(corpus, num_steps):
    tokens = np.asarray(corpus, dtype=np.int64)
    both = sliding_window_view(tokens, num_steps + 1).copy()
    inputs, targets = both[:, :num_steps], both[:, 1:]
    return torch.from_numpy(inputs), torch.from_numpy(targets)


@hookimpl
def random_batches(corpus, batch_size, num_steps, generator):
    seed = torch.randint(2**31, (4,), generator=generator).tolist()
    rng = np.random.default_rng(seed)
    offset = rng.integers(0, num_steps)
    rest = np.asarray(corpus, dtype=np.int64)[offset:]
    count = max(len(rest) - 1, 0) // num_steps
    inputs = rest[: count * num_steps].reshape(count, num_steps)
    targets = rest[1 : count * num_steps + 1].reshape(count, num_steps)
    order = rng.permutation(count)
    usable = count - count % batch_size
    order = order[:usable].reshape(-1, batch_size)
    return [(torch.from_numpy(inputs[chosen]), torch.from_numpy(targets[chosen])) for chosen in order]


@hookimpl
def sequential_batches(corpus, batch_size, num_steps, offset):
    tokens = np.asarray(corpus, dtype=np.int64)[offset:]
    columns = (len(tokens) - 1) // batch_size
    batches = columns // num_steps
    X, Y = (tokens[first : first + columns * batch_size].reshape(batch_size, columns) for first in (0, 1))
    X, Y = (part[:, : batches * num_steps] for part in (X, Y))
    if not batches:
        return []
    inputs, targets = (np.split(part, batches, axis=1) for part in (X, Y))
    return [(torch.tensor(x), torch.tensor(y)) for x, y in zip(inputs, targets, strict=True)]
