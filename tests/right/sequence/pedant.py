"""Pedantic style: everything is typed, validated with helpful messages, allocated beforehand and filled by index."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from harness import hookimpl


def require(condition: bool, message: str) -> None:
    """Raise ValueError with the message unless the condition holds."""
    if not condition:
        raise ValueError(message)


def check_series(series: Tensor, tau: int) -> int:
    """The length of a series that is one, and has room for a window."""
    require(isinstance(series, Tensor), f"series must be a tensor, not {type(series).__name__}")
    require(series.ndim == 1, f"series must have shape (T,), not {tuple(series.shape)}")
    require(series.is_floating_point(), f"series must be floating-point, not {series.dtype}")
    require(1 <= tau <= len(series), f"tau must be 1 … {len(series)}, not {tau}")
    return series.shape[0]


def check_corpus(corpus: list[int], batch_size: int, num_steps: int) -> Tensor:
    """The tokens of a corpus that is one."""
    require(isinstance(corpus, list), f"corpus must be a list, not {type(corpus).__name__}")
    require(all(isinstance(token, int) for token in corpus), "corpus must be a list of int")
    require(batch_size >= 1, f"batch_size must be positive, not {batch_size}")
    require(num_steps >= 1, f"num_steps must be positive, not {num_steps}")
    return torch.as_tensor(corpus, dtype=torch.long)


def checked(prediction: Tensor, rows: int) -> Tensor:
    """What `predict` gave, as a vector."""
    assert prediction.shape == (rows, 1), f"predict should give ({rows}, 1), gave {tuple(prediction.shape)}"
    return prediction.squeeze(1)


@hookimpl
def autoregressive_windows(series: Tensor, tau: int) -> tuple[Tensor, Tensor]:
    length = check_series(series, tau)
    number = length - tau
    features = series.new_empty((number, tau))
    labels = series.new_empty((number, 1))
    for lag in range(tau):  # column `lag` holds the values tau - lag steps before the labels
        features[:, lag] = series[lag : lag + number]
    labels[:, 0] = series[tau:]
    assert features.dtype == labels.dtype == series.dtype
    return features, labels


@hookimpl
def fit_autoregression(features: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    rows, tau = features.shape
    require(labels.shape == (rows, 1), f"labels must have shape ({rows}, 1), not {tuple(labels.shape)}")
    require(rows > tau + 1, f"{tau + 1} unknowns need more than {rows} rows")
    centre = features.mean(dim=0, keepdim=True)  # (1, tau)
    height = labels.mean()  # ()
    Q, R = torch.linalg.qr(features - centre)  # (m, tau), (tau, tau)
    weight = torch.linalg.solve_triangular(R, Q.T @ (labels - height), upper=True)  # (tau, 1)
    bias = height - (centre @ weight).reshape(())
    weight = weight.reshape(tau)
    assert weight.dtype == bias.dtype == features.dtype
    return weight, bias


@hookimpl
def multistep_predictions(series: Tensor, tau: int, start: int, predict: Callable[[Tensor], Tensor]) -> Tensor:
    length = check_series(series, tau)
    require(tau <= start <= length, f"start must be {tau} … {length}, not {start}")
    result = torch.full_like(series, float("nan"))
    result[:start] = series[:start]
    window = series[start - tau : start].clone()
    for t in range(start, length):
        ahead = checked(predict(window.unsqueeze(0)), rows=1)
        result[t] = ahead[0]
        window = torch.cat((window[1:], ahead))
    assert not result.isnan().any() or series.isnan().any()
    return result


@hookimpl
def k_step_predictions(series: Tensor, tau: int, k: int, predict: Callable[[Tensor], Tensor]) -> Tensor:
    length = check_series(series, tau)
    columns = length - tau - k + 1
    require(k >= 1 and columns >= 1, f"{k} steps ahead leave no window")
    result = series.new_zeros((k, columns))
    for j in range(k):
        rows = series.new_zeros((columns, tau))
        for lag in range(tau):
            place = j + lag  # counted from the begin of each window
            rows[:, lag] = series[place : place + columns] if place < tau else result[place - tau]
        result[j] = checked(predict(rows), rows=columns)
    return result


@hookimpl
def language_model_windows(corpus: list[int], num_steps: int) -> tuple[Tensor, Tensor]:
    tokens = check_corpus(corpus, 1, num_steps)
    number = len(tokens) - num_steps
    require(number > 0, f"{len(tokens)} tokens are too few for a window of {num_steps} and its targets")
    X = torch.zeros((number, num_steps), dtype=torch.long)
    Y = torch.zeros((number, num_steps), dtype=torch.long)
    for begin in range(number):
        X[begin] = tokens[begin : begin + num_steps]
        Y[begin] = tokens[begin + 1 : begin + 1 + num_steps]
    return X, Y


@hookimpl
def random_batches(
    corpus: list[int], batch_size: int, num_steps: int, generator: torch.Generator
) -> list[tuple[Tensor, Tensor]]:
    tokens = check_corpus(corpus, batch_size, num_steps)
    require(isinstance(generator, torch.Generator), "generator must be a torch.Generator")
    skip = int(torch.randint(low=0, high=num_steps, size=(1,), generator=generator)[0])
    last_start = len(tokens) - num_steps - 1  # a piece that begins there has its last target at the very end
    starts = torch.tensor(list(range(skip, last_start + 1, num_steps)), dtype=torch.long)
    keys = torch.rand(len(starts), generator=generator, dtype=torch.float64)
    starts = starts[keys.argsort()]
    epoch = []
    for first in range(0, len(starts) - batch_size + 1, batch_size):
        X = torch.zeros((batch_size, num_steps), dtype=torch.long)
        Y = torch.zeros((batch_size, num_steps), dtype=torch.long)
        for i in range(batch_size):
            begin = int(starts[first + i])
            assert 0 <= begin <= last_start, f"a piece begins at {begin}, the last can begin at {last_start}"
            X[i] = tokens[begin : begin + num_steps]
            Y[i] = tokens[begin + 1 : begin + num_steps + 1]
        epoch.append((X, Y))
    return epoch


@hookimpl
def sequential_batches(corpus: list[int], batch_size: int, num_steps: int, offset: int) -> list[tuple[Tensor, Tensor]]:
    tokens = check_corpus(corpus, batch_size, num_steps)
    require(0 <= offset < len(tokens), f"offset must be 0 … {len(tokens) - 1}, not {offset}")
    num_tokens = (len(tokens) - offset - 1) // batch_size * batch_size
    stride = num_tokens // batch_size  # from the begin of a row to the begin of the next
    epoch = []
    for column in range(0, stride - num_steps + 1, num_steps):
        X = torch.zeros((batch_size, num_steps), dtype=torch.long)
        Y = torch.zeros((batch_size, num_steps), dtype=torch.long)
        for i in range(batch_size):
            for j in range(num_steps):
                place = offset + i * stride + column + j
                X[i, j] = tokens[place]
                Y[i, j] = tokens[place + 1]
        assert X.shape == Y.shape == (batch_size, num_steps)
        epoch.append((X, Y))
    return epoch
