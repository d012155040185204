"""Graded checks of the unit attention."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import torch

from harness.judge.check import check
from harness.judge.standard import agreement, gradients, layouts, purity, renewal
from harness.judge.trial import Trial

from .cases import attention as cases
from .cases.attention import (
    DTYPES,
    NAMES,
    Additive,
    Attending,
    Causal,
    Distances,
    Heads,
    Masked,
    Pooling,
    Positions,
    Regression,
)

_EACH_HINT = "What is kept between two calls, and does all that it was computed from decide where it is found again?"

# -- kernel ----------------------------------------------------------------------------------------------

test_kernel_has_the_shape_that_its_name_says = agreement(
    "kernel",
    cases.distances,
    "Each of the four kernels gives its own function of u = distances / sigma, in the distances' shape and dtype.",
    "has_the_shape_that_its_name_says",
    count=12,
    examples=[
        *(Distances(name, (4, 7), 0.7, 1, dtype) for name in NAMES for dtype in DTYPES),
        *(Distances(name, shape, 2.5, 2) for name in NAMES for shape in [(), (1,), (3, 3), (2, 3, 4)]),
        *(Distances(name, (12,), 0.7, 7, dtype, regime="special") for name in NAMES for dtype in DTYPES),
        *(Distances(name, (300,), 0.7, 8) for name in NAMES),
    ],
    weight=2,
    hint="The book's epanechnikov is a triangle; a comparison gives bools, which are no weights yet.",
)


@check("kernel", hint="First divide by sigma; then every formula is one of u alone.")
def test_kernel_has_known_values(trial: Trial) -> None:
    """At u = 0, 1/2, -1/2, 3/2 a gaussian is 1, e^(-1/8), e^(-1/8), e^(-9/8), a boxcar 1, 1, 1, 0, an epanechnikov
    1, 1/2, 1/2, 0."""
    near, far = math.exp(-1 / 8), math.exp(-9 / 8)
    known = {"gaussian": [1, near, near, far], "boxcar": [1, 1, 1, 0], "epanechnikov": [1, 0.5, 0.5, 0]}
    for name, values in known.items():
        distances = torch.tensor([0.0, 1.0, -1.0, 3.0], dtype=torch.float64)
        expected = torch.tensor(values, dtype=torch.float64)
        result = trial.ask({"name": name, "distances": distances, "sigma": 2.0})
        trial.matches(result, expected, f"kernel({name!r}, [0, 1, -1, 3], 2.0)")


@check("kernel", cases.distances, examples=[Distances(name, (9,), 0.7, 3, "float64") for name in NAMES])
def test_kernel_is_even(trial: Trial, case: Distances) -> None:
    """A distance and its opposite weigh the same."""
    arguments = case.arguments()
    _falls_from_one(trial, case)
    opposite = {**arguments, "distances": -arguments["distances"]}
    call = trial.call_text(arguments)
    trial.matches(trial.ask(opposite), trial.ask(arguments), "the kernel of -distances", call=call)


@check(
    "kernel",
    cases.distances,
    examples=[Distances(name, (9,), 0.7, 4, "float64") for name in NAMES],
    hint="Is it sigma that divides, or its square, and do all four names use it in the same place?",
)
def test_kernel_depends_on_distance_over_sigma(trial: Trial, case: Distances) -> None:
    """Four times the distances under four times the sigma weigh the same."""
    arguments = case.arguments()
    _falls_from_one(trial, case)
    wider = {"name": case.name, "distances": 4 * arguments["distances"], "sigma": 4 * case.sigma}
    call = trial.call_text(arguments)
    trial.matches(trial.ask(wider), trial.ask(arguments), "the kernel of 4 * distances at 4 * sigma", call=call)


@check("kernel", examples=[Distances(name, (4, 3), 0.7, 5, "float64") for name in NAMES])
def test_kernel_weighs_each_distance_by_itself(trial: Trial, case: Distances) -> None:
    """The kernel of one distance, alone or among others, in any order, is the same: nothing is normalised."""
    arguments = case.arguments()
    _falls_from_one(trial, case)
    distances, whole = arguments["distances"], trial.ask(arguments)
    turned = trial.ask({**arguments, "distances": distances.T.contiguous()})
    single = trial.ask({**arguments, "distances": distances[2, 1].clone()})
    trial.matches(turned, whole.T, "the kernel of distances.T", call=trial.call_text(arguments))
    trial.matches(single, whole[2, 1], "the kernel of distances[2, 1]", call=trial.call_text(arguments))


@check("kernel", examples=[Distances(name, (3,), 1.0, 0) for name in ("triangular", "gauss", "Gaussian", "")])
def test_kernel_refuses_an_unknown_name(trial: Trial, case: Distances) -> None:
    """A name other than the four raises ValueError."""
    trial.raises(ValueError, case.arguments())


test_kernel_leaves_arguments_and_random_state_alone = purity(
    "kernel", cases.distances, examples=[Distances(name, (5,), 0.7, 6) for name in NAMES]
)
test_kernel_takes_tensors_of_any_layout = layouts(
    "kernel", cases.distances, examples=[Distances(name, (4, 7), 0.7, 7) for name in NAMES]
)
test_kernel_computes_anew_at_each_call = renewal(
    "kernel", cases.distances, examples=[Distances(name, (4, 7), 0.7, 8) for name in NAMES]
)


def _falls_from_one(trial: Trial, case: Distances) -> None:
    """A law that zeros or a constant obey proves nothing: a kernel is 1 at 0, and all but "constant" fall."""
    far = torch.tensor([0.0, 9.0], dtype=getattr(torch, case.dtype)) * case.sigma
    found = trial.ask({"name": case.name, "distances": far, "sigma": case.sigma})
    expected = torch.tensor([1.0, float(case.name == "constant")], dtype=far.dtype)
    trial.matches(found, expected, f"kernel({case.name!r}, [0, {9 * case.sigma:g}], {case.sigma:g})")


# -- nadaraya_watson -------------------------------------------------------------------------------------

_REGRESSIONS = [
    *(Regression(7, 3, name, 0.7, 1, dtype) for name in (*NAMES, "cauchy") for dtype in DTYPES),
    Regression(1, 3, "gaussian", 0.7, 2),
    Regression(5, 1, "epanechnikov", 2.5, 3),
    Regression(1, 1, "boxcar", 0.3, 4),
]
_REMARKABLE = [
    *(Regression(6, 3, name, 0.7, 5, dtype, regime="ties") for name in ("gaussian", "boxcar") for dtype in DTYPES),
    *(Regression(6, 3, name, 0.7, 6, dtype, regime="far") for name in ("gaussian", "cauchy") for dtype in DTYPES),
    Regression(5, 5, "gaussian", 0.7, 7),
    Regression(300, 2, "epanechnikov", 0.7, 8, "float64"),
    Regression(2, 300, "gaussian", 0.7, 9),
    Regression(33, 17, "boxcar", 0.7, 10),
]
"""Equal keys, queries far from all keys, equal and long axes."""

test_nadaraya_watson_averages_targets_by_the_kernel = agreement(
    "nadaraya_watson",
    cases.regressions(),
    "The prediction is the average of the targets, weighted by the kernel of the distances [11.2.2].",
    "averages_targets_by_the_kernel",
    count=8,
    examples=[*_REGRESSIONS, *_REMARKABLE],
    weight=2,
    hint="weights[i, j] belongs to key i and query j. Kernel values are weights already, up to one division.",
)


@check(
    "nadaraya_watson",
    cases.regressions(),
    examples=[*_REGRESSIONS, *_REMARKABLE],
    hint="Over which axis do the keys run?",
)
def test_nadaraya_watson_columns_of_weights_sum_to_one(trial: Trial, case: Regression) -> None:
    """The weights that one query gives to all keys sum to 1, and none of them is negative."""
    call = trial.call_text(case.arguments())
    weights = trial.ask(case.arguments())[1]
    trial.matches(weights.sum(0), torch.ones(case.q, dtype=weights.dtype), "weights.sum(0)", call=call)
    trial.require(bool((weights >= 0).all()), f"a weight is negative: {float(weights.min()):.4g}", call)


@check("nadaraya_watson", cases.regressions(), examples=_REGRESSIONS)
def test_nadaraya_watson_predicts_with_the_weights_it_returns(trial: Trial, case: Regression) -> None:
    """Each prediction is the sum over the keys of weight times target."""
    arguments = case.arguments()
    y_hat, weights = trial.ask(arguments)
    call = trial.call_text(arguments)
    trial.matches(tuple(weights.shape), (case.k, case.q), "weights.shape", call=call)
    expected = (weights * arguments["y_train"][:, None]).sum(0)
    trial.matches(y_hat, expected, "y_hat", call=call)


@check("nadaraya_watson", hint="Every key at a distance of less than sigma counts alike, the others not at all.")
def test_nadaraya_watson_has_known_values(trial: Trial) -> None:
    """Keys 0, 1, 3 with targets 10, 20, 60 under a boxcar of width 1.5: queries 0.5 and 1 give 15, 2.2 gives 40."""
    x_train, y_train = torch.tensor([0.0, 1.0, 3.0]), torch.tensor([10.0, 20.0, 60.0])
    arguments = {"x_train": x_train, "y_train": y_train, "x_val": torch.tensor([0.5, 2.2, 1.0])}
    y_hat, weights = trial.ask({**arguments, "kernel": {"name": "boxcar", "sigma": 1.5}})
    trial.matches(weights, torch.tensor([[0.5, 0.0, 0.5], [0.5, 0.5, 0.5], [0.0, 0.5, 0.0]]), "weights")
    trial.matches(y_hat, torch.tensor([15.0, 40.0, 15.0]), "y_hat")


@check("nadaraya_watson", cases.regressions(("constant",)), hint="Does the kernel that was passed decide?")
def test_nadaraya_watson_with_a_constant_kernel_predicts_the_mean(trial: Trial, case: Regression) -> None:
    """Where every key weighs the same, every prediction is the mean of the targets."""
    arguments = case.arguments()
    y_hat, weights = trial.ask(arguments)
    call = trial.call_text(arguments)
    trial.matches(y_hat, arguments["y_train"].mean().expand(case.q), "y_hat", call=call)
    trial.matches(weights, torch.full_like(weights, 1 / case.k), "weights", call=call)


@check("nadaraya_watson", cases.regressions(), count=6, hint="The keys come in no order; does any step sort them?")
def test_nadaraya_watson_does_not_depend_on_the_order_of_keys(trial: Trial, case: Regression) -> None:
    """Keys in another order, each with its target, give the same predictions and the weights in that order."""
    arguments = case.arguments()
    order = torch.arange(case.k - 1, -1, -1)
    turned = {**arguments, "x_train": arguments["x_train"][order], "y_train": arguments["y_train"][order]}
    (y_hat, weights), (again, moved) = trial.ask(arguments), trial.ask(turned)
    call = trial.call_text(arguments)
    trial.matches(again, y_hat, "y_hat for keys in reverse", call=call)
    trial.matches(moved, weights[order], "weights for keys in reverse", call=call)


@check("nadaraya_watson", cases.regressions(), count=6, hint="What is normalised over keys needs no other query.")
def test_nadaraya_watson_answers_each_query_by_itself(trial: Trial, case: Regression) -> None:
    """One query alone gets the prediction and the weights that it gets among others."""
    arguments = case.arguments()
    y_hat, weights = trial.ask(arguments)
    alone, column = trial.ask({**arguments, "x_val": arguments["x_val"][1:2].clone()})
    call = trial.call_text(arguments)
    trial.matches(alone, y_hat[1:2], "y_hat for the query x_val[1] alone", call=call)
    trial.matches(column, weights[:, 1:2], "weights for the query x_val[1] alone", call=call)


test_nadaraya_watson_leaves_arguments_and_random_state_alone = purity("nadaraya_watson", cases.regressions())
test_nadaraya_watson_takes_tensors_of_any_layout = layouts(
    "nadaraya_watson", cases.regressions(), examples=_REGRESSIONS[:2]
)
test_nadaraya_watson_computes_anew_at_each_call = renewal(
    "nadaraya_watson", cases.regressions(), examples=_REGRESSIONS[:2]
)

# -- attention_pooling -----------------------------------------------------------------------------------

_POOLINGS = [
    Pooling(2, 3, 5, 4, 1, "float32"),
    Pooling(2, 3, 5, 4, 1, "float64"),
    Pooling(1, 1, 1, 1, 2),
    Pooling(3, 2, 1, 4, 3, "float64"),
    Pooling(3, 1, 5, 1, 4),
    Pooling(1, 4, 3, 2, 5),
]
_LARGE = [Pooling(3, 4, 5, 2, 6, dtype, regime) for dtype in DTYPES for regime in ("levels", "spread", "ties")]
_FAINT = Pooling(2, 3, 5, 4, 7, "float64", "faint")
_WIDE = [
    Pooling(3, 3, 3, 3, 8, "float64"),
    Pooling(1, 1, 300, 2, 9),
    Pooling(1, 300, 2, 1, 10),
    Pooling(300, 1, 2, 1, 11),
    Pooling(1, 1, 2, 300, 12),
    Pooling(2, 3, 17, 33, 13),
]

test_attention_pooling_adds_values_by_softmax_weights = agreement(
    "attention_pooling",
    cases.poolings(),
    "The weights are the softmax of the scores over the keys, and pooled is the weighted sum of the values.",
    "adds_values_by_softmax_weights",
    count=10,
    examples=[*_POOLINGS, _FAINT, *_WIDE],
    weight=2,
    hint="Over which axis of (n, q, k) do the keys run?",
)


@check("attention_pooling", cases.poolings(), examples=_POOLINGS, hint="Over which axis of (n, q, k) do the keys run?")
def test_attention_pooling_weights_of_a_query_sum_to_one(trial: Trial, case: Pooling) -> None:
    """The weights that one query gives to all keys sum to 1, and none of them is negative."""
    call = trial.call_text(case.arguments())
    weights = trial.ask(case.arguments())[1]
    trial.matches(weights.sum(-1), torch.ones(case.n, case.q, dtype=weights.dtype), "weights.sum(-1)", call=call)
    trial.require(bool((weights >= 0).all()), f"a weight is negative: {float(weights.min()):.4g}", call)


@check("attention_pooling", cases.poolings(), examples=_POOLINGS)
def test_attention_pooling_pools_with_the_weights_it_returns(trial: Trial, case: Pooling) -> None:
    """`pooled` is the sum over the keys of weight times value."""
    arguments = case.arguments()
    pooled, weights = trial.ask(arguments)
    call = trial.call_text(arguments)
    trial.matches(tuple(weights.shape), (case.n, case.q, case.k), "weights.shape", call=call)
    trial.matches(pooled, torch.bmm(weights, arguments["values"]), "pooled", call=call)


@check("attention_pooling")
def test_attention_pooling_has_known_values(trial: Trial) -> None:
    """Scores 0 and ln 3 weigh 1/4 and 3/4, so the values 8 and 4 pool to 5; equal scores pool to their mean, 6."""
    scores = torch.tensor([[[0.0, math.log(3)], [2.0, 2.0]]], dtype=torch.float64)
    values = torch.tensor([[[8.0], [4.0]]], dtype=torch.float64)
    pooled, weights = trial.ask({"scores": scores, "values": values})
    trial.matches(weights, torch.tensor([[[0.25, 0.75], [0.5, 0.5]]], dtype=torch.float64), "weights")
    trial.matches(pooled, torch.tensor([[[5.0], [6.0]]], dtype=torch.float64), "pooled")


@check("attention_pooling", cases.poolings(), count=6)
def test_attention_pooling_depends_on_differences_of_scores_only(trial: Trial, case: Pooling) -> None:
    """Adding a number to all scores of a query changes nothing."""
    arguments = case.arguments()
    level = torch.linspace(-3, 5, case.n * case.q, dtype=arguments["scores"].dtype).reshape(case.n, case.q, 1)
    raised = trial.ask({**arguments, "scores": arguments["scores"] + level})
    call = trial.call_text(arguments)
    trial.matches(raised, trial.ask(arguments), "the result for scores raised by a number a query", call=call)


@check(
    "attention_pooling",
    cases.poolings(("levels", "spread")),
    count=6,
    examples=_LARGE,
    hint="exp(1e4) overflows and exp(-1e4) is 0: which number may be subtracted from a query's scores beforehand?",
)
def test_attention_pooling_is_stable_for_large_scores(trial: Trial, case: Pooling) -> None:
    """Scores of 1e4 and of -1e4, in one query or in different ones, give finite and right results."""
    trial.agrees(case.arguments(), stable=True)


@check("attention_pooling", cases.poolings(), count=6, hint="Key i's score belongs to value i, wherever both stand.")
def test_attention_pooling_does_not_depend_on_the_order_of_keys(trial: Trial, case: Pooling) -> None:
    """Keys in another order, scores and values alike, pool to the same and get their weights in that order."""
    arguments = case.arguments()
    scores, values = arguments["scores"].flip(-1).contiguous(), arguments["values"].flip(1).contiguous()
    (pooled, weights), (again, moved) = trial.ask(arguments), trial.ask({"scores": scores, "values": values})
    call = trial.call_text(arguments)
    trial.matches(again, pooled, "pooled for keys in reverse", call=call)
    trial.matches(moved, weights.flip(-1), "weights for keys in reverse", call=call)


@check("attention_pooling", cases.poolings(), count=6)
def test_attention_pooling_keeps_batch_and_queries_apart(trial: Trial, case: Pooling) -> None:
    """One query of one batch element alone gets the result that it gets among others."""
    arguments = case.arguments()
    pooled, weights = trial.ask(arguments)
    part = {"scores": arguments["scores"][1:2, 1:2].clone(), "values": arguments["values"][1:2].clone()}
    call = trial.call_text(arguments)
    expected = pooled[1:2, 1:2], weights[1:2, 1:2]
    trial.matches(trial.ask(part), expected, "the result for scores[1:2, 1:2] alone", call=call)


test_attention_pooling_gradients_reach_every_argument = gradients(
    "attention_pooling",
    cases.poolings(),
    examples=[*_POOLINGS[:2], *_POOLINGS[4:], Pooling(3, 4, 5, 2, 6, "float64", "levels"), _FAINT, _WIDE[0]],
)
test_attention_pooling_leaves_arguments_and_random_state_alone = purity("attention_pooling", cases.poolings())
test_attention_pooling_takes_tensors_of_any_layout = layouts(
    "attention_pooling", cases.poolings(), examples=_POOLINGS[:2]
)
test_attention_pooling_computes_anew_at_each_call = renewal(
    "attention_pooling", cases.poolings(), examples=_POOLINGS[:2]
)

# -- masked_softmax --------------------------------------------------------------------------------------

_MASKED = [
    *(Masked(2, 3, 5, 1, lens, dtype) for lens in (*cases.LENS, "full") for dtype in DTYPES),
    Masked(3, 2, 4, 2, "query", index="int32"),
    Masked(3, 3, 4, 3),
    Masked(3, 3, 4, 4, "query"),
    Masked(1, 1, 1, 5),
    Masked(1, 4, 3, 6, "query"),
    Masked(4, 1, 3, 7),
]
_MASKED_WIDE = [
    Masked(2, 3, 300, 1, "query"),
    Masked(1, 300, 2, 2, "query", "float64"),
    Masked(300, 1, 2, 3),
    Masked(2, 33, 65, 4),
    Masked(17, 1, 4, 5, "query"),
    *(Masked(4, 4, 4, 6, lens) for lens in cases.LENS),
    *(Masked(3, 4, 5, 7, "query", "float32", regime) for regime in ("ties", "close", "tiny")),
]
_SHORT = [Masked(2, 3, 5, 1, lens, "float64") for lens in ("batch", "query")]

test_masked_softmax_weighs_the_keys_within_the_length = agreement(
    "masked_softmax",
    cases.masked(regimes=("normal", "normal", "ties", "close")),
    "The weights are the softmax of the scores over the keys within the length, and 0 beyond it.",
    "weighs_the_keys_within_the_length",
    count=6,
    examples=[*_MASKED, *_MASKED_WIDE],
    weight=2,
    hint="(n,) is a length for each batch element, (n, q) one for each query; which keys does a length of 2 leave?",
)


@check("masked_softmax", cases.masked(), count=4, examples=_MASKED[:6])
def test_masked_softmax_weights_are_shared_among_the_keys_within(trial: Trial, case: Masked) -> None:
    """Keys beyond the length get weight exactly 0, those within it a positive one, and a query's weights sum to 1."""
    arguments = case.arguments()
    weights, call = trial.ask(arguments), trial.call_text(arguments)
    beyond = _beyond(arguments["valid_lens"], case.n, case.q, case.k)
    trial.matches(weights.sum(-1), torch.ones(case.n, case.q, dtype=weights.dtype), "weights.sum(-1)", call=call)
    _nothing_beyond(trial, weights, beyond, call)
    trial.require(bool((weights[~beyond] > 0).all()), "a key within the length has no weight", call)


@check("masked_softmax", hint="A length of 2 leaves the keys 0 and 1.")
def test_masked_softmax_has_known_values(trial: Trial) -> None:
    """Scores 0, ln 3, 7 with length 2 weigh 1/4, 3/4, 0; 0, ln 2, ln 5 with length 2 weigh 1/3, 2/3, 0, with length 3
    1/8, 2/8, 5/8, with length 1 1, 0, 0."""
    scores = torch.tensor([[[0, math.log(3), 7], [0, math.log(2), math.log(5)]]], dtype=torch.float64)
    first, second, third = [1 / 4, 3 / 4, 0], [1 / 3, 2 / 3, 0], [1 / 8, 2 / 8, 5 / 8]
    known = [([2], [first, second]), ([[2, 3]], [first, third]), ([[2, 1]], [first, [1, 0, 0]])]
    for valid_lens, rows in known:
        expected = torch.tensor([rows], dtype=torch.float64)
        result = trial.ask({"scores": scores, "valid_lens": torch.tensor(valid_lens)})
        trial.matches(result, expected, f"weights for valid_lens {valid_lens}")


@check(
    "masked_softmax",
    cases.masked(),
    count=4,
    examples=_SHORT,
    hint="Leave the masked keys out before anything is summed, or give them a score whose exponential is 0.",
)
def test_masked_softmax_weighs_as_if_the_masked_keys_were_not_there(trial: Trial, case: Masked) -> None:
    """One query alone, its scores cut at its length, gets the weights that it gets among others with a mask."""
    arguments = case.arguments()
    whole, call = trial.ask(arguments), trial.call_text(arguments)
    length = int((~_beyond(arguments["valid_lens"], case.n, case.q, case.k))[1, 1].sum())
    cut = {"scores": arguments["scores"][1:2, 1:2, :length].clone(), "valid_lens": None}
    alone = trial.ask(cut)
    trial.matches(alone, whole[1:2, 1:2, :length], f"weights for scores[1:2, 1:2, :{length}] alone", call=call)


@check("masked_softmax", cases.masked(cases.st.sampled_from(["batch", "query"])), count=4, examples=_SHORT)
def test_masked_softmax_does_not_look_behind_the_mask(trial: Trial, case: Masked) -> None:
    """Other scores beyond the length give the same weights; another score within it does not."""
    arguments = case.arguments()
    scores, call = arguments["scores"], trial.call_text(arguments)
    beyond = _beyond(arguments["valid_lens"], case.n, case.q, case.k)
    weights = trial.ask(arguments)
    other = trial.ask({**arguments, "scores": torch.where(beyond, 9 - 3 * scores, scores)})
    trial.matches(other, weights, "the weights for other scores beyond the length", call=call)
    full = torch.full((case.n,), case.k)
    moved = trial.ask({"scores": torch.where(beyond, 9 - 3 * scores, scores), "valid_lens": full})
    if bool(beyond.any()):
        _differ(trial, moved, trial.ask({"scores": scores, "valid_lens": full}), "no score matters", call)


@check("masked_softmax", cases.masked(cases.st.just("batch")), count=4, hint="Which axis of (n, q, k) has a length?")
def test_masked_softmax_takes_a_length_for_all_queries_of_its_batch_element(trial: Trial, case: Masked) -> None:
    """Lengths (n,) give the same as (n, q) with each repeated for its queries; lengths of k the same as None."""
    arguments = case.arguments()
    each = arguments["valid_lens"][:, None].expand(case.n, case.q).clone()
    call = trial.call_text(arguments)
    repeated = trial.ask({**arguments, "valid_lens": each})
    trial.matches(repeated, trial.ask(arguments), "weights for each length repeated", call=call)
    full = trial.ask({**arguments, "valid_lens": torch.full((case.n,), case.k)})
    trial.matches(full, trial.ask({**arguments, "valid_lens": None}), "weights for lengths of k", call=call)
    _differ(trial, full[0, 0], full[1, 0], "no score matters", call)


@check(
    "masked_softmax",
    cases.masked(regimes=("levels", "apart", "behind", "spread")),
    count=4,
    examples=[
        Masked(3, 4, 5, 8, lens, dtype, regime)
        for lens in ("batch", "query")
        for dtype in DTYPES
        for regime in ("levels", "apart", "behind", "spread")
    ],
    hint="What does a masked key's score of 1e4 do to yours, before it is masked and after?",
)
def test_masked_softmax_is_stable_for_large_scores(trial: Trial, case: Masked) -> None:
    """Scores of 1e4 and of -1e4, within the length or beyond it, give finite and right weights."""
    trial.agrees(case.arguments(), stable=True)


test_masked_softmax_gradients_reach_every_argument = gradients(
    "masked_softmax",
    cases.masked(),
    count=3,
    examples=[
        *_MASKED[:6],
        Masked(3, 4, 5, 8, "query", "float32", "ties"),
        *(Masked(3, 4, 5, 8, "query", "float64", regime) for regime in ("levels", "apart", "behind", "ties")),
    ],
)
test_masked_softmax_leaves_arguments_and_random_state_alone = purity(
    "masked_softmax", cases.masked(), count=2, examples=_SHORT
)
test_masked_softmax_takes_tensors_of_any_layout = layouts(
    "masked_softmax", cases.masked(), count=1, examples=_MASKED[1:6:2]
)
test_masked_softmax_computes_anew_at_each_call = renewal(
    "masked_softmax", cases.masked(), count=1, examples=_MASKED[1:6:2]
)


@check("masked_softmax", cases.masked(), count=1, examples=_SHORT[1:2], hint=_EACH_HINT)
def test_masked_softmax_notices_each_argument_that_changes(trial: Trial, case: Masked) -> None:
    """With one argument changed, and all others as they were, the next call gives the result for these."""
    _notices_each_argument(trial, case)


# -- dot_product_attention -------------------------------------------------------------------------------

_ATTENDING = [
    *(Attending(2, 3, 5, 4, 6, 1, lens, dtype) for lens in (*cases.LENS, "full") for dtype in DTYPES),
    Attending(3, 2, 4, 5, 6, 2, "query", index="int32"),
    Attending(1, 1, 1, 1, 1, 3),
    Attending(3, 1, 4, 1, 2, 4),
    Attending(1, 4, 3, 5, 1, 5, "query"),
    Attending(3, 3, 3, 3, 3, 6),
]
_ATTENDING_WIDE = [
    Attending(1, 2, 300, 3, 4, 1, "query", "float64"),
    Attending(1, 300, 2, 3, 4, 2, "query"),
    Attending(300, 1, 2, 3, 4, 3),
    Attending(2, 3, 4, 300, 257, 4),
    Attending(1, 17, 33, 65, 3, 5),
    *(Attending(4, 4, 4, 4, 4, 6, lens) for lens in cases.LENS),
    Attending(2, 4, 4, 3, 5, 7, "none", "float64"),
    Attending(3, 4, 4, 5, 2, 8, "batch", "float32", "self"),
    Attending(3, 4, 6, 5, 5, 8, "batch", "float32", "memory"),
    *(Attending(3, 4, 6, 2, 5, 8, lens, "float32", "behind") for lens in ("batch", "query")),
    Attending(3, 4, 6, 2, 5, 9, "query", "float32", "ties"),
]
_ATTENDING_APART = [
    *(Attending(3, 4, 5, 2, 6, 7, "query", "float64", regime) for regime in ("levels", "apart", "ties")),
    *(Attending(3, 4, 6, 2, 5, 8, "batch", dtype, "behind") for dtype in DTYPES),
]
_FEW = [Attending(2, 3, 5, 4, 6, 1, lens, "float64") for lens in ("batch", "query")]
_VALUES_IN_REACH = "An output is an average of values: by which weights?"

test_dot_product_attention_attends_by_scaled_dot_products = agreement(
    "dot_product_attention",
    cases.attending(regimes=("normal", "normal", "behind", "ties")),
    "The weights are softmax(Q K^T / sqrt(d)) within the lengths, and the output is their product with V [11.3.6].",
    "attends_by_scaled_dot_products",
    count=5,
    examples=[*_ATTENDING, *_ATTENDING_WIDE],
    weight=2,
    hint="What are the scores divided by, over which axis do the keys run, and when does the mask come?",
)


@check("dot_product_attention", hint="For d = 4 the scores are half the dot products.")
def test_dot_product_attention_has_known_values(trial: Trial) -> None:
    """With d = 4, keys 0, (1, 0, 0, 0) and a masked one, and values 8, 4 and 99, the query (2 ln 3, 0, 0, 0) weighs
    1/4, 3/4, 0 and gives 5; the query 0 gives 6, the mean."""
    queries, keys = torch.zeros(1, 2, 4, dtype=torch.float64), torch.zeros(1, 3, 4, dtype=torch.float64)
    queries[0, 0, 0], keys[0, 1, 0], keys[0, 2] = 2 * math.log(3), 1, 5
    values = torch.tensor([[[8.0], [4.0], [99.0]]], dtype=torch.float64)
    arguments = {"queries": queries, "keys": keys, "values": values, "valid_lens": torch.tensor([2])}
    output, weights = trial.ask(arguments)
    expected = torch.tensor([[[1 / 4, 3 / 4, 0], [1 / 2, 1 / 2, 0]]], dtype=torch.float64)
    trial.matches(weights, expected, "weights")
    trial.matches(output, torch.tensor([[[5.0], [6.0]]], dtype=torch.float64), "output")


@check("dot_product_attention", cases.attending(), count=4, examples=_ATTENDING[:6], hint=_VALUES_IN_REACH)
def test_dot_product_attention_pools_with_the_weights_it_returns(trial: Trial, case: Attending) -> None:
    """The output is the weights times the values; a query's weights sum to 1 and are exactly 0 beyond the length."""
    _pools_with_its_weights(trial, case)


@check("dot_product_attention", cases.attending(), count=4, hint="The root of d, the width of queries and keys.")
def test_dot_product_attention_scales_by_the_root_of_the_width(trial: Trial, case: Attending) -> None:
    """Queries and keys padded with zeros to four times the width, the queries doubled, give the same."""
    arguments = case.arguments()
    wide = {name: torch.nn.functional.pad(arguments[name], (0, 3 * case.d)) for name in ("queries", "keys")}
    wide["queries"] *= 2
    found, call = trial.ask(arguments), trial.call_text(arguments)
    trial.matches(trial.ask({**arguments, **wide}), found, "the result at four times the width", call=call)
    steep = trial.ask({**arguments, "queries": 2 * arguments["queries"], "valid_lens": None})
    _differ(trial, steep[1][0, 0, 0], steep[1][0, 0, 1], "the weights do not depend on the queries", call)


@check("dot_product_attention", cases.attending(cases.st.sampled_from(["batch", "query"])), count=4, examples=_FEW)
def test_dot_product_attention_does_not_look_behind_the_mask(trial: Trial, case: Attending) -> None:
    """Other keys and values beyond the length give the same output and weights."""
    _ignores_what_is_masked(trial, case)


@check("dot_product_attention", cases.attending(cases.st.just("none")), count=3)
def test_dot_product_attention_does_not_depend_on_the_order_of_keys(trial: Trial, case: Attending) -> None:
    """Keys in another order, each with its value, give the same output and the weights in that order."""
    _keys_have_no_order(trial, case)


@check("dot_product_attention", cases.attending(), count=3, examples=_FEW)
def test_dot_product_attention_keeps_batch_and_queries_apart(trial: Trial, case: Attending) -> None:
    """One query of one batch element alone gets the output and the weights that it gets among others."""
    _queries_do_not_mix(trial, case)


@check(
    "dot_product_attention",
    cases.attending(regimes=("levels", "apart")),
    count=3,
    examples=[
        Attending(3, 4, 5, 2, 6, 14, lens, dtype, regime)
        for lens in ("batch", "query")
        for dtype in DTYPES
        for regime in ("levels", "apart")
    ],
    hint="Which softmax survives scores of 1e4, and which mask a masked score of 1e4?",
)
def test_dot_product_attention_is_stable_for_large_scores(trial: Trial, case: Attending) -> None:
    """Scores of 1e4 and of -1e4, within the length or beyond it, give finite and right results."""
    trial.agrees(case.arguments(), stable=True)


test_dot_product_attention_gradients_reach_every_argument = gradients(
    "dot_product_attention", cases.attending(), count=3, examples=[*_ATTENDING[:6], *_ATTENDING_APART]
)
test_dot_product_attention_leaves_arguments_and_random_state_alone = purity(
    "dot_product_attention", cases.attending(), count=2, examples=_FEW
)
test_dot_product_attention_takes_tensors_of_any_layout = layouts(
    "dot_product_attention", cases.attending(), count=1, examples=_ATTENDING[1:6:2]
)
test_dot_product_attention_computes_anew_at_each_call = renewal(
    "dot_product_attention", cases.attending(), count=1, examples=_ATTENDING[1:6:2]
)


@check("dot_product_attention", cases.attending(), count=1, examples=_FEW[1:2], hint=_EACH_HINT)
def test_dot_product_attention_notices_each_argument_that_changes(trial: Trial, case: Attending) -> None:
    """With one argument changed, and all others as they were, the next call gives the result for these."""
    _notices_each_argument(trial, case)


# -- additive_attention ----------------------------------------------------------------------------------

_ADDITIVE = [
    *(Additive(2, 3, 5, 4, 6, 7, 8, 1, lens, dtype) for lens in (*cases.LENS, "full") for dtype in DTYPES),
    Additive(3, 2, 4, 5, 7, 6, 8, 2, "query", index="int32"),
    Additive(1, 1, 1, 1, 1, 1, 1, 3),
    Additive(3, 1, 4, 1, 2, 5, 1, 4),
    Additive(1, 4, 3, 5, 1, 1, 2, 5, "query"),
    Additive(3, 3, 3, 3, 3, 3, 3, 6),
]
_ADDITIVE_WIDE = [
    Additive(1, 2, 300, 3, 4, 5, 6, 1, "query", "float64"),
    Additive(1, 300, 2, 3, 4, 5, 6, 2, "query"),
    Additive(300, 1, 2, 4, 3, 5, 6, 3),
    Additive(1, 2, 3, 260, 257, 300, 258, 4),
    Additive(1, 17, 33, 3, 4, 65, 5, 5, "batch", "float64"),
    *(Additive(4, 4, 4, 4, 4, 4, 4, 6, lens) for lens in cases.LENS),
    Additive(3, 4, 4, 5, 5, 2, 6, 7, "batch", "float32", "self"),
    Additive(3, 4, 6, 2, 5, 3, 5, 7, "batch", "float32", "memory"),
    *(Additive(3, 4, 6, 2, 5, 7, 8, 8, lens, "float32", "behind") for lens in ("batch", "query")),
    *(Additive(3, 4, 6, 2, 5, 7, 8, 8, "query", "float32", regime) for regime in ("ties", "turned")),
]
_ADDITIVE_APART = [
    *(Additive(3, 4, 5, 2, 6, 7, 1, 7, "query", "float64", regime) for regime in ("levels", "apart", "ties")),
    *(Additive(3, 4, 6, 2, 5, 7, 8, 8, "batch", dtype, "steep") for dtype in DTYPES),
    Additive(3, 4, 6, 2, 5, 7, 8, 8, "batch", "float64", "behind"),
]
_STEEP = [Additive(3, 4, 5, 2, 6, 7, 4, 8, lens, dtype, "steep") for lens in ("none", "query") for dtype in DTYPES]
_PAIRS = [Additive(2, 3, 5, 4, 6, 7, 8, 1, lens, "float64") for lens in ("batch", "query")]

test_additive_attention_attends_by_a_network_of_query_and_key = agreement(
    "additive_attention",
    cases.additive(regimes=("normal", "normal", "behind", "ties")),
    "The weights are the softmax of w_v . tanh(q W_q + k W_k) within the lengths [11.3.7], the output their product "
    "with V.",
    "attends_by_a_network_of_query_and_key",
    count=5,
    examples=[*_ADDITIVE, *_ADDITIVE_WIDE],
    weight=2,
    hint="Each of the q times k pairs of a query and a key has h hidden units of its own.",
)


@check("additive_attention", hint="tanh(ln(3) / 2) = 1/2.")
def test_additive_attention_has_known_values(trial: Trial) -> None:
    """With one hidden unit, w_v = 2 ln 3 and q W_q = 0, keys of +-ln(3) / 2 score +-ln 3 and weigh 0.9 and 0.1; a
    query far out in tanh's tail weighs both alike."""
    half = math.log(3) / 2
    arguments = {
        "queries": torch.tensor([[[3.0, 3.0], [30.0, -10.0]]], dtype=torch.float64),
        "keys": torch.tensor([[[half], [-half], [7.0]]], dtype=torch.float64),
        "values": torch.tensor([[[10.0], [20.0], [99.0]]], dtype=torch.float64),
        "valid_lens": torch.tensor([2]),
        "params": {
            "W_q": torch.tensor([[1.0], [-1.0]], dtype=torch.float64),
            "W_k": torch.ones(1, 1, dtype=torch.float64),
            "w_v": torch.tensor([2 * math.log(3)], dtype=torch.float64),
        },
    }
    output, weights = trial.ask(arguments)
    expected = torch.tensor([[[0.9, 0.1, 0], [0.5, 0.5, 0]]], dtype=torch.float64)
    trial.matches(weights, expected, "weights")
    trial.matches(output, torch.tensor([[[11.0], [15.0]]], dtype=torch.float64), "output")


@check("additive_attention", cases.additive(), count=4, examples=_ADDITIVE[:6], hint=_VALUES_IN_REACH)
def test_additive_attention_pools_with_the_weights_it_returns(trial: Trial, case: Additive) -> None:
    """The output is the weights times the values; a query's weights sum to 1 and are exactly 0 beyond the length."""
    _pools_with_its_weights(trial, case)


@check("additive_attention", cases.additive(), count=4, hint="tanh(-x) = -tanh(x), and nothing is added to w_v's sum.")
def test_additive_attention_hidden_units_have_neither_sign_nor_order(trial: Trial, case: Additive) -> None:
    """Hidden units in reverse order, each with all weights negated, give the same; negating w_v alone does not."""
    arguments = case.arguments()
    W_q, W_k, w_v = arguments["params"].values()
    turned = {"W_q": -W_q.flip(1), "W_k": -W_k.flip(1), "w_v": -w_v.flip(0)}
    found, call = trial.ask(arguments), trial.call_text(arguments)
    again = trial.ask({**arguments, "params": turned})
    trial.matches(again, found, "the result for hidden units turned round", call=call)
    arguments = {**arguments, "valid_lens": None}
    negated = trial.ask({**arguments, "params": {**arguments["params"], "w_v": -w_v}})
    _differ(trial, negated[1], trial.ask(arguments)[1], "the weights do not depend on w_v", call)


@check("additive_attention", cases.additive(cases.st.sampled_from(["batch", "query"])), count=3, examples=_PAIRS)
def test_additive_attention_does_not_look_behind_the_mask(trial: Trial, case: Additive) -> None:
    """Other keys and values beyond the length give the same output and weights."""
    _ignores_what_is_masked(trial, case)


@check("additive_attention", cases.additive(cases.st.just("none")), count=3)
def test_additive_attention_does_not_depend_on_the_order_of_keys(trial: Trial, case: Additive) -> None:
    """Keys in another order, each with its value, give the same output and the weights in that order."""
    _keys_have_no_order(trial, case)


@check("additive_attention", cases.additive(), count=3, examples=_PAIRS)
def test_additive_attention_keeps_batch_and_queries_apart(trial: Trial, case: Additive) -> None:
    """One query of one batch element alone gets the output and the weights that it gets among others."""
    _queries_do_not_mix(trial, case)


@check(
    "additive_attention",
    cases.additive(regimes=("levels", "apart")),
    count=3,
    examples=[
        Additive(3, 4, 5, 2, 6, 7, 1, 15, lens, dtype, regime)
        for lens in ("batch", "query")
        for dtype in DTYPES
        for regime in ("levels", "apart")
    ],
    hint="Which softmax survives scores of 1e4, and which mask a masked score of 1e4?",
)
def test_additive_attention_is_stable_for_large_scores(trial: Trial, case: Additive) -> None:
    """Scores of 1e4 and of -1e4, within the length or beyond it, give finite and right results."""
    trial.agrees(case.arguments(), stable=True)


test_additive_attention_saturates_where_tanh_does = agreement(
    "additive_attention",
    cases.additive(regimes=("steep",)),
    "A hidden unit far out in tanh's tails counts as 1 or -1, however far it is.",
    "saturates_where_tanh_does",
    count=3,
    examples=_STEEP,
    hint="tanh(800) is 1, but what is exp(800)?",
)
test_additive_attention_gradients_reach_every_argument = gradients(
    "additive_attention", cases.additive(), count=3, examples=[*_ADDITIVE[:6], *_ADDITIVE_APART]
)
test_additive_attention_leaves_arguments_and_random_state_alone = purity(
    "additive_attention", cases.additive(), count=2, examples=_PAIRS
)
test_additive_attention_takes_tensors_of_any_layout = layouts(
    "additive_attention", cases.additive(), count=1, examples=_ADDITIVE[1:6:2]
)
test_additive_attention_computes_anew_at_each_call = renewal(
    "additive_attention", cases.additive(), count=1, examples=_ADDITIVE[1:6:2]
)


@check("additive_attention", cases.additive(), count=1, examples=_PAIRS[1:2], hint=_EACH_HINT)
def test_additive_attention_notices_each_argument_that_changes(trial: Trial, case: Additive) -> None:
    """With one argument changed, and all others as they were, the next call gives the result for these."""
    _notices_each_argument(trial, case)


# -- multi_head_attention --------------------------------------------------------------------------------

_HEADS = [
    *(Heads(2, 3, 5, 2, 4, 1, lens, dtype) for lens in (*cases.LENS, "full") for dtype in DTYPES),
    Heads(3, 2, 4, 3, 2, 2, "query", index="int32"),
    Heads(1, 1, 1, 1, 1, 3),
    Heads(2, 3, 4, 1, 5, 4),
    Heads(2, 3, 4, 5, 1, 5, "query"),
    Heads(1, 4, 3, 2, 3, 6),
    Heads(3, 3, 3, 3, 3, 7),
]
_HEADS_WIDE = [
    Heads(1, 3, 300, 2, 2, 1, "query", "float64"),
    Heads(1, 300, 2, 2, 3, 2, "query"),
    Heads(300, 1, 2, 2, 1, 3),
    Heads(1, 2, 3, 12, 22, 4),
    Heads(1, 17, 33, 13, 5, 9, "query"),
    *(Heads(4, 4, 4, 2, 2, 6, lens) for lens in cases.LENS),
    Heads(4, 4, 4, 4, 1, 6, "query"),
    Heads(3, 4, 4, 2, 3, 7, "batch", "float32", "self"),
    Heads(3, 4, 6, 2, 3, 7, "batch", "float32", "memory"),
    *(Heads(3, 4, 6, 2, 4, 8, lens, "float32", "behind") for lens in ("batch", "query")),
    *(Heads(3, 4, 6, 2, 4, 8, "query", "float32", regime) for regime in ("ties", "turned")),
]
_HEADS_APART = [
    *(Heads(3, 4, 5, 2, 3, 8, "query", "float64", regime) for regime in ("levels", "apart", "ties")),
    *(Heads(3, 4, 6, 2, 4, 8, "batch", dtype, "behind") for dtype in DTYPES),
]
_TWO_HEADS = [Heads(2, 3, 5, 2, 4, 1, lens, "float64") for lens in ("batch", "query")]

test_multi_head_attention_joins_its_heads = agreement(
    "multi_head_attention",
    cases.heads(regimes=("normal", "normal", "behind", "ties")),
    "Head i attends with columns i d/num_heads onward of the projections; the heads, side by side, times W_o are the "
    "output.",
    "joins_its_heads",
    count=5,
    examples=[*_HEADS, *_HEADS_WIDE],
    weight=2,
    hint="Write down the shape after each reshape and transpose: does each head keep its own columns?",
)


@check("multi_head_attention", hint="Two heads of width 1: each has one column, and divides by the root of 1.")
def test_multi_head_attention_has_known_values(trial: Trial) -> None:
    """Two heads of width 1, weights of one: the scores ln 3, 0 and 0, 0 pool the values 8 and 4 to 7 and 6, and
    W_o = [[1, 1], [0, 1]] makes (7, 13) of them."""
    one = torch.eye(2, dtype=torch.float64)
    arguments = {
        "queries": torch.tensor([[[math.log(3), 0.0]]], dtype=torch.float64),
        "keys": torch.tensor([[[1.0, 5.0], [0.0, 2.0], [9.0, 9.0]]], dtype=torch.float64),
        "values": torch.tensor([[[8.0, 8.0], [4.0, 4.0], [99.0, 99.0]]], dtype=torch.float64),
        "valid_lens": torch.tensor([2]),
        "num_heads": 2,
        "params": {"W_q": one, "W_k": one, "W_v": one, "W_o": one + torch.tensor([[0.0, 1.0], [0.0, 0.0]])},
    }
    trial.matches(trial.ask(arguments), torch.tensor([[[7.0, 13.0]]], dtype=torch.float64), "result")


@check("multi_head_attention", cases.heads(), count=4, hint="One head has all columns; its width is d.")
def test_multi_head_attention_with_one_head_is_plain_attention(trial: Trial, case: Heads) -> None:
    """With one head the result is softmax(Q K^T / sqrt(d)) V W_o of the projected queries, keys and values."""
    arguments = {**case.arguments(), "num_heads": 1}
    queries, keys, values, valid_lens, _, params = arguments.values()
    beyond = _beyond(valid_lens, case.n, case.q, case.k)
    head = _attended(queries @ params["W_q"], keys @ params["W_k"], values @ params["W_v"], beyond)
    trial.matches(trial.ask(arguments), head @ params["W_o"], "result", call=trial.call_text(arguments))


@check(
    "multi_head_attention", cases.heads(), count=4, hint="Head i owns columns i * d/num_heads onward, and these alone."
)
def test_multi_head_attention_heads_have_no_order(trial: Trial, case: Heads) -> None:
    """Heads in another order, and the first one's columns too, in the columns of W_q, W_k, W_v and in the rows of W_o,
    give the same; without the rows they do not."""
    arguments = case.arguments()
    _heads_have_no_order(trial, case, arguments)


@check("multi_head_attention", cases.heads(), count=3, hint="What is W_o for, and on which side does it stand?")
def test_multi_head_attention_ends_with_its_output_projection(trial: Trial, case: Heads) -> None:
    """The result for a W_o is the result for the identity in its place, times W_o."""
    arguments = case.arguments()
    params, call = arguments["params"], trial.call_text(arguments)
    joined = trial.ask({**arguments, "params": {**params, "W_o": torch.eye(case.d, dtype=params["W_o"].dtype)}})
    trial.matches(trial.ask(arguments), joined @ params["W_o"], "result", call=call)
    _differ(trial, joined[0, 0], joined[1, 0], "the result does not depend on the batch element", call)


@check("multi_head_attention", cases.heads(cases.st.sampled_from(["batch", "query"])), count=3, examples=_TWO_HEADS)
def test_multi_head_attention_does_not_look_behind_the_mask(trial: Trial, case: Heads) -> None:
    """Other keys and values beyond the length give the same result."""
    _ignores_what_is_masked(trial, case)


@check("multi_head_attention", cases.heads(cases.st.just("none")), count=3)
def test_multi_head_attention_does_not_depend_on_the_order_of_keys(trial: Trial, case: Heads) -> None:
    """Keys in another order, each with its value, give the same result."""
    _keys_have_no_order(trial, case)


@check("multi_head_attention", cases.heads(), count=3, examples=_TWO_HEADS, hint="Whose length does each head get?")
def test_multi_head_attention_keeps_batch_and_queries_apart(trial: Trial, case: Heads) -> None:
    """One query of one batch element alone gets the result that it gets among others."""
    _queries_do_not_mix(trial, case)


@check(
    "multi_head_attention",
    cases.heads(regimes=("levels", "apart")),
    count=3,
    examples=[
        Heads(3, 4, 5, 2, 3, 8, lens, dtype, regime)
        for lens in ("batch", "query")
        for dtype in DTYPES
        for regime in ("levels", "apart")
    ],
    hint="Which softmax survives scores of 1e4, and which mask a masked score of 1e4?",
)
def test_multi_head_attention_is_stable_for_large_scores(trial: Trial, case: Heads) -> None:
    """Scores of 1e4 and of -1e4, within the length or beyond it, give finite and right results."""
    trial.agrees(case.arguments(), stable=True)


test_multi_head_attention_gradients_reach_every_argument = gradients(
    "multi_head_attention", cases.heads(), count=3, examples=[*_HEADS[:6], *_HEADS_APART]
)
test_multi_head_attention_leaves_arguments_and_random_state_alone = purity(
    "multi_head_attention", cases.heads(), count=2, examples=_TWO_HEADS
)
test_multi_head_attention_takes_tensors_of_any_layout = layouts(
    "multi_head_attention", cases.heads(), count=1, examples=_HEADS[1:6:2]
)
test_multi_head_attention_computes_anew_at_each_call = renewal(
    "multi_head_attention", cases.heads(), count=1, examples=_HEADS[1:6:2]
)


@check("multi_head_attention", cases.heads(), count=1, examples=_TWO_HEADS[1:2], hint=_EACH_HINT)
def test_multi_head_attention_notices_each_argument_that_changes(trial: Trial, case: Heads) -> None:
    """With one argument changed, and all others as they were, the next call gives the result for these."""
    _notices_each_argument(trial, case)


# -- causal_self_attention -------------------------------------------------------------------------------

_CAUSAL = [
    *(Causal(2, 5, 2, 4, 1, dtype) for dtype in DTYPES),
    Causal(1, 1, 1, 1, 2),
    Causal(3, 1, 2, 3, 3),
    Causal(2, 4, 1, 5, 4),
    Causal(2, 4, 5, 1, 5, "float64"),
    Causal(3, 3, 3, 3, 6),
    Causal(1, 6, 2, 3, 7),
]
_CAUSAL_WIDE = [
    Causal(1, 130, 1, 1, 1, "float64"),
    Causal(300, 3, 1, 2, 2),
    Causal(1, 3, 12, 22, 3),
    Causal(2, 17, 13, 2, 4, "float64"),
    Causal(1, 33, 2, 3, 5),
    Causal(1, 65, 1, 5, 6),
    Causal(4, 4, 2, 2, 7),
    Causal(4, 4, 4, 1, 8),
    Causal(2, 7, 2, 4, 9, "float32", "ties"),
    Causal(2, 7, 2, 4, 9, "float32", "turned"),
]
_LATER = [Causal(2, 7, heads, width, 9, dtype, "behind") for heads, width in ((1, 2), (2, 4)) for dtype in DTYPES]
_CAUSAL_APART = [Causal(2, 5, 3, 4, 1, "float64", "apart"), Causal(2, 5, 3, 4, 1, "float64", "ties"), *_LATER[2:]]

test_causal_self_attention_attends_to_the_past = agreement(
    "causal_self_attention",
    cases.causal(("normal", "normal", "behind", "ties")),
    "Position t of the result is multi-head attention of position t to the positions up to t.",
    "attends_to_the_past",
    count=5,
    examples=[*_CAUSAL, *_CAUSAL_WIDE, _CAUSAL_APART[0]],
    weight=2,
    hint="Write the matrix of who sees whom for T = 3: on which side of the diagonal is it empty?",
)


@check("causal_self_attention", hint="Position t sees itself too.")
def test_causal_self_attention_has_known_values(trial: Trial) -> None:
    """With d = 1 and the inputs 0, sqrt(ln 3), 0, scores ln 3 and 0 at position 1 weigh 3/4 and 1/4, and all three
    positions weigh alike at position 2: with W_v = 8 / sqrt(ln 3) and W_o = 1/2 the result is 0, 3, 4/3."""
    step = math.sqrt(math.log(3))
    weights = {"W_q": 1.0, "W_k": 1.0, "W_v": 8 / step, "W_o": 0.5}
    inputs = torch.tensor([[[0.0], [step], [0.0]]], dtype=torch.float64)
    params = {name: torch.full((1, 1), value, dtype=torch.float64) for name, value in weights.items()}
    expected = torch.tensor([[[0.0], [3.0], [4 / 3]]], dtype=torch.float64)
    trial.matches(trial.ask({"inputs": inputs, "num_heads": 1, "params": params}), expected, "result")


@check("causal_self_attention", cases.causal(), count=4, hint="Which half of the scores has to go, and when?")
def test_causal_self_attention_never_looks_ahead(trial: Trial, case: Causal) -> None:
    """Changing the last position changes its own result and leaves all earlier ones as they are."""
    arguments = case.arguments()
    other = arguments["inputs"].clone()
    other[:, -1] = 1 - 2 * other[:, -1]
    found, call = trial.ask(arguments), trial.call_text(arguments)
    moved = trial.ask({**arguments, "inputs": other})
    trial.matches(moved[:, :-1], found[:, :-1], "the result before a changed position", call=call)
    _differ(trial, moved[:, -1], found[:, -1], "the last result does not depend on the last position", call)


@check("causal_self_attention", cases.causal(), count=3, hint="The mask leaves position 0 itself, and nothing else.")
def test_causal_self_attention_first_position_sees_itself_alone(trial: Trial, case: Causal) -> None:
    """The result at position 0 is its input times W_v times W_o, whatever follows."""
    arguments = case.arguments()
    found, params = trial.ask(arguments), arguments["params"]
    expected = arguments["inputs"][:, 0] @ params["W_v"] @ params["W_o"]
    trial.matches(found[:, 0], expected, "result[:, 0]", call=trial.call_text(arguments))


@check("causal_self_attention", cases.causal(), count=3, hint="Nothing is hidden from the last position.")
def test_causal_self_attention_last_position_sees_everything(trial: Trial, case: Causal) -> None:
    """With one head, the last position's result is its attention to all positions, unmasked."""
    arguments = {**case.arguments(), "num_heads": 1}
    inputs, params = arguments["inputs"], arguments["params"]
    seen = torch.zeros(case.n, 1, case.T, dtype=torch.bool)
    head = _attended(inputs[:, -1:] @ params["W_q"], inputs @ params["W_k"], inputs @ params["W_v"], seen)
    found, call = trial.ask(arguments), trial.call_text(arguments)
    trial.matches(found[:, -1:], head @ params["W_o"], "result[:, -1:]", call=call)


@check("causal_self_attention", cases.causal(), count=3, hint="Nothing in attention knows where a position stands.")
def test_causal_self_attention_past_has_no_order(trial: Trial, case: Causal) -> None:
    """All positions but the last in another order leave the last result as it is; other ones there do not."""
    arguments = case.arguments()
    inputs, call = arguments["inputs"], trial.call_text(arguments)
    found = trial.ask(arguments)[:, -1]
    turned = torch.cat([inputs[:, :-1].flip(1), inputs[:, -1:]], dim=1)
    trial.matches(trial.ask({**arguments, "inputs": turned})[:, -1], found, "result[:, -1] after a turn", call=call)
    moved = torch.cat([1 - 2 * inputs[:, :-1], inputs[:, -1:]], dim=1)
    _differ(trial, trial.ask({**arguments, "inputs": moved})[:, -1], found, "the past does not matter", call)


@check("causal_self_attention", cases.causal(), count=3, hint="Head i owns columns i * d/num_heads onward.")
def test_causal_self_attention_heads_have_no_order(trial: Trial, case: Causal) -> None:
    """Heads in another order, and the first one's columns too, in the columns of W_q, W_k, W_v and in the rows of W_o,
    give the same; without the rows they do not."""
    _heads_have_no_order(trial, case, case.arguments())


@check("causal_self_attention", cases.causal(), count=3, hint="The inputs are batch first: (n, T, d).")
def test_causal_self_attention_treats_each_sequence_alone(trial: Trial, case: Causal) -> None:
    """A sequence gives the same in a batch and by itself."""
    arguments = case.arguments()
    whole, call = trial.ask(arguments), trial.call_text(arguments)
    alone = trial.ask({**arguments, "inputs": arguments["inputs"][-1:].clone()})
    trial.matches(alone, whole[-1:], "the result for the batch's last sequence alone", call=call)
    _differ(trial, whole[0], whole[-1], "the result does not depend on the sequence", call)


test_causal_self_attention_ignores_later_scores_however_large = agreement(
    "causal_self_attention",
    cases.causal(("behind",)),
    "Later positions get no weight, even where their scores lie far above those of the past.",
    "ignores_later_scores_however_large",
    count=3,
    examples=_LATER,
    hint="Which scores does the number come from that you subtract, and how small is a weight of exp(-100)?",
)
test_causal_self_attention_gradients_reach_every_argument = gradients(
    "causal_self_attention", cases.causal(), count=3, examples=[*_CAUSAL[:2], *_CAUSAL_APART]
)
test_causal_self_attention_leaves_arguments_and_random_state_alone = purity(
    "causal_self_attention", cases.causal(), count=3
)
test_causal_self_attention_takes_tensors_of_any_layout = layouts(
    "causal_self_attention", cases.causal(), count=1, examples=_CAUSAL[:2]
)
test_causal_self_attention_computes_anew_at_each_call = renewal(
    "causal_self_attention", cases.causal(), count=1, examples=_CAUSAL[:2]
)


@check("causal_self_attention", cases.causal(), count=1, examples=_CAUSAL[1:2], hint=_EACH_HINT)
def test_causal_self_attention_notices_each_argument_that_changes(trial: Trial, case: Causal) -> None:
    """With one argument changed, and all others as they were, the next call gives the result for these."""
    _notices_each_argument(trial, case)


# -- positional_encoding ---------------------------------------------------------------------------------


@check(
    "positional_encoding",
    cases.positions,
    count=5,
    examples=[
        *(Positions(steps, width) for steps, width in [(7, 10), (1, 2), (5, 2), (1, 6), (1000, 64)]),
        *(
            Positions(steps, width)
            for steps, width in [(1000, 2), (300, 4), (3, 514), (2, 2), (6, 6), (33, 34), (65, 66)]
        ),
    ],
    weight=2,
    hint="The exponent is 2j/d for the j-th pair of columns, and positions count from 0.",
)
def test_positional_encoding_has_sines_and_cosines_of_falling_frequency(trial: Trial, case: Positions) -> None:
    """P[i, 2j] = sin(i / 10000^(2j/d)) and P[i, 2j+1] = cos of the same, in float32, within 1e-4 [11.6.2]."""
    arguments = case.arguments()
    found, call = trial.ask(arguments), trial.call_text(arguments)
    trial.require(found.dtype is torch.float32, f"result has dtype {found.dtype}, but should have torch.float32", call)
    trial.matches(found, trial.reference(arguments), call=call)


@check("positional_encoding", hint="Position 0 is the first row: what are sin 0 and cos 0?")
def test_positional_encoding_has_known_values(trial: Trial) -> None:
    """With d = 4 row 0 is 0, 1, 0, 1; row 1 is sin 1, cos 1, sin 0.01, cos 0.01; row 100 ends with sin 1, cos 1."""
    found = trial.ask({"num_steps": 101, "num_hiddens": 4})
    rows = [[math.sin(i), math.cos(i), math.sin(i / 100), math.cos(i / 100)] for i in (0, 1, 100)]
    trial.matches(tuple(found.shape), (101, 4), "the result's shape")
    trial.matches(found[[0, 1, 100]].float(), torch.tensor(rows), "rows 0, 1 and 100")


@check("positional_encoding", cases.positions, count=4, hint="How do sin and cos of a sum of angles come about?")
def test_positional_encoding_of_a_shift_is_a_rotation(trial: Trial, case: Positions) -> None:
    """Row i + 1 is row i with each pair of columns turned by the angle of row 1, and each pair has length 1."""
    arguments = case.arguments()
    found, call = trial.ask(arguments), trial.call_text(arguments)
    trial.matches(tuple(found.shape), (case.num_steps, case.num_hiddens), "the result's shape", call=call)
    sine, cosine = found.double()[:, 0::2], found.double()[:, 1::2]
    ones = torch.ones(case.num_steps, case.num_hiddens // 2)
    trial.matches((sine**2 + cosine**2).float(), ones, "sin^2 + cos^2", call=call)
    turned = sine[:-1] * cosine[1] + cosine[:-1] * sine[1]
    trial.matches(sine[1:].float(), turned.float(), "the sines of rows 1 onward", call=call)
    turned = cosine[:-1] * cosine[1] - sine[:-1] * sine[1]
    trial.matches(cosine[1:].float(), turned.float(), "the cosines of rows 1 onward", call=call)
    trial.require(bool((sine[1] > 0).all()), "a column of sines stands still, or turns backwards", call)


@check("positional_encoding", cases.positions, count=4, hint="Does a row know how many rows there are?")
def test_positional_encoding_of_fewer_steps_is_the_beginning(trial: Trial, case: Positions) -> None:
    """More steps leave the first rows as they are, and every row differs from the one before."""
    arguments = case.arguments()
    found, call = trial.ask(arguments), trial.call_text(arguments)
    more = trial.ask({**arguments, "num_steps": case.num_steps + 5})
    trial.matches(more[: case.num_steps], found, "the first rows of more steps", call=call)
    trial.require(bool((found[1:] != found[:-1]).any(1).all()), "two rows in a row are the same", call)


@check("positional_encoding", cases.positions, count=4, hint="Is it 2j/d, with j the number of the pair?")
def test_positional_encoding_at_twice_the_width_has_frequencies_between(trial: Trial, case: Positions) -> None:
    """With twice the columns every other pair is a pair of before, and the first pair is sin i, cos i."""
    arguments = case.arguments()
    found, call = trial.ask(arguments), trial.call_text(arguments)
    wide = trial.ask({**arguments, "num_hiddens": 2 * case.num_hiddens})
    trial.matches(tuple(wide.shape), (case.num_steps, 2 * case.num_hiddens), "the shape at twice the width", call=call)
    kept = wide.reshape(case.num_steps, -1, 4)[:, :, :2].reshape(case.num_steps, -1)
    trial.matches(kept, found, "every other pair of columns at twice the width", call=call)
    angles = torch.arange(case.num_steps, dtype=torch.float64)
    first = torch.stack([angles.sin(), angles.cos()], dim=1).float()
    trial.matches(found[:, :2].float(), first, "the first pair of columns", call=call)


@check(
    "positional_encoding",
    cases.positions,
    count=1,
    examples=[Positions(7, 10), Positions(40, 6)],
    hint="What is kept between two calls, and by what is it found again? One number of two is not enough.",
)
def test_positional_encoding_computes_anew_at_each_call(trial: Trial, case: Positions) -> None:
    """With more columns, more steps, or fewer of both, the next call gives these; earlier results stay."""
    arguments, call = case.arguments(), trial.call_text(case.arguments())
    for steps, width in [(0, 4), (3, 0), (-1, -2)]:
        others = {"num_steps": case.num_steps + steps, "num_hiddens": case.num_hiddens + width}
        seen = trial.observe(arguments, again=others)
        first = trial.result_of(seen, arguments)
        second, kept = (trial.result_of(replace(seen, result=one), others) for one in (seen.again, seen.kept))
        then = f"{call}, and then {trial.call_text(others)}"
        trial.matches(first, trial.reference(arguments), call=then)
        trial.matches(second, trial.reference(others), "the second result", call=then)
        trial.matches(kept, second, "the second result, after one more call,", call=then)


test_positional_encoding_leaves_arguments_and_random_state_alone = purity("positional_encoding", cases.positions)

# -- shared ----------------------------------------------------------------------------------------------


def _beyond(valid_lens: torch.Tensor | None, n: int, q: int, k: int) -> torch.Tensor:
    """(n, q, k) bools: which keys lie beyond a query's length."""
    if valid_lens is None:
        return torch.zeros(n, q, k, dtype=torch.bool)
    return (torch.arange(k) >= valid_lens.reshape(n, -1, 1)).expand(n, q, k)


def _attended(Q: torch.Tensor, K: torch.Tensor, V: torch.Tensor, beyond: torch.Tensor) -> torch.Tensor:
    """softmax(Q K^T / sqrt(d)) V without the keys beyond, computed by the judge itself."""
    e = torch.exp(torch.einsum("nqd,nkd->nqk", Q, K) / math.sqrt(Q.shape[-1])) * ~beyond
    return torch.einsum("nqk,nkv->nqv", e / e.sum(-1, keepdim=True), V)


def _nothing_beyond(trial: Trial, weights: torch.Tensor, beyond: torch.Tensor, call: str) -> None:
    trial.matches(tuple(weights.shape), tuple(beyond.shape), "weights.shape", call=call)
    most = float(weights[beyond].abs().max()) if bool(beyond.any()) else 0.0
    trial.require(most == 0, f"a key beyond the length has weight {most:.3g}, but should have exactly 0", call)


def _differ(trial: Trial, one: torch.Tensor, other: torch.Tensor, headline: str, call: str) -> None:
    """A law that a constant obeys proves nothing: what should matter must."""
    trial.require(not torch.equal(one, other), headline, call)


def _pools_with_its_weights(trial: Trial, case: Attending | Additive) -> None:
    arguments = case.arguments()
    output, weights = trial.ask(arguments)
    call = trial.call_text(arguments)
    _nothing_beyond(trial, weights, _beyond(arguments["valid_lens"], case.n, case.q, case.k), call)
    trial.matches(weights.sum(-1), torch.ones(case.n, case.q, dtype=weights.dtype), "weights.sum(-1)", call=call)
    trial.matches(output, torch.bmm(weights, arguments["values"]), "output", call=call)


def _ignores_what_is_masked(trial: Trial, case: Attending | Additive | Heads) -> None:
    """Keys and values that no query of their batch element may see do not matter; those that all see do."""
    arguments = case.arguments()
    hidden = _beyond(arguments["valid_lens"], case.n, case.q, case.k).all(1)[:, :, None]
    other = {name: torch.where(hidden, 9 - 3 * arguments[name], arguments[name]) for name in ("keys", "values")}
    found, call = trial.ask(arguments), trial.call_text(arguments)
    again = trial.ask({**arguments, **other})
    trial.matches(again, found, "the result for other keys and values beyond the length", call=call)
    seen = arguments["values"].clone()
    seen[:, 0] = 9 - 3 * seen[:, 0]
    moved = trial.ask({**arguments, "values": seen})
    first, second = (one[0] if isinstance(one, tuple) else one for one in (moved, found))
    _differ(trial, first, second, "the values within the length do not matter", call)


def _keys_have_no_order(trial: Trial, case: Attending | Additive | Heads) -> None:
    arguments = case.arguments()
    turned = {**arguments, **{name: arguments[name].flip(1).contiguous() for name in ("keys", "values")}}
    found, again, call = trial.ask(arguments), trial.ask(turned), trial.call_text(arguments)
    if isinstance(found, tuple):
        trial.matches(again[1], found[1].flip(-1), "the weights for keys in reverse", call=call)
        found, again = found[0], again[0]
    trial.matches(again, found, "the output for keys in reverse", call=call)
    _differ(trial, found[0, 0], found[1, 0], "the output does not depend on the batch element", call)


def _queries_do_not_mix(trial: Trial, case: Attending | Additive | Heads) -> None:
    arguments = case.arguments()
    part = {**arguments, "queries": arguments["queries"][1:2, 1:2].clone()}
    part |= {name: arguments[name][1:2].clone() for name in ("keys", "values")}
    lens = arguments["valid_lens"]
    if lens is not None:
        part["valid_lens"] = (lens[1:2] if lens.ndim == 1 else lens[1:2, 1:2]).clone()
    found, alone, call = trial.ask(arguments), trial.ask(part), trial.call_text(arguments)
    parts = tuple(one[1:2, 1:2] for one in (found if isinstance(found, tuple) else (found,)))
    expected = parts if isinstance(found, tuple) else parts[0]
    trial.matches(alone, expected, "the result for queries[1:2, 1:2] alone", call=call)


def _heads_have_no_order(trial: Trial, case: Heads | Causal, arguments: dict[str, Any]) -> None:
    blocks = torch.arange(case.d).reshape(case.heads, case.width)
    order = torch.cat([blocks[1:].reshape(-1), blocks[0].roll(1)])
    params, call = arguments["params"], trial.call_text(arguments)
    turned = {name: params[name][:, order] for name in ("W_q", "W_k", "W_v")}
    found = trial.ask(arguments)
    again = trial.ask({**arguments, "params": {**turned, "W_o": params["W_o"][order]}})
    trial.matches(again, found, "the result for heads in another order", call=call)
    mixed = trial.ask({**arguments, "params": {**turned, "W_o": params["W_o"]}})
    _differ(trial, mixed, found, "the heads do not matter", call)


def _notices_each_argument(trial: Trial, case: Masked | Attending | Additive | Heads | Causal) -> None:
    arguments, others = case.arguments(), replace(case, seed=case.seed + 1).arguments()
    for name, other in others.items():
        if isinstance(other, dict):
            for key in other:
                trial.computes_anew(arguments, {**arguments, name: {**arguments[name], key: other[key]}})
        elif isinstance(other, torch.Tensor):
            trial.computes_anew(arguments, {**arguments, name: other})
