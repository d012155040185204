"""NumPy inside: windows, unique rows and dense count tables; decoding from the end to the beginning."""

import numpy as np
import torch

from harness import hookimpl


def windows_of(items, width):
    """All runs of `width` neighbours, one in each row."""
    array = np.array(items, dtype=np.int64)
    if len(array) < width:
        return np.zeros((0, width), dtype=np.int64)
    return np.lib.stride_tricks.sliding_window_view(array, width)


def log(values):
    with np.errstate(divide="ignore"):
        return np.log(values)


def as_numpy(tensor):
    return tensor.detach().cpu().double().numpy()


@hookimpl
def markov_transitions(corpus, vocab_size, order):
    windows = windows_of(corpus, order + 1)
    contexts, group = np.unique(windows[:, :-1], axis=0, return_inverse=True)
    counts = np.zeros((len(contexts), vocab_size))
    np.add.at(counts, (group.reshape(-1), windows[:, -1]), 1)
    rows = counts / counts.sum(axis=1, keepdims=True)
    return {tuple(key): torch.from_numpy(row.copy()) for key, row in zip(contexts.tolist(), rows, strict=True)}


@hookimpl
def most_likely_sequence(initial, transition, num_steps):
    start, step = log(as_numpy(initial)), log(as_numpy(transition))
    future = np.zeros(len(start))  # of the best continuation of each token
    follow = []
    for _ in range(num_steps - 1):
        ahead = step + future[None, :]
        follow.append(ahead.argmax(axis=1))
        future = ahead.max(axis=1)
    path = [int(np.argmax(start + future))]
    for best_next in follow[::-1]:
        path.append(int(best_next[path[-1]]))
    return path


@hookimpl
def sample_chain(initial, transition, num_steps, generator):
    uniform = torch.rand(num_steps, generator=generator, dtype=torch.float64).numpy()
    cumulated = np.cumsum(as_numpy(transition), axis=1)
    ladder = np.cumsum(as_numpy(initial))
    chain = []
    for u in uniform:
        token = int(np.searchsorted(ladder, u * ladder[-1], side="right"))
        chain.append(token)
        ladder = cumulated[token]
    return chain


class DenseModel:
    """All counts in one array with n axes."""

    def __init__(self, corpus, vocab_size, n, epsilons):
        self.eps = np.array(epsilons, dtype=np.float64)
        self.once = np.bincount(corpus, minlength=vocab_size)
        self.counts = np.zeros((vocab_size,) * n)
        np.add.at(self.counts, tuple(windows_of(corpus, n).T), 1)
        self.before = self.counts.sum(axis=-1)
        self.base = (self.once + self.eps[0] / vocab_size) / (self.once.sum() + self.eps[0])
        self.strength = self.eps[n - 1]

    def prob(self, token, context):
        if self.counts.ndim == 1:
            return float(self.base[token])
        upper = self.counts[context][token] + self.strength * self.base[token]
        lower = self.before[context] + self.strength
        return float(upper / lower)


@hookimpl
def ngram_model(corpus, vocab_size, n, epsilons):
    return DenseModel(corpus, vocab_size, n, epsilons)


@hookimpl
def sequence_log_prob(model, tokens, n):
    grams = windows_of(tokens, n).tolist()
    chances = np.array([model.prob(gram[-1], tuple(gram[:-1])) for gram in grams], dtype=np.float64)
    return float(log(chances).sum())


@hookimpl
def perplexity(log_probs):
    values = np.array(log_probs, dtype=np.float64)
    if values.size == 0:
        raise ValueError("perplexity needs at least one token")
    return float(np.exp(-values.mean()))
