"""Sequences: autoregression and language-model batches, D2L 9.1 and 9.3.3."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch

from harness import hookimpl

Predict = Callable[[torch.Tensor], torch.Tensor]
Batch = tuple[torch.Tensor, torch.Tensor]


@hookimpl
def autoregressive_windows(series: torch.Tensor, tau: int) -> Batch:
    windows = series.unfold(0, tau + 1, 1)  # (T-tau, tau+1): x_{t-tau}, …, x_{t-1}, x_t
    return windows[:, :tau], windows[:, tau:]


@hookimpl
def fit_autoregression(features: torch.Tensor, labels: torch.Tensor) -> Batch:
    design = torch.cat([features, torch.ones_like(features[:, :1])], dim=1)  # (m, tau+1)
    solution = torch.linalg.lstsq(design, labels).solution[:, 0]  # (tau+1,): argmin ‖design w − labels‖²
    return solution[:-1], solution[-1]


@hookimpl
def multistep_predictions(series: torch.Tensor, tau: int, start: int, predict: Predict) -> torch.Tensor:
    result = series.clone()  # (T,)
    for t in range(start, len(series)):
        result[t] = predict(result[None, t - tau : t])[0, 0]  # x̂_t = f(x̂_{t-tau}, …, x̂_{t-1})
    return result


@hookimpl
def k_step_predictions(series: torch.Tensor, tau: int, k: int, predict: Predict) -> torch.Tensor:
    known = series.unfold(0, tau, 1)[: len(series) - tau - k + 1]  # (T-tau-k+1, tau)
    for _ in range(k):
        ahead = predict(known[:, -tau:])  # (T-tau-k+1, 1): x̂_t = f(x̂_{t-tau}, …, x̂_{t-1})
        known = torch.cat([known, ahead], dim=1)
    return known[:, tau:].T  # (k, T-tau-k+1)


@hookimpl
def language_model_windows(corpus: list[int], num_steps: int) -> Batch:
    windows = torch.tensor(corpus).unfold(0, num_steps + 1, 1)  # (len-T, T+1)
    return windows[:, :-1], windows[:, 1:]


@hookimpl
def random_batches(corpus: list[int], batch_size: int, num_steps: int, generator: torch.Generator) -> Iterator[Batch]:
    d = int(torch.randint(num_steps, (), generator=generator))
    m = max(0, (len(corpus) - d - 1) // num_steps)
    order = torch.randperm(m, generator=generator)
    tokens = torch.tensor(corpus)
    for b in range(m // batch_size):
        starts = d + num_steps * order[b * batch_size : (b + 1) * batch_size]  # (n,)
        places = starts[:, None] + torch.arange(num_steps)  # (n, T)
        yield tokens[places], tokens[places + 1]


@hookimpl
def sequential_batches(corpus: list[int], batch_size: int, num_steps: int, offset: int) -> Iterator[Batch]:
    num_tokens = (len(corpus) - offset - 1) // batch_size * batch_size
    tokens = torch.tensor(corpus)
    inputs = tokens[offset : offset + num_tokens].reshape(batch_size, -1)  # (n, num_tokens / n)
    targets = tokens[offset + 1 : offset + 1 + num_tokens].reshape(batch_size, -1)
    for b in range(inputs.shape[1] // num_steps):
        columns = slice(b * num_steps, (b + 1) * num_steps)
        yield inputs[:, columns], targets[:, columns]  # (n, T)
