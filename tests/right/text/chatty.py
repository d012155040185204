"""Chatty style: prints and warnings on every occasion, counters kept by hand in plain loops."""

import functools
import math
import operator
import sys
import warnings

from harness import hookimpl


def is_letter(character):
    return "a" <= character <= "z" or "A" <= character <= "Z"


class TalkingVocab:
    def __init__(self, tokens, min_freq=0, reserved_tokens=None):
        print("building a vocabulary of", len(tokens), "tokens")
        if len(tokens) > 0 and isinstance(tokens[0], list):
            warnings.warn("got lines; flattening them", stacklevel=2)
            tokens = functools.reduce(operator.iadd, tokens, [])
        self.count = {}
        for token in tokens:
            if token not in self.count:
                self.count[token] = 0
            self.count[token] += 1
        self.token_freqs = list(self.count.items())
        self.token_freqs.sort(key=lambda item: item[1], reverse=True)
        self.idx_to_token = ["<unk>"]
        for token in reserved_tokens or []:
            if token not in self.idx_to_token:
                self.idx_to_token.append(token)
        for token, number in self.token_freqs:
            if number < min_freq:
                print("too rare:", token, file=sys.stderr)
                continue
            if token not in self.idx_to_token:
                self.idx_to_token.append(token)
        self.idx_to_token.sort()
        self.token_to_idx = {}
        for token in self.idx_to_token:
            self.token_to_idx[token] = len(self.token_to_idx)
        self.unk = self.token_to_idx["<unk>"]
        print("it has", len(self.idx_to_token), "entries")

    def __len__(self):
        return len(self.idx_to_token)

    def __getitem__(self, token):
        if isinstance(token, (list, tuple)):
            answer = []
            for one in token:
                answer.append(self.__getitem__(one))
            return answer
        if token in self.token_to_idx:
            return self.token_to_idx[token]
        print("never seen:", token)
        return self.unk

    def to_tokens(self, index):
        if isinstance(index, int):
            if index >= len(self.idx_to_token):
                raise IndexError("the vocabulary ends before " + str(index))
            return self.idx_to_token[index]
        answer = []
        for one in index:
            answer.append(self.to_tokens(one))
        return answer


@hookimpl
def preprocess(text):
    print("cleaning", len(text), "characters")
    result = ""
    pending = False
    for character in text:
        if not is_letter(character):
            pending = True
            continue
        if pending:
            result += " "
            pending = False
        result += character.lower()
    if pending:
        result += " "
    return result


@hookimpl
def tokenize(text, unit):
    if unit == "char":
        tokens = []
        tokens.extend(text)
    elif unit == "word":
        tokens = []
        for line in text.splitlines():
            for word in line.split():
                tokens.append(word)
    else:
        warnings.warn("nobody knows this unit", stacklevel=1)
        raise ValueError("unknown unit " + unit)
    print("cut into", len(tokens), "tokens")
    return tokens


@hookimpl
def vocab(tokens, min_freq, reserved_tokens):
    return TalkingVocab(tokens, min_freq, reserved_tokens)


@hookimpl
def build_corpus(text, unit):
    text = preprocess(text)
    tokens = tokenize(text, unit)
    table = TalkingVocab(tokens)
    corpus = []
    for token in tokens:
        corpus.append(table.token_to_idx[token])
    print("the corpus has", len(corpus), "indices")
    return corpus, table


@hookimpl
def ngram_counts(tokens, n):
    if n < 1:
        print("n is too small:", n)
        raise ValueError("n must not be below 1")
    count = {}
    start = 0
    while start + n <= len(tokens):
        gram = tuple(tokens[start : start + n])
        if gram in count:
            count[gram] += 1
        else:
            count[gram] = 1
        start += 1
    pairs = list(count.items())
    pairs.sort(key=lambda item: item[1], reverse=True)
    print("found", len(pairs), "different n-grams")
    return pairs


@hookimpl
def zipf_exponent(frequencies, first_rank, last_rank):
    if last_rank - first_rank < 10:
        warnings.warn("a fit over few ranks", stacklevel=1)
    n = sx = sy = 0
    for rank in range(first_rank, last_rank + 1):
        sx += math.log(rank)
        sy += math.log(frequencies[rank - 1])
        n += 1
    up = down = 0
    for rank in range(first_rank, last_rank + 1):
        dx = math.log(rank) - sx / n
        dy = math.log(frequencies[rank - 1]) - sy / n
        up += dx * dy
        down += dx * dx
    alpha = -up / down
    print("alpha is", alpha)
    return alpha
