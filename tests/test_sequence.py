"""Graded checks of the unit sequence."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import permutations
from typing import Any

import torch

from harness.contracts.sequence import predictor
from harness.judge.check import check
from harness.judge.standard import agreement, layouts, purity, renewal
from harness.judge.trial import Arguments, Trial

from .cases import sequence as cases
from .cases.sequence import (
    LARGE,
    Corpus,
    KSteps,
    Multistep,
    NoisySine,
    Random,
    Regression,
    Sequential,
    Series,
    Tokens,
)

RENEWED = (
    "What is kept between two calls, and by what is it found again? The same object may hold other values by then."
)

# -- autoregressive_windows --------------------------------------------------------------------------------

test_autoregressive_windows_cut_the_series_as_the_contract_says = agreement(
    "autoregressive_windows",
    cases.series(),
    "Row i of the features is series[i : i+tau], its label is series[i+tau], in the dtype of the series.",
    "cut_the_series_as_the_contract_says",
    examples=[
        Series(9, 3),
        Series(9, 3, dtype="float64"),
        Series(6, 1, dtype="float64"),
        Series(5, 4),
        Series(2, 1),
        Series(6, 3),
        Series(12, 3, kinds=2),
        Series(300, 3),
        Series(263, 259),
        Series(98, 33, dtype="float64"),
    ],
    weight=2,
    hint="How many windows have a value that follows them? Labels form a column.",
)


@check("autoregressive_windows", hint="Oldest first: the first feature of a row lies tau steps before its label.")
def test_autoregressive_windows_of_one_to_six(trial: Trial) -> None:
    """The series 1 … 6 with tau = 3 gives the rows 123, 234, 345 with the labels 4, 5, 6."""
    series = torch.arange(1.0, 7.0)
    expected = torch.tensor([[1.0, 2, 3], [2, 3, 4], [3, 4, 5]]), torch.tensor([[4.0], [5], [6]])
    arguments = {"series": series, "tau": 3}
    trial.matches(trial.ask(arguments), expected, call=trial.call_text(arguments))


@check(
    "autoregressive_windows",
    cases.series(),
    count=6,
    examples=[Series(2, 1)],
    hint="The first window begins at index 0.",
)
def test_autoregressive_windows_lose_no_value(trial: Trial, case: Series) -> None:
    """The first window, followed by all labels, is the whole series."""
    features, labels = _windows(trial, case)
    whole = torch.cat([features[0], labels[:, 0]])
    trial.matches(whole, case.arguments()["series"], "the first window and all labels")


@check(
    "autoregressive_windows",
    cases.series(),
    count=6,
    hint="Is the label the very next value, and the last feature newest?",
)
def test_autoregressive_windows_end_the_next_window_with_the_label(trial: Trial, case: Series) -> None:
    """The label of a window is the last, newest feature of the next one."""
    features, labels = _windows(trial, case)
    trial.matches(features[1:, -1], labels[:-1, 0], "the newest feature of windows 1, 2, …")


@check(
    "autoregressive_windows",
    cases.series(),
    count=6,
    hint="A window that contains its own label has nothing to predict.",
)
def test_autoregressive_windows_keep_the_last_value_for_a_label(trial: Trial, case: Series) -> None:
    """The last value of the series is the last label and no feature."""
    features, labels = _windows(trial, case)
    arguments = case.arguments()
    arguments["series"][-1] += 100
    moved, last = _windows(trial, case, arguments)
    trial.matches(moved, features, "the features once the last value has changed")
    trial.matches(last[-1], labels[-1] + 100, "the last label once the last value is larger by 100")


test_autoregressive_windows_takes_tensors_of_any_layout = layouts(
    "autoregressive_windows", cases.series(), examples=[Series(9, 3)]
)
test_autoregressive_windows_computes_anew_at_each_call = renewal(
    "autoregressive_windows", cases.series(), examples=[Series(9, 3)]
)
test_autoregressive_windows_leaves_arguments_and_random_state_alone = purity("autoregressive_windows", cases.series())


def _windows(trial: Trial, case: Series, other: dict[str, Any] | None = None) -> tuple[torch.Tensor, torch.Tensor]:
    """The features and labels of a case, or of other arguments of the same sizes, in their right shapes."""
    arguments = other or case.arguments()
    features, labels = trial.ask(arguments)
    _shaped(trial, "features", features, (case.T - case.tau, case.tau), trial.call_text(arguments))
    _shaped(trial, "labels", labels, (case.T - case.tau, 1), trial.call_text(arguments))
    return features, labels


# -- fit_autoregression ------------------------------------------------------------------------------------

_FITS = [Regression(40, 3), Regression(40, 3, dtype="float64"), Regression(30, 1), Regression(12, 4, seed=1)]


@check(
    "fit_autoregression",
    cases.regressions,
    count=6,
    examples=[*_FITS, Regression(60, 17), Regression(5, 3, seed=3)],
    weight=2,
    hint="Least squares has a closed form; an iteration must run until the error no longer falls.",
)
def test_fit_autoregression_reaches_the_least_error(trial: Trial, case: Regression) -> None:
    """The mean squared error of the fit is within 0.1 % of the least there is."""
    _fits(trial, case.arguments())


@check("fit_autoregression", cases.regressions, count=4, examples=_FITS, hint="One number a feature; the bias is 0-d.")
def test_fit_autoregression_gives_a_vector_and_a_scalar(trial: Trial, case: Regression) -> None:
    """The weight has shape (tau,) and the bias (), in the dtype and on the device of the features."""
    fitted, call = trial.ask(case.arguments()), _call(trial, case)
    dtype = case.arguments()["features"].dtype
    for name, one, shape in zip(("weight", "bias"), fitted, ((case.tau,), ()), strict=True):
        _shaped(trial, name, one, shape, call)
        trial.require(one.dtype == dtype, f"{name} has dtype {one.dtype}, but should have {dtype}", call)
    devices, wanted = trial.observe(case.arguments()).devices, trial.bench.device
    moved = [device for device in devices if device.partition(":")[0] != wanted]
    trial.require(not moved, f"the fit is on device {moved[:1]}, but should be on {wanted}", call)


@check("fit_autoregression", cases.far_from_zero, count=4, hint="The bias is fitted together with the weights.")
def test_fit_autoregression_fits_the_bias(trial: Trial, case: Regression) -> None:
    """Labels far from zero are fitted as well as others."""
    _fits(trial, case.arguments())


@check("fit_autoregression", cases.scaled, count=4, hint="A penalty, a fixed step or a threshold depends on the unit.")
def test_fit_autoregression_does_not_depend_on_the_unit(trial: Trial, case: Regression) -> None:
    """Small and large numbers are fitted as well as others."""
    _fits(trial, case.arguments())


@check(
    "fit_autoregression",
    cases.outliers,
    count=4,
    examples=[Regression(700, 3, curved=0.3), Regression(300, 2, curved=0.3, seed=1)],
    hint="The mean of the squares, over every row.",
)
def test_fit_autoregression_counts_every_row(trial: Trial, case: Regression) -> None:
    """Every row counts, the first and the last too, with the square of its error."""
    _fits(trial, case.arguments())


@check(
    "fit_autoregression",
    cases.noisy_sines,
    count=2,
    examples=[NoisySine(), NoisySine(dtype="float64")],
    hint="Similar features make the valley of the error long and flat.",
)
def test_fit_autoregression_fits_the_noisy_sine(trial: Trial, case: NoisySine) -> None:
    """Windows of a noisy sine, whose features resemble one another, are fitted as well as others."""
    _fits(trial, case.arguments())


@check("fit_autoregression", hint="The labels are a column: a row of predictions minus it is a square matrix.")
def test_fit_autoregression_of_four_points(trial: Trial) -> None:
    """Through (0, 1), (1, 3), (2, 2), (3, 5) the best line is 1.1 x + 1.1, with an error of 0.675."""
    arguments = {"features": torch.arange(4.0)[:, None], "labels": torch.tensor([[1.0], [3], [2], [5]])}
    error = _error(trial, arguments, trial.ask(arguments))
    trial.require(error <= 0.675 * 1.001, f"the mean squared error is {error:.6g}, but should be 0.675")


@check(
    "fit_autoregression",
    cases.regressions,
    count=3,
    examples=_FITS[:1],
    hint="view() demands contiguous memory, where reshape() takes any; as_strided() must be given the real strides.",
)
def test_fit_autoregression_takes_tensors_of_any_layout(trial: Trial, case: Regression) -> None:
    """`fit_autoregression` takes tensors however they lie in memory, such as a transpose or a slice of another one."""
    arguments = case.arguments()
    _fits(trial, arguments, trial.ask(arguments, strided=True))


@check("fit_autoregression", cases.regressions, count=3, examples=_FITS[:1], hint=RENEWED)
def test_fit_autoregression_computes_anew_at_each_call(trial: Trial, case: Regression) -> None:
    """`fit_autoregression` computes anew at each call, from what its arguments hold by then; earlier results stay."""
    arguments, others = case.arguments(), replace(case, seed=case.seed + 1).arguments()
    for changed in ({**arguments, "labels": others["labels"]}, others):
        seen = trial.observe(arguments, again=changed)
        trial.result_of(seen, arguments)
        for result in (seen.again, seen.kept):
            _fits(trial, changed, trial.result_of(replace(seen, result=result), changed))


@check("fit_autoregression", cases.regressions, count=4)
def test_fit_autoregression_leaves_arguments_and_random_state_alone(trial: Trial, case: Regression) -> None:
    """`fit_autoregression` leaves its arguments and all global random state alone."""
    trial.ask(case.arguments())  # it works; two fits may differ within the 0.1 %, so they are not compared
    trial.watch(case.arguments())


def _fits(trial: Trial, arguments: dict[str, Any], fitted: Any = None) -> None:
    """The fit of these arguments, or the one given, is near the best."""
    error = _error(trial, arguments, fitted or trial.ask(arguments))
    in_float64 = {name: value.double() for name, value in arguments.items()}
    best = _error(trial, arguments, trial.reference(in_float64))
    trial.require(
        error <= 1.001 * best,
        f"the mean squared error is {error:.6g}, but should be {best:.6g}",
        "0.1 % above is near enough",
        trial.call_text(arguments),
    )


def _error(trial: Trial, arguments: dict[str, Any], fitted: tuple[torch.Tensor, torch.Tensor]) -> float:
    """The mean squared error of a fit, computed in float64."""
    features, labels = (arguments[name].double() for name in ("features", "labels"))
    weight, bias = fitted
    call = trial.call_text(arguments)
    _shaped(trial, "weight", weight, (features.shape[1],), call)
    _shaped(trial, "bias", bias, (), call)
    trial.require(weight.is_floating_point() and bias.is_floating_point(), "the fit is not floating-point", call)
    return float((features @ weight.double() + bias.double() - labels[:, 0]).square().mean())


# -- multistep_predictions -----------------------------------------------------------------------------------

_PELL = {"weight": torch.tensor([1.0, 2.0]), "offset": torch.tensor(0.0), "bend": torch.tensor(0.0)}
"""x_t = x_{t-2} + 2 x_{t-1}: both the order of a window and its place show."""

test_multistep_predictions_feed_predictions_back = agreement(
    "multistep_predictions",
    cases.multisteps(),
    "Observed up to start; from there on, each entry is predicted from the tau entries before it.",
    "feed_predictions_back",
    examples=[
        Multistep(12, 3, 5),
        Multistep(12, 3, 5, dtype="float64"),
        Multistep(9, 4, 4, dtype="float64"),
        Multistep(6, 1, 1),
        Multistep(4, 3, 3),
        Multistep(2, 1, 1),
        Multistep(6, 3, 3),
        Multistep(9, 2, 5, beyond=1e30),
        Multistep(264, 259, 261),
        Multistep(262, 2, 3),
    ],
    weight=2,
    hint="Write each prediction where the next window reads it.",
)


@check("multistep_predictions", cases.multisteps(), count=6, examples=[Multistep(7, 3, 3)], hint="start counts from 0.")
def test_multistep_predictions_keep_the_observations(trial: Trial, case: Multistep) -> None:
    """The entries before start are those of the series."""
    series = case.arguments()["series"]
    trial.matches(_predicted(trial, case)[: case.start], series[: case.start], "result[:start]")


@check(
    "multistep_predictions", cases.multisteps(), examples=[Multistep(7, 3, 3)], hint="Oldest first, in steps of one."
)
def test_multistep_predictions_predict_each_entry_from_those_before_it(trial: Trial, case: Multistep) -> None:
    """From start on, every entry is what `predict` says of the tau entries of the result before it."""
    result = _predicted(trial, case)
    predict = predictor(case.arguments()["predict"])
    before = result.unfold(0, case.tau, 1)[case.start - case.tau : -1]
    trial.matches(result[case.start :], predict(before)[:, 0], "result[start:]")


@check(
    "multistep_predictions",
    cases.multisteps(),
    count=6,
    hint="Are true values fed to predict where predictions belong?",
)
def test_multistep_predictions_never_read_what_they_predict(trial: Trial, case: Multistep) -> None:
    """What the series holds from start on makes no difference."""
    arguments = case.arguments()
    arguments["series"][case.start :] += 5
    trial.matches(trial.ask(arguments), _predicted(trial, case), "the result of another future")


@check("multistep_predictions", cases.multisteps(), count=6, hint="A prediction is an entry like any other.")
def test_multistep_predictions_can_be_continued(trial: Trial, case: Multistep) -> None:
    """Predicting on from the first prediction, taken as observed, gives the same series."""
    result = _predicted(trial, case)
    arguments = {**case.arguments(), "series": result, "start": case.start + 1}
    trial.matches(trial.ask(arguments), result, "the result continued from start + 1")


@check("multistep_predictions", hint="Which of the two weights belongs to the older value?")
def test_multistep_predictions_of_the_pell_numbers(trial: Trial) -> None:
    """With predict = older + 2 · newer, the series 1, 1 goes on 3, 7, 17, 41."""
    series = torch.tensor([1.0, 1, -9, -9, -9, -9])
    arguments = {"series": series, "tau": 2, "start": 2, "predict": _PELL}
    trial.matches(trial.ask(arguments), torch.tensor([1.0, 1, 3, 7, 17, 41]), call=trial.call_text(arguments))


@check(
    "multistep_predictions",
    examples=[Multistep(6, 2, 6), Multistep(3, 3, 3, dtype="float64"), Multistep(1, 1, 1)],
    hint="T - start predictions may be none.",
)
def test_multistep_predictions_from_the_end_on_are_none(trial: Trial, case: Multistep) -> None:
    """With start = T nothing is predicted: the result is the series."""
    trial.matches(_predicted(trial, case), case.arguments()["series"], call=trial.call_text(case.arguments()))


test_multistep_predictions_takes_tensors_of_any_layout = layouts(
    "multistep_predictions", cases.multisteps(), examples=[Multistep(12, 3, 5)]
)


@check("multistep_predictions", cases.multisteps(), count=2, examples=[Multistep(12, 3, 5)], hint=RENEWED)
def test_multistep_predictions_computes_anew_at_each_call(trial: Trial, case: Multistep) -> None:
    """`multistep_predictions` computes anew at each call, from what its arguments hold then; earlier results stay."""
    _computes_anew(trial, case)


test_multistep_predictions_leaves_arguments_and_random_state_alone = purity("multistep_predictions", cases.multisteps())


def _predicted(trial: Trial, case: Multistep) -> torch.Tensor:
    result = trial.ask(case.arguments())
    _shaped(trial, "result", result, (case.T,), _call(trial, case))
    return result


# -- k_step_predictions --------------------------------------------------------------------------------------

test_k_step_predictions_look_one_to_k_steps_ahead = agreement(
    "k_step_predictions",
    cases.k_steps(),
    "Row j-1, column i is the j-step-ahead prediction of time index i+tau+j-1, for every window that fits.",
    "look_one_to_k_steps_ahead",
    examples=[
        KSteps(12, 3, 5),
        KSteps(12, 3, 5, dtype="float64"),
        KSteps(9, 4, 2, dtype="float64"),
        KSteps(6, 1, 3),
        KSteps(7, 3, 1),
        KSteps(6, 2, 4),
        KSteps(2, 1, 1),
        KSteps(8, 3, 3),
        KSteps(12, 3, 4, beyond=1e30),
        KSteps(262, 2, 2),
        KSteps(262, 258, 3),
        KSteps(259, 2, 257),
    ],
    weight=2,
    hint="Column i starts from the window that begins at index i, in every row.",
)


@check("k_step_predictions", cases.k_steps(), count=6, examples=[KSteps(7, 3, 1)], hint="Row 0 looks one step ahead.")
def test_k_step_predictions_begin_with_one_step_from_observations(trial: Trial, case: KSteps) -> None:
    """The first row holds what `predict` says of every observed window."""
    arguments = case.arguments()
    windows = arguments["series"].unfold(0, case.tau, 1)[: case.columns]
    expected = predictor(arguments["predict"])(windows)[:, 0]
    trial.matches(_ahead(trial, case)[0], expected, "result[0]")


@check(
    "k_step_predictions",
    cases.k_steps(),
    count=6,
    hint="Beyond one step, the newest entries of a window are predictions.",
)
def test_k_step_predictions_feed_each_row_into_the_next(trial: Trial, case: KSteps) -> None:
    """Every row is what `predict` says of the last tau of: the observed window, then the rows before."""
    arguments, result = case.arguments(), _ahead(trial, case)
    windows = arguments["series"].unfold(0, case.tau, 1)[: case.columns]
    known = torch.cat([windows, result.T], dim=1)
    for j in range(1, case.k):
        expected = predictor(arguments["predict"])(known[:, j : j + case.tau])[:, 0]
        trial.matches(result[j], expected, f"result[{j}]")


@check("k_step_predictions", cases.k_steps(), count=6, hint="Nothing after index i+tau-1 may be read for column i.")
def test_k_step_predictions_read_no_observation_after_their_window(trial: Trial, case: KSteps) -> None:
    """Column i depends on the observations i … i+tau-1, and on no other."""
    result = _ahead(trial, case)
    for place in (case.tau, case.T - case.k):
        arguments = case.arguments()
        arguments["series"][place] += 3
        unaware = [i for i in range(case.columns) if not i <= place < i + case.tau]
        what = f"the columns {unaware} once series[{place}] has changed"
        trial.matches(_ahead(trial, case, arguments)[:, unaware], result[:, unaware], what)


@check("k_step_predictions", cases.k_steps(), count=6, hint="Each step more leaves one window fewer, the last one.")
def test_k_step_predictions_of_fewer_steps_are_the_first_rows(trial: Trial, case: KSteps) -> None:
    """The predictions for k-1 steps are the first k-1 rows, with one column more."""
    fewer = trial.ask({**case.arguments(), "k": case.k - 1})
    _shaped(trial, "result", fewer, (case.k - 1, case.columns + 1), f"[k={case.k - 1}]")
    trial.matches(fewer[:, :-1], _ahead(trial, case)[:-1], f"the result for k={case.k - 1} without its last column")


@check("k_step_predictions", hint="Rows are steps ahead, columns are windows.")
def test_k_step_predictions_of_two_steps_by_hand(trial: Trial) -> None:
    """With predict = older + 2 · newer, the windows (1, 1) and (1, 2) give 3 and 5, then 7 and 12."""
    arguments = {"series": torch.tensor([1.0, 1, 2, 0, 5]), "tau": 2, "k": 2, "predict": _PELL}
    trial.matches(trial.ask(arguments), torch.tensor([[3.0, 5], [7, 12]]), call=trial.call_text(arguments))


test_k_step_predictions_takes_tensors_of_any_layout = layouts(
    "k_step_predictions", cases.k_steps(), examples=[KSteps(12, 3, 5)]
)


@check("k_step_predictions", cases.k_steps(), count=2, examples=[KSteps(12, 3, 5)], hint=RENEWED)
def test_k_step_predictions_computes_anew_at_each_call(trial: Trial, case: KSteps) -> None:
    """`k_step_predictions` computes anew at each call, from what its arguments hold by then; earlier results stay."""
    _computes_anew(trial, case)


test_k_step_predictions_leaves_arguments_and_random_state_alone = purity("k_step_predictions", cases.k_steps())


def _ahead(trial: Trial, case: KSteps, other: dict[str, Any] | None = None) -> torch.Tensor:
    """The predictions of a case, or of other arguments of the same sizes, in their right shape."""
    result = trial.ask(other or case.arguments())
    _shaped(trial, "result", result, (case.k, case.columns), _call(trial, case))
    return result


# -- language_model_windows ----------------------------------------------------------------------------------

test_language_model_windows_are_all_overlapping_windows = agreement(
    "language_model_windows",
    cases.corpora(),
    "Row i of X is corpus[i : i+num_steps], row i of Y is corpus[i+1 : i+num_steps+1], int64.",
    "are_all_overlapping_windows",
    examples=[
        Corpus(9, 4),
        Corpus(6, 5),
        Corpus(7, 1),
        Corpus(2, 1),
        Tokens((0, 1, 0, 0, 1, 1, 0), 2),
        Tokens((20_000_001, 0, 20_000_003, 5), 2),
        Tokens((2**31 + 1, LARGE, 0, LARGE + 2, 2**32), 2),
        Tokens((3, 3, 3, 3, 3, 3), 2),
        Tokens((0, 1, 0, 1, 0, 1, 0, 1), 3),
        Corpus(6, 3),
        Corpus(300, 3),
        Corpus(263, 259),
        Corpus(98, 33),
    ],
    weight=2,
    hint="There are len - num_steps windows that have a target for every token.",
)


@check("language_model_windows", hint="The first window is 0 1 2, and its targets are 1 2 3.")
def test_language_model_windows_of_seven_tokens(trial: Trial) -> None:
    """The corpus 0 … 6 with num_steps = 3 has the four windows 012, 123, 234, 345."""
    arguments = {"corpus": list(range(7)), "num_steps": 3}
    X = torch.arange(4)[:, None] + torch.arange(3)
    trial.matches(trial.ask(arguments), (X, X + 1), call=trial.call_text(arguments))


@check(
    "language_model_windows",
    cases.corpora(),
    count=6,
    examples=[Corpus(2, 1)],
    hint="Y comes from the corpus, not from X.",
)
def test_language_model_windows_pair_each_token_with_the_next(trial: Trial, case: Corpus) -> None:
    """Every target is the token that follows its input in the corpus, at the end of a window too."""
    X, Y = _token_windows(trial, case)
    trial.matches(_places(case.arguments(), Y), _places(case.arguments(), X) + 1, "where the targets lie")


@check(
    "language_model_windows",
    cases.corpora(),
    count=6,
    examples=[Corpus(6, 5)],
    hint="The windows overlap: steps of one.",
)
def test_language_model_windows_begin_at_every_token(trial: Trial, case: Corpus) -> None:
    """Window i begins at token i, for every i up to len - num_steps - 1."""
    X, _ = _token_windows(trial, case)
    begins = torch.arange(case.length - case.num_steps)
    trial.matches(_places(case.arguments(), X)[:, 0], begins, "where the windows begin")


test_language_model_windows_computes_anew_at_each_call = renewal(
    "language_model_windows", cases.corpora(), examples=[Corpus(9, 4)]
)
test_language_model_windows_leaves_arguments_and_random_state_alone = purity("language_model_windows", cases.corpora())


def _token_windows(trial: Trial, case: Corpus) -> tuple[torch.Tensor, torch.Tensor]:
    X, Y = trial.ask(case.arguments())
    for name, one in (("X", X), ("Y", Y)):
        _tokens(trial, name, one, (case.length - case.num_steps, case.num_steps), case)
    return X, Y


# -- random_batches --------------------------------------------------------------------------------------------

_EPOCHS = [
    Random(31, 3, 5),
    Random(20, 1, 3, seed=4),
    Random(9, 2, 1),
    Random(4, 1, 1),
    Random(6, 1, 3, seed=2),
    Random(31, 3, 3),
    Random(31, 3, 5, least=LARGE),
    Random(530, 1, 260),
    Random(530, 260, 2),
]


@check(
    "random_batches", cases.epochs(), count=6, examples=_EPOCHS, weight=2, hint="A row is num_steps tokens in a row."
)
def test_random_batches_hold_contiguous_pieces_of_the_corpus(trial: Trial, case: Random) -> None:
    """Every batch is a pair of int64 (batch_size, num_steps), and every row of X is a piece of the corpus."""
    inputs, _ = _epoch(trial, case)
    trial.matches(inputs, inputs[:, :1] + torch.arange(case.num_steps), "where the tokens of X lie")


@check(
    "random_batches",
    cases.epochs(),
    count=6,
    examples=_EPOCHS,
    weight=2,
    hint="The last target lies beyond the row of X.",
)
def test_random_batches_pair_each_token_with_the_next(trial: Trial, case: Random) -> None:
    """Every target is the token that follows its input in the corpus, at the end of a row too."""
    inputs, targets = _epoch(trial, case)
    trial.matches(targets, inputs + 1, "where the tokens of Y lie")


@check(
    "random_batches",
    cases.epochs(),
    count=6,
    examples=_EPOCHS,
    hint="One offset an epoch; steps of num_steps; no repeats.",
)
def test_random_batches_do_not_overlap(trial: Trial, case: Random) -> None:
    """The subsequences of an epoch all begin a multiple of num_steps after one offset, each at another place."""
    begins = _epoch(trial, case)[0][:, 0]
    trial.matches(begins % case.num_steps, begins[0].expand_as(begins) % case.num_steps, "begin modulo num_steps")
    twice = [place for place, count in Counter(begins.tolist()).items() if count > 1]
    trial.require(not twice, f"the subsequence at {twice[:1]} comes twice in an epoch", _call(trial, case))


@check(
    "random_batches",
    cases.epochs(),
    examples=[*_EPOCHS, Random(13, 1, 4), Random(12, 2, 3), Random(25, 4, 5), Random(10, 3, 3), Random(8, 1, 8)],
    count=6,
    hint="After d tokens there are (len - d - 1) // num_steps subsequences: each needs a target for its last token.",
)
def test_random_batches_give_every_full_batch(trial: Trial, case: Random) -> None:
    """An epoch that drops d tokens has m // batch_size batches, m = (len - d - 1) // num_steps."""
    for begins in _begins(trial, case, number=16):
        offsets = [begins[0] % case.num_steps] if begins else range(case.num_steps)
        found, wanted = len(begins) / case.batch_size, {case.batches_for(d) for d in offsets}
        headline = f"an epoch of offset {list(offsets)} has {found:g} batches, but should have {sorted(wanted)}"
        trial.require(found in wanted, headline, _call(trial, case))


@check(
    "random_batches",
    cases.repetitive(),
    count=4,
    examples=[Random(40, 2, 6, kinds=1)],
    hint="A token tells neither where it stands nor what follows it.",
)
def test_random_batches_cut_a_corpus_whose_tokens_come_again(trial: Trial, case: Random) -> None:
    """Where tokens come again, the rows are still subsequences of one offset, each as often as the corpus has it."""
    arguments = case.arguments()
    batches, corpus, T = trial.ask(arguments)["batches"], arguments["corpus"], case.num_steps
    for i, pair in enumerate(batches):
        for name, one in zip("XY", pair, strict=True):
            _tokens(trial, f"batches[{i}].{name}", one, (case.batch_size, T), case)
    rows = Counter((*map(tuple, pair),) for X, Y in batches for pair in zip(X.tolist(), Y.tolist(), strict=True))
    for d in range(T):
        starts = range(d, d + (case.length - d - 1) // T * T, T)
        pieces = Counter((tuple(corpus[i : i + T]), tuple(corpus[i + 1 : i + T + 1])) for i in starts)
        if rows <= pieces and len(batches) == case.batches_for(d):
            return
    found = f"the {rows.total()} rows (X, Y) are the subsequences of no offset"
    trial.require(False, found, _call(trial, case))


@check("random_batches", cases.epochs(), count=3, examples=_EPOCHS[:1], hint=RENEWED)
def test_random_batches_computes_anew_at_each_call(trial: Trial, case: Random) -> None:
    """`random_batches` computes anew at each call, from what its arguments hold by then."""
    other = replace(case, seed=case.seed + 1)
    seen = trial.observe(case.arguments(), again=other.arguments())
    trial.result_of(seen, case.arguments())
    batches = trial.result_of(replace(seen, result=seen.again), other.arguments())["batches"]
    inputs, targets = _layout(trial, other, batches, needed=min(map(other.batches_for, range(other.num_steps))))
    steps = torch.arange(other.num_steps)
    trial.matches(inputs, inputs[:, :1] + steps, "where the tokens of X lie in the corpus of now")
    trial.matches(targets, inputs + 1, "where the tokens of Y lie in the corpus of now")


@check("random_batches", cases.short_offsets, count=1, shrinks=False, hint="d is one of 0, 1, …, num_steps-1.")
def test_random_batches_drop_each_number_of_tokens_equally_often(trial: Trial, case: Random) -> None:
    """Over many epochs, the offsets 0, 1, …, num_steps-1 all come, equally often, and no others."""
    dropped = [tuple(begins) for begins in _begins(trial, case, number=2000)]
    offsets = [(d,) for d in range(5)]
    _uniform(trial, dropped, offsets, "offset", most=52.7)  # chi-square, 4 degrees of freedom, beyond 1e-10


@check("random_batches", cases.short_orders, count=1, shrinks=False, hint="Shuffle the subsequences, then cut batches.")
def test_random_batches_visit_in_every_order_equally_often(trial: Trial, case: Random) -> None:
    """Over many epochs, all orders of the subsequences come equally often, whichever of them is left out."""
    visits = [tuple(begin // 3 for begin in begins) for begins in _begins(trial, case, number=4500)]
    orders = list(permutations(range(5), 4))
    _uniform(trial, visits, orders, "order", most=244.8)  # chi-square, 119 degrees of freedom, beyond 1e-10


@check(
    "random_batches", cases.long_epochs, count=1, shrinks=False, hint="Shuffle all subsequences, not some at a time."
)
def test_random_batches_mix_the_whole_corpus(trial: Trial, case: Random) -> None:
    """In a long epoch, place and turn are unrelated, and neighbours hardly ever come one after the other."""
    begins = _epoch(trial, case)[0][:, 0]
    turns = torch.arange(float(len(begins)))
    related = float(torch.corrcoef(torch.stack([turns, begins.double()]))[0, 1])  # ~ N(0, 1/399); beyond 0.35: 1e-11
    trial.require(abs(related) <= 0.35, f"place and turn have correlation {related:.2f}, but should have none")
    neighbours = int((begins.diff() == case.num_steps).sum())  # ~ Poisson(1); beyond 14: 1e-12
    trial.require(neighbours <= 14, f"{neighbours} subsequences follow their neighbour, but about 1 should")


@check("random_batches", cases.epochs(), count=4, examples=[Random(200, 4, 3)], hint="Every draw is from `generator`.")
def test_random_batches_follow_the_generator(trial: Trial, case: Random) -> None:
    """The same generator gives the same epoch, and over ten other seeds other epochs come."""
    first = trial.ask(case.arguments())["batches"]
    trial.matches(trial.ask(case.arguments())["batches"], first, "batches of the same generator")
    others = _begins(trial, case, number=10)
    trial.require(len(set(map(tuple, others))) > 1, "ten other seeds all give the same epoch", _call(trial, case))


@check("random_batches", cases.long_epochs, count=1, shrinks=False, hint="Draw from the generator, not from its seed.")
def test_random_batches_give_a_new_epoch_each_time(trial: Trial, case: Random) -> None:
    """Epochs drawn one after another from the same generator differ."""
    further = trial.ask(case.arguments(), {"more": 4})["epochs"]
    different = len(set(map(tuple, further)))
    trial.require(
        different == 4, f"four epochs in turn are {different} different ones, but should be 4", _call(trial, case)
    )


@check(
    "random_batches",
    examples=[Random(1, 1, 1), Random(1, 1, 4), Random(2, 2, 5), Random(5, 1, 5), Random(7, 3, 3), Random(3, 4, 1)],
    hint="Where less than one batch is left, the iterable is empty.",
)
def test_random_batches_of_too_short_a_corpus_are_none(trial: Trial, case: Random) -> None:
    """A corpus too short for a batch gives none, whatever the offset."""
    trial.matches(trial.ask(case.arguments())["batches"], [], "the batches", call=_call(trial, case))
    some = [begins for begins in _begins(trial, case, number=12) if begins]
    trial.require(not some, f"an epoch has subsequences at {some[:1]}, but should have none", _call(trial, case))


test_random_batches_leaves_arguments_and_random_state_alone = purity("random_batches", cases.epochs())


def _epoch(trial: Trial, case: Random) -> tuple[torch.Tensor, torch.Tensor]:
    """Where the tokens of all X and of all Y of one epoch lie in the corpus, in order of visit."""
    batches = trial.ask(case.arguments())["batches"]
    return _layout(trial, case, batches, needed=min(map(case.batches_for, range(case.num_steps))))


def _begins(trial: Trial, case: Random, number: int) -> list[list[int]]:
    """Where the subsequences of further epochs begin in the corpus, in order of visit."""
    drive = {"seeds": cases.seeds_of(case, number)}
    epochs = trial.ask(case.arguments(), drive, cpu_seconds=60)["epochs"]
    place = {token: i for i, token in enumerate(case.arguments()["corpus"])}
    strange = [token for epoch in epochs for token in epoch if token not in place and token != -1]
    trial.require(not strange, f"X holds {strange[:1]}, which is not in the corpus", _call(trial, case))
    return [[place[token] for token in epoch if token != -1] for epoch in epochs]


def _uniform(trial: Trial, drawn: list[Any], possible: list[Any], what: str, most: float) -> None:
    counts, expected = Counter(drawn), len(drawn) / len(possible)
    wrong = [one for one in counts if one not in set(possible)]
    trial.require(not wrong, f"the {what} {wrong[:1]} came, which is impossible")
    chi_square = sum((counts[one] - expected) ** 2 / expected for one in possible)
    few, many = min(possible, key=counts.__getitem__), max(possible, key=counts.__getitem__)
    extremes = f"{few} came {counts[few]} times, {many} {counts[many]} times, and {expected:g} are expected of each"
    trial.require(chi_square <= most, f"of {len(drawn)} epochs, {what} {extremes}")


# -- sequential_batches ----------------------------------------------------------------------------------------

test_sequential_batches_lay_the_corpus_out_in_rows = agreement(
    "sequential_batches",
    cases.layouts(),
    "Batch b holds columns b·num_steps onward of the tokens from offset on, laid out as batch_size rows, int64.",
    "lay_the_corpus_out_in_rows",
    examples=[
        Sequential(40, 3, 4, 2),
        Sequential(25, 2, 3, 0),
        Sequential(26, 2, 3, 7),
        Sequential(9, 1, 2, 1),
        Sequential(9, 4, 1, 0),
        Sequential(2, 1, 1, 0),
        Sequential(10, 3, 3, 0),
        Sequential(40, 3, 4, 2, kinds=2),
        Sequential(40, 3, 4, 2, least=LARGE),
        Sequential(530, 1, 260, 5),
        Sequential(800, 260, 3, 7),
        Sequential(540, 2, 3, 260),
    ],
    weight=2,
    hint="Rows first, then columns: each row of the layout is one stretch of the corpus.",
)


@check(
    "sequential_batches",
    cases.layouts(),
    count=6,
    examples=[Sequential(9, 1, 2, 1)],
    hint="A carried state needs this.",
)
def test_sequential_batches_continue_each_row_in_the_next_batch(trial: Trial, case: Sequential) -> None:
    """Row i of a batch begins with the token after the last one of row i of the batch before."""
    inputs, _ = _rows(trial, case)
    trial.matches(inputs[1:, :, 0], inputs[:-1, :, -1] + 1, "where the rows of batches 1, 2, … begin")


@check(
    "sequential_batches",
    cases.layouts(),
    count=6,
    examples=[Sequential(9, 1, 2, 1)],
    hint="The last target lies beyond X.",
)
def test_sequential_batches_pair_each_token_with_the_next(trial: Trial, case: Sequential) -> None:
    """Every target is the token that follows its input in the corpus, at the end of a row too."""
    inputs, targets = _rows(trial, case)
    trial.matches(targets, inputs + 1, "where the tokens of Y lie")


@check(
    "sequential_batches", cases.layouts(), count=6, examples=[Sequential(25, 2, 3, 0)], hint="Which token comes first?"
)
def test_sequential_batches_begin_at_the_offset(trial: Trial, case: Sequential) -> None:
    """The first row begins at the offset, and each next row num_tokens / batch_size tokens later."""
    begins = case.offset + case.columns * torch.arange(case.batch_size)
    trial.matches(_rows(trial, case)[0][0, :, 0], begins, "where the rows of the first batch begin")


@check(
    "sequential_batches",
    cases.layouts(),
    count=6,
    examples=[Sequential(25, 3, 4, 0)],
    hint="Partial batches are dropped.",
)
def test_sequential_batches_give_every_full_batch(trial: Trial, case: Sequential) -> None:
    """There are (num_tokens / batch_size) // num_steps batches, all of full size."""
    found, wanted = len(_rows(trial, case)[0]), case.columns // case.num_steps
    trial.require(found == wanted, f"there are {found} batches, but should be {wanted}", _call(trial, case))


@check(
    "sequential_batches",
    examples=[Sequential(14, 2, 3, offset) for offset in range(14)],
    hint="The offset is taken as it is: not modulo num_steps, not cut off.",
)
def test_sequential_batches_take_every_offset(trial: Trial, case: Sequential) -> None:
    """Every offset from 0 to len - 1 is obeyed, num_steps and more included; the last ones leave no batch."""
    trial.agrees(case.arguments())


@check("sequential_batches", hint="view and transpose are not the same.")
def test_sequential_batches_of_fourteen_tokens(trial: Trial) -> None:
    """Of 0 … 13 from 1 on, in two rows and steps of three: 1 2 3 over 7 8 9, then 4 5 6 over 10 11 12."""
    arguments = {"corpus": list(range(14)), "batch_size": 2, "num_steps": 3, "offset": 1}
    X = torch.tensor([[[1, 2, 3], [7, 8, 9]], [[4, 5, 6], [10, 11, 12]]])
    trial.matches(trial.ask(arguments), [(one, one + 1) for one in X], call=trial.call_text(arguments))


@check(
    "sequential_batches",
    examples=[Sequential(1, 1, 1, 0), Sequential(4, 4, 1, 0), Sequential(7, 2, 4, 0), Sequential(6, 1, 1, 5)],
    hint="Where less than one batch is left, the iterable is empty.",
)
def test_sequential_batches_of_too_short_a_corpus_are_none(trial: Trial, case: Sequential) -> None:
    """A corpus too short for a batch after the offset gives none."""
    trial.matches(trial.ask(case.arguments()), [], "the batches", call=_call(trial, case))


test_sequential_batches_computes_anew_at_each_call = renewal(
    "sequential_batches", cases.layouts(), examples=[Sequential(25, 2, 3, 0)]
)
test_sequential_batches_leaves_arguments_and_random_state_alone = purity("sequential_batches", cases.layouts())


def _rows(trial: Trial, case: Sequential) -> tuple[torch.Tensor, torch.Tensor]:
    """Where the tokens of all X and of all Y lie in the corpus: (batches, n, T) each."""
    batches = trial.ask(case.arguments())
    inputs, targets = _layout(trial, case, batches, needed=case.columns // case.num_steps)
    shape = -1, case.batch_size, case.num_steps
    return inputs.reshape(shape), targets.reshape(shape)


# -- shared ----------------------------------------------------------------------------------------------------


def _call(trial: Trial, case: Any) -> str:
    return trial.call_text(case.arguments())


def _computes_anew(trial: Trial, case: Multistep | KSteps) -> None:
    """Series and `predict` change one alone, then both; the hook follows what it holds then."""
    arguments, others = case.arguments(), replace(case, seed=case.seed + 1).arguments()
    changes: list[Arguments] = [{name: others[name]} for name in ("series", "predict")]
    for change in [*changes, others]:
        trial.computes_anew(arguments, {**arguments, **change})


def _shaped(trial: Trial, name: str, one: torch.Tensor, shape: tuple[int, ...], call: str) -> None:
    wrong = f"{name} has shape {tuple(one.shape)}, but should have {shape}"
    trial.require(tuple(one.shape) == shape, wrong, call)


def _tokens(trial: Trial, name: str, one: torch.Tensor, shape: tuple[int, int], case: Any) -> None:
    _shaped(trial, name, one, shape, _call(trial, case))
    wrong = f"{name} has dtype {one.dtype}, but should have torch.int64"
    trial.require(one.dtype == torch.int64, wrong, _call(trial, case))


def _places(arguments: dict[str, Any], tokens: torch.Tensor) -> torch.Tensor:
    """Where each token lies in a corpus of different tokens; far away for a token that is not in it."""
    place = {token: i for i, token in enumerate(arguments["corpus"])}
    found = [place.get(token, -1000) for token in tokens.flatten().tolist()]
    return torch.tensor(found, dtype=torch.int64).reshape(tokens.shape)


def _layout(trial: Trial, case: Any, batches: list[Any], needed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The places of all X and of all Y, (batches · n, T) each; at least `needed` batches of full size."""
    short = f"there are {len(batches)} batches, but should be {needed} at least"
    trial.require(len(batches) >= max(1, needed), short, _call(trial, case))
    for i, pair in enumerate(batches):
        for name, one in zip("XY", pair, strict=True):
            _tokens(trial, f"batches[{i}].{name}", one, (case.batch_size, case.num_steps), case)
    X, Y = (torch.cat(parts) for parts in zip(*batches, strict=True))
    return _places(case.arguments(), X), _places(case.arguments(), Y)
