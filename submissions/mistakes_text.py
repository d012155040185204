"""Typical mistakes in the unit text: split(' '), a strict min_freq, a missing last n-gram."""

import collections
import re

import numpy as np

from harness import hookimpl


@hookimpl
def preprocess(text):
    return re.sub("[^A-Za-z]+", " ", text).strip().lower()


@hookimpl
def tokenize(text, unit):
    if unit == "char":
        return list(text)
    if unit == "word":
        return text.split(" ")
    raise ValueError(unit)


class Vocab:
    def __init__(self, tokens, min_freq, reserved_tokens):
        if tokens and isinstance(tokens[0], list):
            tokens = sum(tokens, [])
        counter = collections.Counter(tokens)
        self.token_freqs = counter.most_common()
        frequent = [token for token, count in self.token_freqs if count > min_freq]
        self.idx_to_token = sorted(set(["<unk>"] + reserved_tokens + frequent))
        self.token_to_idx = {token: i for i, token in enumerate(self.idx_to_token)}
        self.unk = self.token_to_idx["<unk>"]

    def __len__(self):
        return len(self.idx_to_token)

    def __getitem__(self, tokens):
        if isinstance(tokens, (list, tuple)):
            return [self[token] for token in tokens]
        return self.token_to_idx.get(tokens, self.unk)

    def to_tokens(self, indices):
        if hasattr(indices, "__len__") and len(indices) > 1:
            return [self.idx_to_token[int(i)] for i in indices]
        return self.idx_to_token[indices]


@hookimpl
def vocab(tokens, min_freq, reserved_tokens):
    return Vocab(tokens, min_freq, reserved_tokens)


@hookimpl
def build_corpus(text, unit):
    clean = re.sub("[^A-Za-z]+", " ", text).lower()
    tokens = list(clean) if unit == "char" else clean.split()
    made = Vocab(tokens, -1, [])
    return made[tokens], made


@hookimpl
def ngram_counts(tokens, n):
    if n < 1:
        raise ValueError("n must be at least 1")
    return collections.Counter(tuple(tokens[i : i + n]) for i in range(len(tokens) - n)).most_common()


@hookimpl
def zipf_exponent(frequencies, first_rank, last_rank):
    x = np.log(np.arange(first_rank, last_rank + 1))
    y = np.log(frequencies[first_rank - 1 : last_rank])
    return -np.polyfit(x, y, 1)[0]
