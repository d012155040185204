"""Sequences: autoregression on a series, and cutting a corpus into batches for a language model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

import torch

from harness.contracts.component import Hook, component
from harness.contracts.results import Anything, Array, Fields, ListOf, Parts
from harness.plain import to_plain

Predict = Callable[[torch.Tensor], torch.Tensor]
Batch = tuple[torch.Tensor, torch.Tensor]

BATCHES = ListOf(Parts(loose=True, X=Array("n T"), Y=Array("n T")))


@component(Parts(features=Array("T-tau tau"), labels=Array("T-tau 1")), points=1)
def autoregressive_windows(series: torch.Tensor, tau: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Cut a series into windows of `tau` values, each with the value that follows it.

    Shapes: series (T,); (features (T-tau, tau), labels (T-tau, 1)) out.
    Conventions: row i of the features is series[i : i+tau], oldest first; its label is series[i+tau].
        Dtype and device follow the series.
    Source: D2L 9.1.1, 9.1.3.
    """


@component(Parts(weight=Array("tau"), bias=Array("")), points=2)
def fit_autoregression(features: torch.Tensor, labels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Fit the linear autoregression labels = features · weight + bias that minimises the mean squared error.

    Shapes: features (m, tau), labels (m, 1); (weight (tau,), bias ()) out.
    Conventions: graded by the mean squared error that is reached: within 0.1 % of the optimum. Features have
        full column rank and more rows than tau+1; the data are noisy. Dtype and device follow the features.
    Source: D2L 9.1.3.
    """


def predictor(described: dict[str, torch.Tensor]) -> Predict:
    """The `predict` that a plain description stands for, row by row: u + bend · sin u of u = row · weight + offset."""

    def predict(rows: torch.Tensor) -> torch.Tensor:
        weight, offset, bend = (described[name].to(rows) for name in ("weight", "offset", "bend"))
        if rows.ndim != 2 or rows.shape[1] != len(weight):
            raise ValueError(f"predict takes rows of shape (m, {len(weight)}), but was given {tuple(rows.shape)}")
        u = (rows * weight).sum(1, keepdim=True) + offset  # (m, 1)
        return u + bend * torch.sin(u)

    return predict


def observe_predictions(hook: Hook, arguments: dict[str, Any], drive: dict[str, Any]) -> Any:
    """Call the hook with the `predict` that its description stands for."""
    return hook(**{**arguments, "predict": predictor(arguments["predict"])})


@component(Array("T"), points=2, observer=observe_predictions)
def multistep_predictions(series: torch.Tensor, tau: int, start: int, predict: Predict) -> torch.Tensor:
    """Predict a series from index `start` to its end, each prediction fed back into the next.

    Shapes: series (T,); (T,) out. `predict` maps (m, tau) to (m, 1).
    Conventions: entries before `start` are the observed ones; from `start` on, each is predicted from the
        previous `tau` entries of the result, oldest first, so what the series holds there is never read.
        tau <= start <= T. `predict` is pure and row-wise, and takes any number of rows.
        Dtype and device follow the series.
    Source: D2L 9.1.4.
    """


@component(Array("k T-tau-k+1"), points=2, observer=observe_predictions)
def k_step_predictions(series: torch.Tensor, tau: int, k: int, predict: Predict) -> torch.Tensor:
    """Predict 1, 2, …, k steps ahead from every window of `tau` observations.

    Shapes: series (T,); (k, T-tau-k+1) out. `predict` maps (m, tau) to (m, 1).
    Conventions: row j-1, column i is the j-step-ahead prediction of time index i+tau+j-1, from observations
        up to index i+tau-1 only: what lies between is itself predicted, windows oldest first.
        `predict` is pure and row-wise, and takes any number of rows. Dtype and device follow the series.
    Source: D2L 9.1.4.
    """


@component(Parts(loose=True, X=Array("m T"), Y=Array("m T")), points=1)
def language_model_windows(corpus: list[int], num_steps: int) -> Batch:
    """Cut a corpus into all overlapping windows of `num_steps` tokens, each with its targets.

    Shapes: a list of int; (X, Y) out, each (len(corpus)-num_steps, num_steps) int64.
    Conventions: row i of X begins at token i of the corpus; Y is X shifted by one token: Y[i, j] is the token
        that follows X[i, j] in the corpus. Ungraded: len(corpus) <= num_steps.
    Source: D2L 9.3.3.
    """


def read_batches(made: Any, corpus: list[int]) -> Any:
    """Read an iterable of batches once, copying each as it comes; more than the corpus has tokens are too many."""
    try:
        batches = iter(made)
    except TypeError:
        return made  # not an iterable: the judge says so
    return [to_plain(batch) for batch in islice(batches, len(corpus) + 1)]


def observe_random_batches(hook: Hook, arguments: dict[str, Any], drive: dict[str, Any]) -> dict[str, Any]:
    """Write down the batches of one epoch; and of further epochs, in order, the first token of every row: `more`
    epochs from the same generator, then one from a new generator for each of `seeds`, filled up with -1."""
    corpus = arguments["corpus"]
    batches = read_batches(hook(**arguments), corpus)
    generators = [arguments["generator"]] * drive.get("more", 0)
    generators += [torch.Generator().manual_seed(seed) for seed in drive.get("seeds", [])]
    further = (hook(**{**arguments, "generator": generator}) for generator in generators)
    epochs = [list(_first_tokens(islice(made, len(corpus) + 1))) for made in further]
    longest = max(map(len, epochs), default=0)
    return {"batches": batches, "epochs": [epoch + [-1] * (longest - len(epoch)) for epoch in epochs]}


def _first_tokens(batches: Iterable[Any]) -> Iterator[int]:
    for X, _ in batches:
        yield from X[:, 0].tolist() if isinstance(X, torch.Tensor) else (int(row[0]) for row in X)


@component(Fields(batches=BATCHES, epochs=Anything()), points=3, observer=observe_random_batches)
def random_batches(corpus: list[int], batch_size: int, num_steps: int, generator: torch.Generator) -> Iterable[Batch]:
    """Cut a corpus into disjoint subsequences and visit them in random order, batch by batch: one epoch.

    Shapes: a list of int; an iterable of (X, Y) out, each (batch_size, num_steps) int64.
    Conventions: drop d ~ Uniform{0, …, num_steps-1} tokens at the front; cut the rest into
        m = (len(corpus)-d-1) // num_steps subsequences, one after another; visit them in uniformly random
        order in full batches; drop the last partial batch. Y holds the tokens that follow those of X in the
        corpus (X shifted by one). Too short a corpus gives no batch. The randomness comes from `generator`
        (on the CPU), how it is drawn is free; the iterable is read once and may be lazy.
    Source: D2L 9.3.3.
    """


def observe_sequential_batches(hook: Hook, arguments: dict[str, Any], drive: dict[str, Any]) -> Any:
    """Write down the batches, each copied as it comes."""
    return read_batches(hook(**arguments), arguments["corpus"])


@component(BATCHES, points=2, observer=observe_sequential_batches)
def sequential_batches(corpus: list[int], batch_size: int, num_steps: int, offset: int) -> Iterable[Batch]:
    """Cut a corpus into batches in which every row continues in the same row of the next batch.

    Shapes: a list of int; an iterable of (X, Y) out, each (batch_size, num_steps) int64.
    Conventions: from `offset` (any 0 <= offset < len(corpus), num_steps or more included), lay
        num_tokens = ((len(corpus)-offset-1) // batch_size) · batch_size tokens out as batch_size rows, one
        row after another; batch b holds the columns b·num_steps onward, so row i continues in row i of the
        next batch; drop the last partial batch. Y holds the tokens that follow those of X in the corpus
        (X shifted by one). Too short a corpus gives no batch; the iterable is read once and may be lazy.
    Source: D2L 9.3.3.
    """
