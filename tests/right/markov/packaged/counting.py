"""Counting what follows what."""

from collections import Counter, defaultdict
from fractions import Fraction

import torch

from harness import hookimpl

from .windows import windows


def followers(corpus, width):
    """context -> a Counter of the tokens after it."""
    found = defaultdict(Counter)
    for context, token in windows(corpus, width):
        found[context][token] += 1
    return found


@hookimpl
def markov_transitions(corpus, vocab_size, order):
    made = {}
    for context, counter in followers(corpus, order + 1).items():
        shares = [Fraction(counter[x], counter.total()) for x in range(vocab_size)]
        made[context] = torch.tensor(list(map(float, shares)), dtype=torch.float64)
    return made


@hookimpl
def ngram_model(corpus, vocab_size, n, epsilons):
    return Mixture(followers(corpus, n), epsilons[n - 1], Mixture(followers(corpus, 1), epsilons[0], Even(vocab_size)))


class Even:
    """Every token alike."""

    def __init__(self, size):
        self.size = size

    def prob(self, token, context):
        return 1 / self.size


class Mixture:
    """Counts, smoothed towards another model; the unigram's own mixture is the model itself."""

    def __init__(self, counted, epsilon, other):
        self.counted, self.epsilon, self.other = counted, epsilon, other
        self.flat = set(counted) <= {()}

    def prob(self, token, context):
        if self.flat and isinstance(self.other, Mixture):
            return self.other.prob(token, ())
        counter = self.counted.get(tuple(context), Counter())
        return (counter[token] + self.epsilon * self.other.prob(token, ())) / (counter.total() + self.epsilon)
