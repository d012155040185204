"""Pedantic: typed, validated with helpful messages; scores in a table, tokens drawn by an exponential race."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from harness import hookimpl


def require(condition: bool, message: str) -> None:
    if not condition:
        raise ValueError(message)


def require_chain(initial: Tensor, transition: Tensor) -> None:
    size = len(initial)
    require(initial.ndim == 1, f"initial has {initial.ndim} axes instead of one")
    require(transition.shape == (size, size), f"transition has shape {tuple(transition.shape)}, not ({size}, {size})")
    require(bool((initial >= 0).all() and (transition >= 0).all()), "a probability is negative")


@hookimpl
def markov_transitions(corpus: list[int], vocab_size: int, order: int) -> dict[tuple[int, ...], Tensor]:
    require(order >= 1, f"order is {order}, but a context has at least one token")
    require(all(0 <= token < vocab_size for token in corpus), f"tokens should lie in 0 ... {vocab_size - 1}")
    if len(corpus) <= order:
        return {}
    seen, times = torch.unique(torch.tensor(corpus).unfold(0, order + 1, 1), dim=0, return_counts=True)
    table: dict[tuple[int, ...], Tensor] = {}
    for gram, count in zip(seen.tolist(), times.tolist(), strict=True):
        context, token = tuple(gram[:order]), gram[order]
        if context not in table:
            table[context] = torch.zeros(vocab_size, dtype=torch.float64)
        table[context][token] = count
    for row in table.values():
        row.div_(row.sum())
    return table


@hookimpl
def most_likely_sequence(initial: Tensor, transition: Tensor, num_steps: int) -> list[int]:
    require_chain(initial, transition)
    require(num_steps >= 1, f"num_steps is {num_steps}, but should be positive")
    log_transition = transition.log()
    table = initial.new_full((num_steps, len(initial)), -math.inf)  # best score of a sequence that ends there
    table[0] = initial.log()
    for t in range(1, num_steps):
        arrivals = table[t - 1].reshape(-1, 1) + log_transition
        table[t] = arrivals.amax(dim=0)
    tokens = [0] * num_steps
    tokens[-1] = int(table[-1].argmax())
    for t in range(num_steps - 2, -1, -1):
        tokens[t] = int((table[t] + log_transition[:, tokens[t + 1]]).argmax())
    assert len(tokens) == num_steps
    return tokens


@hookimpl
def sample_chain(initial: Tensor, transition: Tensor, num_steps: int, generator: torch.Generator) -> list[int]:
    require_chain(initial, transition)
    chances = initial.cpu().double()
    table = transition.cpu().double()
    drawn: list[int] = []
    for _ in range(num_steps):
        clock = torch.empty(len(chances), dtype=torch.float64).exponential_(generator=generator)
        arrival = torch.where(chances > 0, clock / chances, math.inf)
        winner = int(arrival.argmin())  # the first to arrive, with probability chances[winner]
        assert chances[winner] > 0, "drew a token of probability 0"
        drawn.append(winner)
        chances = table[winner]
    return drawn


@dataclass(frozen=True)
class Smoothed:
    """An n-gram model that is filled once and then only asked."""

    vocab_size: int
    n: int
    epsilons: tuple[float, float, float]
    counted: dict[tuple[int, ...], int] = field(default_factory=dict)

    def count(self, gram: tuple[int, ...]) -> None:
        self.counted[gram] = self.counted.get(gram, 0) + 1

    def number(self, gram: tuple[int, ...]) -> int:
        return self.counted.get(gram, 0)

    def prob(self, token: int, context: tuple[int, ...]) -> float:
        require(0 <= token < self.vocab_size, f"token {token} is not in the vocabulary")
        require(len(context) == self.n - 1, f"context {context} should have {self.n - 1} tokens")
        tokens_in_all = sum(self.number((x,)) for x in range(self.vocab_size))
        e1 = self.epsilons[0]
        p = (self.number((token,)) + e1 / self.vocab_size) / (tokens_in_all + e1)
        if self.n > 1:
            e = self.epsilons[self.n - 1]
            followed = sum(self.number((*context, x)) for x in range(self.vocab_size))
            p = (self.number((*context, token)) + e * p) / (followed + e)
        return p


@hookimpl
def ngram_model(corpus: list[int], vocab_size: int, n: int, epsilons: tuple[float, float, float]) -> Smoothed:
    require(n in (1, 2, 3), f"n is {n}, but should be 1, 2 or 3")
    require(len(epsilons) == 3, f"epsilons has {len(epsilons)} entries instead of three")
    model = Smoothed(vocab_size, n, tuple(epsilons))
    for width in {1, n}:
        for start in range(len(corpus) - width + 1):
            model.count(tuple(corpus[start : start + width]))
    return model


@hookimpl
def sequence_log_prob(model: Any, tokens: list[int], n: int) -> float:
    require(n >= 1, f"n is {n}, but should be positive")
    if len(tokens) < n:
        return 0.0
    result = 0.0
    for place, token in enumerate(tokens):
        if place < n - 1:
            continue
        context = tuple(tokens[place - (n - 1) : place])
        p = float(model.prob(token, context))
        require(p >= 0, f"the model gave a probability of {p}")
        if p == 0.0:
            return -math.inf
        result += math.log(p)
    return result


@hookimpl
def perplexity(log_probs: list[float]) -> float:
    require(len(log_probs) > 0, "log_probs is empty, so there is no mean")
    require(not any(math.isnan(value) for value in log_probs), "a log probability is nan")
    mean = 0.0
    for tokens_seen, value in enumerate(log_probs, start=1):
        if value == -math.inf:
            return math.inf
        mean += (value - mean) / tokens_seen
    return math.exp(-mean)
