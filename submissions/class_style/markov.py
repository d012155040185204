"""Markov chains and n-gram models."""

import collections
import math

import torch

from harness import hookimpl


class MarkovChain:
    """A chain with an initial distribution and a transition matrix."""

    def __init__(self, initial, transition):
        self.initial, self.transition = initial, transition

    def most_likely(self, num_steps):
        log_transition = self.transition.log()
        score, back = self.initial.log(), []
        for _ in range(num_steps - 1):
            score, choice = (score[:, None] + log_transition).max(dim=0)
            back.append(choice)
        path = [int(score.argmax())]
        for choice in reversed(back):
            path.append(int(choice[path[-1]]))
        return path[::-1]

    def sample(self, num_steps, generator):
        rows = self.transition.cpu()
        path = [torch.multinomial(self.initial.cpu(), 1, generator=generator).item()]
        while len(path) < num_steps:
            path.append(torch.multinomial(rows[path[-1]], 1, generator=generator).item())
        return path


class NGramModel:
    """Smoothed unigrams, bigrams or trigrams."""

    def __init__(self, corpus, vocab_size, n, epsilons):
        self.n, self.size, self.total = n, vocab_size, len(corpus)
        self.epsilons = epsilons
        self.unigrams = collections.Counter(corpus)
        self.grams = collections.Counter(zip(*(corpus[i:] for i in range(n))))
        self.contexts = collections.Counter()
        for gram, count in self.grams.items():
            self.contexts[gram[:-1]] += count

    def unigram(self, token):
        epsilon = self.epsilons[0]
        return (self.unigrams[token] + epsilon / self.size) / (self.total + epsilon)

    def prob(self, token, context):
        if self.n == 1:
            return self.unigram(token)
        epsilon = self.epsilons[self.n - 1]
        context = tuple(context)
        joint = self.grams[(*context, token)] + epsilon * self.unigram(token)
        return joint / (self.contexts[context] + epsilon)


@hookimpl
def markov_transitions(corpus, vocab_size, order):
    counts = collections.defaultdict(lambda: torch.zeros(vocab_size, dtype=torch.float64))
    for i in range(order, len(corpus)):
        counts[tuple(corpus[i - order : i])][corpus[i]] += 1
    return {context: row / row.sum() for context, row in counts.items()}


@hookimpl
def most_likely_sequence(initial, transition, num_steps):
    return MarkovChain(initial, transition).most_likely(num_steps)


@hookimpl
def sample_chain(initial, transition, num_steps, generator):
    return MarkovChain(initial, transition).sample(num_steps, generator)


@hookimpl
def ngram_model(corpus, vocab_size, n, epsilons):
    return NGramModel(corpus, vocab_size, n, epsilons)


@hookimpl
def sequence_log_prob(model, tokens, n):
    total = 0.0
    for i in range(n - 1, len(tokens)):
        p = model.prob(tokens[i], tuple(tokens[i - n + 1 : i]))
        if p == 0:
            return -math.inf
        total += math.log(p)
    return total


@hookimpl
def perplexity(log_probs):
    if not len(log_probs):
        raise ValueError("the perplexity of no tokens is not defined")
    mean = sum(log_probs) / len(log_probs)
    return math.inf if mean == -math.inf else math.exp(-mean)
