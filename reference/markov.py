"""Markov chains and n-gram language models, D2L 9.1.2, 9.3.1, 9.3.2."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

import torch

from harness import hookimpl

Context = tuple[int, ...]


@hookimpl
def markov_transitions(corpus: list[int], vocab_size: int, order: int) -> dict[Context, torch.Tensor]:
    counts: dict[Context, torch.Tensor] = {}
    for t in range(order, len(corpus)):
        context = tuple(corpus[t - order : t])
        row = counts.setdefault(context, torch.zeros(vocab_size, dtype=torch.float64))
        row[corpus[t]] += 1  # n(context, x)
    return {context: row / row.sum() for context, row in counts.items()}  # n(context, x) / n(context)  [9.3.5]


@hookimpl
def most_likely_sequence(initial: torch.Tensor, transition: torch.Tensor, num_steps: int) -> list[int]:
    steps = transition.log()  # (V, V)
    scores = initial.log()  # (V,): of the best sequence that ends in each token
    origins = []
    for _ in range(num_steps - 1):
        scores, origin = (scores[:, None] + steps).max(dim=0)  # max over the token before
        origins.append(origin)
    sequence = [int(scores.argmax())]
    for origin in reversed(origins):
        sequence.append(int(origin[sequence[-1]]))
    return sequence[::-1]


@hookimpl
def sample_chain(
    initial: torch.Tensor, transition: torch.Tensor, num_steps: int, generator: torch.Generator
) -> list[int]:
    probabilities, rows = initial.cpu(), transition.cpu()  # where the generator is
    chain: list[int] = []
    for _ in range(num_steps):
        chain.append(int(torch.multinomial(probabilities, 1, generator=generator)))  # x_t ~ P(x_t | x_{t-1})
        probabilities = rows[chain[-1]]
    return chain


class NgramModel:
    """An n-gram model with Laplace smoothing (D2L 9.3.1)."""

    def __init__(self, corpus: list[int], vocab_size: int, n: int, epsilons: Sequence[float]) -> None:
        grams = [tuple(corpus[t : t + n]) for t in range(len(corpus) - n + 1)]
        self.n, self.m, self.size, self.epsilons = n, vocab_size, len(corpus), tuple(epsilons)
        self.tokens = Counter(corpus)
        self.grams = Counter(grams)
        self.contexts = Counter(gram[:-1] for gram in grams)  # where a token follows

    def unigram(self, token: int) -> float:
        """P(x), smoothed towards the uniform distribution."""
        return (self.tokens[token] + self.epsilons[0] / self.m) / (self.size + self.epsilons[0])  # [9.3.6]

    def prob(self, token: int, context: Context) -> float:
        """P(x | context), smoothed towards P(x)."""
        if self.n == 1:
            return self.unigram(token)
        epsilon, gram = self.epsilons[self.n - 1], (*context, token)
        return (self.grams[gram] + epsilon * self.unigram(token)) / (self.contexts[context] + epsilon)  # [9.3.6]


@hookimpl
def ngram_model(corpus: list[int], vocab_size: int, n: int, epsilons: Sequence[float]) -> NgramModel:
    return NgramModel(corpus, vocab_size, n, epsilons)


@hookimpl
def sequence_log_prob(model: Any, tokens: list[int], n: int) -> float:
    total = 0.0
    for t in range(n - 1, len(tokens)):
        probability = model.prob(tokens[t], tuple(tokens[t - n + 1 : t]))
        total += math.log(probability) if probability > 0 else -math.inf  # log P(x_t | x_{t-n+1} ... x_{t-1})  [9.3.2]
    return total


@hookimpl
def perplexity(log_probs: list[float]) -> float:
    if not log_probs:
        raise ValueError("log_probs is empty, but should hold at least one log probability")
    return math.exp(-sum(log_probs) / len(log_probs))  # [9.3.8]
