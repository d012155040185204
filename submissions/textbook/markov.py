"""Markov chains and n-gram models (9.1.2, 9.3.1, 9.3.2)."""

import collections
import math

import torch

from harness import hookimpl


class MarkovModel:
    """Relative frequencies of what follows a context (9.1.2)."""

    def __init__(self, corpus, vocab_size, order):
        self.counts = {}
        for i in range(len(corpus) - order):
            context, token = tuple(corpus[i : i + order]), corpus[i + order]
            if context not in self.counts:
                self.counts[context] = torch.zeros(vocab_size, dtype=torch.float64)
            self.counts[context][token] += 1

    def transitions(self):
        return {context: count / count.sum() for context, count in self.counts.items()}


class Chain:
    """A first-order chain that is given by its probabilities."""

    def __init__(self, initial, transition):
        self.initial, self.transition = initial, transition

    def best_path(self, num_steps):
        """Dynamic programming, in logarithms."""
        best, came_from = torch.log(self.initial), []
        for _ in range(num_steps - 1):
            best, previous = torch.max(best.reshape(-1, 1) + torch.log(self.transition), dim=0)
            came_from.append(previous.tolist())
        path = [int(best.argmax())]
        while came_from:
            path.append(came_from.pop()[path[-1]])
        return path[::-1]

    def sample(self, num_steps, generator):
        probs, path = self.initial, []
        for _ in range(num_steps):
            path.append(int(torch.multinomial(probs.cpu(), 1, generator=generator)))
            probs = self.transition[path[-1]]
        return path


class NGram:
    """Counts with Laplace's smoothing (9.3.1.2, equation 9.3.6)."""

    def __init__(self, corpus, vocab_size, n, epsilons):
        self.m, self.N, self.n, self.epsilons = vocab_size, len(corpus), n, epsilons
        self.unigrams = collections.Counter(corpus)
        self.ngrams = collections.Counter(zip(*[corpus[i:] for i in range(n)]))
        self.contexts = collections.Counter(gram[:-1] for gram in self.ngrams.elements())

    def prob(self, token, context):
        p = (self.unigrams[token] + self.epsilons[0] / self.m) / (self.N + self.epsilons[0])
        if self.n > 1:
            epsilon, context = self.epsilons[self.n - 1], tuple(context)
            p = (self.ngrams[context + (token,)] + epsilon * p) / (self.contexts[context] + epsilon)
        return p


@hookimpl
def markov_transitions(corpus, vocab_size, order):
    return MarkovModel(corpus, vocab_size, order).transitions()


@hookimpl
def most_likely_sequence(initial, transition, num_steps):
    return Chain(initial, transition).best_path(num_steps)


@hookimpl
def sample_chain(initial, transition, num_steps, generator):
    return Chain(initial, transition).sample(num_steps, generator)


@hookimpl
def ngram_model(corpus, vocab_size, n, epsilons):
    return NGram(corpus, vocab_size, n, epsilons)


@hookimpl
def sequence_log_prob(model, tokens, n):  # equations 9.3.2, 9.3.4
    probs = [model.prob(tokens[i], tuple(tokens[i - n + 1 : i])) for i in range(n - 1, len(tokens))]
    return float(sum(math.log(p) if p > 0 else -math.inf for p in probs))


@hookimpl
def perplexity(log_probs):  # equation 9.3.8
    if len(log_probs) == 0:
        raise ValueError("no tokens, no perplexity")
    log_probs = torch.tensor(log_probs, dtype=torch.float64)
    return float(torch.exp(-log_probs.mean()))
