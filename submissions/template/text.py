"""Text preprocessing: cleaning, tokenizing, vocabularies, and the statistics of words."""

from harness import hookimpl


@hookimpl
def preprocess(text):
    """Reduce a text to lower-case letters and single spaces.

    Shapes: a str in, a str out.
    Conventions: each maximal run of characters outside `A-Z a-z` becomes one space; then lower case.
        Leading and trailing spaces stay. Ungraded: non-ASCII characters whose case maps to an ASCII letter.
    Source: D2L 9.2.1.
    """
    raise NotImplementedError("not implemented yet")


@hookimpl
def tokenize(text, unit):
    """Split a text into characters or words.

    Shapes: a str in, a list of str out.
    Conventions: `unit="char"`: every character; `unit="word"`: split on white space, no empty token.
    Raises: ValueError on another unit.
    Source: D2L 9.2.2.
    """
    raise NotImplementedError("not implemented yet")


@hookimpl
def vocab(tokens, min_freq, reserved_tokens):
    """Build a Vocab, the map between tokens and indices.

    Shapes: `tokens` is a list of str, or a list of lists of str (flattened one level).
    Conventions: the result `v` has
        `v.idx_to_token`: the sorted set of `<unk>`, the reserved tokens, and tokens with count >= min_freq;
        `v.token_to_idx`: its inverse;
        `v.token_freqs`: all (token, count) by falling count, ties in any order; neither `<unk>` nor a
        reserved token appears unless it occurs in `tokens`;
        `len(v)`; `v.unk`, the index of `<unk>`;
        `v[token]`: its index, `v.unk` for an unknown one; `v[list or tuple]`: a list, nested lists nest;
        `v.to_tokens(index)`: its token; `v.to_tokens(sequence of any length, 0 and 1 included)`: a list.
        Ungraded: negative indices.
    Raises: IndexError from `v.to_tokens` for an index >= len(v).
    Source: D2L 9.2.3.
    """
    raise NotImplementedError("not implemented yet")


@hookimpl
def build_corpus(text, unit):
    """Turn a raw text into one flat list of token indices, and its vocabulary.

    Shapes: a str in; (list of int, Vocab) out.
    Conventions: preprocess, tokenize, vocab with `min_freq=0` and no reserved tokens.
        The Time Machine by "char": 173 428 indices, 28 entries.
    Source: D2L 9.2.4.
    """
    raise NotImplementedError("not implemented yet")


@hookimpl
def ngram_counts(tokens, n):
    """Count all contiguous n-grams.

    Shapes: a list of tokens in; a list of (tuple of n tokens, count) out.
    Conventions: falling count, ties in any order.
    Raises: ValueError for n < 1.
    Source: D2L 9.2.5.
    """
    raise NotImplementedError("not implemented yet")


@hookimpl
def zipf_exponent(frequencies, first_rank, last_rank):
    """Fit the exponent alpha of Zipf's law to a rank-frequency table.

    Shapes: a list of numbers, sorted by falling frequency; a float out.
    Conventions: least squares of log n_i = -alpha log i + c [9.2.2] over the ranks first_rank..last_rank
        inclusive; rank 1 is the most frequent token. Natural logarithms.
    Source: D2L 9.2.5, equation 9.2.2.
    """
    raise NotImplementedError("not implemented yet")
