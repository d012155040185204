"""Tensor style: indices, counts and the corpus are integer tensors wherever the contract takes them for ints."""

import re

import torch

from harness import hookimpl


class TensorVocab:
    def __init__(self, tokens, min_freq, reserved_tokens):
        self.words = []
        for item in tokens:
            self.words.extend(item) if isinstance(item, list) else self.words.append(item)
        self.distinct = list(dict.fromkeys(self.words))
        number = {token: i for i, token in enumerate(self.distinct)}
        self.codes = torch.tensor([number[token] for token in self.words], dtype=torch.long)
        self.counts = torch.bincount(self.codes, minlength=len(self.distinct))
        frequent = [self.distinct[i] for i in torch.where(self.counts >= min_freq)[0]]
        self.idx_to_token = sorted({*frequent, *reserved_tokens, "<unk>"})
        self.token_to_idx = {token: torch.tensor(i) for i, token in enumerate(self.idx_to_token)}
        self.unk = self.token_to_idx["<unk>"]

    @property
    def token_freqs(self):
        order = self.counts.argsort(descending=True, stable=True)
        return [(self.distinct[i], self.counts[i]) for i in order.tolist()]

    def __len__(self):
        return len(self.token_to_idx)

    def __getitem__(self, query):
        if not isinstance(query, (list, tuple)):
            return self.token_to_idx.get(query, self.unk)
        found = [self[part] for part in query]
        if found and all(isinstance(part, torch.Tensor) and part.ndim == 0 for part in found):
            return torch.stack(found)
        return found

    def to_tokens(self, query):
        indices = torch.as_tensor(query, dtype=torch.long)
        if indices.numel() and int(indices.max()) >= len(self):
            raise IndexError(f"index {int(indices.max())} is too large for {len(self)} entries")
        if indices.ndim == 0:
            return self.idx_to_token[int(indices)]
        return [self.idx_to_token[i] for i in indices.tolist()]


@hookimpl
def preprocess(text):
    runs = re.findall("[A-Za-z]+|[^A-Za-z]+", text)
    return "".join(run.lower() if re.match("[A-Za-z]", run) else " " for run in runs)


@hookimpl
def tokenize(text, unit):
    pattern = {"char": r"[\s\S]", "word": r"\S+"}.get(unit)
    if pattern is None:
        raise ValueError(f"unit {unit!r} is unknown")
    return re.findall(pattern, text)


@hookimpl
def vocab(tokens, min_freq, reserved_tokens):
    return TensorVocab(tokens, min_freq, reserved_tokens)


@hookimpl
def build_corpus(text, unit):
    table = TensorVocab(tokenize(preprocess(text), unit), 0, [])
    place = torch.stack([table[token] for token in table.distinct])
    return place[table.codes], table


@hookimpl
def ngram_counts(tokens, n):
    if n < 1:
        raise ValueError(f"n == {n} < 1")
    names = list(dict.fromkeys(tokens))
    codes = torch.tensor([names.index(token) for token in tokens])
    if codes.numel() < n:
        return []
    rows, counts = codes.unfold(0, n, 1).unique(dim=0, return_counts=True)
    counts, order = counts.sort(descending=True)
    return [(tuple(names[i] for i in row), count) for row, count in zip(rows[order].tolist(), counts, strict=False)]


@hookimpl
def zipf_exponent(frequencies, first_rank, last_rank):
    ranks = torch.arange(first_rank, last_rank + 1, dtype=torch.float64)
    x = ranks.log()
    y = torch.tensor(frequencies, dtype=torch.float64)[first_rank - 1 : last_rank].log()
    both = torch.cov(torch.stack([x, y]))
    return -(both[0, 1] / both[0, 0]).item()
