"""Counting, and the table of tokens."""

from collections import Counter, UserDict


def frequencies_of(items):
    return Counter(items).most_common()


class Lookup(UserDict):
    """Tokens to indices; where one is missing, that of <unk>."""

    def __missing__(self, token):
        return self.data["<unk>"]


class Table:
    def __init__(self, tokens, min_freq, reserved_tokens):
        lines = tokens if tokens and isinstance(tokens[0], list) else [tokens]
        self.token_freqs = frequencies_of(token for line in lines for token in line)
        kept = [token for token, count in self.token_freqs if count >= min_freq]
        self.idx_to_token = sorted({"<unk>", *reserved_tokens, *kept})
        self.lookup = Lookup((token, index) for index, token in enumerate(self.idx_to_token))

    token_to_idx = property(lambda self: self.lookup.data)
    unk = property(lambda self: self.lookup["<unk>"])

    def __len__(self):
        return len(self.lookup)

    def __getitem__(self, query):
        return [self[item] for item in query] if isinstance(query, (list, tuple)) else self.lookup[query]

    def to_tokens(self, query):
        return (
            [self.to_tokens(index) for index in query] if isinstance(query, (list, tuple)) else self.idx_to_token[query]
        )
