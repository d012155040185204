"""Typical mistakes in the unit markov: a perplexity in bits, smoothing in the numerator only, greedy decoding."""

import collections
import math

import torch

from harness import hookimpl


@hookimpl
def markov_transitions(corpus, vocab_size, order):
    table = {}
    for i in range(len(corpus) - order):
        row = table.setdefault(tuple(corpus[i : i + order]), torch.zeros(vocab_size, dtype=torch.float64))
        row[corpus[i + order]] += 1
    return {context: row / row.sum() for context, row in table.items()}


@hookimpl
def most_likely_sequence(initial, transition, num_steps):
    # the best next step is not always on the best path
    path = [int(initial.argmax())]
    while len(path) < num_steps:
        path.append(int(transition[path[-1]].argmax()))
    return path


@hookimpl
def sample_chain(initial, transition, num_steps, generator):
    path = [int(torch.multinomial(initial, 1, generator=generator))]
    while len(path) < num_steps:
        path.append(int(torch.multinomial(transition[path[-1]], 1, generator=generator)))
    return path


class NGram:
    def __init__(self, corpus, vocab_size, n, epsilons):
        self.n, self.m, self.N, self.eps = n, vocab_size, len(corpus), epsilons
        self.unigram = collections.Counter(corpus)
        self.joint = collections.Counter(tuple(corpus[i : i + n]) for i in range(len(corpus) - n + 1))
        self.context = collections.Counter(gram[:-1] for gram in self.joint.elements())

    def prob(self, token, context):
        p = (self.unigram[token] + self.eps[0] / self.m) / (self.N + self.eps[0])
        if self.n == 1:
            return p
        # the denominator forgot its epsilon
        return (self.joint[(*context, token)] + self.eps[self.n - 1] * p) / max(self.context[tuple(context)], 1)


@hookimpl
def ngram_model(corpus, vocab_size, n, epsilons):
    return NGram(corpus, vocab_size, n, epsilons)


@hookimpl
def sequence_log_prob(model, tokens, n):
    total = 0.0
    for i in range(n - 1, len(tokens)):
        p = model.prob(tokens[i], tuple(tokens[i - n + 1 : i]))
        total += math.log(p) if p > 0 else -math.inf
    return total


@hookimpl
def perplexity(log_probs):
    if len(log_probs) == 0:
        raise ValueError("no tokens")
    return 2 ** (-sum(log_probs) / len(log_probs))
