"""Text preprocessing, D2L 9.2."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from harness import hookimpl

Token = Any


class Vocab:
    """The map between tokens and indices (D2L 9.2.3)."""

    def __init__(self, tokens: Sequence[Any], min_freq: int, reserved_tokens: Sequence[str]) -> None:
        if tokens and isinstance(tokens[0], list):
            tokens = [token for line in tokens for token in line]
        counts = Counter(tokens)
        self.token_freqs = sorted(counts.items(), key=lambda pair: pair[1], reverse=True)
        frequent = {token for token, count in self.token_freqs if count >= min_freq}
        self.idx_to_token = sorted({"<unk>", *reserved_tokens, *frequent})
        self.token_to_idx = {token: index for index, token in enumerate(self.idx_to_token)}

    def __len__(self) -> int:
        return len(self.idx_to_token)

    def __getitem__(self, tokens: Any) -> Any:
        if isinstance(tokens, (list, tuple)):
            return [self[token] for token in tokens]
        return self.token_to_idx.get(tokens, self.unk)

    def to_tokens(self, indices: Any) -> Any:
        """The token of an index, or the list of tokens of a sequence of indices."""
        if hasattr(indices, "__len__"):
            return [self.idx_to_token[index] for index in indices]
        return self.idx_to_token[indices]

    @property
    def unk(self) -> int:
        """The index that unknown tokens get."""
        return self.token_to_idx["<unk>"]


@hookimpl
def preprocess(text: str) -> str:
    return re.sub("[^A-Za-z]+", " ", text).lower()


@hookimpl
def tokenize(text: str, unit: str) -> list[str]:
    if unit == "char":
        return list(text)
    if unit == "word":
        return text.split()
    raise ValueError(f"unit is {unit!r}, but should be 'char' or 'word'")


@hookimpl
def vocab(tokens: list[Any], min_freq: int, reserved_tokens: list[str]) -> Vocab:
    return Vocab(tokens, min_freq, reserved_tokens)


@hookimpl
def build_corpus(text: str, unit: str) -> tuple[list[int], Vocab]:
    tokens = tokenize(preprocess(text), unit)
    made = Vocab(tokens, min_freq=0, reserved_tokens=[])
    return made[tokens], made


@hookimpl
def ngram_counts(tokens: list[Token], n: int) -> list[tuple[tuple[Token, ...], int]]:
    if n < 1:
        raise ValueError(f"n is {n}, but should be at least 1")
    grams = zip(*(tokens[i:] for i in range(n)), strict=False)
    return Counter(grams).most_common()


@hookimpl
def zipf_exponent(frequencies: list[float], first_rank: int, last_rank: int) -> float:
    ranks = np.arange(first_rank, last_rank + 1)
    log_frequencies = np.log(frequencies[first_rank - 1 : last_rank])
    slope, _ = np.polyfit(np.log(ranks), log_frequencies, deg=1)  # log n_i = -alpha log i + c  [9.2.2]
    return float(-slope)
