"""Dict style: the vocabulary is itself a dict, with __missing__ for unknown tokens; dicts count everything else."""

import statistics
from itertools import count
from math import log
from operator import itemgetter

from harness import hookimpl

ALPHABET = "abcdefghijklmnopqrstuvwxyz"
LOWER = {**dict(zip(ALPHABET, ALPHABET, strict=False)), **dict(zip(ALPHABET.upper(), ALPHABET, strict=False))}
CUTTERS = {"char": lambda text: [*text], "word": str.split}


class DictVocab(dict):
    def __init__(self, tokens, min_freq, reserved_tokens):
        counts = {}
        for token in self.one_level(tokens):
            counts[token] = 1 + counts.setdefault(token, 0)
        self.token_freqs = sorted(counts.items(), key=itemgetter(1))[::-1]
        entries = dict.fromkeys(reserved_tokens)
        entries["<unk>"] = None
        for token in counts:
            if counts[token] >= min_freq:
                entries[token] = None
        self.idx_to_token = sorted(entries)
        super().__init__(zip(self.idx_to_token, count()))
        self.unk = dict.__getitem__(self, "<unk>")

    @staticmethod
    def one_level(tokens):
        flat = []
        for item in tokens:
            if type(item) is list:
                flat += item
            else:
                flat += [item]
        return flat

    @property
    def token_to_idx(self):
        return dict(self)

    def __missing__(self, token):
        return self.unk

    def __getitem__(self, query):
        match query:
            case list() | tuple():
                return [self[part] for part in query]
            case _:
                return super().__getitem__(query)

    def to_tokens(self, query):
        match query:
            case int():
                return self.idx_to_token[query]
            case _:
                return list(map(self.idx_to_token.__getitem__, query))


@hookimpl
def preprocess(text):
    spaced = "".join(LOWER.get(character, " ") for character in text)
    while "  " in spaced:
        spaced = spaced.replace("  ", " ")
    return spaced


@hookimpl
def tokenize(text, unit):
    try:
        cut = CUTTERS[unit]
    except KeyError:
        raise ValueError(f"no unit {unit!r}, only {[*CUTTERS]}") from None
    return cut(text)


@hookimpl
def vocab(tokens, min_freq, reserved_tokens):
    return DictVocab(tokens, min_freq, reserved_tokens)


@hookimpl
def build_corpus(text, unit):
    parts = CUTTERS[unit](preprocess(text))
    known = DictVocab(parts, 0, [])
    return [known[part] for part in parts], known


@hookimpl
def ngram_counts(tokens, n):
    if n in range(1, max(2, n + 1)):
        found = {}
        for end in range(n, len(tokens) + 1):
            gram = tuple(tokens[end - n : end])
            found[gram] = found.get(gram, 0) + 1
        return sorted(found.items(), key=itemgetter(1), reverse=True)
    raise ValueError(f"{n}-grams do not exist")


@hookimpl
def zipf_exponent(frequencies, first_rank, last_rank):
    table = {rank: frequencies[rank - 1] for rank in range(first_rank, last_rank + 1)}
    fit = statistics.linear_regression([log(rank) for rank in table], [log(n) for n in table.values()])
    return 0.0 - fit.slope
