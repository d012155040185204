"""Text preprocessing: cleaning, tokenizing, vocabularies, and the statistics of words."""

from __future__ import annotations

from typing import Any

from harness.contracts.attempts import attempt
from harness.contracts.component import Hook, component
from harness.contracts.results import Anything, Fields, Gram, Int, Ints, Kind, ListOf, Mapping, Parts, Real, Str

VOCAB: dict[str, Kind] = {
    "length": Int(),
    "idx_to_token": ListOf(Str()),
    "token_to_idx": Mapping(Str(), Int()),
    "token_freqs": ListOf(Parts(token=Str(), count=Int())),
    "unk": Int(),
    "lookups": Anything(),
    "tokens": Anything(),
}


@component(Str(), points=1)
def preprocess(text: str) -> str:
    """Reduce a text to lower-case letters and single spaces.

    Shapes: a str in, a str out.
    Conventions: each maximal run of characters outside `A-Z a-z` becomes one space; then lower case.
        Leading and trailing spaces stay. Ungraded: non-ASCII characters whose case maps to an ASCII letter.
    Source: D2L 9.2.1.
    """


@component(ListOf(Str()), points=1)
def tokenize(text: str, unit: str) -> list[str]:
    """Split a text into characters or words.

    Shapes: a str in, a list of str out.
    Conventions: `unit="char"`: every character; `unit="word"`: split on white space, no empty token.
    Raises: ValueError on another unit.
    Source: D2L 9.2.2.
    """


def observe_vocab(hook: Hook, arguments: dict[str, Any], drive: dict[str, Any]) -> dict[str, Any]:
    """Write down a Vocab: its tables, and what it answers to `lookups` and to `indices`. Where there are arguments
    `beside`, another Vocab has been made of these by then."""
    made = hook(**arguments)
    if "beside" in drive:
        hook(**drive["beside"])
    return _seen(made, drive)


def _seen(made: Any, drive: dict[str, Any]) -> dict[str, Any]:
    return {
        "length": len(made),
        "idx_to_token": made.idx_to_token,
        "token_to_idx": made.token_to_idx,
        "token_freqs": made.token_freqs,
        "unk": made.unk,
        "lookups": [attempt(lambda q: made[q], query) for query in drive.get("lookups", [])],
        "tokens": [attempt(made.to_tokens, query) for query in drive.get("indices", [])],
    }


@component(Fields(**VOCAB), points=3, observer=observe_vocab)
def vocab(tokens: list[str], min_freq: int, reserved_tokens: list[str]) -> Any:
    """Build a Vocab, the map between tokens and indices.

    Shapes: `tokens` is a list of str, or a list of lists of str (flattened one level).
    Conventions: the result `v` has
        `v.idx_to_token`: the sorted set of `<unk>`, the reserved tokens, and tokens with count >= min_freq;
        `v.token_to_idx`: its inverse;
        `v.token_freqs`: all (token, count) by falling count, ties in any order; neither `<unk>` nor a
        reserved token appears unless it occurs in `tokens`;
        `len(v)`; `v.unk`, the index of `<unk>`;
        `v[token]`: its index, `v.unk` for an unknown one; `v[list or tuple]`: a list, nested lists nest;
        `v.to_tokens(index)`: its token; `v.to_tokens(sequence of any length, 0 and 1 included)`: a list.
        Ungraded: negative indices.
    Raises: IndexError from `v.to_tokens` for an index >= len(v).
    Source: D2L 9.2.3.
    """


def observe_build_corpus(hook: Hook, arguments: dict[str, Any], drive: dict[str, Any]) -> Any:
    """Write down the corpus, and the vocabulary as `observe_vocab` does."""
    corpus, made = hook(**arguments)
    return corpus, _seen(made, drive)


@component(Parts(corpus=Ints(), vocab=Fields(**VOCAB)), points=1, observer=observe_build_corpus)
def build_corpus(text: str, unit: str) -> tuple[list[int], Any]:
    """Turn a raw text into one flat list of token indices, and its vocabulary.

    Shapes: a str in; (list of int, Vocab) out.
    Conventions: preprocess, tokenize, vocab with `min_freq=0` and no reserved tokens.
        The Time Machine by "char": 173 428 indices, 28 entries.
    Source: D2L 9.2.4.
    """


@component(ListOf(Parts(ngram=Gram(), count=Int())), points=1)
def ngram_counts(tokens: list[Any], n: int) -> list[tuple[tuple[Any, ...], int]]:
    """Count all contiguous n-grams.

    Shapes: a list of tokens in; a list of (tuple of n tokens, count) out.
    Conventions: falling count, ties in any order.
    Raises: ValueError for n < 1.
    Source: D2L 9.2.5.
    """


@component(Real(), points=1)
def zipf_exponent(frequencies: list[float], first_rank: int, last_rank: int) -> float:
    """Fit the exponent alpha of Zipf's law to a rank-frequency table.

    Shapes: a list of numbers, sorted by falling frequency; a float out.
    Conventions: least squares of log n_i = -alpha log i + c [9.2.2] over the ranks first_rank..last_rank
        inclusive; rank 1 is the most frequent token. Natural logarithms.
    Source: D2L 9.2.5, equation 9.2.2.
    """
