"""NumPy inside: code points, unique(), searchsorted and sliding windows; plain Python only at the borders."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from harness import hookimpl


def objects(items):
    made = np.empty(len(items), dtype=object)
    made[:] = items
    return made


class ArrayVocab:
    def __init__(self, tokens, min_freq, reserved_tokens):
        rows = [item if isinstance(item, list) else [item] for item in tokens]
        flat = objects([token for row in rows for token in row])
        values, counts = np.unique(flat, return_counts=True)
        order = np.argsort(-counts, kind="stable")
        self.token_freqs = list(zip(values[order].tolist(), counts[order].tolist(), strict=False))
        special = objects(["<unk>", *reserved_tokens])
        self._table = np.unique(np.concatenate([special, values[counts >= min_freq]]))
        self.idx_to_token = self._table.tolist()
        self.token_to_idx = dict(zip(self.idx_to_token, np.arange(len(self._table)).tolist(), strict=False))
        self.unk = int(np.flatnonzero(self._table == "<unk>")[0])

    def __len__(self):
        return self._table.size

    def __getitem__(self, query):
        if isinstance(query, (list, tuple)):
            return [self[part] for part in query]
        (hits,) = np.nonzero(self._table == query)
        return int(hits[0]) if hits.size else self.unk

    def to_tokens(self, indices):
        picked = self._table[np.asarray(indices, dtype=np.int64)]
        return picked.tolist() if isinstance(picked, np.ndarray) else picked


@hookimpl
def preprocess(text):
    codes = np.array([ord(character) for character in text], dtype=np.uint32)
    small = codes | 32
    letter = (small >= ord("a")) & (small <= ord("z"))
    starts_gap = ~letter & np.r_[True, letter][:-1]
    result = np.where(letter, small, 32)[letter | starts_gap]
    return "".join(map(chr, result.tolist()))


@hookimpl
def tokenize(text, unit):
    if unit == "char":
        return objects([*text]).tolist()
    if unit == "word":
        return objects(text.split(None)).tolist()
    raise ValueError("the unit is neither char nor word: " + repr(unit))


@hookimpl
def vocab(tokens, min_freq, reserved_tokens):
    return ArrayVocab(tokens, min_freq, reserved_tokens)


@hookimpl
def build_corpus(text, unit):
    tokens = tokenize(preprocess(text), unit)
    made = ArrayVocab(tokens, 0, [])
    _, inverse = np.unique(objects([*made.idx_to_token, *tokens]), return_inverse=True)
    return inverse[len(made) :].tolist(), made


@hookimpl
def ngram_counts(tokens, n):
    if n <= 0:
        raise ValueError("n is not positive")
    if len(tokens) < n:
        return []
    codes = {}
    numbers = np.array([codes.setdefault(token, len(codes)) for token in tokens])
    names = list(codes)
    rows, counts = np.unique(sliding_window_view(numbers, n), axis=0, return_counts=True)
    order = np.argsort(counts)[::-1]
    return [(tuple(names[code] for code in rows[i]), int(counts[i])) for i in order]


@hookimpl
def zipf_exponent(frequencies, first_rank, last_rank):
    table = np.log(np.asarray(frequencies, dtype=np.float64))
    ranks = 1 + np.arange(len(frequencies))
    inside = (ranks >= first_rank) & (ranks <= last_rank)
    design = np.stack([-np.log(ranks[inside]), np.ones(inside.sum())], axis=1)
    solution = np.linalg.lstsq(design, table[inside], rcond=None)[0]
    return solution[0].item()
