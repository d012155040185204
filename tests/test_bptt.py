"""Graded checks of the unit bptt."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import product
from typing import Any

import torch

from harness.contracts.results import describe_type
from harness.judge import tolerances
from harness.judge.check import check
from harness.judge.spec import Draws
from harness.judge.standard import agreement, layouts, purity, renewal
from harness.judge.trial import Trial

from .cases import bptt as cases
from .cases.bptt import Cotangents, HorizonLoss, KeepProbabilities, LinearLoss, StatePowers, WeightedLoss

Tensors = dict[str, torch.Tensor]

LINEAR = [
    LinearLoss(3, 3, 3, 3, 5),
    LinearLoss(33, 3, 17, 2, 6),
    LinearLoss(130, 1, 1, 1, 7),
    LinearLoss(5, 3, 4, 2, 8, regime="large"),
    LinearLoss(5, 3, 4, 2, 9, "float32", regime="exact"),
    LinearLoss(6, 3, 5, 2, 10, regime="exact"),
    LinearLoss(5, 3, 4, 2, 11, regime="near"),
]
"""Equal and long axes, large numbers and small errors, and steps from which no gradient comes."""


def _alike(kind: type[LinearLoss], *rest: Any) -> list[LinearLoss]:
    """The same cases as specs of another kind, with what these have besides."""
    return [kind(*(getattr(one, name) for name in SHARED), *rest, regime=one.regime) for one in LINEAR]


SHARED = ("T", "d", "h", "q", "seed", "dtype")

# -- linear_rnn_gradients ----------------------------------------------------------------------------------

test_linear_rnn_gradients_follow_the_equations = agreement(
    "linear_rnn_gradients",
    cases.linear(),
    "The three gradients are those of equations 9.7.11 to 9.7.16, in the dtype and the shapes of the weights.",
    "follow_the_equations",
    count=8,
    weight=2,
    examples=[
        LinearLoss(5, 3, 4, 2, 0, "float32"),
        LinearLoss(5, 3, 4, 2, 0, "float64"),
        LinearLoss(1, 3, 4, 2, 1),
        LinearLoss(4, 1, 1, 1, 2),
        LinearLoss(1, 1, 1, 1, 3, "float32"),
        *LINEAR,
        LinearLoss(3, 33, 2, 65, 12, "float32"),
    ],
    hint="h_t gets gradient from its own output and from h_{t+1}; W_hh multiplies h_{t-1}.",
)


@check(
    "linear_rnn_gradients",
    cases.linear(cases.DOUBLE),
    count=3,
    hint="Is the loss a mean over the steps? Do all later losses reach h_t?",
)
def test_linear_rnn_gradients_equal_differences_of_the_loss(trial: Trial, case: LinearLoss) -> None:
    """Central finite differences of the loss give the same gradients, entry by entry."""
    arguments = case.arguments()
    expected = _differences(lambda params: _loss({**arguments, "params": params}), arguments["params"])
    actual = trial.ask(arguments)
    trial.matches(actual, expected, call=trial.call_text(arguments), tolerance=_of_differences)


@check("linear_rnn_gradients")
def test_linear_rnn_gradients_of_two_steps_are_known(trial: Trial) -> None:
    """For W_hx, W_hh, W_qh = 2, 3, 4, x = 1, 2 and y = 6, 36 they are 44, 16, 22; for x = 1 and y = 6: 8, 0, 4."""
    two = trial.ask(_scalars([1, 2], [6, 36]))
    trial.matches(two, _scalar_params(44, 16, 22), call="[x = 1, 2, y = 6, 36]")
    one = trial.ask(_scalars([1], [6]))
    trial.matches(one, _scalar_params(8, 0, 4), call="[x = 1, y = 6]")


@check(
    "linear_rnn_gradients",
    cases.linear(cases.DOUBLE),
    count=4,
    hint="L is the mean of the T losses: every gradient carries the factor 1/T.",
)
def test_linear_rnn_gradients_are_means_over_the_steps(trial: Trial, case: LinearLoss) -> None:
    """Without recurrence, the same steps three times over leave the gradients of W_hx and W_qh as they are."""
    arguments = case.arguments()
    once = _with_params(arguments, W_hh=torch.zeros_like(arguments["params"]["W_hh"]))
    thrice = {**once, "inputs": once["inputs"].repeat(3, 1), "targets": once["targets"].repeat(3, 1)}
    expected, actual = _by_autograd(once), trial.ask(thrice)
    for name in ("W_hx", "W_qh"):
        trial.matches(actual[name], expected[name], name, call=trial.call_text(thrice))


@check("linear_rnn_gradients", cases.linear(cases.DOUBLE), count=4)
def test_linear_rnn_gradients_vanish_at_a_perfect_fit(trial: Trial, case: LinearLoss) -> None:
    """Where every output equals its target, all gradients are zero."""
    arguments = _fitted(case.arguments())
    expected = {name: torch.zeros_like(weight) for name, weight in arguments["params"].items()}
    trial.matches(trial.ask(arguments), expected, call=trial.call_text(arguments))


@check("linear_rnn_gradients", cases.linear(cases.DOUBLE), count=4)
def test_linear_rnn_gradients_share_one_scale(trial: Trial, case: LinearLoss) -> None:
    """The sum of W_hx times its gradient and that of W_qh times its own are both the mean of (o_t - y_t) · o_t."""
    arguments = case.arguments()
    found = _asked(trial, arguments, arguments["params"])
    errors = _run(arguments)[1]
    expected = (errors * (errors + arguments["targets"])).sum() / case.T
    for name in ("W_hx", "W_qh"):
        total = (arguments["params"][name] * found[name]).sum()
        trial.matches(total, expected, f"sum({name} * its gradient)", call=trial.call_text(arguments))


test_linear_rnn_gradients_takes_tensors_of_any_layout = layouts("linear_rnn_gradients", cases.linear(), count=2)
test_linear_rnn_gradients_computes_anew_at_each_call = renewal("linear_rnn_gradients", cases.linear(), count=2)
test_linear_rnn_gradients_leaves_arguments_and_random_state_alone = purity("linear_rnn_gradients", cases.linear())

# -- truncated_gradients -----------------------------------------------------------------------------------

test_truncated_gradients_end_each_sum_after_tau_products = agreement(
    "truncated_gradients",
    cases.horizons(),
    "Each loss's gradient holds the terms with at most tau products with W_hh, and no others.",
    "end_each_sum_after_tau_products",
    count=8,
    weight=2,
    examples=[
        HorizonLoss(6, 3, 4, 2, 0, "float32", 2),
        HorizonLoss(6, 3, 4, 2, 0, "float64", 2),
        HorizonLoss(6, 2, 3, 4, 1, "float64", 0),
        HorizonLoss(1, 3, 4, 2, 2, "float64", 0),
        HorizonLoss(1, 1, 1, 1, 3, "float32", 1),
        HorizonLoss(40, 2, 3, 2, 4, "float64", 30),
        *_alike(HorizonLoss, 1),
        HorizonLoss(5, 3, 4, 2, 9, "float64", 3, regime="exact"),
    ],
    hint="Every loss has its own horizon, counted back from its own step; the sequence is not cut into pieces.",
)


@check(
    "truncated_gradients",
    cases.horizons(cases.DOUBLE),
    count=6,
    examples=[HorizonLoss(5, 3, 4, 2, 0, tau=0), HorizonLoss(5, 3, 4, 2, 1, tau=1), HorizonLoss(5, 3, 4, 2, 2, tau=3)],
    hint="For l_t, h_{t-tau} still depends on the weights; h_{t-tau-1} is a constant.",
)
def test_truncated_gradients_treat_states_beyond_the_horizon_as_constants(trial: Trial, case: HorizonLoss) -> None:
    """Differentiating each loss l_t with h_{t-tau-1} and earlier detached gives the same gradients."""
    arguments = case.arguments()
    expected = _by_autograd(arguments, lambda t, i: float(t - i < case.tau))
    trial.matches(trial.ask(arguments), expected, call=trial.call_text(arguments))


@check(
    "truncated_gradients",
    cases.linear(cases.DOUBLE),
    count=4,
    examples=[LinearLoss(1, 3, 4, 2, 0)],
    hint="From h_T back to h_1 there are T-1 products; a horizon beyond the start is no error.",
)
def test_truncated_gradients_with_a_long_horizon_are_the_full_gradients(trial: Trial, case: LinearLoss) -> None:
    """For tau = T-1, and for any longer horizon, the gradients are the full ones."""
    expected = _by_autograd(case.arguments())
    for tau in (case.T - 1, case.T, 10 * case.T):
        arguments = {**case.arguments(), "tau": tau}
        trial.matches(trial.ask(arguments), expected, call=trial.call_text(arguments))


@check(
    "truncated_gradients",
    cases.linear(cases.DOUBLE),
    count=4,
    hint="The direct terms stay at tau = 0: h_{t-1} is a constant, not zero.",
)
def test_truncated_gradients_without_horizon_have_no_recurrence(trial: Trial, case: LinearLoss) -> None:
    """For tau = 0 each step counts by itself: W_qh^T dL/do_t times x_t for W_hx, and times h_{t-1} for W_hh."""
    arguments = {**case.arguments(), "tau": 0}
    states, errors = _run(arguments)
    direct = errors @ arguments["params"]["W_qh"] / case.T  # (T, h)
    actual, call = trial.ask(arguments), trial.call_text(arguments)
    trial.matches(actual["W_hx"], direct.T @ arguments["inputs"], "W_hx", call=call)
    trial.matches(actual["W_hh"], direct.T @ states[:-1], "W_hh", call=call)


@check(
    "truncated_gradients",
    cases.horizons(cases.DOUBLE),
    count=6,
    examples=[HorizonLoss(5, 3, 4, 2, 0, tau=1), HorizonLoss(5, 3, 4, 2, 0, tau=3)],
    hint="Count the products with W_hh: tau of them reach x_{T-tau}.",
)
def test_truncated_gradients_of_the_last_loss_reach_back_tau_steps(trial: Trial, case: HorizonLoss) -> None:
    """With one-hot inputs and an error at the last step only, just the columns of the last tau+1 steps are not zero."""
    arguments, last = _last_loss_only(case)
    expected = _columns(arguments, last, [float(j < case.tau) for j in range(case.T)])
    actual = trial.ask({**arguments, "tau": case.tau})
    trial.matches(actual["W_hx"], expected, "W_hx", call=trial.call_text(arguments))


@check("truncated_gradients", cases.linear(cases.DOUBLE), count=3)
def test_truncated_gradients_never_truncate_the_output_weights(trial: Trial, case: LinearLoss) -> None:
    """W_qh's gradient is the full one for every tau."""
    expected = _by_autograd(case.arguments())["W_qh"]
    for tau in range(case.T + 1):
        arguments = {**case.arguments(), "tau": tau}
        trial.matches(trial.ask(arguments)["W_qh"], expected, "W_qh", call=trial.call_text(arguments))


@check("truncated_gradients")
def test_truncated_gradients_of_three_steps_are_known(trial: Trial) -> None:
    """Three scalar steps have the gradients that one finds by hand: with W_hx's 16, 64 and 100 for tau = 0, 1 and 2."""
    for tau, expected in enumerate([(16, 56, 50), (64, 80, 50), (100, 80, 50)]):
        actual = trial.ask({**_scalars([1, 2, -1], [5, 34, 109]), "tau": tau})
        trial.matches(actual, _scalar_params(*expected), call=f"[x = 1, 2, -1, y = 5, 34, 109, tau = {tau}]")


test_truncated_gradients_takes_tensors_of_any_layout = layouts("truncated_gradients", cases.horizons(), count=2)
test_truncated_gradients_computes_anew_at_each_call = renewal("truncated_gradients", cases.horizons(), count=2)
test_truncated_gradients_leaves_arguments_and_random_state_alone = purity("truncated_gradients", cases.horizons())

# -- randomized_gradients ----------------------------------------------------------------------------------

test_randomized_gradients_follow_the_weighted_recursion = agreement(
    "randomized_gradients",
    cases.weighted(),
    "The gradients come of z_t = df_t/dw + xi_t (df_t/dh_{t-1}) z_{t-1}, for W_hx and for W_hh.",
    "follow_the_weighted_recursion",
    count=8,
    weight=2,
    examples=[
        WeightedLoss(6, 3, 4, 2, 0, "float32", "any"),
        WeightedLoss(6, 3, 4, 2, 0, "float64", "any"),
        WeightedLoss(6, 3, 4, 2, 1, "float64", "truncating"),
        WeightedLoss(1, 3, 4, 2, 2, "float64", "any"),
        WeightedLoss(1, 1, 1, 1, 3, "float32", "any"),
        *_alike(WeightedLoss),
        WeightedLoss(6, 3, 4, 2, 13, "float64", "rare"),
    ],
    hint="xi_t weighs the recurrent term alone, not df_t/dw; xi[t-1] belongs to step t.",
)


@check(
    "randomized_gradients",
    cases.weighted(cases.DOUBLE),
    count=6,
    hint="The forward pass does not know xi: only the gradient that runs from h_t to h_{t-1} is weighted.",
)
def test_randomized_gradients_weigh_the_flow_from_each_state_to_the_one_before(
    trial: Trial, case: WeightedLoss
) -> None:
    """Differentiating the loss with the gradient from h_t to h_{t-1} multiplied by xi_t gives the same gradients."""
    arguments = case.arguments()
    xi = arguments["xi"].tolist()
    expected = _by_autograd(arguments, lambda t, i: xi[i - 1])
    trial.matches(trial.ask(arguments), expected, call=trial.call_text(arguments))


@check("randomized_gradients", cases.linear(cases.DOUBLE), count=4, examples=[LinearLoss(1, 3, 4, 2, 0)])
def test_randomized_gradients_with_all_weights_one_are_the_full_gradients(trial: Trial, case: LinearLoss) -> None:
    """For xi = 1, 1, ... the gradients are the full ones."""
    arguments = {**case.arguments(), "xi": torch.ones(case.T, dtype=torch.float64)}
    trial.matches(trial.ask(arguments), _by_autograd(arguments), call=trial.call_text(arguments))


@check(
    "randomized_gradients",
    cases.linear(cases.DOUBLE),
    count=4,
    hint="xi_t = 0 drops the recurrent term only; the direct term df_t/dw stays.",
)
def test_randomized_gradients_with_all_weights_zero_have_no_recurrence(trial: Trial, case: LinearLoss) -> None:
    """For xi = 0, 0, ... each step counts by itself, with h_{t-1} as a constant."""
    arguments = {**case.arguments(), "xi": torch.zeros(case.T, dtype=torch.float64)}
    expected = _by_autograd(arguments, lambda t, i: 0.0)
    trial.matches(trial.ask(arguments), expected, call=trial.call_text(arguments))


@check(
    "randomized_gradients",
    cases.linear(cases.DOUBLE),
    count=3,
    hint="Which entry of xi stands at the step from h_t back to h_{t-1}? xi[t-1].",
)
def test_randomized_gradients_are_cut_at_the_step_whose_weight_is_zero(trial: Trial, case: LinearLoss) -> None:
    """With an error at the last step only, a zero at xi[t-1] cuts off what lies before step t, and nothing else."""
    arguments, last = _last_loss_only(case)
    for t in range(1, case.T + 1):
        xi = torch.ones(case.T, dtype=torch.float64)
        xi[t - 1] = 0
        expected = _columns(arguments, last, [float(j < case.T - t) for j in range(case.T)])
        actual = trial.ask({**arguments, "xi": xi})["W_hx"]
        trial.matches(actual, expected, f"W_hx for xi[{t - 1}] = 0", call=trial.call_text(arguments))


@check(
    "randomized_gradients",
    cases.linear(cases.DOUBLE),
    count=3,
    hint="z_0 = 0, as h_0 does not depend on the weights: xi[0] multiplies nothing.",
)
def test_randomized_gradients_do_not_depend_on_the_first_weight(trial: Trial, case: LinearLoss) -> None:
    """With xi[0] = 7 and all others 1 the gradients are the full ones: before the first step is nothing to weigh."""
    ones = torch.ones(case.T, dtype=torch.float64)
    arguments = {**case.arguments(), "xi": torch.cat([7 * ones[:1], ones[1:]])}
    trial.matches(trial.ask(arguments), _by_autograd(arguments), call=trial.call_text(arguments))


@check(
    "randomized_gradients",
    cases.linear(cases.DOUBLE).filter(lambda case: case.T <= 4),
    count=2,
    examples=[LinearLoss(4, 3, 5, 2, 0)],
    hint="With weights 1/pi where the chain goes on, the estimate is unbiased; W_hh needs them as W_hx does.",
)
def test_randomized_gradients_are_right_on_average(trial: Trial, case: LinearLoss) -> None:
    """Over all patterns of truncation, each weighted by its probability, the mean is the full gradient."""
    arguments = case.arguments()
    pi = Draws(case.seed, "float64").uniform(case.T, low=0.3, high=0.9)
    mean = {name: torch.zeros_like(weight) for name, weight in arguments["params"].items()}
    for pattern in product([0.0, 1.0], repeat=case.T - 1):  # xi[0] has no effect
        kept = torch.tensor([1.0, *pattern], dtype=torch.float64)
        chance = torch.where(kept > 0, pi, 1 - pi)[1:].prod()
        found = _asked(trial, {**arguments, "xi": kept / pi}, mean)
        mean = {name: mean[name] + chance * found[name] for name in mean}
    trial.matches(mean, _by_autograd(arguments), call=trial.call_text(arguments))


@check("randomized_gradients", cases.weighted(cases.DOUBLE), count=4)
def test_randomized_gradients_never_weigh_the_output_weights(trial: Trial, case: WeightedLoss) -> None:
    """W_qh's gradient is the full one, whatever xi is."""
    arguments = case.arguments()
    expected = _by_autograd(arguments)["W_qh"]
    trial.matches(trial.ask(arguments)["W_qh"], expected, "W_qh", call=trial.call_text(arguments))


@check("randomized_gradients")
def test_randomized_gradients_of_three_steps_are_known(trial: Trial) -> None:
    """For W_hx, W_hh, W_qh = 2, 3, 4, x = 1, 2, -1, y = 5, 34, 109 and xi = 5, 2, 0.5 they are 112, 68, 50."""
    xi = torch.tensor([5, 2, 0.5], dtype=torch.float64)
    actual = trial.ask({**_scalars([1, 2, -1], [5, 34, 109]), "xi": xi})
    trial.matches(actual, _scalar_params(112, 68, 50), call="[x = 1, 2, -1, y = 5, 34, 109, xi = 5, 2, 0.5]")


test_randomized_gradients_takes_tensors_of_any_layout = layouts("randomized_gradients", cases.weighted(), count=2)
test_randomized_gradients_computes_anew_at_each_call = renewal("randomized_gradients", cases.weighted(), count=2)
test_randomized_gradients_leaves_arguments_and_random_state_alone = purity("randomized_gradients", cases.weighted())

# -- truncation_weights ------------------------------------------------------------------------------------

# Counts k with P(K < low) and P(K > high) below 8e-11 each, K ~ Binomial(n, p), so that the six events of a check
# reject right work with a probability below 1e-9; power 0.998 against 0.45 for 0.5.
DRAWN = 8500
BOUNDS = {
    (8500, 0.13): (912, 1308),
    (8500, 0.5): (3955, 4545),
    (8500, 0.55): (4381, 4968),
    (8500, 0.87): (7192, 7588),
    (64, 0.5): (8, 56),
}


@check(
    "truncation_weights",
    cases.keep_probabilities,
    count=6,
    examples=[
        KeepProbabilities(40, 0, "float32"),
        KeepProbabilities(40, 0, "float64"),
        KeepProbabilities(1, 1, "float32", (0.25,)),
        KeepProbabilities(1, 5, "float64", (0.75,)),
        KeepProbabilities(40, 2, "float64", (0.03, 0.3)),
    ],
    weight=2,
    hint="A weight that is kept is 1/pi_t, so that the mean stays 1.",
)
def test_truncation_weights_are_zero_or_one_over_pi(trial: Trial, case: KeepProbabilities) -> None:
    """Each weight is 0 or 1/pi_t, with the t-th probability, in pi's shape and dtype."""
    arguments = case.arguments()
    pi, (xi,), call = arguments["pi"], _drawn(trial, arguments), trial.call_text(arguments)
    trial.require(xi.dtype == pi.dtype, f"the result has dtype {xi.dtype}, but should have {pi.dtype}", call)
    kept = xi != 0
    room = 16 * torch.finfo(pi.dtype).eps
    trial.matches(xi.double() * pi.double(), kept.double(), "result * pi", call=call, tolerance=lambda *_: room)


@check(
    "truncation_weights",
    examples=[
        KeepProbabilities(30, 0, pi=(1.0,)),
        KeepProbabilities(1, 1, "float32", (1.0,)),
        KeepProbabilities(300, 2, "float32", (1.0, 0.25, 1.0, 0.001)),
    ],
)
def test_truncation_weights_are_one_where_pi_is_one(trial: Trial, case: KeepProbabilities) -> None:
    """Where pi_t = 1 nothing is ever truncated: the weight is 1."""
    arguments = case.arguments()
    (xi,), certain = _drawn(trial, arguments), arguments["pi"] == 1
    kept = xi[certain]
    trial.matches(kept, torch.ones_like(kept), "the result where pi is 1", call=trial.call_text(arguments))


@check(
    "truncation_weights",
    examples=[KeepProbabilities(3 * DRAWN, 0, "float32", (0.13, 0.55, 0.87))],
    weight=2,
    hint="Each step is kept with its own probability pi_t: not with 1 - pi_t, and not with the mean of all.",
)
def test_truncation_weights_are_kept_with_their_own_probability(trial: Trial, case: KeepProbabilities) -> None:
    """The weight at t is 1/pi_t with probability pi_t, so that its mean is 1."""
    (xi,) = _drawn(trial, case.arguments())
    for i, pi in enumerate(case.pi):
        kept = int((xi[i::3] != 0).sum())
        _within(trial, kept, DRAWN, pi, f"weights kept out of {DRAWN} with pi_t = {pi}")


@check(
    "truncation_weights",
    examples=[KeepProbabilities(2 * DRAWN, 1, pi=(0.5,))],
    hint="Draw for every step anew; one draw for all steps, or a fixed number of them kept, is not independent.",
)
def test_truncation_weights_are_independent(trial: Trial, case: KeepProbabilities) -> None:
    """Two weights with pi = 1/2 are both kept or both dropped half of the time, within one call and over many."""
    (xi,) = _drawn(trial, case.arguments())
    for lag in (1, 2, DRAWN):
        same = int(((xi[:DRAWN] != 0) == (xi[lag : lag + DRAWN] != 0)).sum())
        _within(trial, same, DRAWN, 0.5, f"times out of {DRAWN} that weights {lag} apart are alike")
    pair = {"pi": torch.tensor([0.5, 0.5], dtype=torch.float64), "generator": case.seed}
    many = _drawn(trial, pair, 64)
    for t in (0, 1):  # neither the first step nor the last is special
        _within(
            trial, sum(int(two[t] != 0) for two in many), 64, 0.5, f"times out of 64 that the weight at {t} is kept"
        )
    alike = sum(int((two[0] != 0) == (two[1] != 0)) for two in many)
    _within(trial, alike, 64, 0.5, "times out of 64 calls that both weights are alike")


@check(
    "truncation_weights", examples=[KeepProbabilities(60, 7, pi=(0.5,)), KeepProbabilities(60, 8, "float32", (0.5,))]
)
def test_truncation_weights_come_from_the_generator(trial: Trial, case: KeepProbabilities) -> None:
    """One seed of the generator gives one result, whatever the global random state; another seed gives another."""
    arguments, call = case.arguments(), trial.call_text(case.arguments())
    first = trial.ask(arguments, global_seed=1)
    trial.matches(trial.ask(arguments, global_seed=2), first, "a second result with the same seed", call=call)
    other = trial.ask({**arguments, "generator": case.seed + 100}, global_seed=1)
    trial.require(
        not torch.equal(other[0] != 0, first[0] != 0), "another seed of the generator gives the same weights", call
    )


@check(
    "truncation_weights",
    examples=[KeepProbabilities(60, 9, pi=(0.5,))],
    hint="Draw from the generator as it stands; do not seed it, and do not make another from its seed.",
)
def test_truncation_weights_are_drawn_anew_by_each_call(trial: Trial, case: KeepProbabilities) -> None:
    """Two calls in a row with one generator give different weights, for the first one moves the generator on."""
    one, two = _drawn(trial, case.arguments(), 2)
    trial.require(not torch.equal(one != 0, two != 0), "two calls with one generator give the same weights")


test_truncation_weights_leaves_arguments_and_random_state_alone = purity("truncation_weights", cases.keep_probabilities)

# -- rnn_gradients -----------------------------------------------------------------------------------------

test_rnn_gradients_follow_the_chain_rule = agreement(
    "rnn_gradients",
    cases.cotangents(),
    "All five gradients are those of backpropagation through time, in the dtype and the shapes of their arguments.",
    "follow_the_chain_rule",
    count=8,
    weight=2,
    examples=[
        Cotangents(5, 2, 3, 4, 0, "float32"),
        Cotangents(5, 2, 3, 4, 0, "float64"),
        Cotangents(1, 2, 3, 4, 1),
        Cotangents(4, 1, 3, 2, 2),
        Cotangents(1, 1, 1, 1, 3, "float32"),
        Cotangents(20, 3, 2, 5, 4, "float32"),
        Cotangents(60, 2, 1, 3, 5),
        Cotangents(3, 3, 3, 3, 6),
        Cotangents(130, 1, 1, 1, 7),
        Cotangents(2, 300, 2, 1, 8, "float32"),
        Cotangents(3, 2, 33, 17, 9),
        *(Cotangents(5, 2, 3, 4, 10, dtype, regime="saturated") for dtype in ("float32", "float64")),
        Cotangents(5, 2, 3, 4, 11, regime="large"),
        Cotangents(5, 3, 2, 4, 12, regime="sparse"),
    ],
    hint="The derivative of tanh is 1 - h_t^2; H_t gets gradient from its own output and from H_{t+1}.",
)


@check("rnn_gradients", cases.cotangents(cases.DOUBLE), count=5, examples=[Cotangents(1, 3, 2, 4, 0)])
def test_rnn_gradients_equal_those_of_automatic_differentiation(trial: Trial, case: Cotangents) -> None:
    """Automatic differentiation of sum(outputs * grad_outputs) gives the same five gradients."""
    arguments = case.arguments()
    trial.matches(trial.ask(arguments), _products(arguments), call=trial.call_text(arguments))


@check("rnn_gradients", examples=[Cotangents(4, 2, 3, 5, 0), Cotangents(3, 2, 4, 1, 1)])
def test_rnn_gradients_equal_differences_of_the_outputs(trial: Trial, case: Cotangents) -> None:
    """Central finite differences of sum(outputs * grad_outputs) give the same gradients, entry by entry."""
    arguments = case.arguments()
    expected = _differences(lambda leaves: (_outputs(leaves) * arguments["grad_outputs"]).sum(), _leaves(arguments))
    actual = trial.ask(arguments)
    trial.matches(actual, expected, call=trial.call_text(arguments), tolerance=_of_differences)


@check(
    "rnn_gradients",
    cases.cotangents(cases.DOUBLE),
    count=4,
    hint="Only the forward pass is nonlinear; grad_outputs enters every gradient linearly.",
)
def test_rnn_gradients_are_linear_in_grad_outputs(trial: Trial, case: Cotangents) -> None:
    """Twice the gradients for A less three times those for B are the gradients for grad_outputs = 2 A - 3 B."""
    arguments = case.arguments()
    A, B = arguments["grad_outputs"], Draws(case.seed + 1, "float64").normal(case.T, case.n, case.h)
    for_A, for_B = (_asked(trial, {**arguments, "grad_outputs": G}, _leaves(arguments)) for G in (A, B))
    combined = {name: 2 * for_A[name] - 3 * for_B[name] for name in for_A}
    expected = _products({**arguments, "grad_outputs": 2 * A - 3 * B})
    trial.matches(combined, expected, call=trial.call_text(arguments))


@check(
    "rnn_gradients",
    cases.cotangents(cases.DOUBLE),
    count=3,
    hint="The gradient of H_t has two parts: grad_outputs[t], and what comes back from step t+1.",
)
def test_rnn_gradients_of_one_output_reach_the_past_only(trial: Trial, case: Cotangents) -> None:
    """A gradient at step t reaches every input up to t and the state, and no input after t."""
    arguments = case.arguments()
    for t in range(case.T):
        only = torch.zeros_like(arguments["grad_outputs"])
        only[t] = arguments["grad_outputs"][t]
        found = _asked(trial, {**arguments, "grad_outputs": only}, _leaves(arguments))
        reached = [bool(step.any()) for step in found["inputs"][: t + 1]] + [bool(found["state"].any())]
        trial.require(all(reached), f"a gradient at step {t} reaches only {reached} of inputs[0] ... and the state")
        after = found["inputs"][t + 1 :]
        trial.matches(after, torch.zeros_like(after), f"inputs[{t + 1}:] for a gradient at step {t}")


@check(
    "rnn_gradients",
    cases.cotangents(cases.DOUBLE),
    count=4,
    hint="state's gradient is that of H_0, through the first step: multiply by tanh' and by W_hh transposed.",
)
def test_rnn_gradients_of_two_chunks_are_those_of_one_run(trial: Trial, case: Cotangents) -> None:
    """The state's gradient of a second chunk, added to the last grad_outputs of the first, makes two runs one."""
    whole, cut = case.arguments(), case.T // 2
    x, G, middle = whole["inputs"], whole["grad_outputs"].clone(), _outputs(_leaves(whole))[cut - 1]
    late = {**whole, "inputs": x[cut:].clone(), "state": middle, "grad_outputs": G[cut:].clone()}
    second = _asked(trial, late, _leaves(late))
    G[cut - 1] += second["state"]
    early = {**whole, "inputs": x[:cut].clone(), "grad_outputs": G[:cut].clone()}
    first = _asked(trial, early, _leaves(early))
    together = {name: first[name] + second[name] for name in whole["params"]}
    together |= {"inputs": torch.cat([first["inputs"], second["inputs"]]), "state": first["state"]}
    trial.matches(together, _products(whole), call=trial.call_text(early))


@check(
    "rnn_gradients",
    cases.cotangents(cases.DOUBLE),
    count=4,
    hint="Weights are shared by the batch: their gradients are sums over it, not means.",
)
def test_rnn_gradients_of_weights_are_sums_over_the_batch(trial: Trial, case: Cotangents) -> None:
    """The gradients of W_xh, W_hh and b_h are the sums of those of each sequence alone."""
    whole = case.arguments()
    alone = [_asked(trial, _sequence(whole, i), whole["params"]) for i in range(case.n)]
    expected, call = _products(whole), trial.call_text(_sequence(whole, 0))
    for name in whole["params"]:
        trial.matches(sum(one[name] for one in alone), expected[name], f"the sum of {name}", call=call)
    actual = trial.ask(whole)
    for name in whole["params"]:
        trial.matches(actual[name], expected[name], name, call=trial.call_text(whole))


@check("rnn_gradients")
def test_rnn_gradients_of_two_steps_are_known(trial: Trial) -> None:
    """Two steps of one unit with outputs 0.5 and 0.6 have the gradients that the chain rule gives by hand."""
    x = [(math.atanh(0.5) - 2 * 0.25) / 4, (math.atanh(0.6) - 2 * 0.5) / 4]
    arguments = {
        "inputs": _column(*x).reshape(2, 1, 1),
        "state": _column(0.25),
        "params": {"W_xh": _column(4), "W_hh": _column(2), "b_h": torch.zeros(1, dtype=torch.float64)},
        "grad_outputs": _column(1, 1).reshape(2, 1, 1),
    }
    a, b = (1 + 0.64 * 2) * 0.75, 0.64  # at the first and the second pre-activation
    expected = {
        "W_xh": _column(x[0] * a + x[1] * b),
        "W_hh": _column(0.25 * a + 0.5 * b),
        "b_h": _column(a + b)[0],
        "inputs": _column(4 * a, 4 * b).reshape(2, 1, 1),
        "state": _column(2 * a),
    }
    trial.matches(trial.ask(arguments), expected, call="[W_xh = 4, W_hh = 2, b_h = 0, state = 0.25, outputs 0.5, 0.6]")


test_rnn_gradients_takes_tensors_of_any_layout = layouts("rnn_gradients", cases.cotangents(), count=2)
test_rnn_gradients_computes_anew_at_each_call = renewal("rnn_gradients", cases.cotangents(), count=2)
test_rnn_gradients_leaves_arguments_and_random_state_alone = purity("rnn_gradients", cases.cotangents())

# -- state_gradient_norms ----------------------------------------------------------------------------------

test_state_gradient_norms_are_those_of_powers_of_the_transpose = agreement(
    "state_gradient_norms",
    cases.powers,
    "Entry j is the length of the gradient after j products with W_hh transposed, in the dtype of W_hh.",
    "are_those_of_powers_of_the_transpose",
    count=8,
    weight=2,
    examples=[
        StatePowers(4, 6, 0, 1.5, "float32"),
        StatePowers(4, 6, 0, 1.5, "float64"),
        StatePowers(4, 1, 1),
        StatePowers(1, 5, 2),
        StatePowers(1, 1, 3, 1.0, "float32"),
        StatePowers(3, 40, 4, 1.0),
        StatePowers(2, 300, 5),
        StatePowers(65, 4, 6),
        StatePowers(3, 3, 7),
        *(StatePowers(4, 7, 8, 1.0, regime=regime) for regime in ("nilpotent", "defective", "zero")),
        StatePowers(4, 7, 8, 0.5, "float32", regime="nilpotent"),
        StatePowers(4, 8, 9, 1000.0),
    ],
    hint="Gradients are multiplied by W_hh transposed; entry 0 is the norm of grad itself.",
)


@check(
    "state_gradient_norms",
    cases.powers,
    count=6,
    examples=[StatePowers(3, 12, 10, norm) for norm in (0.01, 1000.0)],
)
def test_state_gradient_norms_vanish_or_explode_by_the_scale_of_a_rotation(trial: Trial, case: StatePowers) -> None:
    """For W_hh = c times an orthogonal matrix entry j is c^j times the norm of grad: it vanishes or explodes."""
    arguments = StatePowers(case.h, case.num_steps, case.seed).arguments()
    W_hh = case.norm * torch.linalg.qr(arguments["W_hh"])[0]
    powers = case.norm ** torch.arange(case.num_steps, dtype=torch.float64)
    norms = _shaped(trial, trial.ask({**arguments, "W_hh": W_hh}), powers, "the result")
    relative = norms / (powers * arguments["grad"].norm())
    trial.matches(
        relative, torch.ones_like(powers), "result / (c^j * the norm of grad)", call=trial.call_text(arguments)
    )


@check("state_gradient_norms")
def test_state_gradient_norms_of_a_small_case_are_known(trial: Trial) -> None:
    """For W_hh = [[0, 2], [1, 0]] and grad = [3, 4] the norms are those of (3, 4), (4, 6), (6, 8) and (8, 12)."""
    W_hh = torch.tensor([[0, 2], [1, 0]], dtype=torch.float64)
    arguments = {"W_hh": W_hh, "grad": torch.tensor([3, 4], dtype=torch.float64), "num_steps": 4}
    expected = torch.tensor([25, 52, 100, 208], dtype=torch.float64).sqrt()
    trial.matches(trial.ask(arguments), expected, "the result", call=trial.call_text(arguments))


@check("state_gradient_norms", cases.powers, count=4, hint="Is the product with W_hh or with its transpose?")
def test_state_gradient_norms_follow_the_gradient_one_step_on(trial: Trial, case: StatePowers) -> None:
    """Entry 0 is the norm of grad; the entries from 1 on are the norms that W_hh^T grad gives."""
    arguments = StatePowers(case.h, case.num_steps, case.seed, case.norm).arguments()
    later = {**arguments, "grad": arguments["W_hh"].T @ arguments["grad"], "num_steps": case.num_steps - 1}
    norms, following = _shaped(trial, trial.ask(arguments), torch.zeros(case.num_steps), "the result"), trial.ask(later)
    trial.matches(norms[0], arguments["grad"].norm(), "result[0]", call=trial.call_text(arguments))
    trial.matches(norms[1:], following, "result[1:]", call=trial.call_text(arguments))


@check("state_gradient_norms", cases.powers, count=4)
def test_state_gradient_norms_are_those_of_a_linear_rnn(trial: Trial, case: StatePowers) -> None:
    """In h_t = W_hh h_{t-1}, autograd gives gradients of these norms to grad · h_T at h_T, h_{T-1}, ..."""
    arguments = StatePowers(case.h, case.num_steps, case.seed, case.norm).arguments()
    states = [torch.ones(case.h, dtype=torch.float64, requires_grad=True)]
    for _ in range(case.num_steps - 1):
        states.append(arguments["W_hh"] @ states[-1])
    found = torch.autograd.grad(arguments["grad"] @ states[-1], states)
    expected = torch.stack([one.norm() for one in reversed(found)])
    trial.matches(trial.ask(arguments), expected, "the result", call=trial.call_text(arguments))


test_state_gradient_norms_takes_tensors_of_any_layout = layouts("state_gradient_norms", cases.powers, count=2)
test_state_gradient_norms_computes_anew_at_each_call = renewal("state_gradient_norms", cases.powers, count=2)
test_state_gradient_norms_leaves_arguments_and_random_state_alone = purity("state_gradient_norms", cases.powers)

# -- shared ------------------------------------------------------------------------------------------------


def _run(arguments: dict[str, Any]) -> tuple[torch.Tensor, torch.Tensor]:
    """The linear RNN's states h_0 … h_T and its errors o_t − y_t, a row each."""
    W_hx, W_hh, W_qh = (arguments["params"][name] for name in ("W_hx", "W_hh", "W_qh"))
    states = [W_hh.new_zeros(len(W_hh))]
    for x in arguments["inputs"]:
        states.append(W_hx @ x + W_hh @ states[-1])
    h = torch.stack(states)
    return h, h[1:] @ W_qh.T - arguments["targets"]


def _loss(arguments: dict[str, Any]) -> torch.Tensor:
    return _run(arguments)[1].square().sum() / (2 * len(arguments["inputs"]))


def _by_autograd(arguments: dict[str, Any], weight: Callable[[int, int], float] = lambda t, i: 1.0) -> Tensors:
    """The loss's gradients by automatic differentiation, loss by loss; in l_t the gradient that runs from
    h_i back to h_{i-1} is multiplied by weight(t, i)."""
    params = {name: value.detach().clone().requires_grad_() for name, value in arguments["params"].items()}
    inputs, targets = arguments["inputs"], arguments["targets"]
    total = torch.zeros((), dtype=torch.float64)
    for t in range(1, len(inputs) + 1):
        h = inputs.new_zeros(len(params["W_hh"]))
        for i in range(1, t + 1):
            old = h.detach() + weight(t, i) * (h - h.detach())
            h = params["W_hx"] @ inputs[i - 1] + params["W_hh"] @ old
        total = total + (params["W_qh"] @ h - targets[t - 1]).square().sum() / (2 * len(inputs))
    return dict(zip(params, torch.autograd.grad(total, list(params.values())), strict=True))


def _differences(function: Callable[[Tensors], torch.Tensor], leaves: Tensors, step: float = 1e-5) -> Tensors:
    """Central finite differences of a scalar function, in every entry of every tensor."""
    leaves = {name: leaf.clone() for name, leaf in leaves.items()}
    found = {name: torch.zeros_like(leaf) for name, leaf in leaves.items()}
    for name, leaf in leaves.items():
        flat, into = leaf.view(-1), found[name].view(-1)
        for i, value in enumerate(flat.tolist()):
            flat[i] = value + step
            above = function(leaves)
            flat[i] = value - step
            into[i] = (above - function(leaves)) / (2 * step)
            flat[i] = value
    return found


def _of_differences(name: str, actual: torch.Tensor, expected: torch.Tensor) -> float:
    return tolerances.DIFFERENCES * max(1.0, tolerances.largest(expected))


def _fitted(arguments: dict[str, Any]) -> dict[str, Any]:
    """The same, with the model's own outputs as targets."""
    return {**arguments, "targets": arguments["targets"] + _run(arguments)[1]}


def _last_loss_only(case: LinearLoss) -> tuple[dict[str, Any], torch.Tensor]:
    """One-hot inputs, a feature a step, and an error at the last step only; with ∂L/∂h_T."""
    arguments = LinearLoss(case.T, case.T, case.h, case.q, case.seed).arguments()
    arguments = _fitted({**arguments, "inputs": torch.eye(case.T, dtype=torch.float64)})
    arguments["targets"][-1] -= 1
    return arguments, arguments["params"]["W_qh"].sum(0) / case.T


def _columns(arguments: dict[str, Any], last: torch.Tensor, weights: list[float]) -> torch.Tensor:
    """∂L/∂W_hx for one-hot inputs and ∂L/∂h_T = last: column T−1−j comes through j products with W_hh, the
    j-th of which is weighted by weights[j−1]."""
    columns = [last]
    for weight in weights[: len(weights) - 1]:
        columns.append(weight * (arguments["params"]["W_hh"].T @ columns[-1]))
    return torch.stack(columns[::-1], dim=1)


def _with_params(arguments: dict[str, Any], **params: torch.Tensor) -> dict[str, Any]:
    return {**arguments, "params": {**arguments["params"], **params}}


def _column(*values: float) -> torch.Tensor:
    return torch.tensor([[value] for value in values], dtype=torch.float64)


def _scalar_params(W_hx: float, W_hh: float, W_qh: float) -> Tensors:
    return {"W_hx": _column(W_hx), "W_hh": _column(W_hh), "W_qh": _column(W_qh)}


def _scalars(x: list[float], y: list[float]) -> dict[str, Any]:
    """A linear RNN of one unit: W_hx = 2, W_hh = 3, W_qh = 4."""
    return {"inputs": _column(*x), "targets": _column(*y), "params": _scalar_params(2, 3, 4)}


def _leaves(arguments: dict[str, Any]) -> Tensors:
    """What the tanh RNN is differentiated by, named as in the result."""
    return {**arguments["params"], "inputs": arguments["inputs"], "state": arguments["state"]}


def _products(arguments: dict[str, Any]) -> Tensors:
    """The tanh RNN's vector-Jacobian products by automatic differentiation."""
    leaves = {name: leaf.clone().requires_grad_() for name, leaf in _leaves(arguments).items()}
    total = (_outputs(leaves) * arguments["grad_outputs"]).sum()
    return dict(zip(leaves, torch.autograd.grad(total, list(leaves.values())), strict=True))


def _outputs(leaves: Tensors) -> torch.Tensor:
    """The outputs of the tanh RNN [9.4.5]."""
    outputs, H = [], leaves["state"]
    for X in leaves["inputs"]:
        H = torch.tanh(X @ leaves["W_xh"] + H @ leaves["W_hh"] + leaves["b_h"])
        outputs.append(H)
    return torch.stack(outputs)


def _sequence(arguments: dict[str, Any], i: int) -> dict[str, Any]:
    """The i-th sequence of the batch alone."""
    parts = {name: arguments[name][:, i : i + 1].clone() for name in ("inputs", "grad_outputs")}
    return {**arguments, **parts, "state": arguments["state"][i : i + 1].clone()}


def _within(trial: Trial, count: int, n: int, p: float, what: str) -> None:
    low, high = BOUNDS[n, p]
    trial.require(low <= count <= high, f"{count} {what}, but it should be {low} to {high}")


def _asked(trial: Trial, arguments: dict[str, Any], like: Tensors) -> Tensors:
    """The submission's gradients, as far as they are in `like`, once their shapes are found right."""
    found = trial.ask(arguments)
    return {name: _shaped(trial, found[name], one, name) for name, one in like.items()}


def _drawn(trial: Trial, arguments: dict[str, Any], calls: int = 1) -> list[torch.Tensor]:
    """The weights that the submission draws in `calls` calls, once their shapes are found right."""
    return [_shaped(trial, xi, arguments["pi"], "the result") for xi in trial.ask(arguments, {"calls": calls})]


def _shaped(trial: Trial, actual: torch.Tensor, like: torch.Tensor, what: str) -> torch.Tensor:
    fits = actual.shape == like.shape and actual.is_floating_point()
    wanted = f"a floating-point tensor of shape {tuple(like.shape)}"
    trial.require(fits, f"{what} is {describe_type(actual)}, but should be {wanted}")
    return actual
