"""Text preprocessing."""

import collections
import math
import string

from harness import hookimpl


class Vocab:
    """Tokens and their indices."""

    def __init__(self, tokens, min_freq=0, reserved_tokens=()):
        flat = []
        for item in tokens:
            flat.extend(item) if isinstance(item, list) else flat.append(item)
        self.counter = collections.Counter(flat)
        kept = {token for token in self.counter if self.counter[token] >= min_freq}
        self.idx_to_token = sorted(kept | {"<unk>"} | set(reserved_tokens))
        self.token_to_idx = dict(zip(self.idx_to_token, range(len(self.idx_to_token))))

    @property
    def token_freqs(self):
        return self.counter.most_common()

    @property
    def unk(self):
        return self.idx_to_token.index("<unk>")

    def __len__(self):
        return len(self.idx_to_token)

    def __getitem__(self, key):
        if isinstance(key, (list, tuple)):
            return [self[item] for item in key]
        return self.token_to_idx[key] if key in self.token_to_idx else self.unk

    def to_tokens(self, indices):
        try:
            return [self.idx_to_token[i] for i in indices]
        except TypeError:
            return self.idx_to_token[indices]


class TextPipeline:
    """From raw text to a corpus of indices."""

    letters = set(string.ascii_letters)

    def clean(self, text):
        pieces, in_gap = [], False
        for character in text:
            if character in self.letters:
                pieces.append(character.lower())
            elif not in_gap:
                pieces.append(" ")
            in_gap = character not in self.letters
        return "".join(pieces)

    def cut(self, text, unit):
        cutters = {"char": list, "word": str.split}
        if unit not in cutters:
            raise ValueError(f"unknown unit: {unit}")
        return cutters[unit](text)

    def build(self, text, unit):
        tokens = self.cut(self.clean(text), unit)
        table = Vocab(tokens)
        return [table[token] for token in tokens], table


@hookimpl
def preprocess(text):
    return TextPipeline().clean(text)


@hookimpl
def tokenize(text, unit):
    return TextPipeline().cut(text, unit)


@hookimpl
def vocab(tokens, min_freq, reserved_tokens):
    return Vocab(tokens, min_freq, reserved_tokens)


@hookimpl
def build_corpus(text, unit):
    return TextPipeline().build(text, unit)


@hookimpl
def ngram_counts(tokens, n):
    if n < 1:
        raise ValueError("n must be positive")
    counter = collections.Counter(tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1))
    return counter.most_common()


@hookimpl
def zipf_exponent(frequencies, first_rank, last_rank):
    points = [(math.log(i), math.log(frequencies[i - 1])) for i in range(first_rank, last_rank + 1)]
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    covariance = sum((x - mean_x) * (y - mean_y) for x, y in points)
    return -covariance / sum((x - mean_x) ** 2 for x, _ in points)
