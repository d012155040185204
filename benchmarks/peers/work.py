"""The class: right work in three styles and wrong work in five, dealt out in turns."""

from __future__ import annotations

HEADER = "from harness import hookimpl\n"
MARK = "@hookimpl\n"

BOOK = """
import collections

import torch

from harness import hookimpl


class Vocab:
    def __init__(self, tokens, min_freq, reserved_tokens):
        if tokens and isinstance(tokens[0], list):
            tokens = [token for line in tokens for token in line]
        counter = collections.Counter(tokens)
        self.token_freqs = sorted(counter.items(), key=lambda pair: pair[1], reverse=True)
        reserved = ["<unk>"] + reserved_tokens
        frequent = [token for token, freq in self.token_freqs if freq >= min_freq]
        self.idx_to_token = list(sorted(set(reserved + frequent)))
        self.token_to_idx = {token: idx for idx, token in enumerate(self.idx_to_token)}

    def __len__(self):
        return len(self.idx_to_token)

    def __getitem__(self, tokens):
        if not isinstance(tokens, (list, tuple)):
            return self.token_to_idx.get(tokens, self.unk)
        return [self[token] for token in tokens]

    def to_tokens(self, indices):
        if hasattr(indices, "__len__"):
            return [self.idx_to_token[int(index)] for index in indices]
        return self.idx_to_token[indices]

    @property
    def unk(self):
        return self.token_to_idx["<unk>"]


@hookimpl
def vocab(tokens, min_freq, reserved_tokens):
    return Vocab(tokens, min_freq, reserved_tokens)


@hookimpl
def rnn_scratch(inputs, state, params):
    H = torch.zeros(inputs.shape[1], len(params["b_h"]), dtype=inputs.dtype) if state is None else state
    outputs = []
    for X in inputs:
        H = torch.tanh(X @ params["W_xh"] + H @ params["W_hh"] + params["b_h"])
        outputs.append(H)
    return torch.stack(outputs), H
"""

FUNCTIONAL = """
from collections import Counter
from itertools import accumulate, chain
from types import SimpleNamespace

import torch

from harness import hookimpl


class Table(SimpleNamespace):
    def __len__(self):
        return len(self.idx_to_token)

    def __getitem__(self, query):
        if isinstance(query, (list, tuple)):
            return list(map(self.__getitem__, query))
        return self.token_to_idx.get(query, self.unk)

    def to_tokens(self, query):
        if isinstance(query, (list, tuple)):
            return list(map(self.to_tokens, query))
        return self.idx_to_token[query]


@hookimpl
def vocab(tokens, min_freq, reserved_tokens):
    nested = bool(tokens) and isinstance(tokens[0], list)
    counts = Counter(chain.from_iterable(tokens) if nested else tokens)
    kept = {token for token in counts if counts[token] >= min_freq}
    names = sorted(kept | set(reserved_tokens) | {"<unk>"})
    places = dict(zip(names, range(len(names))))
    return Table(idx_to_token=names, token_to_idx=places, token_freqs=counts.most_common(), unk=places["<unk>"])


@hookimpl
def rnn_scratch(inputs, state, params):
    first = inputs.new_zeros(inputs.size(1), params["W_hh"].size(0)) if state is None else state
    projected = inputs @ params["W_xh"] + params["b_h"]
    states = list(accumulate(projected, lambda H, X: (X + H @ params["W_hh"]).tanh(), initial=first))
    return torch.stack(states[1:]), states[-1]
"""

FUSED = """
import torch

from harness import hookimpl


class Words:
    def __init__(self, names, freqs):
        self.idx_to_token, self.token_freqs = names, freqs
        self.token_to_idx = {}
        for name in names:
            self.token_to_idx[name] = len(self.token_to_idx)
        self.unk = self.token_to_idx["<unk>"]

    def __len__(self):
        return len(self.token_to_idx)

    def __getitem__(self, key):
        if type(key) in (list, tuple):
            return [self[one] for one in key]
        if key in self.token_to_idx:
            return self.token_to_idx[key]
        return self.unk

    def to_tokens(self, key):
        try:
            return [self.idx_to_token[one] for one in key]
        except TypeError:
            return self.idx_to_token[key]


@hookimpl
def vocab(tokens, min_freq, reserved_tokens):
    counts = {}
    for line in tokens:
        for token in line if isinstance(line, list) else (line,):
            counts[token] = counts.get(token, 0) + 1
    names = ["<unk>"]
    for token in [*reserved_tokens, *counts]:
        if token not in names and (token in reserved_tokens or counts[token] >= min_freq):
            names.append(token)
    return Words(sorted(names), sorted(counts.items(), key=lambda item: -item[1]))


@hookimpl
def rnn_scratch(inputs, state, params):
    T, n, _ = inputs.shape
    weights = torch.cat([params["W_xh"], params["W_hh"]])
    if state is None:
        state = torch.zeros(n, weights.shape[1], dtype=weights.dtype, device=weights.device)
    outputs = []
    for t in range(T):
        state = torch.tanh(torch.addmm(params["b_h"], torch.cat([inputs[t], state], dim=1), weights))
        outputs.append(state[None])
    return torch.cat(outputs), state
"""

MISTAKES = {
    "strict": ("freq >= min_freq", "freq > min_freq"),
    "careless": ('reserved = ["<unk>"] + reserved_tokens', 'reserved_tokens += ["<unk>"]; reserved = reserved_tokens'),
    "unknown": ("self.token_to_idx.get(tokens, self.unk)", "self.token_to_idx[tokens]"),
    "biasless": (' + params["b_h"])', ")"),
    "float32": (", dtype=inputs.dtype)", ")"),
}
"""Wrong work, as edits of the book's: a frequency of exactly `min_freq` left out, the caller's list changed, an unknown
token that raises, no bias, zeros that are float32 whatever the inputs are."""


def _edited(source: str, old: str, new: str) -> str:
    assert source.count(old) == 1, f"{old!r} stands {source.count(old)} times in the book's work"
    return source.replace(old, new)


WRONG = {f"wrong_{name}": _edited(BOOK, *edit) for name, edit in MISTAKES.items()}
STYLES = {"right_book": BOOK, "right_functional": FUNCTIONAL, "right_fused": FUSED} | WRONG


def dealt(count: int) -> dict[str, str]:
    """So many submissions by name, as this harness wants them; no two files are the same."""
    styles = list(STYLES)
    names = [f"s{i:03}_{styles[i % len(styles)]}" for i in range(count)]
    return {name: f'"""Submission {name}."""\n' + STYLES[name[5:]] for name in names}


def bare(source: str) -> str:
    """The same work for graders that look functions up by their names."""
    return source.replace(HEADER, "").replace(MARK, "")
