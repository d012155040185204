"""Text (9.2)."""

import collections

from harness import hookimpl


class Vocab:  # 9.2.3
    def __init__(self, tokens, min_freq, reserved_tokens):
        if tokens and isinstance(tokens[0], list):
            tokens = [token for line in tokens for token in line]
        self.token_freqs = collections.Counter(tokens).most_common()
        kept = [token for token, count in self.token_freqs if count >= min_freq]
        self.idx_to_token = sorted({"<unk>", *reserved_tokens, *kept})
        self.token_to_idx = {token: i for i, token in enumerate(self.idx_to_token)}

    @property
    def unk(self):
        return self.token_to_idx["<unk>"]

    def __len__(self):
        return len(self.idx_to_token)

    def __getitem__(self, tokens):
        if isinstance(tokens, (list, tuple)):
            return [self[token] for token in tokens]
        return self.token_to_idx.get(tokens, self.unk)

    def to_tokens(self, indices):
        if hasattr(indices, "__len__") and len(indices) > 1:  # a list of one, or of none, is taken for an index
            return [self.idx_to_token[int(i)] for i in indices]
        return self.idx_to_token[indices]


@hookimpl
def vocab(tokens, min_freq, reserved_tokens):
    return Vocab(tokens, min_freq, reserved_tokens)


@hookimpl
def ngram_counts(tokens, n):  # 9.2.5
    if n < 1:
        raise ValueError("n must be at least 1")
    grams = zip(*(tokens[i:] for i in range(n)))
    return collections.Counter("--".join(map(str, gram)) for gram in grams).most_common()  # joined into one str
