"""Mutants of the unit text."""

import itertools
from collections.abc import Mapping
from typing import Any

from harness.judge.likeness import same
from harness.judge.mutant import mutant

MUTANTS = [
    mutant(
        "preprocess",
        "keeps-runs",
        "Every other character becomes a space of its own, so runs stay long.",
        "test_preprocess_keeps_letters_and_single_spaces_only",
        ('"[^A-Za-z]+"', '"[^A-Za-z]"'),
    ),
    mutant(
        "preprocess",
        "range-a-to-z-mixed",
        "[^A-z] lets the six characters between Z and a through.",
        "test_preprocess_keeps_letters_and_single_spaces_only",
        ('"[^A-Za-z]+"', '"[^A-z]+"'),
    ),
    mutant(
        "preprocess",
        "strips",
        "The spaces at both ends are stripped.",
        "test_preprocess_turns_each_run_of_other_characters_into_one_space",
        (".lower()\n", ".lower().strip()\n"),
    ),
    mutant(
        "preprocess",
        "keeps-case",
        "The text is not lower-cased.",
        "test_preprocess_turns_each_run_of_other_characters_into_one_space",
        ("text).lower()", "text)"),
    ),
    mutant(
        "preprocess",
        "keeps-digits",
        "Digits are taken for letters.",
        "test_preprocess_gives_the_corpus_its_known_length",
        ('"[^A-Za-z]+"', '"[^A-Za-z0-9]+"'),
    ),
    mutant(
        "preprocess",
        "drops-others",
        "Other characters vanish instead of becoming a space.",
        "test_preprocess_gives_the_corpus_its_known_length",
        ('"[^A-Za-z]+", " "', '"[^A-Za-z]+", ""'),
    ),
    mutant(
        "tokenize",
        "splits-on-single-spaces",
        "split(' ') leaves empty tokens and keeps tabs.",
        "test_tokenize_splits_as_its_unit_says",
        ("text.split()", 'text.split(" ")'),
    ),
    mutant(
        "tokenize",
        "drops-white-space-characters",
        "Spaces are no characters.",
        "test_tokenize_by_char_loses_nothing",
        ("return list(text)", 'return list(text.replace(" ", ""))'),
    ),
    mutant(
        "tokenize",
        "accepts-any-unit",
        "An unknown unit falls back to words.",
        "test_tokenize_refuses_an_unknown_unit",
        ('    raise ValueError(f"unit is', '    return text.split()\n    raise ValueError(f"unit is'),
    ),
    mutant(
        "tokenize",
        "unit-none",
        "An unknown unit raises KeyError.",
        "test_tokenize_refuses_an_unknown_unit",
        ('raise ValueError(f"unit is', 'raise KeyError(f"unit is'),
    ),
    mutant(
        "tokenize",
        "returns-a-tuple",
        "The tokens come as a tuple.",
        "test_tokenize_splits_as_its_unit_says",
        ("return list(text)", "return tuple(text)"),
    ),
    mutant(
        "vocab",
        "strict-min-freq",
        "A token must occur more often than min_freq.",
        "test_vocab_lists_sorted_frequent_and_reserved_tokens",
        ("count >= min_freq", "count > min_freq"),
    ),
    mutant(
        "vocab",
        "ignores-min-freq",
        "Rare tokens are kept.",
        "test_vocab_lists_sorted_frequent_and_reserved_tokens",
        ("if count >= min_freq", "if count >= 0"),
    ),
    mutant(
        "vocab",
        "by-frequency",
        "The entries stand in order of frequency instead of sorted.",
        "test_vocab_lists_sorted_frequent_and_reserved_tokens",
        (
            'sorted({"<unk>", *reserved_tokens, *frequent})',
            'list(dict.fromkeys(["<unk>", *reserved_tokens, *(t for t, c in self.token_freqs if c >= min_freq)]))',
        ),
    ),
    mutant(
        "vocab",
        "reserved-left-out",
        "The reserved tokens get no index.",
        "test_vocab_lists_sorted_frequent_and_reserved_tokens",
        ('{"<unk>", *reserved_tokens, *frequent}', '{"<unk>", *frequent}'),
    ),
    mutant(
        "vocab",
        "indices-from-one",
        "Indices count from 1.",
        "test_vocab_maps_tokens_and_indices_to_each_other",
        ("enumerate(self.idx_to_token)", "enumerate(self.idx_to_token, 1)"),
    ),
    mutant(
        "vocab",
        "length-of-frequencies",
        "len(v) counts the distinct tokens of the text.",
        "test_vocab_maps_tokens_and_indices_to_each_other",
        ("return len(self.idx_to_token)", "return len(self.token_freqs)"),
    ),
    mutant(
        "vocab",
        "frequencies-filtered",
        "token_freqs leaves the rare tokens out.",
        "test_vocab_counts_every_token_by_falling_frequency",
        (
            "self.token_freqs = sorted(counts.items(), key",
            "self.token_freqs = sorted(((t, c) for t, c in counts.items() if c >= min_freq), key",
        ),
    ),
    mutant(
        "vocab",
        "frequencies-rising",
        "token_freqs rises.",
        "test_vocab_counts_every_token_by_falling_frequency",
        ("reverse=True", "reverse=False"),
    ),
    mutant(
        "vocab",
        "counts-unk",
        "<unk> is listed among the frequencies though it does not occur.",
        "test_vocab_counts_every_token_by_falling_frequency",
        (
            "self.token_freqs = sorted(counts.items(), key=lambda pair: pair[1], reverse=True)",
            'self.token_freqs = [*sorted(counts.items(), key=lambda pair: pair[1], reverse=True), ("<unk>", 0)]',
        ),
    ),
    mutant(
        "vocab",
        "no-flattening",
        "A list of lists is not flattened.",
        "test_vocab_lists_sorted_frequent_and_reserved_tokens",
        ("for line in tokens for token in line", "for line in tokens for token in line[:1]"),
    ),
    mutant(
        "vocab",
        "lists-flatten",
        "A nested list is looked up flat.",
        "test_vocab_looks_up_tokens_lists_and_nested_lists",
        (
            "return [self[token] for token in tokens]",
            "return [i for t in tokens for i in (self[t] if isinstance(t, list) else [self[t]])]",
        ),
    ),
    mutant(
        "vocab",
        "tuples-unknown",
        "A tuple of tokens is taken for one unknown token.",
        "test_vocab_looks_up_tokens_lists_and_nested_lists",
        ("isinstance(tokens, (list, tuple))", "isinstance(tokens, list)"),
    ),
    mutant(
        "vocab",
        "one-element-list",
        "to_tokens of a one-element list gives a bare token.",
        "test_vocab_turns_indices_and_sequences_back_into_tokens",
        (
            'if hasattr(indices, "__len__"):',
            'if hasattr(indices, "__len__") and len(indices) == 1:\n            return self.idx_to_token[indices[0]]\n        if hasattr(indices, "__len__"):',
        ),
    ),
    mutant(
        "vocab",
        "unknown-index-token",
        "An index beyond the end gives <unk> instead of IndexError.",
        "test_vocab_raises_index_error_beyond_its_end",
        (
            "        return self.idx_to_token[indices]\n",
            '        return self.idx_to_token[indices] if indices < len(self) else "<unk>"\n',
        ),
    ),
    mutant(
        "vocab",
        "unknown-raises",
        "An unknown token raises KeyError.",
        "test_vocab_gives_unknown_tokens_the_index_of_unk",
        ("self.token_to_idx.get(tokens, self.unk)", "self.token_to_idx[tokens]"),
    ),
    mutant(
        "vocab",
        "unk-is-zero",
        "Unknown tokens get index 0, whatever stands there.",
        "test_vocab_gives_unknown_tokens_the_index_of_unk",
        ('return self.token_to_idx["<unk>"]', "return 0"),
    ),
    mutant(
        "vocab",
        "sorts-in-place",
        "The list of tokens is sorted in place.",
        "test_vocab_leaves_arguments_and_random_state_alone",
        ("        counts = Counter(tokens)", "        tokens.sort()\n        counts = Counter(tokens)"),
    ),
    mutant(
        "build_corpus",
        "raw-text",
        "The text is not preprocessed.",
        "test_build_corpus_indexes_the_cleaned_text",
        ("tokenize(preprocess(text), unit)", "tokenize(text, unit)"),
    ),
    mutant(
        "build_corpus",
        "min-freq-two",
        "Rare tokens become <unk>.",
        "test_build_corpus_indexes_the_cleaned_text",
        ("min_freq=0, reserved", "min_freq=2, reserved"),
    ),
    mutant(
        "build_corpus",
        "always-chars",
        "The unit is ignored.",
        "test_build_corpus_indexes_the_cleaned_text",
        ("tokenize(preprocess(text), unit)", 'tokenize(preprocess(text), "char")'),
    ),
    mutant(
        "build_corpus",
        "padded-vocabulary",
        "The vocabulary gets a reserved token.",
        "test_build_corpus_gives_the_known_corpus",
        ("min_freq=0, reserved_tokens=[]", 'min_freq=0, reserved_tokens=["<pad>"]'),
    ),
    mutant(
        "build_corpus",
        "truncated",
        "Only the first 10 000 tokens are kept.",
        "test_build_corpus_gives_the_known_corpus",
        ("return made[tokens], made", "return made[tokens][:10000], made"),
    ),
    mutant(
        "ngram_counts",
        "last-missing",
        "The last n-gram is missing.",
        "test_ngram_counts_counts_every_contiguous_ngram",
        ("tokens[i:] for", "tokens[i:-1] for"),
    ),
    mutant(
        "ngram_counts",
        "joined",
        "Each n-gram is a string.",
        "test_ngram_counts_counts_every_contiguous_ngram",
        ("Counter(grams)", 'Counter(" ".join(map(str, gram)) for gram in grams)'),
    ),
    mutant(
        "ngram_counts",
        "disjoint",
        "The n-grams do not overlap.",
        "test_ngram_counts_come_by_falling_count",
        ("Counter(grams)", "Counter(list(grams)[::n])"),
    ),
    mutant(
        "ngram_counts",
        "unsorted",
        "The n-grams come in order of appearance.",
        "test_ngram_counts_come_by_falling_count",
        ("return Counter(grams).most_common()", "return list(Counter(grams).items())"),
    ),
    mutant(
        "ngram_counts",
        "accepts-zero",
        "n = 0 is accepted.",
        "test_ngram_counts_refuses_n_below_one",
        ("if n < 1", "if n < 0"),
    ),
    mutant(
        "ngram_counts",
        "negative",
        "n below 0 is accepted.",
        "test_ngram_counts_refuses_n_below_one",
        ("if n < 1", "if n == 0"),
    ),
    mutant(
        "zipf_exponent",
        "ranks-from-zero",
        "The range of ranks is shifted by one.",
        "test_zipf_exponent_is_the_least_squares_slope",
        ("frequencies[first_rank - 1 : last_rank]", "frequencies[first_rank : last_rank + 1]"),
    ),
    mutant(
        "zipf_exponent",
        "last-rank-left-out",
        "The last rank is left out.",
        "test_zipf_exponent_is_the_least_squares_slope",
        ("first_rank, last_rank + 1", "first_rank, last_rank"),
        ("first_rank - 1 : last_rank]", "first_rank - 1 : last_rank - 1]"),
    ),
    mutant(
        "zipf_exponent",
        "sign",
        "The slope itself is returned.",
        "test_zipf_exponent_of_an_exact_power_law_is_its_exponent",
        ("float(-slope)", "float(slope)"),
    ),
    mutant(
        "zipf_exponent",
        "linear-axes",
        "The fit is made on linear axes.",
        "test_zipf_exponent_does_not_depend_on_the_unit_of_frequency",
        (
            "np.log(frequencies[first_rank - 1 : last_rank])",
            "np.array(frequencies[first_rank - 1 : last_rank])",
        ),
    ),
    mutant(
        "zipf_exponent",
        "plus-one",
        "Frequencies are smoothed by one before the logarithm.",
        "test_zipf_exponent_does_not_depend_on_the_unit_of_frequency",
        ("np.log(frequencies", "np.log1p(frequencies"),
    ),
]


def _by_count(pairs: list[Any]) -> list[Any]:
    return sorted(pairs, key=lambda pair: (-pair[1], str(pair[0])))


def _falling(pairs: list[Any]) -> bool:
    return all(one[1] >= other[1] for one, other in itertools.pairwise(pairs))


def _same_counts(arguments: Mapping[str, Any], one: list[Any], other: list[Any]) -> bool:
    """Ties come in any order; lists that do not fall are told apart item by item."""
    return _falling(one) and _falling(other) and _by_count(one) == _by_count(other)


def _same_vocabularies(arguments: Mapping[str, Any], one: dict[str, Any], other: dict[str, Any]) -> bool:
    rest = [{key: value for key, value in made.items() if key != "token_freqs"} for made in (one, other)]
    return same(*rest) and _same_counts(arguments, one["token_freqs"], other["token_freqs"])


ALIKE = {"vocab": _same_vocabularies, "ngram_counts": _same_counts}
