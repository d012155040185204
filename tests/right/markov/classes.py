"""Plain classes: a table that watches, a decoder that extends its paths, a walker, and one class for each n."""

import math
from collections import defaultdict
from itertools import pairwise

import torch

from harness import hookimpl


class TransitionTable:
    """Counts what follows each context."""

    def __init__(self, size):
        self.size = size
        self.followers = defaultdict(self.empty_row)

    def empty_row(self):
        return [0] * self.size

    def watch(self, corpus, order):
        for start in range(len(corpus) - order):
            context = tuple(corpus[start : start + order])
            follower = corpus[start + order]
            self.followers[context][follower] += 1
        return self

    def row(self, context):
        counts = torch.tensor(self.followers[context], dtype=torch.float64)
        return counts / counts.sum()

    def as_dict(self):
        return {context: self.row(context) for context in self.followers}


class Decoder:
    """Keeps, for each token, the best sequence that ends in it."""

    def __init__(self, initial, transition):
        self.step = torch.log(transition)
        self.score = torch.log(initial)
        self.tokens = torch.arange(len(initial), device=initial.device).unsqueeze(1)
        self.paths = self.tokens

    def extend(self):
        reached = self.score.unsqueeze(1) + self.step
        self.score, before = reached.max(0)
        self.paths = torch.cat([self.paths[before], self.tokens], dim=1)

    def best(self):
        return self.paths[self.score.argmax()].tolist()


class Walker:
    """Walks through the tokens at random."""

    def __init__(self, initial, transition, generator):
        self.initial, self.transition = initial.cpu(), transition.cpu()
        self.generator = generator

    def draw(self, odds):
        return torch.multinomial(odds, num_samples=1, generator=self.generator).item()

    def walk(self, num_steps):
        visited = [self.draw(self.initial)]
        while len(visited) < num_steps:
            here = visited[-1]
            visited.append(self.draw(self.transition[here]))
        return visited


class Unigram:
    """P(x), smoothed towards the uniform distribution."""

    def __init__(self, corpus, vocab_size, epsilons):
        self.vocab_size, self.epsilons = vocab_size, epsilons
        self.total = len(corpus)
        self.times = defaultdict(int)
        for token in corpus:
            self.times[token] += 1

    def prob(self, token, context=()):
        epsilon = self.epsilons[0]
        share = epsilon / self.vocab_size
        return (self.times.get(token, 0) + share) / (self.total + epsilon)


class Bigram(Unigram):
    """P(x | a), smoothed towards P(x)."""

    def __init__(self, corpus, vocab_size, epsilons):
        super().__init__(corpus, vocab_size, epsilons)
        self.after = defaultdict(list)
        for a, x in pairwise(corpus):
            self.after[a].append(x)

    def prob(self, token, context):
        (a,) = context
        followers = self.after.get(a, [])
        mixed_in = self.epsilons[1] * super().prob(token)
        return (followers.count(token) + mixed_in) / (len(followers) + self.epsilons[1])


class Trigram(Unigram):
    """P(x | a, b), smoothed towards P(x)."""

    def __init__(self, corpus, vocab_size, epsilons):
        super().__init__(corpus, vocab_size, epsilons)
        self.after_pair = defaultdict(list)
        for a, b, x in zip(corpus, corpus[1:], corpus[2:], strict=False):
            self.after_pair[a, b].append(x)

    def prob(self, token, context):
        a, b = context
        followers = self.after_pair.get((a, b), [])
        mixed_in = self.epsilons[2] * super().prob(token)
        return (followers.count(token) + mixed_in) / (len(followers) + self.epsilons[2])


class Score:
    """A running log probability."""

    def __init__(self):
        self.value = 0.0

    def add(self, probability):
        if probability == 0:
            self.value = -math.inf
        else:
            self.value += math.log(probability)


class Surprise:
    """Collects log probabilities."""

    def __init__(self):
        self.total, self.count = 0.0, 0

    def add(self, log_prob):
        self.total -= log_prob
        self.count += 1

    def perplexity(self):
        if self.count == 0:
            raise ValueError("no log probabilities, no perplexity")
        return math.exp(self.total / self.count)


@hookimpl
def markov_transitions(corpus, vocab_size, order):
    return TransitionTable(vocab_size).watch(corpus, order).as_dict()


@hookimpl
def most_likely_sequence(initial, transition, num_steps):
    decoder = Decoder(initial, transition)
    for _ in range(1, num_steps):
        decoder.extend()
    return decoder.best()


@hookimpl
def sample_chain(initial, transition, num_steps, generator):
    return Walker(initial, transition, generator).walk(num_steps)


@hookimpl
def ngram_model(corpus, vocab_size, n, epsilons):
    kind = {1: Unigram, 2: Bigram, 3: Trigram}[n]
    return kind(corpus, vocab_size, epsilons)


@hookimpl
def sequence_log_prob(model, tokens, n):
    score = Score()
    for end in range(n, len(tokens) + 1):
        *context, token = tokens[end - n : end]
        score.add(model.prob(token, tuple(context)))
    return score.value


@hookimpl
def perplexity(log_probs):
    surprise = Surprise()
    for log_prob in log_probs:
        surprise.add(log_prob)
    return surprise.perplexity()
