"""Hooks that pluggy would misread in silence: each is refused by name, and the sound ones are graded."""

from harness import hookimpl


@hookimpl
def preprocess(text):
    kept = [c if c.isascii() and c.isalpha() else " " for c in text]
    words = "".join(kept)
    while "  " in words:
        words = words.replace("  ", " ")
    return words.lower()


@hookimpl
def tokenise(text, unit):  # the name has a z
    return text.split()


@hookimpl
def ngram_counts(tokens, n=2):  # pluggy would never pass n
    return []


@hookimpl
def zipf_exponent(frequencies, first_rank):  # last_rank is missing
    return 1.0


@hookimpl
def build_corpus(text, unit, lower):  # lower is not in the contract
    return [], None


@hookimpl
class Vocab:  # a class is no hook
    pass


@hookimpl
def perplexity(log_probs):
    return 1.0


@hookimpl
def perplexity(log_probs):  # noqa: F811 - the second of two
    return 2.0
