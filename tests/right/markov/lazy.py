"""Lazy and functional: itertools, accumulate, generators and closures; hardly a loop statement."""

import math
from bisect import bisect_right
from collections import Counter
from itertools import accumulate, islice
from types import SimpleNamespace

import torch

from harness import hookimpl


def grams(sequence, width):
    """The n-grams of a sequence, one after the other."""
    return zip(*(islice(sequence, shift, None) for shift in range(width)), strict=False)


@hookimpl
def markov_transitions(corpus, vocab_size, order):
    tally = Counter(grams(corpus, order + 1))
    totals = Counter(gram[:-1] for gram in grams(corpus, order + 1))

    def row(context, total):
        return torch.tensor([tally[(*context, x)] / total for x in range(vocab_size)], dtype=torch.float64)

    return {context: row(context, total) for context, total in totals.items()}


@hookimpl
def most_likely_sequence(initial, transition, num_steps):
    logs = transition.log()

    def onward(state, _):
        best, _ = state
        return torch.max(best.view(-1, 1) + logs, dim=0)

    states = list(accumulate(range(num_steps - 1), onward, initial=(initial.log(), None)))
    last = states[-1][0].argmax().item()
    origins = (origin.tolist() for _, origin in reversed(states[1:]))
    return list(accumulate(origins, lambda token, origin: origin[token], initial=last))[::-1]


def stairs(row):
    """The cumulated probabilities of a row."""
    return list(accumulate(row))


@hookimpl
def sample_chain(initial, transition, num_steps, generator):
    flights = [stairs(row) for row in transition.tolist()]

    def chance():
        return torch.rand((), generator=generator, dtype=torch.float64).item()

    def walk():
        flight = stairs(initial.tolist())
        while True:
            token = bisect_right(flight, chance() * flight[-1])
            yield token
            flight = flights[token]

    return list(islice(walk(), num_steps))


@hookimpl
def ngram_model(corpus, vocab_size, n, epsilons):
    ones, many = Counter(corpus), Counter(grams(corpus, n))
    behind = Counter(gram[: n - 1] for gram in grams(corpus, n))
    size, e1, e = len(corpus), epsilons[0], epsilons[n - 1]

    def single(token):
        return (ones[token] + e1 / vocab_size) / (size + e1)

    def several(token, context):
        return (many[(*context, token)] + e * single(token)) / (behind[context] + e)

    return SimpleNamespace(prob=several if n > 1 else lambda token, context: single(token))


def safe_log(p):
    return math.log(p) if p > 0 else -math.inf


@hookimpl
def sequence_log_prob(model, tokens, n):
    return sum((safe_log(model.prob(gram[-1], gram[:-1])) for gram in grams(tokens, n)), start=0.0)


@hookimpl
def perplexity(log_probs):
    count = sum(1 for _ in log_probs)
    if not count:
        raise ValueError("nothing to take a mean of")
    return math.exp(math.fsum(-one for one in log_probs) / count)
