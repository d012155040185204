"""Terse style: one-liners, lambdas and a class made by type()."""

import re
from collections import Counter
from math import log

from harness import hookimpl


def look(v, q):
    return [look(v, t) for t in q] if isinstance(q, (list, tuple)) else v.token_to_idx.get(q, v.unk)


def back(v, q):
    return [v.idx_to_token[i] for i in q] if hasattr(q, "__iter__") else v.idx_to_token[q]


V = type("V", (), {"__len__": lambda v: len(v.idx_to_token), "__getitem__": look, "to_tokens": back})


@hookimpl
def preprocess(text):
    return " ".join(re.split("[^a-zA-Z]+", text)).lower()


@hookimpl
def tokenize(text, unit):
    if unit not in {"char", "word"}:
        raise ValueError(unit)
    return re.split(r"\s+", text.strip()) * bool(text.strip()) if unit == "word" else [*text]


@hookimpl
def vocab(tokens, min_freq, reserved_tokens):
    v, c = V(), Counter(t for x in tokens for t in (x if isinstance(x, list) else [x]))
    v.token_freqs = c.most_common()
    v.idx_to_token = sorted({"<unk>"} | {*reserved_tokens} | {t for t in c if c[t] >= min_freq})
    v.token_to_idx = {t: i for i, t in enumerate(v.idx_to_token)}
    v.unk = v.token_to_idx["<unk>"]
    return v


@hookimpl
def build_corpus(text, unit):
    t = tokenize(preprocess(text), unit)
    return [*map((v := vocab(t, 0, [])).token_to_idx.get, t)], v


@hookimpl
def ngram_counts(tokens, n):
    if n < 1:
        raise ValueError(n)
    return Counter(tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1)).most_common()


@hookimpl
def zipf_exponent(frequencies, first_rank, last_rank):
    p = [(log(r), log(f)) for r, f in enumerate(frequencies, 1) if first_rank <= r <= last_rank]
    x, y = (sum(c) / len(p) for c in zip(*p, strict=False))
    return -sum((a - x) * (b - y) for a, b in p) / sum((a - x) ** 2 for a, _ in p)
