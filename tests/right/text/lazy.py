"""Lazy style: generators and groupby; a vocabulary's tables are built when they are first asked for."""

from functools import cached_property
from itertools import chain, groupby, islice, tee
from math import log
from string import ascii_letters

from harness import hookimpl

LETTERS = frozenset(ascii_letters)


def clean(text):
    for is_word, run in groupby(text, LETTERS.__contains__):
        if is_word:
            yield from map(str.lower, run)
        else:
            yield " "


def pieces(text, unit):
    if unit == "char":
        yield from text
    elif unit == "word":
        for gap, run in groupby(text, str.isspace):
            if not gap:
                yield "".join(run)
    else:
        raise ValueError(f"cannot cut a text into {unit!r}")


def leaves(tokens):
    for item in tokens:
        if isinstance(item, list):
            yield from item
        else:
            yield item


def tally(items):
    seen = {}
    for item in items:
        seen[item] = seen.get(item, 0) + 1
    return seen


def falling(seen):
    yield from sorted(seen.items(), key=lambda pair: -pair[1])


class LazyVocab:
    def __init__(self, tokens, min_freq, reserved_tokens):
        self.seen = tally(leaves(tokens))
        self.special = ("<unk>", *reserved_tokens)
        self.min_freq = min_freq

    @cached_property
    def token_freqs(self):
        return list(falling(self.seen))

    @cached_property
    def idx_to_token(self):
        common = (token for token, count in self.seen.items() if not count < self.min_freq)
        return sorted(set(chain(self.special, common)))

    @cached_property
    def token_to_idx(self):
        return {token: place for place, token in enumerate(self.idx_to_token)}

    @cached_property
    def unk(self):
        return self.idx_to_token.index("<unk>")

    def __len__(self):
        return len(self.idx_to_token)

    def places(self, tokens):
        for token in tokens:
            yield self[token]

    def __getitem__(self, asked):
        if type(asked) in (list, tuple):
            return list(self.places(asked))
        return self.token_to_idx.get(asked, self.unk)

    def to_tokens(self, asked):
        if isinstance(asked, int):
            return next(islice(self.idx_to_token, asked, None)) if asked < len(self) else self.beyond(asked)
        return [self.to_tokens(index) for index in asked]

    def beyond(self, index):
        raise IndexError(f"there are only {len(self)} entries, so none has the index {index}")


def windows(tokens, n):
    copies = tee(tokens, n)
    for start, copy in enumerate(copies):
        next(islice(copy, start, start), None)
    return zip(*copies, strict=False)


@hookimpl
def preprocess(text):
    return "".join(clean(text))


@hookimpl
def tokenize(text, unit):
    return list(pieces(text, unit))


@hookimpl
def vocab(tokens, min_freq, reserved_tokens):
    return LazyVocab(tokens, min_freq, reserved_tokens)


@hookimpl
def build_corpus(text, unit):
    tokens = list(pieces("".join(clean(text)), unit))
    table = LazyVocab(tokens, 0, ())
    return list(table.places(tokens)), table


@hookimpl
def ngram_counts(tokens, n):
    if not n >= 1:
        raise ValueError("an n-gram has at least one token")
    return list(falling(tally(windows(tokens, n))))


@hookimpl
def zipf_exponent(frequencies, first_rank, last_rank):
    chosen = islice(enumerate(frequencies, 1), first_rank - 1, last_rank)
    x, y = zip(*((log(rank), log(count)) for rank, count in chosen), strict=False)
    middle = sum(x) / len(x)
    return sum((middle - a) * b for a, b in zip(x, y, strict=False)) / sum((a - middle) ** 2 for a in x)
