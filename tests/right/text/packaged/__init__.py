"""Packaged style: hooks in front, helpers in modules beside them, with relative imports."""

from harness import hookimpl

from . import fitting
from .cleaning import clean, cut
from .tables import Table, frequencies_of


@hookimpl
def preprocess(text):
    return clean(text)


@hookimpl
def tokenize(text, unit):
    return cut(text, unit)


@hookimpl
def vocab(tokens, min_freq, reserved_tokens):
    return Table(tokens, min_freq, reserved_tokens)


@hookimpl
def build_corpus(text, unit):
    tokens = cut(clean(text), unit)
    table = Table(tokens, 0, [])
    return table[tokens], table


@hookimpl
def ngram_counts(tokens, n):
    if n < 1:
        raise ValueError(f"n should be positive, not {n}")
    return frequencies_of(zip(*[tokens[i:] for i in range(n)], strict=False))


@hookimpl
def zipf_exponent(frequencies, first_rank, last_rank):
    return fitting.exponent(frequencies, range(first_rank, last_rank + 1))
