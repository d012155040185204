"""Graded checks of the unit text."""

from __future__ import annotations

from collections import Counter
from typing import Any

from harness.judge.check import check
from harness.judge.compare import shown
from harness.judge.standard import agreement, purity, renewal
from harness.judge.tolerances import FIT
from harness.judge.trial import Trial

from .cases import text as cases
from .cases.text import (
    LATIN,
    Crowd,
    Grams,
    LongGrams,
    ManyWords,
    Ranks,
    Repeated,
    RepeatedAs,
    Text,
    TextAs,
    Tokens,
)

_FOREIGN = [
    Text("na\u00efve caf\u00e9"),
    Text("one\u2014two"),
    Text("x\u65e5\u672c\u8a9ey\U0001f600z"),
    Text("e\u0301t"),
]
_GAP = "word" + " ." * 150  # wherever a text of these is cut in two, most places lie in a gap

# -- preprocess ------------------------------------------------------------------------------------------


@check(
    "preprocess",
    cases.texts,
    count=30,
    examples=[Text("a, b"), Text("[Z^a_b`]"), Text("B4"), Text("don't"), Text(LATIN), *_FOREIGN],
    hint="Which characters are letters? Look at what lies between Z and a.",
)
def test_preprocess_keeps_letters_and_single_spaces_only(trial: Trial, case: Text) -> None:
    """The result holds nothing but a-z and spaces, and never two spaces in a row."""
    result = trial.ask(case.arguments())
    strange = sorted(set(result) - set("abcdefghijklmnopqrstuvwxyz "))
    found = f"the result {result!r} contains {strange[0]!r}" if strange else ""
    trial.require(not strange, found, trial.call_text(case.arguments()))
    trial.require(
        "  " not in result,
        f"the result {result!r} has two spaces in a row",
        trial.call_text(case.arguments()),
    )


@check(
    "preprocess",
    cases.texts,
    count=30,
    examples=[
        *(Text(" The  Time\n"), Text("1st"), Text("end."), Text("x"), Text("[Z^a_b`]"), Text("don't"), Text(LATIN)),
        *(*_FOREIGN, Text("\uff21\uff11b"), Text("a\x00b\x0bc\u2028d"), Text("\u2014"), Text("  "), Text("1")),
        *(Text("ABCDEFGHIJKLMNOPQRSTUVWXYZ"), Text("abcdefghijklmnopqrstuvwxyz")),
        *(Repeated(_GAP, 240), Repeated("A-", 3000)),
    ],
    hint="A run of other characters, at the ends of the text too, is one space; nothing is stripped.",
)
def test_preprocess_turns_each_run_of_other_characters_into_one_space(trial: Trial, case: Text | Repeated) -> None:
    """Each maximal run of characters other than ASCII letters becomes one space; the rest is lower-cased."""
    trial.agrees(case.arguments())


@check("preprocess")
def test_preprocess_gives_the_corpus_its_known_length(trial: Trial) -> None:
    """The corpus has its known length: for The Time Machine, 173 428 characters."""
    text = _corpus(trial)
    result = trial.ask({"text": text})
    expected = 173_428 if trial.bench.corpus and trial.bench.corpus.golden else len(trial.reference({"text": text}))
    trial.require(len(result) == expected, f"the corpus has {len(result)} characters, but should have {expected}")


# -- tokenize --------------------------------------------------------------------------------------------

test_tokenize_splits_as_its_unit_says = agreement(
    "tokenize",
    cases.texts_by_unit,
    'The unit "char" gives every character, "word" the parts between white space, with no empty token.',
    "splits_as_its_unit_says",
    count=30,
    examples=[
        TextAs(" two  spaces ", "word"),
        TextAs(" two  spaces ", "char"),
        TextAs("tab\there\nline", "word"),
        TextAs("x", "word"),
        TextAs(" ", "char"),
        TextAs("é", "char"),
        TextAs("one\r\ntwo", "word"),
        TextAs("one\ntwo\r\n\tthree", "char"),
        TextAs("one\x0btwo\x0cthree\n\n", "word"),
        TextAs("x\U0001f600y\u65e5", "char"),
        TextAs("na\u00efve \U0001f600 don't re-do B4 a a", "word"),
        TextAs("\n\t", "word"),
        TextAs("\n", "char"),
        RepeatedAs("machine \n", 1300, "word"),
        RepeatedAs("ab \n", 3000, "char"),
    ],
    hint="str.split() and str.split(' ') differ: one of them leaves empty tokens and keeps tabs and line breaks.",
)


@check(
    "tokenize",
    cases.texts_by_unit,
    examples=[*(TextAs(text, "char") for text in ("a  b", "a\nb\r\n", "\u2028a\x85b", "e\u0301\uff21\ufb01"))],
)
def test_tokenize_by_char_loses_nothing(trial: Trial, case: TextAs) -> None:
    """Characters joined again give the text."""
    arguments = {"text": case.text, "unit": "char"}
    joined = "".join(trial.ask(arguments))
    trial.require(joined == case.text, f"the tokens join to {joined!r}, but should to {case.text!r}")


@check(
    "tokenize",
    examples=[TextAs("a b", unit) for unit in ("line", "", "words", "chars", "Char", "WORD", " char", "wor")]
    + [TextAs("a b", unit) for unit in ("CHAR", "word ", "char\n", "charword", "character", "c", "w", "0", "None")],
)
def test_tokenize_refuses_an_unknown_unit(trial: Trial, case: TextAs) -> None:
    """A unit other than "char" and "word" raises ValueError."""
    trial.raises(ValueError, case.arguments())


# -- vocab -----------------------------------------------------------------------------------------------

_DRIVES: dict[str, list[Any]] = {
    "lookups": [
        "the",
        "never seen",
        ["the", "i", "never seen"],
        ("time",),
        [["i"], ["the", "h"]],
        "<unk>",
        "<pad>",
        "The",
        "ti",
        [],
        [[["i"], "the"], []],
        [("the", ("i",)), [("h",)]],
        ["i", "i", "the", "i"],
        "",
        " ",
        ["w0", "w9", "w10", "w299"] * 75,
    ],
    "indices": [0, [0], [1, 0], [], (0, 1), 1],
}
_EDGES = [
    Tokens(("b", "a", "b")),
    Tokens(("a",), min_freq=2, reserved=("<pad>",)),
    Tokens(("a",) * 3 + ("b",) * 2 + ("c",), min_freq=2),
    Tokens(("<unk>", "a", "<unk>", "<pad>"), reserved=("<pad>",)),
    Tokens(("the", "i", "the", "a", "i", "the"), min_freq=2, lines=2),
    Tokens(("the", "i", "the"), lines=2, blank=1),
    Tokens(("Zebra", "apple", "<zz>", "~", "!"), reserved=("<bos>",)),
    Tokens(("10", "9", "2", " ", "", "a b", "\u03a9", "\n", "9"), reserved=("<unk>", "<pad>", "<pad>")),
    Tokens(("b",) * 9 + ("a",) * 10 + ("c",) * 100, min_freq=10),
    Tokens(("the", "i", "h"), lines=1),
    Tokens(("the",)),
]
_CROWDS = [Crowd(300, 300), Crowd(30, 1000, min_freq=1000), Crowd(3, 3000)]


def _vocab(trial: Trial, case: Tokens | Crowd) -> Any:
    return trial.ask(case.arguments(), _DRIVES)


def _vocab_part(trial: Trial, case: Tokens | Crowd, part: str) -> None:
    actual, expected = _vocab(trial, case)[part], trial.reference(case.arguments(), _DRIVES)[part]
    trial.matches(actual, expected, part, call=trial.call_text(case.arguments()))


@check(
    "vocab",
    cases.vocabularies,
    examples=[*_EDGES, *_CROWDS[:2]],
    weight=2,
    hint="Is a token with exactly min_freq kept?",
)
def test_vocab_lists_sorted_frequent_and_reserved_tokens(trial: Trial, case: Tokens | Crowd) -> None:
    """`idx_to_token` is the sorted set of `<unk>`, the reserved tokens and tokens with count >= min_freq."""
    _vocab_part(trial, case, "idx_to_token")


@check("vocab", cases.vocabularies, examples=[*_EDGES, *_CROWDS[:1]])
def test_vocab_maps_tokens_and_indices_to_each_other(trial: Trial, case: Tokens | Crowd) -> None:
    """`token_to_idx` is the inverse of `idx_to_token`, and `len(v)` counts both."""
    seen = _vocab(trial, case)
    inverse = {token: index for index, token in enumerate(seen["idx_to_token"])}
    trial.matches(seen["token_to_idx"], inverse, "token_to_idx", call=trial.call_text(case.arguments()))
    trial.matches(seen["length"], len(seen["idx_to_token"]), "len(v)", call=trial.call_text(case.arguments()))


@check(
    "vocab",
    cases.vocabularies,
    examples=[*_EDGES, *_CROWDS],
    hint="Rare tokens are counted too; `<unk>` is counted only if it occurs.",
)
def test_vocab_counts_every_token_by_falling_frequency(trial: Trial, case: Tokens | Crowd) -> None:
    """`token_freqs` holds every token of the text with its count, by falling count, and nothing else."""
    freqs = _vocab(trial, case)["token_freqs"]
    call = trial.call_text(case.arguments())
    _falls([count for _, count in freqs], trial, call, "token_freqs")
    trial.matches(_as_dict(trial, freqs, "token_freqs"), dict(Counter(case.tokens)), "dict(token_freqs)", call=call)


@check(
    "vocab",
    cases.vocabularies,
    examples=[*_EDGES, *_CROWDS[:1]],
    hint="Lists nest: v[[['a'], ['b', 'c']]] has the same structure.",
)
def test_vocab_looks_up_tokens_lists_and_nested_lists(trial: Trial, case: Tokens | Crowd) -> None:
    """`v[token]` is its index, `v[list or tuple]` a list of indices, and nested lists nest."""
    actual = _vocab(trial, case)["lookups"]
    expected = trial.reference(case.arguments(), _DRIVES)["lookups"]
    for query, one, other in zip(_DRIVES["lookups"], actual, expected, strict=True):
        _same_step(trial, case, f"v[{shown(query)}]", one, other)


@check(
    "vocab",
    cases.vocabularies,
    examples=[*_EDGES, *_CROWDS[:1]],
    hint="Sequences of one element and of none are sequences.",
)
def test_vocab_turns_indices_and_sequences_back_into_tokens(trial: Trial, case: Tokens | Crowd) -> None:
    """`v.to_tokens(index)` is a token; of a sequence of any length, it is a list of tokens."""
    size = trial.reference(case.arguments(), _DRIVES)["length"]
    indices = [query for query in _DRIVES["indices"] if size > 1 or query not in ([1, 0], (0, 1), 1)]
    indices += [size - 1, [size - 1] * 2, list(range(size)), tuple(range(size - 1, -1, -1)), (), (0,)]
    drive = {**_DRIVES, "indices": indices}
    actual, expected = (
        trial.ask(case.arguments(), drive)["tokens"],
        trial.reference(case.arguments(), drive)["tokens"],
    )
    for query, one, other in zip(indices, actual, expected, strict=True):
        _same_step(trial, case, f"v.to_tokens({shown(query)})", one, other)


@check("vocab", cases.vocabularies, count=6)
def test_vocab_raises_index_error_beyond_its_end(trial: Trial, case: Tokens) -> None:
    """`v.to_tokens(index)` raises IndexError for an index of len(v) or more."""
    size = trial.reference(case.arguments())["length"]
    for index in (size, size + 7, [0, size], (size - 1, size), size + 2**31):
        (step,) = trial.ask(case.arguments(), {"indices": [index]})["tokens"]
        trial.require(
            "builtins.IndexError" in step.get("raised", []),
            f"v.to_tokens({index!r}) with len(v) == {size} {_outcome(step)}, but should raise IndexError",
        )


@check(
    "vocab",
    cases.vocabularies,
    examples=_EDGES,
    hint="`<unk>` has its own place in the sorted list; it need not be 0.",
)
def test_vocab_gives_unknown_tokens_the_index_of_unk(trial: Trial, case: Tokens) -> None:
    """`v.unk` is the index of `<unk>`, and every unknown token gets it, in lists too."""
    drive = {"lookups": ["never seen", ["never seen", "<unk>"]]}
    seen = trial.ask(case.arguments(), drive)
    unk = trial.reference(case.arguments())["unk"]
    trial.matches(seen["unk"], unk, "v.unk", call=trial.call_text(case.arguments()))
    for query, step, expected in zip(drive["lookups"], seen["lookups"], [unk, [unk, unk]], strict=True):
        _same_step(trial, case, f"v[{query!r}]", step, {"value": expected})


@check(
    "vocab",
    examples=[_EDGES[0], *_EDGES[5:8]],
    hint="What belongs to one vocabulary, and what to all of them? Look for attributes of the class or of the module.",
)
def test_vocab_stays_as_it_is_when_another_one_is_made(trial: Trial, case: Tokens) -> None:
    """A vocabulary's tables and answers are its own: one that is made after it of other tokens changes nothing."""
    other = Tokens(("zebra", "!", "zebra", "the", "yak"), reserved=("<eos>",)).arguments()
    drive = {"lookups": ["the", "zebra", "never seen"], "indices": [0]}
    seen, expected = trial.ask(case.arguments(), {**drive, "beside": other}), trial.reference(case.arguments(), drive)
    call = f"{trial.call_text(case.arguments())}, and then {trial.call_text(other)}"
    for part in ("length", "idx_to_token", "token_to_idx", "unk"):
        trial.matches(seen[part], expected[part], part, call=call)
    freqs = _as_dict(trial, seen["token_freqs"], "token_freqs")
    trial.matches(freqs, dict(Counter(case.tokens)), "dict(token_freqs)", call=call)
    for part in ("lookups", "tokens"):
        trial.require(_ints(seen[part]) == expected[part], f"{part} are {seen[part]}, but should be {expected[part]}")


test_vocab_computes_anew_at_each_call = renewal("vocab", cases.ladders)
test_vocab_leaves_arguments_and_random_state_alone = purity("vocab", cases.vocabularies)

# -- build_corpus ----------------------------------------------------------------------------------------


@check(
    "build_corpus",
    cases.texts_with_words,
    count=20,
    examples=[
        *(TextAs("The Time", "char"), TextAs(" by H. G. ", "word"), TextAs("na\u00efve caf\u00e9", "word")),
        *(TextAs("x", "char"), TextAs("X", "word"), TextAs("a\n b\n", "char")),
        *(ManyWords(300, "word"), RepeatedAs(_GAP, 40, "char")),
        *(RepeatedAs("a b ", times, "char") for times in (100, 101, 30_000)),  # alike at the beginning, and long
    ],
)
def test_build_corpus_indexes_the_cleaned_text(trial: Trial, case: TextAs | ManyWords | RepeatedAs) -> None:
    """The corpus is one flat list of indices of the preprocessed, tokenized text, without a minimum frequency."""
    (corpus, made), (known, table) = trial.ask(case.arguments()), trial.reference(case.arguments())
    call = trial.call_text(case.arguments())
    trial.matches(corpus, known, "the corpus", call=call)
    for part in ("length", "idx_to_token", "unk"):
        trial.matches(made[part], table[part], f"the vocabulary's {part}", call=call)


@check(
    "build_corpus",
    cases.texts_with_words,
    examples=[TextAs("The Time, the time.", "word"), TextAs("a b a", "char"), RepeatedAs("I, i ", 150, "word")],
    hint="What does the vocabulary count: the tokens of the text, or its different tokens?",
)
def test_build_corpus_gives_the_vocabulary_of_all_tokens(trial: Trial, case: TextAs | RepeatedAs) -> None:
    """The vocabulary's `token_freqs` counts all tokens of the cleaned text, and `token_to_idx` has the indices of the
    corpus."""
    (_, made), (_, table) = trial.ask(case.arguments()), trial.reference(case.arguments())
    call = trial.call_text(case.arguments())
    _falls([count for _, count in made["token_freqs"]], trial, call, "token_freqs")
    counts, known = _as_dict(trial, made["token_freqs"], "token_freqs"), dict(table["token_freqs"])
    trial.matches(counts, known, "dict(token_freqs)", call=call)
    trial.matches(made["token_to_idx"], table["token_to_idx"], "token_to_idx", call=call)


@check("build_corpus")
def test_build_corpus_gives_the_known_corpus(trial: Trial) -> None:
    """By character, The Time Machine is 173 428 indices over 28 entries, beginning 21 9 6 0 21 10 14 6 0 14."""
    arguments = {"text": _corpus(trial), "unit": "char"}
    corpus, made = trial.ask(arguments)
    if trial.bench.corpus and trial.bench.corpus.golden:
        size, entries, head = 173_428, 28, [21, 9, 6, 0, 21, 10, 14, 6, 0, 14]
    else:
        known, table = trial.reference(arguments)
        size, entries, head = len(known), table["length"], known[:10]
    trial.matches(len(corpus), size, "len(corpus)")
    trial.matches(made["length"], entries, "len(vocab)")
    trial.matches(corpus[:10], head, "corpus[:10]")


test_build_corpus_leaves_arguments_and_random_state_alone = purity("build_corpus", cases.texts_with_words)

# -- ngram_counts ----------------------------------------------------------------------------------------

_GRAMS = [
    Grams(("a", "b", "a", "b", "a"), 2),
    Grams(("a",), 1),
    Grams(("a", "b"), 3),
    Grams((3, 1, 3, 1), 2),
    Grams(("a", "b", "c"), 3),
    Grams((" ", "a", " ", "b", " "), 2),
    *(Grams((f"a{sign}b", "c", "a", f"b{sign}c"), 2) for sign in (" ", "_", ",", "")),
    Grams(("", "a", "", "", "0", "00"), 1),
    Grams((1, 12, 3, 11, 2, 3), 2),
    Grams((0, 3, 1, 0, 3, 1, 1, 0), 2),  # of three kinds: to base 3, 0 3 and 1 0 are the same
    Grams((2**24, 2**24 + 1, 2**31, 2**31 + 1, 2**24), 2),
    Grams(tuple("abcdefghijklmnopabcdefghijklm"), 12),
    Grams(("a",) * 5, 12),
    Grams(("b",) * 9 + ("a",) * 10 + ("c",) * 100, 1),
    Grams(("a",) * 300, 1),
    LongGrams(10, 1600, 4),
]


@check(
    "ngram_counts",
    cases.grams,
    count=20,
    examples=[*_GRAMS, LongGrams(1, 3000, 1)],
    weight=2,
    hint="How many n-grams has a list of N tokens?",
)
def test_ngram_counts_counts_every_contiguous_ngram(trial: Trial, case: Grams | LongGrams) -> None:
    """Every contiguous n-gram is counted, each as a tuple of n tokens, the last one included."""
    call = trial.call_text(case.arguments())
    counts = _as_dict(trial, trial.ask(case.arguments()), "result")
    expected = dict(trial.reference(case.arguments()))
    trial.matches(counts, expected, "dict(result)", call=call)


@check("ngram_counts", cases.grams, count=20, examples=_GRAMS)
def test_ngram_counts_come_by_falling_count(trial: Trial, case: Grams | LongGrams) -> None:
    """The n-grams come by falling count, and their counts add up to N - n + 1."""
    counts = [count for _, count in trial.ask(case.arguments())]
    call = trial.call_text(case.arguments())
    _falls(counts, trial, call, "result")
    trial.matches(sum(counts), max(0, len(case.tokens) - case.n + 1), "the sum of all counts", call=call)


@check("ngram_counts", examples=[Grams(("a", "b"), n) for n in (0, -1, -2, -10)])
def test_ngram_counts_refuses_n_below_one(trial: Trial, case: Grams) -> None:
    """n < 1 raises ValueError."""
    trial.raises(ValueError, case.arguments())


test_ngram_counts_computes_anew_at_each_call = renewal("ngram_counts", cases.runs)
test_ngram_counts_leaves_arguments_and_random_state_alone = purity("ngram_counts", cases.grams)

# -- zipf_exponent ---------------------------------------------------------------------------------------


@check(
    "zipf_exponent",
    cases.rank_tables(),
    count=20,
    examples=[
        Ranks(30, 2, 28, 1.0, 2, whole=True),
        Ranks(40, 3, 30, 0.5, 3, whole=True, top=5e9),
        Ranks(30, 2, 28, 1.7, 4, top=1e-3),
        Ranks(300, 1, 300, 1.0, 5),
        Ranks(12, 1, 2, 1.0, 6),
        Ranks(12, 11, 12, 1.0, 7),
        Ranks(1000, 900, 940, 1.0, 8),
    ],
    weight=2,
    hint="Rank 1 is the first entry, and last_rank is included; take logarithms on both axes, in float64.",
)
def test_zipf_exponent_is_the_least_squares_slope(trial: Trial, case: Ranks) -> None:
    """The exponent is minus the least-squares slope of log frequency over log rank, ranks counted from 1."""
    found, expected = trial.ask(case.arguments()), trial.reference(case.arguments())
    trial.near(found, expected, "the exponent", tolerance=FIT, call=trial.call_text(case.arguments()))


@check("zipf_exponent", cases.rank_tables())
def test_zipf_exponent_of_an_exact_power_law_is_its_exponent(trial: Trial, case: Ranks) -> None:
    """For frequencies c · rank^-alpha the exponent is alpha, whatever the range of ranks."""
    exact = Ranks(case.size, case.first_rank, case.last_rank, case.alpha, case.seed, noise=0.0)
    call = trial.call_text(exact.arguments())
    trial.near(trial.ask(exact.arguments()), case.alpha, "the exponent", tolerance=FIT, call=call)


@check("zipf_exponent", cases.rank_tables())
def test_zipf_exponent_does_not_depend_on_the_unit_of_frequency(trial: Trial, case: Ranks) -> None:
    """Counting in thousands leaves the exponent as it is."""
    arguments = case.arguments()
    scaled = {**arguments, "frequencies": [value / 1000 for value in arguments["frequencies"]]}
    trial.near(trial.ask(scaled), trial.ask(arguments), "the exponent of frequencies / 1000", tolerance=2 * FIT)


test_zipf_exponent_computes_anew_at_each_call = renewal("zipf_exponent", cases.rank_tables())
test_zipf_exponent_leaves_arguments_and_random_state_alone = purity("zipf_exponent", cases.rank_tables())

# -- shared ------------------------------------------------------------------------------------------------


def _corpus(trial: Trial) -> str:
    assert trial.bench.corpus is not None
    return trial.bench.corpus.text


def _falls(counts: list[int], trial: Trial, call: str, what: str) -> None:
    rises = [i for i in range(1, len(counts)) if counts[i] > counts[i - 1]]
    trial.require(not rises, f"the counts in {what} rise at position {rises[:1]}: {counts[:12]}", call)


def _as_dict(trial: Trial, pairs: list[tuple[Any, int]], what: str) -> dict[Any, int]:
    result = dict(pairs)
    trial.require(len(result) == len(pairs), f"{what} lists an entry twice: {pairs[:8]}")
    return result


def _outcome(step: dict[str, Any]) -> str:
    return f"raised {step['raised'][0].removeprefix('builtins.')}" if "raised" in step else f"is {step['value']!r}"


def _same_step(trial: Trial, case: Tokens | Crowd, what: str, actual: Any, expected: Any) -> None:
    trial.require(
        _ints(actual) == expected,
        f"{what} {_outcome(actual)}, but should be {expected.get('value')!r}",
        trial.call_text(case.arguments()),
    )


def _ints(step: Any) -> Any:
    """A step's value with 0-d and 1-D integer tensors as ints and lists, as the contract allows."""
    if isinstance(step, dict):
        return {key: _ints(value) for key, value in step.items()}
    if isinstance(step, list):
        return [_ints(item) for item in step]
    return step.tolist() if hasattr(step, "tolist") else step
