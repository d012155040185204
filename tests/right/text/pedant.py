"""Pedantic style: every argument is validated, every result is asserted, and errors say what is wrong."""

import re
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from math import fsum, log

from harness import hookimpl

RUN = re.compile(r"(?P<letters>[A-Za-z]+)|(?P<gap>[^A-Za-z]+)")


@dataclass(frozen=True, slots=True)
class Entry:
    token: str
    count: int


class CheckedVocab:
    def __init__(self, tokens, min_freq, reserved_tokens):
        assert isinstance(tokens, list), f"tokens is a {type(tokens).__name__}, not a list"
        assert isinstance(min_freq, int), "min_freq is no int"
        nested = any(isinstance(item, list) for item in tokens)
        assert not nested or all(isinstance(item, list) for item in tokens), "tokens mixes lists and str"
        words = [token for line in tokens for token in line] if nested else list(tokens)
        assert all(isinstance(word, str) for word in words), "a token is no str"
        self._entries = [Entry(token, count) for token, count in Counter(words).most_common()]
        special = {"<unk>"}.union(reserved_tokens)
        kept = {entry.token for entry in self._entries if entry.count >= min_freq}
        self._sorted = tuple(sorted(special.union(kept)))
        assert len(set(self._sorted)) == len(self._sorted), "an entry is there twice"

    @property
    def idx_to_token(self):
        return list(self._sorted)

    @property
    def token_to_idx(self):
        return {self._sorted[index]: index for index in range(len(self._sorted))}

    @property
    def token_freqs(self):
        return [(entry.token, entry.count) for entry in self._entries]

    @property
    def unk(self):
        return self._place("<unk>")

    def __len__(self):
        return len(self._sorted)

    def _place(self, token):
        place = bisect_left(self._sorted, token)
        if place < len(self._sorted) and self._sorted[place] == token:
            return place
        return self._place("<unk>")

    def __getitem__(self, what):
        if isinstance(what, str):
            return self._place(what)
        if isinstance(what, (list, tuple)):
            return [self[item] for item in what]
        raise TypeError(f"cannot look up a {type(what).__name__}")

    def _checked(self, index):
        if index >= len(self._sorted):
            raise IndexError(f"index {index} with {len(self._sorted)} entries")
        return self._sorted[index]

    def to_tokens(self, what):
        try:
            indices = iter(what)
        except TypeError:
            return self._checked(what)
        return [self._checked(index) for index in indices]


@hookimpl
def preprocess(text):
    assert isinstance(text, str), f"text is a {type(text).__name__}"
    parts = [match["letters"].lower() if match["letters"] else " " for match in RUN.finditer(text)]
    result = "".join(parts)
    assert len(result) <= len(text), "cleaning made the text longer"
    return result


@hookimpl
def tokenize(text, unit):
    assert isinstance(text, str), f"text is a {type(text).__name__}"
    if unit not in ("char", "word"):
        raise ValueError(f'unit should be "char" or "word", not {unit!r}')
    return [text[i] for i in range(len(text))] if unit == "char" else re.findall(r"\S+", text)


@hookimpl
def vocab(tokens, min_freq, reserved_tokens):
    assert all(isinstance(token, str) for token in reserved_tokens), "a reserved token is no str"
    return CheckedVocab(tokens, min_freq, reserved_tokens)


@hookimpl
def build_corpus(text, unit):
    cleaned = preprocess(text)
    tokens = tokenize(cleaned, unit)
    made = CheckedVocab(tokens, min_freq=0, reserved_tokens=())
    place = made.token_to_idx
    corpus = [place[token] for token in tokens]
    assert len(corpus) == len(tokens), "a token was lost"
    return corpus, made


@hookimpl
def ngram_counts(tokens, n):
    if n < 1:
        raise ValueError(f"n should be 1 or more, not {n}")
    total = max(0, len(tokens) - n + 1)
    grams = [tuple(tokens[start + step] for step in range(n)) for start in range(total)]
    counts = Counter()
    for gram in grams:
        counts[gram] += 1
    assert counts.total() == total, "an n-gram was lost"
    return [(gram, counts[gram]) for gram in sorted(counts, key=counts.__getitem__, reverse=True)]


@hookimpl
def zipf_exponent(frequencies, first_rank, last_rank):
    assert 1 <= first_rank < last_rank <= len(frequencies), "the ranks do not lie in the table"
    xs, ys = [], []
    for rank in range(first_rank, last_rank + 1):
        xs.append(log(rank))
        ys.append(log(frequencies[rank - 1]))
    m, sx, sy = len(xs), fsum(xs), fsum(ys)
    sxy, sxx = fsum(x * y for x, y in zip(xs, ys, strict=True)), fsum(x * x for x in xs)
    alpha = Fraction(sx) * Fraction(sy) - m * Fraction(sxy)
    beta = m * Fraction(sxx) - Fraction(sx) ** 2
    return float(alpha / beta)
