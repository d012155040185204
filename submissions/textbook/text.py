"""From raw text to a corpus of indices (9.2)."""

import collections
import re

import torch

from harness import hookimpl


class Vocab:
    """Tokens and their indices (9.2.3)."""

    def __init__(self, tokens=(), min_freq=0, reserved_tokens=()):
        counter = collections.Counter()
        for token in tokens:
            counter.update(token if isinstance(token, list) else [token])
        self.token_freqs = counter.most_common()
        kept = {"<unk>"}.union(reserved_tokens, (token for token in counter if counter[token] >= min_freq))
        self.idx_to_token = sorted(kept)
        self.token_to_idx = dict(zip(self.idx_to_token, range(len(kept))))

    def __len__(self):
        return len(self.idx_to_token)

    def __getitem__(self, tokens):
        if isinstance(tokens, (list, tuple)):
            return [self[token] for token in tokens]
        return self.token_to_idx.get(tokens, self.unk)

    def to_tokens(self, indices):
        if hasattr(indices, "__len__"):  # of one index too, and of none
            return [self.to_tokens(index) for index in indices]
        return self.idx_to_token[indices]

    @property
    def unk(self):
        return self.token_to_idx["<unk>"]


class TimeMachine:
    """The book's data set, without its download (9.2.1-9.2.4)."""

    def __init__(self, unit="char"):
        if unit not in ("char", "word"):
            raise ValueError(f"tokens are of the unit char or word, not {unit!r}")
        self.unit = unit

    @staticmethod
    def preprocess(text):
        return re.sub("[^A-Za-z]+", " ", text).lower()

    def tokenize(self, text):
        return list(text) if self.unit == "char" else text.split()

    def build(self, raw_text):
        tokens = self.tokenize(self.preprocess(raw_text))
        made = Vocab(tokens)
        return made[tokens], made


@hookimpl
def preprocess(text):
    return TimeMachine.preprocess(text)


@hookimpl
def tokenize(text, unit):
    return TimeMachine(unit).tokenize(text)


@hookimpl
def vocab(tokens, min_freq, reserved_tokens):
    return Vocab(tokens, min_freq, reserved_tokens)


@hookimpl
def build_corpus(text, unit):
    return TimeMachine(unit).build(text)


@hookimpl
def ngram_counts(tokens, n):  # 9.2.5
    if n < 1:
        raise ValueError("an n-gram has a token at least")
    shifted = [tokens[i:] for i in range(n)]
    return collections.Counter(zip(*shifted)).most_common()


@hookimpl
def zipf_exponent(frequencies, first_rank, last_rank):  # equation 9.2.2
    ranks = torch.arange(first_rank, last_rank + 1, dtype=torch.float64)
    freqs = torch.tensor(frequencies[first_rank - 1 : last_rank], dtype=torch.float64)
    x, y = ranks.log() - ranks.log().mean(), freqs.log() - freqs.log().mean()
    return -float((x * y).sum() / (x * x).sum())
