"""Graded checks of the unit batching."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import groupby, pairwise, permutations
from typing import Any

import torch

from harness.judge.check import check
from harness.judge.spec import Draws
from harness.judge.standard import agreement, gradients, layouts, purity, renewal
from harness.judge.trial import NONE, Trial

from .cases import batching as cases
from .cases.batching import (
    Decoding,
    EveryStep,
    Given,
    LastSteps,
    Lengths,
    Packed,
    Padded,
    Pairs,
    Sentences,
    Tokens,
)

RENEWED = (
    "What is kept between two calls, and by what is it found again? The same object may hold something else by then."
)


def _computes_anew(trial: Trial, arguments: dict[str, Any], others: dict[str, Any], drive: Any = NONE) -> None:
    """Each argument changes alone, then all of them together."""
    changes = [{name: others[name]} for name in arguments]
    for change in [*changes, others] if len(changes) > 1 else changes:
        trial.computes_anew(arguments, {**arguments, **change}, drive)


# -- encode_pair -----------------------------------------------------------------------------------------

_SENTENCES = [
    Sentences(5, 7, 20, 1),
    Sentences(9, 9, 5, 2),
    Sentences(4, 4, 4, 3),
    Sentences(6, 3, 5, 4),
    Sentences(1, 1, 3, 5),
    Sentences(1, 1, 2, 6),
    Sentences(6, 6, 7, 7, 3),
    Sentences(6, 6, 9, 8, cases.FAR),
    Sentences(9, 9, 2, 9, 3),
]

test_encode_pair_gives_the_indices_of_both_sentences = agreement(
    "encode_pair",
    cases.sentences,
    "Source and target are lists of indices, each by its own map, cut and framed as the contract says.",
    "gives_the_indices_of_both_sentences",
    count=12,
    examples=[*_SENTENCES, Sentences(300, 290, 280, 10)],
    weight=2,
    hint="Which limit holds for the source, and which for the words of the target?",
)


@check("encode_pair", cases.long_sentences, examples=_SENTENCES[:2], hint="Nothing is added to the source.")
def test_encode_pair_cuts_the_source_after_max_len_words(trial: Trial, case: Sentences) -> None:
    """The source is the indices of its first max_len words, and of nothing else."""
    arguments = case.arguments()
    index = arguments["source_index"]
    expected = [index.get(word, index["<unk>"]) for word in arguments["source"]][: case.max_len]
    trial.matches(trial.ask(arguments)[0], expected, "the source", call=trial.call_text(arguments))


@check(
    "encode_pair", cases.long_sentences, examples=_SENTENCES, hint="Make room for <sos> and <eos> before you add them."
)
def test_encode_pair_frames_the_target_within_max_len(trial: Trial, case: Sentences) -> None:
    """The target begins with <sos>, ends with <eos>, and is as long as its words and these two, or max_len."""
    arguments = case.arguments()
    target, call = trial.ask(arguments)[1], trial.call_text(arguments)
    trial.matches(len(target), min(case.target + 2, case.max_len), "the length of the target", call=call)
    frame = [arguments["target_index"][token] for token in ("<sos>", "<eos>")]
    trial.matches([target[0], target[-1]], frame, "the first and the last index of the target", call=call)


@check("encode_pair", hint="Which words does each map lack, and which index does that same map give to <unk>?")
def test_encode_pair_has_known_values(trial: Trial) -> None:
    """With maps in which <unk> is 2 and 5, known words get their own indices, unknown ones 2 and 5."""
    source_index = {"<sos>": 0, "<pad>": 1, "<unk>": 2, "<eos>": 3, "one": 4, "two": 5}
    target_index = {"un": 0, "<eos>": 1, "<sos>": 2, "deux": 3, "<pad>": 4, "<unk>": 5}
    maps = {"source_index": source_index, "target_index": target_index, "max_len": 4}
    arguments = {"source": ["two", "un", "one"], "target": ["trois", "deux", "un"], **maps}
    trial.matches(trial.ask(arguments), ([5, 2, 4], [2, 5, 3, 1]), call=trial.call_text(arguments))


@check("encode_pair", hint="0 is an index like any other: what does `index.get(word) or …` do with it?")
def test_encode_pair_takes_index_zero_for_a_word(trial: Trial) -> None:
    """An ordinary word whose index is 0 is encoded as 0, on either side."""
    index = {"to": 0, "<unk>": 1, "be": 2, "<pad>": 3, "<eos>": 4, "<sos>": 5}
    words = ["to", "be", "not", "to", "be"]
    arguments = {"source": words, "target": words[::-1], "source_index": index, "target_index": index, "max_len": 9}
    expected = [0, 2, 1, 0, 2], [5, 2, 0, 1, 2, 0, 4]
    trial.matches(trial.ask(arguments), expected, call=trial.call_text(arguments))


@check("encode_pair", cases.long_sentences, count=6, hint="Each side needs its own words, its own map, and max_len.")
def test_encode_pair_encodes_each_side_by_itself(trial: Trial, case: Sentences) -> None:
    """Another target leaves the source as it was, and another source the target."""
    arguments = case.arguments()
    source, target = trial.ask(arguments)
    call = trial.call_text(arguments)
    other_target = trial.ask({**arguments, "target": ["feu"], "target_index": arguments["source_index"]})
    other_source = trial.ask({**arguments, "source": ["feu"], "source_index": arguments["target_index"]})
    trial.matches(other_target[0], source, "the source beside another target", call=call)
    trial.matches(other_source[1], target, "the target beside another source", call=call)


@check(
    "encode_pair", cases.long_sentences, count=4, hint="Words alone do not tell an index: their map does, each time."
)
def test_encode_pair_looks_words_up_in_the_maps_given(trial: Trial, case: Sentences) -> None:
    """The same words get the indices of other maps where these are given, in new dicts or in the same ones."""
    arguments = case.arguments()
    others = {**arguments, **case.maps(Draws(case.seed + 1))}
    trial.agrees(arguments)
    trial.agrees(others)
    trial.computes_anew(others, arguments)


test_encode_pair_computes_anew_at_each_call = renewal("encode_pair", cases.sentences, examples=_SENTENCES[:1])

test_encode_pair_leaves_arguments_and_random_state_alone = purity("encode_pair", cases.sentences)

# -- bucket_batches --------------------------------------------------------------------------------------

_BUCKETS = [
    Lengths(20, 3, 3, 7, 1),
    Lengths(9, 4, 1, 2, 2),
    Lengths(1, 3, 2, 4, 3),
    Lengths(7, 1, 5, 9, 4),
    Lengths(12, 5, 50, 20, 5),
    Given(((4, 4),) * 7, 3, 2),
    Lengths(300, 7, 2, 7, 6),
]


@check("bucket_batches", cases.lengths(), count=6, examples=_BUCKETS, weight=2, hint="Count every index you give.")
def test_bucket_batches_hold_each_index_once(trial: Trial, case: Lengths | Given) -> None:
    """Each index into lengths comes exactly once, and no batch is empty or holds more than batch_size."""
    arguments = case.arguments()
    batches, call = trial.ask(arguments)["batches"], trial.call_text(arguments)
    held = sorted(index for batch in batches for index in batch)
    trial.matches(held, list(range(len(arguments["lengths"]))), "all indices, sorted,", call=call)
    sizes = {len(batch) for batch in batches}
    wrong = f"the batches have sizes {sorted(sizes)}, but should have 1 to {case.batch_size}"
    trial.require(sizes <= set(range(1, case.batch_size + 1)), wrong, call)


@check(
    "bucket_batches",
    cases.lengths(),
    count=6,
    examples=_BUCKETS,
    hint="Both lengths of a pair decide in which bucket it is: width is how many lengths a bucket holds.",
)
def test_bucket_batches_hold_similar_lengths(trial: Trial, case: Lengths | Given) -> None:
    """Within a batch source lengths differ by less than width, and so do target lengths."""
    arguments = case.arguments()
    for batch in _whole(trial, arguments):
        for i, side in enumerate(("source", "target")):
            found = [arguments["lengths"][index][i] for index in batch]
            wrong = f"a batch holds {side} lengths {min(found)} to {max(found)}, of which the width is {case.width}"
            trial.require(max(found) - min(found) < case.width, wrong, trial.call_text(arguments))


@check(
    "bucket_batches",
    cases.lengths(),
    count=8,
    examples=[*_BUCKETS, cases.LONG_ROW, cases.LONG_COLUMN, cases.CROSSED, cases.LARGE],
    hint="Where does the first bucket of source lengths begin, and where that of target lengths?",
)
def test_bucket_batches_begin_at_the_smallest_lengths(trial: Trial, case: Lengths | Given) -> None:
    """Buckets begin at the smallest source and the smallest target length: no batch reaches across two."""
    arguments = case.arguments()
    for batch in _whole(trial, arguments):
        found = {_bucket(arguments, index) for index in batch}
        wrong = f"a batch holds pairs of the buckets {sorted(found)}, but should hold those of one"
        trial.require(len(found) == 1, wrong, trial.call_text(arguments))


@check(
    "bucket_batches",
    cases.lengths(),
    count=6,
    examples=_BUCKETS,
    hint="A bucket of 7 pairs in batches of 3 gives 3, 3 and 1.",
)
def test_bucket_batches_give_one_partial_batch_a_bucket_at_most(trial: Trial, case: Lengths | Given) -> None:
    """A bucket of m pairs gives m / batch_size batches, rounded up: all but one are full."""
    arguments = case.arguments()
    _divides_buckets(trial, arguments, _whole(trial, arguments))


@check(
    "bucket_batches",
    cases.lengths(),
    count=3,
    hint=RENEWED,
)
def test_bucket_batches_computes_anew_at_each_call(trial: Trial, case: Lengths) -> None:
    """Batches are of the lengths that the list holds at that call, and those of an earlier call stay as they were."""
    arguments, others = case.arguments(), replace(case, seed=case.seed + 1).arguments()
    seen = trial.observe(arguments, again=others)
    trial.result_of(seen, arguments)
    second, kept = (trial.result_of(replace(seen, result=one), others)["batches"] for one in (seen.again, seen.kept))
    call = f"{trial.call_text(others)}, the same list as in a call before"
    held = sorted(index for batch in second for index in batch)
    trial.matches(held, list(range(case.number)), "all indices, sorted,", call=call)
    _divides_buckets(trial, others, second, call)
    trial.matches(kept, second, "the batches, after one more call,", call=call)


@check("bucket_batches", hint="Write the buckets down: source lengths 5-7, 8-10, targets 4-6, 7-9.")
def test_bucket_batches_of_six_pairs(trial: Trial) -> None:
    """Of (7, 4) (5, 5) (9, 4) (6, 4) (5, 9) (10, 6), in a width of 3, the first, second and fourth are a bucket, the
    third and last another one, and the fifth is alone."""
    arguments = Given(cases.FOUR, 3, 3).arguments()
    found = sorted(map(sorted, trial.ask(arguments)["batches"]))
    trial.matches(found, [[0, 1, 3], [2, 5], [4]], "the batches, sorted,", call=trial.call_text(arguments))


@check(
    "bucket_batches",
    cases.orders,
    count=1,
    weight=2,
    shrinks=False,
    hint="First collect the batches of all buckets, full and partial ones, then shuffle the whole list.",
)
def test_bucket_batches_come_in_every_order_equally_often(trial: Trial, case: Given) -> None:
    """Over many epochs of four batches, all orders of these come equally often, whichever pairs share a batch."""
    arguments = case.arguments()
    drawn = Counter(
        tuple((_bucket(arguments, batch[0]), len(batch)) for batch in epoch) for epoch in _epochs(trial, case, 6000)
    )
    batches = [((0, 0), 2), ((0, 0), 1), ((1, 0), 2), ((0, 1), 1)]
    orders, call = list(permutations(batches)), trial.call_text(arguments)
    wrong = [order for order in drawn if order not in set(orders)]
    trial.require(not wrong, f"an epoch holds batches of these buckets and sizes: {wrong[:1]}", call)
    expected = drawn.total() / len(orders)
    chi_square = sum((drawn[order] - expected) ** 2 / expected for order in orders)
    few, many = min(orders, key=drawn.__getitem__), max(orders, key=drawn.__getitem__)
    extremes = f"{few} came {drawn[few]} times, {many} {drawn[many]} times, and {expected:g} are expected of each"
    trial.require(chi_square <= 95.0, f"of {drawn.total()} epochs, the order of buckets and sizes {extremes}", call)


@check(
    "bucket_batches",
    cases.many_lengths,
    count=1,
    shrinks=False,
    hint="Shuffle all batches of all buckets, not some at a time, and not the buckets alone.",
)
def test_bucket_batches_mix_all_buckets(trial: Trial, case: Lengths) -> None:
    """Of many batches, lengths and turn are unrelated, and a bucket's batches hardly ever come one after another."""
    arguments = case.arguments()
    batches = _whole(trial, arguments)
    lengths = torch.tensor([sum(arguments["lengths"][batch[0]]) for batch in batches]).double()
    turns = torch.arange(len(batches)).double()
    related = float(torch.corrcoef(torch.stack([turns, lengths]))[0, 1])  # ~ N(0, 1/400); beyond 0.35: 1e-11
    trial.require(abs(related) <= 0.35, f"lengths and turn have correlation {related:.2f}, but should have none")
    buckets = [_bucket(arguments, batch[0]) for batch in batches]
    neighbours = sum(one == other for one, other in pairwise(buckets))
    trial.require(neighbours <= 20, f"{neighbours} batches follow one of their bucket, but hardly any should")


@check("bucket_batches", cases.lengths(), count=4, hint="Every draw is from `generator`.")
def test_bucket_batches_follow_the_generator(trial: Trial, case: Lengths) -> None:
    """The same generator gives the same batches, and over ten other seeds other orders come."""
    arguments = case.arguments()
    first = _whole(trial, arguments)
    trial.matches(_whole(trial, arguments), first, "batches of the same generator", call=trial.call_text(arguments))
    seeds = list(range(case.seed + 1, case.seed + 11))
    others = trial.ask(arguments, {"seeds": seeds})["epochs"]
    trial.require(len(set(map(tuple, others))) > 1, "ten other seeds all give the same order")


@check("bucket_batches", cases.many_lengths, count=1, shrinks=False, hint="Draw from the generator, not from its seed.")
def test_bucket_batches_come_in_a_new_order_each_time(trial: Trial, case: Lengths) -> None:
    """Epochs drawn one after another from the same generator differ."""
    further = trial.ask(case.arguments(), {"more": 4})["epochs"]
    different = len(set(map(tuple, further)))
    trial.require(different == 4, f"four epochs in turn are {different} different ones, but should be 4")


test_bucket_batches_leaves_arguments_and_random_state_alone = purity("bucket_batches", cases.lengths())


def _bucket(arguments: dict[str, Any], index: int) -> tuple[int, int]:
    """In which bucket an index is, by the contract."""
    lengths, width = arguments["lengths"], arguments["width"]
    (source, target), (first, second) = lengths[index], map(min, zip(*lengths, strict=True))
    return (source - first) // width, (target - second) // width


def _divides_buckets(trial: Trial, arguments: dict[str, Any], batches: list[list[int]], call: str = "") -> None:
    """How many pairs the batches of each bucket hold is as it should be. Batches are taken for what their first is."""
    size, found = arguments["batch_size"], {}
    buckets = Counter(_bucket(arguments, index) for index in range(len(arguments["lengths"])))
    expected = {bucket: [size] * (m // size) + [m % size] * (m % size > 0) for bucket, m in sorted(buckets.items())}
    for bucket in expected:
        found[bucket] = sorted((len(one) for one in batches if _bucket(arguments, one[0]) == bucket), reverse=True)
    trial.matches(found, expected, "the sizes of the batches by bucket", call=call or trial.call_text(arguments))


def _whole(trial: Trial, arguments: dict[str, Any]) -> list[list[int]]:
    """The batches of one epoch, which are not empty and hold indices into lengths, all of them."""
    batches, size = trial.ask(arguments)["batches"], len(arguments["lengths"])
    strange = [index for batch in batches for index in batch if not 0 <= index < size]
    call = trial.call_text(arguments)
    trial.require(not strange, f"a batch holds the index {strange[:1]}, of {size} pairs", call)
    trial.require(all(batches), "a batch is empty", call)
    missing = set(range(size)).difference(*batches)
    trial.require(not missing, f"no batch holds the index {sorted(missing)[:1]}", call)
    found: list[list[int]] = batches
    return found


def _epochs(trial: Trial, case: Given, number: int) -> list[list[list[int]]]:
    """The batches of further epochs."""
    arguments = case.arguments()
    epochs = trial.ask(arguments, {"seeds": cases.seeds_of(case, number)}, cpu_seconds=60)["epochs"]
    groups = [[list(held) for full, held in groupby(epoch, lambda one: one >= 0) if full] for epoch in epochs]
    allowed = all(index < len(case.lengths) for epoch in groups for batch in epoch for index in batch)
    trial.require(allowed, "a batch holds an index beyond the last pair", trial.call_text(arguments))
    return groups


# -- collate_pairs ---------------------------------------------------------------------------------------

_PAIRS = [
    Pairs(6, 4, 9, 1),
    Pairs(6, 4, 0, 2),
    Pairs(7, 3, 2, 3),
    Pairs(5, 6, -1, 4),
    Pairs(1, 4, 3, 5),
    Pairs(4, 1, 0, 6),
    Tokens(((2, 1),) * 3 + ((1, 1),) * 2, 9, 7, high=1),
    Tokens(((3, 1), (1, 3), (3, 3)), 2**33 + 1, 8, high=2**40),
    Pairs(260, 3, 0, 9),
    Pairs(2, 300, -1, 10),
]

test_collate_pairs_gives_two_padded_tensors = agreement(
    "collate_pairs",
    cases.pairs,
    "Source and target are int64 (n, Ls) and (n, Lt), padded on the right, the longest source first.",
    "gives_two_padded_tensors",
    count=10,
    examples=_PAIRS,
    weight=2,
    hint="Sort the pairs first; then each side is padded to its own longest.",
)


@check("collate_pairs", hint="Sort pairs, not sources: a target follows its source.")
def test_collate_pairs_has_known_values(trial: Trial) -> None:
    """Sources 9 | 7 8 9 | 6 6 with targets 1 2 | 3 | 4 4 4, padded with 0, stand in the order second, third, first."""
    case = Padded((((9,), (1, 2)), ((7, 8, 9), (3,)), ((6, 6), (4, 4, 4))), 0)
    source = torch.tensor([[7, 8, 9], [6, 6, 0], [9, 0, 0]])
    target = torch.tensor([[3, 0, 0], [4, 4, 4], [1, 2, 0]])
    trial.matches(trial.ask(case.arguments()), (source, target), call=trial.call_text(case.arguments()))


@check("collate_pairs", hint="Take len(source); counting tokens that differ from pad counts too few.")
def test_collate_pairs_counts_tokens_that_equal_pad(trial: Trial) -> None:
    """Where pad is 0, a source 4 0 0 has length 3: it comes before 5 6, and nothing of it is cut."""
    case = Padded((((5, 6), (0,)), ((4, 0, 0), (7, 0)), ((0, 0), (8, 8, 0, 0))), 0)
    source = torch.tensor([[4, 0, 0], [5, 6, 0], [0, 0, 0]])
    target = torch.tensor([[7, 0, 0, 0], [0, 0, 0, 0], [8, 8, 0, 0]])
    trial.matches(trial.ask(case.arguments()), (source, target), call=trial.call_text(case.arguments()))


@check("collate_pairs", hint="A stable sort by length alone: neither contents nor targets decide.")
def test_collate_pairs_keeps_the_order_of_equally_long_sources(trial: Trial) -> None:
    """Pairs whose sources are equally long stay in their given order, whatever they hold."""
    pairs = (((3, 1), (2,)), ((1, 2), (5, 6, 7)), ((2,), (4,)), ((3, 0), (3,)), ((0, 4), (9, 8)), ((1,), (1, 1)))
    case = Padded(pairs, 7)
    source = torch.tensor([[3, 1], [1, 2], [3, 0], [0, 4], [2, 7], [1, 7]])
    target = torch.tensor([[2, 7, 7], [5, 6, 7], [3, 7, 7], [9, 8, 7], [4, 7, 7], [1, 1, 7]])
    trial.matches(trial.ask(case.arguments()), (source, target), call=trial.call_text(case.arguments()))


@check(
    "collate_pairs", cases.pairs, count=6, hint="Each side is as wide as its own longest row, and pad fills the rest."
)
def test_collate_pairs_pads_each_side_to_its_longest(trial: Trial, case: Pairs) -> None:
    """The source is as wide as the longest source, the target as the longest target, and short rows end with pad."""
    arguments = case.arguments()
    rows = sorted(arguments["pairs"], key=lambda pair: -len(pair[0]))
    call = trial.call_text(arguments)
    for side, (name, found) in enumerate(zip(("source", "target"), trial.ask(arguments), strict=True)):
        widest = max(len(pair[side]) for pair in rows)
        trial.matches(tuple(found.shape), (case.n, widest), f"{name}.shape", call=call)
        filled = [row[len(pair[side]) :] for row, pair in zip(found.tolist(), rows, strict=True)]
        expected = [[case.pad] * (widest - len(pair[side])) for pair in rows]
        trial.matches(filled, expected, f"what stands beyond the rows of {name}", call=call)


@check("collate_pairs", cases.pairs, count=6, hint="What is sorted, and what is carried along?")
def test_collate_pairs_keeps_pairs_together(trial: Trial, case: Pairs) -> None:
    """Each row of source and target, side by side, is a pair that was given, and none is lost."""
    arguments = case.arguments()
    source, target = (side.tolist() for side in trial.ask(arguments))
    widths = [max(len(pair[side]) for pair in arguments["pairs"]) for side in (0, 1)]
    given = [
        [row + [case.pad] * (width - len(row)) for row, width in zip(pair, widths, strict=True)]
        for pair in arguments["pairs"]
    ]
    found = [list(rows) for rows in zip(source, target, strict=True)]
    trial.matches(sorted(found), sorted(given), "the rows, sorted,", call=trial.call_text(arguments))


@check("collate_pairs", cases.tokens, count=2, examples=[Pairs(5, 4, 0, 7)], hint=RENEWED)
def test_collate_pairs_computes_anew_at_each_call(trial: Trial, case: Tokens | Pairs) -> None:
    """Whichever of the arguments holds something else by then, the result is that of now, and earlier ones stay."""
    others = replace(case, seed=case.seed + 1, pad=case.pad + 1).arguments()
    _computes_anew(trial, case.arguments(), others)


test_collate_pairs_leaves_arguments_and_random_state_alone = purity(
    "collate_pairs", cases.pairs, examples=[Pairs(5, 4, 0, 7)]
)

# -- packed_outputs --------------------------------------------------------------------------------------

_PACKED = [
    Packed((2, 6, 4, 1), 6, 3, 5, "rnn", 1),
    Packed((2, 5, 3, 1, 4), 6, 3, 7, "gru", 2, "float64"),
    Packed((1, 3, 2), 5, 4, 2, "gru", 3, padding="large"),
    Packed((4, 4, 4), 4, 2, 3, "rnn", 4, "float64"),
    Packed((3,), 4, 2, 5, "gru", 5),
    Packed((1, 1), 1, 2, 3, "gru", 6),
    Packed((2, 1), 2, 1, 1, "rnn", 7),
]

_LAYERS = [
    Packed((2, 4, 1), 5, 3, 2, "relu", 11, use="frozen"),
    Packed((3, 1, 2), 3, 3, 3, "rnn", 12, "float64", bias=False),
    Packed((1, 3, 2), 3, 3, 3, "gru", 13, "float64", "huge", bias=False, use="eval"),
    Packed((2, 3, 1), 4, 2, 3, "relu", 14, "float64", "huge", "silent", bias=False),
]

_VALUES = [
    Packed((3, 4, 1, 2), 4, 2, 3, "gru", 15, values="zero"),
    Packed((3, 4, 1, 2), 4, 2, 3, "rnn", 16, "float64", values="zero", bias=False),
    Packed((2, 3, 1), 3, 4, 2, "gru", 17, values="large"),
    Packed((2, 3, 1), 3, 4, 2, "relu", 18, values="large"),
    Packed((2, 2, 2), 4, 3, 2, "rnn", 19),
]

test_packed_outputs_are_those_of_each_sequence_alone = agreement(
    "packed_outputs",
    cases.packed(kinds=cases.LAYERS),
    "Outputs are the layer's up to each length and zeros beyond, last is each sequence's own last output.",
    "are_those_of_each_sequence_alone",
    count=6,
    examples=[
        *_PACKED,
        *_LAYERS,
        *_VALUES,
        Packed((2, 260), 261, 1, 2, "rnn", 19),
        Packed((2, 1, 3) * 11, 4, 2, 3, "gru", 20),
    ],
    weight=2,
    hint="Lengths come unsorted, and the longest may be shorter than T.",
)

test_packed_outputs_gradients_reach_every_argument = gradients(
    "packed_outputs",
    cases.packed(("noise",), cases.exact, cases.LAYERS),
    count=3,
    examples=[*_PACKED[:3], *_LAYERS, *_VALUES[1:3]],
)


@check(
    "packed_outputs",
    cases.packed(("inf", "-inf", "nan")),
    count=4,
    examples=[
        Packed((2, 5, 1, 3), 5, 3, 4, kind, 8, padding=one) for kind in cases.LAYERS for one in ("inf", "nan", "huge")
    ],
    hint="0 * nan is nan: choose (torch.where, masked_fill, packing), do not multiply.",
)
def test_packed_outputs_ignore_whatever_the_padding_holds(trial: Trial, case: Packed) -> None:
    """Infinities and nan beyond a length change nothing: outputs and last are those of zeros there."""
    arguments = case.arguments()
    clean = torch.where(case.beyond()[..., None], 0.0, arguments["inputs"]).to(arguments["inputs"])
    expected = trial.reference({**arguments, "inputs": clean})
    trial.matches(trial.ask(arguments), expected, call=trial.call_text(arguments))


@check(
    "packed_outputs",
    examples=[
        Packed((2, 4, 1), 5, 3, 4, kind, 9, "float64", one) for kind in cases.LAYERS for one in ("nan", "inf", "huge")
    ],
    hint="A masked result hides nan from the outputs, not from the gradients: keep padding out of the layer.",
)
def test_packed_outputs_gradients_ignore_whatever_the_padding_holds(trial: Trial, case: Packed) -> None:
    """With nan, infinities or huge numbers beyond the lengths, gradients are those of the sequences alone: finite, and
    zero in the padding."""
    trial.gradients_agree(case.arguments())


@check(
    "packed_outputs", cases.packed(), count=4, examples=_PACKED, hint="Which steps does a sequence of length l have?"
)
def test_packed_outputs_are_zero_beyond_each_length(trial: Trial, case: Packed) -> None:
    """Outputs are (n, T, h), exactly 0 from each length on, and not 0 before."""
    arguments = case.arguments()
    (outputs, _), call = trial.ask(arguments)["result"], trial.call_text(arguments)
    trial.matches(tuple(outputs.shape), (len(case.lengths), case.T, case.h), "outputs.shape", call=call)
    trial.matches((outputs == 0).all(-1), case.beyond(), "where all of outputs is 0", call=call)


@check("packed_outputs", cases.packed(), count=4, examples=_PACKED, hint="outputs[:, -1] is padding for most.")
def test_packed_outputs_last_is_the_output_at_the_last_valid_step(trial: Trial, case: Packed) -> None:
    """`last[i]` is `outputs[i, lengths[i] - 1]`."""
    arguments = case.arguments()
    (outputs, last), call = trial.ask(arguments)["result"], trial.call_text(arguments)
    trial.matches(tuple(outputs.shape), (len(case.lengths), case.T, case.h), "outputs.shape", call=call)
    steps = [outputs[i, length - 1] for i, length in enumerate(case.lengths)]
    trial.matches(last, torch.stack(steps), "last", call=call)
    trial.require(bool((last != 0).any(1).all()), "a row of last is all zeros", call)


@check(
    "packed_outputs",
    cases.packed(),
    count=4,
    examples=_PACKED[:2],
    hint="Undo the sort, with the inverse of its order.",
)
def test_packed_outputs_stand_in_the_given_order(trial: Trial, case: Packed) -> None:
    """Each sequence alone, without its padding, gives the outputs and the last output that it gives in the batch."""
    arguments = case.arguments()
    (outputs, last), call = trial.ask(arguments)["result"], trial.call_text(arguments)
    for i, length in enumerate(case.lengths):
        alone = {"inputs": arguments["inputs"][i : i + 1, :length].clone(), "lengths": torch.tensor([length])}
        own, own_last = trial.ask({**arguments, **alone})["result"]
        trial.matches(outputs[i : i + 1, :length], own, f"outputs[{i}] up to its length", call=call)
        trial.matches(last[i : i + 1], own_last, f"last[{i}]", call=call)


@check("packed_outputs")
def test_packed_outputs_have_known_values(trial: Trial) -> None:
    """A tanh layer of one unit with weights 1 and no bias, on 1 | 1 2, gives tanh 1 | tanh 1, tanh(2 + tanh 1)."""
    one, none = torch.ones(1, 1, dtype=torch.float64), torch.zeros(1, dtype=torch.float64)
    weights = {"weight_ih_l0": one, "weight_hh_l0": one, "bias_ih_l0": none, "bias_hh_l0": none}
    inputs = torch.tensor([[[1.0], [5.0], [5.0]], [[1.0], [2.0], [5.0]]], dtype=torch.float64)
    arguments = {"rnn": {"kind": "rnn", "weights": weights}, "inputs": inputs, "lengths": torch.tensor([1, 2])}
    start = torch.tanh(torch.tensor(1.0, dtype=torch.float64))
    onward = torch.tanh(2 + start)
    outputs = torch.zeros(2, 3, 1, dtype=torch.float64)
    outputs[0, 0, 0], outputs[1, 0, 0], outputs[1, 1, 0] = start, start, onward
    (found, last), call = trial.ask(arguments)["result"], trial.call_text(arguments)
    trial.matches(found, outputs, "outputs", call=call)
    trial.matches(last, torch.stack([start, onward])[:, None], "last", call=call)


test_packed_outputs_takes_tensors_of_any_layout = layouts(
    "packed_outputs", cases.packed(), count=2, examples=[_PACKED[1]]
)


@check("packed_outputs", cases.packed(), count=1, examples=[_PACKED[0], _LAYERS[1]], hint=RENEWED)
def test_packed_outputs_computes_anew_at_each_call(trial: Trial, case: Packed) -> None:
    """Whichever of the arguments holds something else by then, the result is that of now, and earlier ones stay."""
    others = replace(case, seed=case.seed + 1, lengths=(*case.lengths[1:], case.lengths[0])).arguments()
    _computes_anew(trial, case.arguments(), others)


test_packed_outputs_leaves_arguments_and_random_state_alone = purity(
    "packed_outputs",
    cases.packed(),
    count=3,
    examples=[
        Packed((2, 4, 1), 4, 3, 2, "rnn", 10),
        Packed((2, 4, 1), 4, 3, 2, "gru", 10, use="eval"),
        Packed((2, 4, 1), 4, 3, 2, "relu", 10, use="frozen"),
    ],
)

# -- many_to_one -----------------------------------------------------------------------------------------

_LAST = [
    LastSteps((2, 6, 4), 6, 3, 5, 1),
    LastSteps((3, 1, 2, 4), 5, 6, 2, 2, "float64"),
    LastSteps((5, 5), 5, 3, 4, 3),
    LastSteps((3,), 4, 2, 5, 4, "float64"),
    LastSteps((1, 1), 1, 4, 3, 5),
    LastSteps((2, 1), 2, 1, 1, 6),
]

_SQUARE = LastSteps((2, 4, 1, 3), 4, 4, 4, 7)

_FURTHER = [
    LastSteps((300, 257, 12), 300, 2, 3, 8),
    LastSteps((1, 3, 2), 3, 17, 33, 9, "float64", "zero"),
    LastSteps((2, 1, 3), 4, 3, 2, 10, "float32", "far"),
    LastSteps((2, 1, 3), 4, 3, 2, 11, "float64", "far"),
    LastSteps((2, 1, 3), 4, 3, 2, 12, "float32", "large"),
    LastSteps((2, 1), 2, 300, 2, 13),
    LastSteps((3, 1, 2) * 11, 3, 2, 300, 14),
]

test_many_to_one_reads_the_last_valid_step = agreement(
    "many_to_one",
    cases.last_steps(),
    "Each row is the linear layer on the output at its sequence's own last valid step.",
    "reads_the_last_valid_step",
    count=8,
    examples=[*_LAST, _SQUARE, *_FURTHER],
    weight=2,
    hint="At which index of outputs is the last step of a sequence of length 1?",
)

test_many_to_one_gradients_reach_every_argument = gradients(
    "many_to_one", cases.last_steps(cases.exact), count=4, examples=[*_LAST[:3], _SQUARE, *_FURTHER[1:4]]
)


@check("many_to_one", hint="First the step, then W, then b.")
def test_many_to_one_has_known_values(trial: Trial) -> None:
    """Of outputs 1 2 3 and 4 5 6 with lengths 2 and 3, the last steps are 2 and 6; times 10 plus 1: 21 and 61."""
    outputs = torch.tensor([[[1.0], [4.0]], [[2.0], [5.0]], [[3.0], [6.0]]])
    params = {"W": torch.tensor([[10.0]]), "b": torch.tensor([1.0])}
    arguments = {"outputs": outputs, "lengths": torch.tensor([2, 3]), "params": params}
    trial.matches(trial.ask(arguments), torch.tensor([[21.0], [61.0]]), call=trial.call_text(arguments))


@check("many_to_one", cases.last_steps(), count=6, examples=_LAST[:2], hint="Which steps are padding, and who tells?")
def test_many_to_one_reads_no_other_step(trial: Trial, case: LastSteps) -> None:
    """Other outputs at all steps but the last valid ones change nothing; other outputs there change every row."""
    arguments = case.arguments()
    outputs, call = arguments["outputs"], trial.call_text(arguments)
    last = case.last()[..., None]
    before = trial.ask(arguments)
    elsewhere = trial.ask({**arguments, "outputs": torch.where(last, outputs, 1e9 * outputs + 7)})
    trial.matches(elsewhere, before, "the result for other outputs at other steps", call=call)
    there = trial.ask({**arguments, "outputs": torch.where(last, outputs + 1, outputs)})
    trial.require(bool((there != before).any(1).all()), "a row does not depend on its last valid step", call)


@check("many_to_one", cases.last_steps(), count=6, hint="Lengths come unsorted; rows stay where they are.")
def test_many_to_one_answers_for_each_sequence_alone(trial: Trial, case: LastSteps) -> None:
    """A sequence alone, cut to its length, gives the row that it gives in the batch."""
    arguments = case.arguments()
    whole = trial.ask(arguments)
    for i, length in enumerate(case.lengths):
        alone = {"outputs": arguments["outputs"][:length, i : i + 1].clone(), "lengths": torch.tensor([length])}
        own = trial.ask({**arguments, **alone})
        trial.matches(whole[i : i + 1], own, f"row {i}", call=trial.call_text(arguments))


@check("many_to_one", cases.last_steps(), count=4, hint="Logits go out as they are: no softmax, no tanh.")
def test_many_to_one_is_linear_in_the_outputs(trial: Trial, case: LastSteps) -> None:
    """Outputs three times as large move the result three times as far from b."""
    arguments = case.arguments()
    b, call = arguments["params"]["b"], trial.call_text(arguments)
    once, thrice = (trial.ask({**arguments, "outputs": k * arguments["outputs"]}) for k in (1, 3))
    trial.matches(thrice - b, 3 * (once - b), "the result minus b for outputs three times as large", call=call)
    trial.require(bool((once != b).any()), "the result does not depend on the outputs", call)


test_many_to_one_takes_tensors_of_any_layout = layouts("many_to_one", cases.last_steps(), count=2, examples=[_SQUARE])


@check("many_to_one", cases.last_steps(), count=2, examples=[_SQUARE], hint=RENEWED)
def test_many_to_one_computes_anew_at_each_call(trial: Trial, case: LastSteps) -> None:
    """Whichever of the arguments holds something else by then, the result is that of now, and earlier ones stay."""
    others = replace(case, seed=case.seed + 1, lengths=(*case.lengths[1:], case.lengths[0])).arguments()
    _computes_anew(trial, case.arguments(), others)


test_many_to_one_leaves_arguments_and_random_state_alone = purity("many_to_one", cases.last_steps())

# -- many_to_many ----------------------------------------------------------------------------------------

_EVERY = [
    EveryStep(4, 2, 3, 5, 1),
    EveryStep(3, 5, 6, 2, 2, "float64"),
    EveryStep(1, 3, 2, 4, 3),
    EveryStep(5, 1, 2, 3, 4),
    EveryStep(2, 3, 1, 1, 5, "float64"),
    EveryStep(3, 3, 3, 3, 6),
    EveryStep(1, 1, 1, 1, 7),
]

_LONG = [
    EveryStep(300, 1, 2, 3, 8),
    EveryStep(65, 2, 33, 17, 9, "float64"),
    EveryStep(2, 300, 1, 2, 10),
    EveryStep(1, 2, 300, 3, 11),
    EveryStep(2, 1, 2, 300, 12),
]

_STEPS = [
    EveryStep(4, 3, 2, 5, 13, "float64", "zero"),
    EveryStep(3, 2, 4, 5, 14, values="large"),
]

test_many_to_many_answers_at_every_step = agreement(
    "many_to_many",
    cases.every_step(),
    "The result at step t is outputs[t] W + b, time-major, in the dtype of the arguments.",
    "answers_at_every_step",
    count=8,
    examples=[*_EVERY, *_LONG, *_STEPS],
    weight=2,
    hint="Print the shape: time comes first, then the batch, then the classes.",
)

test_many_to_many_gradients_reach_every_argument = gradients(
    "many_to_many", cases.every_step(cases.exact), count=4, examples=[*_EVERY[:3], _EVERY[5], *_LONG[1:2], *_STEPS]
)


@check("many_to_many")
def test_many_to_many_has_known_values(trial: Trial) -> None:
    """Outputs 1 and -2 at two steps, times 10 and 100, plus 1 and 2, are 11, 102 and -19, -198."""
    outputs = torch.tensor([[[1.0]], [[-2.0]]])
    params = {"W": torch.tensor([[10.0, 100.0]]), "b": torch.tensor([1.0, 2.0])}
    arguments = {"outputs": outputs, "params": params}
    expected = torch.tensor([[[11.0, 102.0]], [[-19.0, -198.0]]])
    trial.matches(trial.ask(arguments), expected, call=trial.call_text(arguments))


@check("many_to_many", cases.every_step(), count=6, hint="Every step is answered by itself, with the same W and b.")
def test_many_to_many_treats_steps_and_sequences_alone(trial: Trial, case: EveryStep) -> None:
    """One step of one sequence alone gets the answer that it gets among others."""
    arguments = case.arguments()
    whole = trial.ask(arguments)
    own = trial.ask({**arguments, "outputs": arguments["outputs"][1:2, 1:2].clone()})
    trial.matches(whole[1:2, 1:2], own, "the result at [1, 1]", call=trial.call_text(arguments))
    turned = trial.ask({**arguments, "outputs": arguments["outputs"].flip(0, 1)})
    trial.matches(turned, whole.flip(0, 1), "the result for steps and rows in reverse", call=trial.call_text(arguments))


@check("many_to_many", cases.every_step(), count=4, hint="Logits go out as they are: no softmax, no tanh.")
def test_many_to_many_is_linear_in_the_outputs(trial: Trial, case: EveryStep) -> None:
    """Outputs three times as large move the result three times as far from b."""
    arguments = case.arguments()
    b, call = arguments["params"]["b"], trial.call_text(arguments)
    once, thrice = (trial.ask({**arguments, "outputs": k * arguments["outputs"]}) for k in (1, 3))
    trial.matches(thrice - b, 3 * (once - b), "the result minus b for outputs three times as large", call=call)
    trial.require(bool((once != b).any()), "the result does not depend on the outputs", call)


test_many_to_many_takes_tensors_of_any_layout = layouts(
    "many_to_many", cases.every_step(), count=2, examples=[_EVERY[5]]
)


@check("many_to_many", cases.every_step(), count=2, examples=[_EVERY[0]], hint=RENEWED)
def test_many_to_many_computes_anew_at_each_call(trial: Trial, case: EveryStep) -> None:
    """Whichever of the arguments holds something else by then, the result is that of now, and earlier ones stay."""
    others = replace(case, seed=case.seed + 1).arguments()
    _computes_anew(trial, case.arguments(), others)


test_many_to_many_leaves_arguments_and_random_state_alone = purity("many_to_many", cases.every_step())

# -- greedy_decode ---------------------------------------------------------------------------------------

_DECODED = [
    Decoding((1, 4, 2), 5, 6, 0, 1),
    Decoding((3, 3, 0, 5), 12, 7, 3, 2, history=None),
    Decoding((2,), 8, 5, 1, 3),
    Decoding((0, 1), 1, 4, 2, 4),
    Decoding((4, 0, 2), 20, 5, 4, 5),
    Decoding((0,), 1, 2, 0, 6, history=None),
]

_LOGITS = [
    Decoding((1, 4, 2), 6, 7, 0, 9, level=10.0, gap=3e-3),
    Decoding((3, 0), 6, 5, 2, 10, level=-1e4, gap=0.01),
    Decoding((3, 0), 6, 5, 2, 11, level=1e4),
    Decoding((2, 0, 3), 6, 5, 1, 12, level=1e4, gap=1e-7, dtype="float64"),
    Decoding((2, 0, 3), 6, 5, 1, 13, level=1.0, gap=1e-9, dtype="float64"),
]
"""Large ones and close ones, all told apart by their dtype."""

_ONE = Decoding((0, 0), 3, 1, 0, 15)
_EQUAL = Decoding((4, 1, 0, 2, 3), 5, 5, 2, 14)

_ENDING = [
    Decoding((2, 4, 0), 6, 7, 5, rule="successor"),
    Decoding((4, 4), 5, 7, 5, rule="successor"),
    Decoding((5, 1), 12, 7, 5, rule="successor", history=None),
]

_FAR = [
    Decoding((69_990,), 3, 70_000, 5, rule="successor"),
    Decoding((0,), 260, 400, 399, rule="successor"),
    Decoding(tuple(range(65)), 2, 66, 9, rule="successor", history=None),
]


@check(
    "greedy_decode",
    cases.decodings(),
    examples=[*_DECODED, *_LOGITS, _EQUAL, _ONE],
    weight=2,
    hint="Each prediction is the next input, the state goes with it, and only rows that ended stay at eos.",
)
def test_greedy_decode_gives_the_most_likely_tokens(trial: Trial, case: Decoding) -> None:
    """Row by row, each token is the argmax of the logits after all before it; after its first eos a row is eos."""
    trial.agrees(case.arguments(), case.drive())


@check(
    "greedy_decode",
    examples=[*_ENDING, *_FAR],
    hint="Remember which rows have ended: theirs is eos from then on, whatever is predicted.",
)
def test_greedy_decode_counts_on_until_eos(trial: Trial, case: Decoding) -> None:
    """Where the next index, modulo V, is the most likely, a row counts on from its first token to eos and stays."""
    rows = []
    for token in case.first:
        row: list[int] = []
        for _ in range(case.max_len):
            token = case.eos if case.eos in row else (token + 1) % case.V
            row.append(token)
        rows.append(row)
    call = trial.call_text(case.arguments())
    trial.matches(trial.ask(case.arguments(), case.drive()), torch.tensor(rows), call=call)


@check("greedy_decode", cases.decodings(), count=6, examples=_DECODED, hint="A row that ended must not end the others.")
def test_greedy_decode_treats_each_row_alone(trial: Trial, case: Decoding) -> None:
    """A row gives the same tokens in a batch and by itself."""
    arguments, drive = case.arguments(), case.drive()
    whole, call = trial.ask(arguments, drive), trial.call_text(arguments)
    for i in range(len(case.first)):
        state = None if drive["state"] is None else drive["state"][i : i + 1]
        own = {**drive, "like": drive["like"][i : i + 1], "state": state}
        row = trial.ask({**arguments, "first": torch.tensor(case.first[i : i + 1])}, own)
        trial.matches(whole[i : i + 1], row, f"row {i}", call=call)
    trial.matches(tuple(whole.shape), (len(case.first), case.max_len), "the shape of the result", call=call)
    _follows_step(trial, case)


@check("greedy_decode", cases.decodings(), count=6, hint="Stop after max_len tokens, not before and not after.")
def test_greedy_decode_of_fewer_steps_is_the_beginning(trial: Trial, case: Decoding) -> None:
    """With a smaller max_len the result is as much of the longer one."""
    arguments, drive = case.arguments(), case.drive()
    whole, call = trial.ask(arguments, drive), trial.call_text(arguments)
    _follows_step(trial, case)
    for fewer in (1, case.max_len // 2):
        part = trial.ask({**arguments, "max_len": fewer}, drive)
        trial.matches(part, whole[:, :fewer], f"the result for max_len={fewer}", call=call)


@check("greedy_decode", examples=_ENDING, hint="Fill the rest with eos: every row has max_len tokens.")
def test_greedy_decode_has_max_len_tokens_even_where_all_rows_end(trial: Trial, case: Decoding) -> None:
    """The result is int64 (n, max_len) where every row has ended long before, and it holds nothing but eos then."""
    arguments = {**case.arguments(), "max_len": 15}
    result, call = trial.ask(arguments, case.drive()), trial.call_text(arguments)
    trial.matches(tuple(result.shape), (len(case.first), 15), "the shape of the result", call=call)
    trial.require(
        result.dtype == torch.int64, f"the result has dtype {result.dtype}, but should have torch.int64", call
    )
    ends = [(case.eos - token - 1) % case.V for token in case.first]
    trial.matches((result == case.eos).int().argmax(1).tolist(), ends, "where the first eos of each row is", call=call)
    trial.require(bool((result[:, max(ends) :] == case.eos).all()), "a row goes on after its eos", call)


@check(
    "greedy_decode",
    examples=[
        Decoding((3, 1, 3), 9, 6, 3, 7),
        Decoding((2, 2), 6, 5, 2, 8, history=None),
        Decoding((0,), 9, 4, 0, 0, "successor"),
    ],
    hint="first is what is fed, not what is predicted: only predictions end a row.",
)
def test_greedy_decode_goes_on_where_first_is_eos(trial: Trial, case: Decoding) -> None:
    """A row whose first token equals eos is decoded like any other."""
    trial.agrees(case.arguments(), case.drive())


@check("greedy_decode", cases.decodings((2,)), count=6, hint="Pass on what step returned, the given state first.")
def test_greedy_decode_starts_from_the_state_given(trial: Trial, case: Decoding) -> None:
    """The tokens follow from the state given: another history, or none, gives what it gives the reference."""
    arguments, drive = case.arguments(), case.drive()
    for state in (None, [[*row[::-1], 1] for row in drive["state"]]):
        other = {**drive, "state": state}
        found, expected = trial.ask(arguments, other), trial.reference(arguments, other)
        trial.matches(found, expected, "the result from another state", call=trial.call_text(arguments))


@check(
    "greedy_decode",
    cases.decodings(),
    count=2,
    examples=[Decoding((1, 4, 2), 8, 6, 0, 16), Decoding((3, 0), 8, 6, 1, 17, history=None)],
    hint="`state or …` asks what a state is worth; only whether it is None can be asked.",
)
def test_greedy_decode_passes_on_a_state_that_is_taken_for_false(trial: Trial, case: Decoding) -> None:
    """A state that is taken for false, as 0 or an empty list is, is passed on like any other."""
    trial.agrees(case.arguments(), replace(case, falsy=True).drive())


test_greedy_decode_takes_tensors_of_any_layout = layouts(
    "greedy_decode", cases.decodings(), count=2, examples=[_DECODED[0]]
)


@check(
    "greedy_decode",
    cases.decodings(),
    count=1,
    examples=[_EQUAL],
    hint=RENEWED,
)
def test_greedy_decode_computes_anew_at_each_call(trial: Trial, case: Decoding) -> None:
    """Other first tokens in the same tensor, another eos or another step give other results; earlier ones stay."""
    arguments, drive = case.arguments(), case.drive()
    others = {"first": (arguments["first"] + 1) % case.V, "max_len": case.max_len + 1, "eos": (case.eos + 1) % case.V}
    _computes_anew(trial, arguments, others, drive)
    trial.agrees(arguments, {**drive, "seed": case.seed + 1})


test_greedy_decode_leaves_arguments_and_random_state_alone = purity("greedy_decode", cases.decodings())


def _follows_step(trial: Trial, case: Decoding) -> None:
    """A law that a constant obeys proves nothing: where the next index is the most likely, the two after eos come."""
    counting = Decoding((case.eos,), 2, case.V, case.eos, rule="successor")
    expected = torch.tensor([[(case.eos + 1) % case.V, (case.eos + 2) % case.V]])
    call = trial.call_text(counting.arguments())
    trial.matches(trial.ask(counting.arguments(), counting.drive()), expected, call=call)
