"""Graded checks of the unit attention."""

from __future__ import annotations

import math

import torch

from harness.judge.check import check
from harness.judge.standard import agreement, gradients, purity
from harness.judge.trial import Trial

from .cases import attention as cases
from .cases.attention import DTYPES, NAMES, Distances, Pooling, Regression

# -- kernel ----------------------------------------------------------------------------------------------

test_kernel_has_the_shape_that_its_name_says = agreement(
    "kernel",
    cases.distances,
    "Each of the four kernels gives its own function of u = distances / sigma, in the distances' shape and dtype.",
    "has_the_shape_that_its_name_says",
    count=12,
    examples=[
        *(Distances(name, (4, 7), 0.7, 1, dtype) for name in NAMES for dtype in DTYPES),
        *(Distances(name, shape, 2.5, 2) for name in NAMES for shape in [(), (1,)]),
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

test_nadaraya_watson_averages_targets_by_the_kernel = agreement(
    "nadaraya_watson",
    cases.regressions(),
    "The prediction is the average of the targets, weighted by the kernel of the distances [11.2.2].",
    "averages_targets_by_the_kernel",
    count=8,
    examples=_REGRESSIONS,
    weight=2,
    hint="weights[i, j] belongs to key i and query j. Kernel values are weights already, up to one division.",
)


@check("nadaraya_watson", cases.regressions(), examples=_REGRESSIONS, hint="Over which axis do the keys run?")
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

# -- attention_pooling -----------------------------------------------------------------------------------

_POOLINGS = [
    Pooling(2, 3, 5, 4, 1, "float32"),
    Pooling(2, 3, 5, 4, 1, "float64"),
    Pooling(1, 1, 1, 1, 2),
    Pooling(3, 2, 1, 4, 3, "float64"),
    Pooling(3, 1, 5, 1, 4),
    Pooling(1, 4, 3, 2, 5),
]
_LARGE = [Pooling(3, 4, 5, 2, 6, dtype, regime) for dtype in DTYPES for regime in ("levels", "spread")]

test_attention_pooling_adds_values_by_softmax_weights = agreement(
    "attention_pooling",
    cases.poolings(),
    "The weights are the softmax of the scores over the keys, and pooled is the weighted sum of the values.",
    "adds_values_by_softmax_weights",
    count=10,
    examples=_POOLINGS,
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
    examples=[*_POOLINGS[:2], *_POOLINGS[4:], Pooling(3, 4, 5, 2, 6, "float64", "levels")],
)
test_attention_pooling_leaves_arguments_and_random_state_alone = purity("attention_pooling", cases.poolings())
