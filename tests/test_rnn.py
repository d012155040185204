"""Graded checks of the unit rnn."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch

from harness.contracts.differentiating import cotangents
from harness.judge import tolerances
from harness.judge.check import check
from harness.judge.spec import Draws
from harness.judge.standard import agreement, gradients, layouts, purity, renewal
from harness.judge.trial import NONE, Arguments, Trial

from .cases import rnn as cases
from .cases.rnn import Cell, Concise, Drill, Grads, Greedy, Head, Indices, LargeScores, Lesson, Levels, Scores

RENEWED = (
    "What is kept between two calls, and by what is it found again? The same object may hold other values by then."
)
F32, F64 = cases.st.just("float32"), cases.st.just("float64")

# -- one_hot ---------------------------------------------------------------------------------------------

_INDICES = [Indices(1, 1, 1, 1, 0), Indices(1, 4, 3, 3, 0), Indices(3, 1, 5, 4, 1), Indices(2, 5, 28, 28, 2)]

test_one_hot_is_time_major_float32 = agreement(
    "one_hot",
    cases.indices,
    "Indices (n, T) become float32 vectors (T, n, V): 1 at the index, 0 elsewhere.",
    "is_time_major_float32",
    weight=2,
    examples=[
        *_INDICES,
        Indices(4, 4, 4, 4, 3),
        Indices(1, 300, 3, 3, 4),
        Indices(300, 1, 2, 2, 5),
        Indices(5, 7, 300, 300, 6),
    ],
    hint="Transpose the indices first; a view or reshape to (T, n, V) mixes the sequences up.",
)


@check("one_hot", cases.indices, examples=_INDICES)
def test_one_hot_gives_the_indices_back(trial: Trial, case: Indices) -> None:
    """The largest entry of each vector stands at its index, first axis time, second axis sequence."""
    arguments = case.arguments()
    found = _tensors(trial, arguments, (case.T, case.n, case.V)).argmax(-1)
    trial.matches(found, arguments["indices"].T, "result.argmax(-1)", call=trial.call_text(arguments))


@check("one_hot", cases.indices, examples=_INDICES)
def test_one_hot_holds_a_single_one_in_each_vector(trial: Trial, case: Indices) -> None:
    """Each vector has vocab_size entries that sum to one, and so do their squares."""
    arguments = case.arguments()
    result, call = _tensors(trial, arguments, (case.T, case.n, case.V)), trial.call_text(arguments)
    ones = torch.ones(case.T, case.n)
    trial.matches(result.sum(-1), ones.to(result.dtype), "result.sum(-1)", call=call)
    trial.matches(result.square().sum(-1), ones.to(result.dtype), "result.square().sum(-1)", call=call)


@check("one_hot", hint="V is vocab_size, also where the largest tokens do not occur.")
def test_one_hot_of_two_short_sequences_is_known(trial: Trial) -> None:
    """For the sequences 0 2 1 and 1 0 0 over four tokens, time step 0 holds the vectors of 0 and of 1."""
    result = trial.ask({"indices": torch.tensor([[0, 2, 1], [1, 0, 0]]), "vocab_size": 4})
    steps = [[[1, 0, 0, 0], [0, 1, 0, 0]], [[0, 0, 1, 0], [1, 0, 0, 0]], [[0, 1, 0, 0], [1, 0, 0, 0]]]
    trial.matches(result, torch.tensor(steps, dtype=torch.float32))


test_one_hot_takes_tensors_of_any_layout = layouts("one_hot", cases.indices, examples=_INDICES[2:])
test_one_hot_computes_anew_at_each_call = renewal("one_hot", cases.indices, examples=_INDICES[2:])
test_one_hot_leaves_arguments_and_random_state_alone = purity("one_hot", cases.indices)

# -- rnn_scratch -----------------------------------------------------------------------------------------

_EDGES = [
    Cell(1, 1, 1, 1, 0),
    Cell(1, 3, 2, 4, 1),
    Cell(4, 1, 3, 2, 2, state=False),
    Cell(3, 2, 1, 5, 3),
    Cell(5, 3, 4, 1, 4),
    Cell(20, 2, 5, 8, 5),
    Cell(4, 4, 4, 4, 6),
    Cell(4, 4, 4, 4, 7, state=False),
    Cell(5, 3, 4, 6, 8, regime="saturated"),
    Cell(6, 2, 3, 5, 9, regime="silent"),
]
_LARGE_SIZES = [
    Cell(300, 2, 3, 4, 10),
    Cell(3, 300, 2, 4, 11),
    Cell(3, 2, 300, 4, 12),
    Cell(3, 2, 4, 257, 13),
    Cell(9, 17, 33, 65, 14),
]
_EDGES64 = [Cell(**{**vars(one), "dtype": "float64"}) for one in _EDGES]
_BOTH = [Cell(4, 3, 2, 5, 0), Cell(4, 3, 2, 5, 0, dtype="float64"), Cell(3, 2, 4, 5, 1, state=False)]

test_rnn_scratch_follows_the_equation_in_float32 = agreement(
    "rnn_scratch",
    cases.cells(F32),
    "H_t = tanh(X_t W_xh + H_{t-1} W_hh + b_h) at every step, for float32 arguments.",
    "follows_the_equation_in_float32",
    weight=2,
    examples=[*_EDGES, *_LARGE_SIZES],
    hint="Weights multiply from the right; the tanh is taken of the whole sum; the bias is added once.",
)

test_rnn_scratch_follows_the_equation_in_float64 = agreement(
    "rnn_scratch",
    cases.cells(F64),
    "For float64 arguments the results are float64, and as accurate.",
    "follows_the_equation_in_float64",
    examples=_EDGES64,
    hint="Make new tensors in the dtype of the arguments: inputs.new_zeros(...), not torch.zeros(...).",
)

LONG_RUN = Cell(33, 2, 3, 4, 5, dtype="float64")  # truncation every few steps shows, and chaos does not
LONGER_RUN = Cell(270, 2, 3, 4, 6, dtype="float64")
_ALIKE = [Cell(4, 4, 4, 4, 6), Cell(4, 4, 4, 4, 7, state=False)]
_FAR = [Cell(5, 3, 4, 6, 8, regime="saturated"), Cell(5, 3, 4, 6, 8, regime="saturated", dtype="float64")]
_SILENT = [Cell(6, n, 3, 5, 9, regime="silent") for n in (1, 2)]

test_rnn_scratch_gradients_reach_every_argument = gradients(
    "rnn_scratch",
    cases.cells(),
    examples=[*_BOTH, Cell(1, 2, 3, 4, 2), LONG_RUN, LONGER_RUN, *_ALIKE, *_FAR, *_SILENT],
    weight=2,
    hint="Never detach the state inside the loop, and never write into a tensor that the graph still needs.",
)


@check("rnn_scratch", cases.cells(F64), count=3, examples=[Cell(3, 2, 4, 5, 0, dtype="float64")])
def test_rnn_scratch_gradients_equal_finite_differences(trial: Trial, case: Cell) -> None:
    """Along a random direction of each argument, the gradient is the slope of the forward pass itself."""
    _slopes_agree(trial, case.arguments())


@check("rnn_scratch", cases.cells(), examples=_BOTH)
def test_rnn_scratch_final_state_is_the_last_output(trial: Trial, case: Cell) -> None:
    """The state returned equals the output of the last step."""
    outputs, state = _run(trial, case.arguments())
    trial.matches(state, outputs[-1], "the state", call=trial.call_text(case.arguments()))


@check("rnn_scratch", cases.cells(), examples=_BOTH, hint="Start from the state given; return the one reached.")
def test_rnn_scratch_in_two_chunks_equals_one_run(trial: Trial, case: Cell) -> None:
    """Running the first steps, then the rest from the state returned, gives the outputs of one run."""
    arguments = case.arguments()
    whole, end = _run(trial, arguments)
    first, middle = _run(trial, {**arguments, "inputs": arguments["inputs"][:2]})
    second, last = _run(trial, {**arguments, "inputs": arguments["inputs"][2:], "state": middle})
    call = trial.call_text(arguments)
    trial.matches(torch.cat([first, second]), whole, "the outputs of two chunks", call=call)
    trial.matches(last, end, "the state after two chunks", call=call)


@check("rnn_scratch", cases.cells(states=cases.st.just(False)), count=6)
def test_rnn_scratch_takes_no_state_for_zeros(trial: Trial, case: Cell) -> None:
    """state=None gives what a state of zeros gives."""
    arguments = case.arguments()
    zeros = torch.zeros(case.n, case.h, dtype=getattr(torch, case.dtype))
    expected = _run(trial, {**arguments, "state": zeros})
    trial.matches(_run(trial, arguments), expected, call=trial.call_text(arguments))


@check("rnn_scratch", cases.cells(), count=6, examples=_BOTH)
def test_rnn_scratch_never_looks_ahead(trial: Trial, case: Cell) -> None:
    """Changing the inputs from step 2 on leaves the outputs before it as they are, and changes those after."""
    arguments = case.arguments()
    changed = arguments["inputs"].clone()
    changed[2:] += 1
    before, after = _run(trial, arguments)[0], _run(trial, {**arguments, "inputs": changed})[0]
    trial.matches(after[:2], before[:2], "outputs[:2] after a change of inputs[2:]", call=trial.call_text(arguments))
    trial.require(not torch.equal(after[2:], before[2:]), "outputs[2:] do not depend on inputs[2:]")


@check("rnn_scratch", cases.cells(), count=6, examples=_BOTH, hint="Nothing is shared among the sequences of a batch.")
def test_rnn_scratch_treats_each_sequence_on_its_own(trial: Trial, case: Cell) -> None:
    """Reordering the sequences of a batch, with their states, reorders the outputs and nothing else."""
    arguments, order = case.arguments(), torch.arange(case.n).roll(1)
    state = arguments["state"][order] if case.state else None
    outputs, end = _run(trial, arguments)
    turned = _run(trial, {**arguments, "inputs": arguments["inputs"][:, order].contiguous(), "state": state})
    trial.matches(turned, (outputs[:, order], end[order]), call=trial.call_text(arguments))


test_rnn_scratch_takes_tensors_of_any_layout = layouts("rnn_scratch", cases.cells(), examples=_BOTH)


@check("rnn_scratch", cases.cells(), count=2, examples=_BOTH[:1], hint=RENEWED)
def test_rnn_scratch_computes_anew_at_each_call(trial: Trial, case: Cell) -> None:
    """`rnn_scratch` computes anew at each call, from what its arguments hold by then; earlier results stay."""
    _computes_anew(trial, case)


@check("rnn_scratch")
def test_rnn_scratch_of_one_number_is_known(trial: Trial) -> None:
    """With W_xh = 1, W_hh = 1/2, b_h = -1/2, inputs 1 0 1 and state 0, by hand: 0.4621, -0.2626, 0.3528."""
    params = {"W_xh": torch.ones(1, 1), "W_hh": torch.full((1, 1), 0.5), "b_h": torch.full((1,), -0.5)}
    inputs = torch.tensor([1.0, 0.0, 1.0]).reshape(3, 1, 1)
    outputs, _ = _run(trial, {"inputs": inputs, "state": torch.zeros(1, 1), "params": params})
    expected = torch.tensor([0.46211716, -0.26264128, 0.35283705]).reshape(3, 1, 1)
    trial.matches(outputs, expected, "outputs")


test_rnn_scratch_leaves_arguments_and_random_state_alone = purity("rnn_scratch", cases.cells(), examples=_BOTH[:2])

# -- rnn_concise -----------------------------------------------------------------------------------------


def _concise(edges: list[Cell]) -> list[Concise]:
    return [Concise(**vars(one)) for one in edges]


test_rnn_concise_computes_the_rnn_of_its_weights_in_float32 = agreement(
    "rnn_concise",
    cases.cells(F32, kind=Concise),
    "With given weights, outputs (T, n, h) and state (1, n, h) are those of the tanh RNN, in float32.",
    "computes_the_rnn_of_its_weights_in_float32",
    weight=2,
    examples=_concise([*_EDGES, *_LARGE_SIZES]),
    hint="Time comes first: no batch_first. Pass the state on to the layer, and return both of its results.",
)

test_rnn_concise_computes_the_rnn_of_its_weights_in_float64 = agreement(
    "rnn_concise",
    cases.cells(F64, kind=Concise),
    "A module cast to float64 computes in float64.",
    "computes_the_rnn_of_its_weights_in_float64",
    examples=_concise(_EDGES64),
)

test_rnn_concise_gradients_reach_every_argument = gradients(
    "rnn_concise", cases.cells(kind=Concise), examples=_concise([*_BOTH, LONG_RUN, *_ALIKE, *_FAR])
)


@check(
    "rnn_concise",
    cases.cells(kind=Concise),
    count=4,
    hint="One layer, tanh, one direction, with biases; no embedding and no output layer.",
)
def test_rnn_concise_is_or_holds_one_plain_rnn(trial: Trial, case: Concise) -> None:
    """The module is or holds exactly one torch.nn.RNN, of the sizes asked for, and has no other parameters."""
    _drive(trial, case.arguments(), case.drive())  # the kind of the result refuses any other make-up


@check("rnn_concise", cases.cells(kind=Concise), examples=_concise(_BOTH))
def test_rnn_concise_in_two_chunks_equals_one_run(trial: Trial, case: Concise) -> None:
    """Running the first steps, then the rest from the state returned, gives the outputs of one run."""
    arguments, drive = case.arguments(), case.drive()
    whole, end = _drive(trial, arguments, drive)
    first, middle = _drive(trial, arguments, {**drive, "inputs": drive["inputs"][:2]})
    second, last = _drive(trial, arguments, {**drive, "inputs": drive["inputs"][2:], "state": middle})
    call = trial.call_text(arguments)
    trial.matches(torch.cat([first, second]), whole, "the outputs of two chunks", call=call)
    trial.matches(last, end, "the state after two chunks", call=call)


@check(
    "rnn_concise",
    cases.cells(kind=Concise, states=cases.st.just(False)),
    count=4,
    hint="The module keeps nothing from call to call: state None starts from zeros every time.",
)
def test_rnn_concise_starts_from_zeros_at_every_call(trial: Trial, case: Concise) -> None:
    """A state of None means zeros, also when the module was called before."""
    arguments, drive = case.arguments(), case.drive()
    zeros = torch.zeros(1, case.n, case.h, dtype=getattr(torch, case.dtype))
    expected = _drive(trial, arguments, {**drive, "state": zeros})
    trial.matches(_drive(trial, arguments, {**drive, "rehearsals": 1}), expected, call=trial.call_text(arguments))


@check("rnn_concise", cases.cells(kind=Concise), count=3, hint="torch.nn.RNN draws its own; do not seed anything.")
def test_rnn_concise_draws_new_weights_each_time(trial: Trial, case: Concise) -> None:
    """The module works with its own initial weights, which differ from one module to the next."""
    arguments, drive = case.arguments(), {**case.drive(), "weights": {}}
    (one, _), (other, _) = (_drive(trial, arguments, drive, global_seed=seed) for seed in (1, 2))
    trial.require(bool(one.isfinite().all()), "the outputs are not finite", trial.call_text(arguments))
    trial.require(not torch.equal(one, other), "two modules have the same initial weights", trial.call_text(arguments))


@check("rnn_concise", cases.cells(kind=Concise), count=4)
def test_rnn_concise_leaves_inputs_and_random_state_alone(trial: Trial, case: Concise) -> None:
    """Neither the inputs are changed nor any global random state is seeded, though torch's may be drawn from."""
    arguments, drive = case.arguments(), case.drive()
    trial.is_pure(arguments, drive)
    changed = trial.ask(arguments, drive)["mutated"]
    trial.require(not changed, f"the module changed its {' and '.join(changed)} in place", trial.call_text(arguments))


# -- output_layer ----------------------------------------------------------------------------------------

_HEADS = [Head(1, 1, 1, 1, 0), Head(1, 3, 2, 4, 1), Head(4, 1, 3, 2, 2), Head(3, 2, 5, 1, 3), Head(4, 4, 4, 4, 4)]
_WIDE = [Head(300, 1, 2, 3, 5), Head(1, 300, 3, 2, 6), Head(2, 3, 300, 2, 7), Head(1, 1, 2, 300, 8)]
_HEADS64 = [Head(**{**vars(one), "dtype": "float64"}) for one in _HEADS]

test_output_layer_gives_logits_batch_first_in_float32 = agreement(
    "output_layer",
    cases.heads(F32),
    "Hidden states (T, n, h) give logits H_t W_hq + b_q of shape (n, T, V), for float32 arguments.",
    "gives_logits_batch_first_in_float32",
    weight=2,
    examples=[*_HEADS, *_WIDE],
    hint="Swap the first two axes with transpose; a reshape to (n, T, V) mixes the sequences up.",
)

test_output_layer_gives_logits_batch_first_in_float64 = agreement(
    "output_layer",
    cases.heads(F64),
    "For float64 arguments the logits are float64, and as accurate.",
    "gives_logits_batch_first_in_float64",
    examples=_HEADS64,
)

test_output_layer_gradients_reach_every_argument = gradients(
    "output_layer", cases.heads(), examples=[_HEADS[1], _HEADS64[1], _HEADS[4], _WIDE[0]]
)


@check("output_layer", cases.heads(), count=6, hint="No softmax here: the loss takes logits.")
def test_output_layer_moves_with_its_bias(trial: Trial, case: Head) -> None:
    """Adding a vector to b_q adds it to the logits of every position: they are not normalised."""
    arguments = case.arguments()
    shift = Draws(case.seed + 1, case.dtype).normal(case.V)
    shifted = {**arguments, "params": {**arguments["params"], "b_q": arguments["params"]["b_q"] + shift}}
    expected = _tensors(trial, arguments, (case.n, case.T, case.V)) + shift
    trial.matches(trial.ask(shifted), expected, "the logits for b_q + c", call=trial.call_text(arguments))


@check("output_layer", cases.heads(), count=6)
def test_output_layer_treats_every_position_alike(trial: Trial, case: Head) -> None:
    """Reordering steps and sequences of the hidden states reorders the logits and nothing else."""
    arguments = case.arguments()
    steps, rows = torch.arange(case.T).roll(1), torch.arange(case.n).flip(0)
    turned = arguments["hiddens"][steps][:, rows].contiguous()
    expected = _tensors(trial, arguments, (case.n, case.T, case.V))[rows][:, steps]
    trial.matches(trial.ask({**arguments, "hiddens": turned}), expected, call=trial.call_text(arguments))


@check("output_layer")
def test_output_layer_of_small_numbers_is_known(trial: Trial) -> None:
    """For h = 1 with W_hq = (1, -2) and b_q = (0, 10), hidden states 1 and 3 give (1, 8) and (3, 4)."""
    params = {"W_hq": torch.tensor([[1.0, -2.0]]), "b_q": torch.tensor([0.0, 10.0])}
    result = trial.ask({"hiddens": torch.tensor([[[1.0]], [[3.0]]]), "params": params})
    trial.matches(result, torch.tensor([[[1.0, 8.0], [3.0, 4.0]]]))


test_output_layer_takes_tensors_of_any_layout = layouts("output_layer", cases.heads(), examples=[_HEADS[1], _HEADS[4]])


@check("output_layer", cases.heads(), count=2, examples=[_HEADS[1]], hint=RENEWED)
def test_output_layer_computes_anew_at_each_call(trial: Trial, case: Head) -> None:
    """`output_layer` computes anew at each call, from what its arguments hold by then; earlier results stay."""
    _computes_anew(trial, case)


test_output_layer_leaves_arguments_and_random_state_alone = purity("output_layer", cases.heads())

# -- language_model_loss ---------------------------------------------------------------------------------

_SCORES = [Scores(1, 1, 1, 0), Scores(1, 4, 3, 1), Scores(3, 1, 2, 2), Scores(2, 3, 28, 3), Scores(4, 4, 4, 4)]
_MANY = [Scores(1, 300, 4, 5), Scores(300, 1, 3, 6), Scores(5, 7, 300, 7)]
_SCORES64 = [Scores(**{**vars(one), "dtype": "float64"}) for one in _SCORES]
_LARGE = [
    LargeScores(2, 3, 5, 0),
    LargeScores(2, 3, 5, 0, "float64"),
    Levels(2, 3, 5, 1),
    Levels(2, 3, 5, 1, "float64"),
    Levels(3, 3, 3, 2),
]

test_language_model_loss_is_the_mean_cross_entropy_in_float32 = agreement(
    "language_model_loss",
    cases.scores(F32),
    "The loss is a scalar tensor: the mean of -log softmax(logits)[target] over all n·T positions.",
    "is_the_mean_cross_entropy_in_float32",
    weight=2,
    examples=[*_SCORES, *_MANY],
    hint="Flatten logits and targets in the same order; hand over logits, not probabilities.",
)

test_language_model_loss_is_the_mean_cross_entropy_in_float64 = agreement(
    "language_model_loss",
    cases.scores(F64),
    "For float64 logits the loss is float64, and as accurate.",
    "is_the_mean_cross_entropy_in_float64",
    examples=_SCORES64,
)

test_language_model_loss_gradients_reach_every_argument = gradients(
    "language_model_loss", cases.scores(), examples=[_SCORES[1], _SCORES64[2], _SCORES[0], _SCORES[4], _MANY[0]]
)


@check(
    "language_model_loss",
    cases.scores(kind=LargeScores),
    count=6,
    examples=_LARGE,
    hint="exp(1e4) is infinite and log(0) is minus infinity: take log_softmax, or subtract the largest logit.",
)
def test_language_model_loss_is_stable_for_large_logits(trial: Trial, case: LargeScores) -> None:
    """For logits of ±1e4 the loss and its gradient are finite and right."""
    arguments = case.arguments()
    trial.agrees(arguments, stable=True)
    found = trial.gradients(arguments)["logits"]
    exact = (trial.oracle_saw(arguments, cotangent_seed=1).gradients or {})["logits"]
    allowed = tolerances.STABLE * tolerances.largest(exact)
    trial.matches(found, exact, "the gradient of logits", call=trial.call_text(arguments), tolerance=lambda *_: allowed)


@check("language_model_loss", cases.scores(), count=6)
def test_language_model_loss_of_equal_logits_is_log_v(trial: Trial, case: Scores) -> None:
    """Where all logits of a position are equal the loss is log V: no better than a guess."""
    arguments = case.arguments()
    logits = arguments["logits"][..., :1].repeat(1, 1, case.V)
    loss = trial.ask({**arguments, "logits": logits})
    expected = torch.tensor(float(case.V), dtype=logits.dtype).log()
    trial.matches(loss, expected, "the loss", call=trial.call_text(arguments))


@check("language_model_loss", cases.scores(), count=6, hint="The mean over all positions, not the sum over time.")
def test_language_model_loss_is_the_mean_of_its_positions(trial: Trial, case: Scores) -> None:
    """The loss is the mean of the losses of the single positions, each taken alone."""
    arguments = case.arguments()
    logits, targets = arguments["logits"], arguments["targets"]
    places = [(i, t) for i in range(case.n) for t in range(case.T)]
    cells = [(slice(i, i + 1), slice(t, t + 1)) for i, t in places]
    alone = [_tensors(trial, {"logits": logits[cell], "targets": targets[cell]}, ()) for cell in cells]
    expected = torch.stack(alone).mean()
    trial.require(len(set(map(float, alone))) > 1, "the loss is the same for every position")
    trial.matches(trial.ask(arguments), expected, "the loss", call=trial.call_text(arguments))


test_language_model_loss_takes_tensors_of_any_layout = layouts(
    "language_model_loss", cases.scores(), examples=[_SCORES[1], _SCORES[3]]
)


@check("language_model_loss", cases.scores(), count=2, examples=[_SCORES[3]], hint=RENEWED)
def test_language_model_loss_computes_anew_at_each_call(trial: Trial, case: Scores) -> None:
    """`language_model_loss` computes anew at each call, from what its arguments hold by then; earlier results stay."""
    _computes_anew(trial, case)


test_language_model_loss_leaves_arguments_and_random_state_alone = purity("language_model_loss", cases.scores())

# -- clip_gradients --------------------------------------------------------------------------------------

_CLIPPED = [
    Grads(((1,),), 3.0, 1.0, 0),
    Grads(((2, 3), (4,)), 1000.0, 0.5, 1),
    Grads(((3,), (2, 2), (2,)), 2.0, 1.9, 2, (0, 2)),
    Grads(((2, 3), (4,)), 5.0, 0.01, 3, (), "float64"),
    Grads(((3, 2), (4,)), 4.0, 30.0, 4),
    Grads(((3, 3), (3,)), 2.0, 2.0, 5),
    Grads(((3,), (2, 2)), 1e6, 1.5, 6),
    Grads(((2, 2), (3,), (2,)), 6.0, 1.5, 7, (), "float32", (0, 2)),
    Grads(((2,),) * 14, 6.0, 1.5, 8, (0, 5)),
    Grads(((300,), (2, 257)), 6.0, 1.5, 9),
]
_LONG, _SHORT = cases.grads((2.0, 1.7, 60.0)), cases.grads((0.6, 1.4))


@check(
    "clip_gradients",
    _LONG,
    examples=_CLIPPED,
    weight=2,
    hint="One norm over all gradients laid end to end, not one a parameter, and not a limit on single entries.",
)
def test_clip_gradients_scales_by_the_global_norm(trial: Trial, case: Grads) -> None:
    """Each gradient becomes g · min(1, max_norm/||g||), the norm taken over all parameters together."""
    expected = trial.reference(case.arguments(), case.drive())["grads"]
    _grads_are(trial, case, trial.ask(case.arguments(), case.drive())["grads"], expected)


@check("clip_gradients", _LONG, count=6, examples=_CLIPPED)
def test_clip_gradients_leaves_a_norm_within_max_norm(trial: Trial, case: Grads) -> None:
    """Afterwards the norm of all gradients together is the smaller of max_norm and what it was."""
    grads = trial.ask(case.arguments(), case.drive())["grads"]
    _norm_is(trial, case, grads, min(case.norm, case.max_norm))


@check("clip_gradients", _SHORT, count=6, hint="min(1, ...): gradients are never made longer.")
def test_clip_gradients_leaves_short_gradients_alone(trial: Trial, case: Grads) -> None:
    """Gradients whose norm is below max_norm stay as they are; with a lower max_norm they are clipped."""
    _grads_are(trial, case, trial.ask(case.arguments(), case.drive())["grads"], case.drive()["grads"])
    lower = case.norm / 2
    clipped = trial.ask({**case.arguments(), "max_norm": lower}, case.drive())["grads"]
    _norm_is(trial, case, clipped, lower)


@check(
    "clip_gradients",
    _LONG,
    count=6,
    examples=_CLIPPED,
    hint="Multiply in place (mul_, *=, [:] =); `p.grad = p.grad * scale` makes a new tensor.",
)
def test_clip_gradients_works_in_place(trial: Trial, case: Grads) -> None:
    """The clipped `.grad` is the same tensor object as before, of the same dtype, or None where it was None."""
    observed, call = trial.observe(case.arguments(), case.drive()), trial.call_text(case.arguments())
    seen = trial.result_of(observed, case.arguments())
    (before, _), (after, _) = observed.notes
    for i, (grad, given) in enumerate(zip(seen["grads"], case.drive()["grads"], strict=True)):
        trial.require(before[i] == after[i], f"parameters[{i}].grad is another object than before", call)
        trial.require(given is None or grad.dtype == given.dtype, f"parameters[{i}].grad changed its dtype", call)
    _norm_is(trial, case, seen["grads"], min(case.norm, case.max_norm))


@check(
    "clip_gradients",
    _LONG,
    count=4,
    examples=[Grads(((2, 3), (4,), (2, 3, 2)), 9.0, 0.5, 1)],
    hint="reshape(-1) and flatten() give a copy where the memory is not contiguous, and view(-1) refuses; "
    "the gradient itself can be multiplied in place in any layout.",
)
def test_clip_gradients_takes_tensors_of_any_layout(trial: Trial, case: Grads) -> None:
    """Gradients are clipped however they lie in memory, such as a transpose or a slice of another tensor."""
    expected = trial.reference(case.arguments(), case.drive())["grads"]
    _grads_are(trial, case, trial.ask(case.arguments(), case.drive(), strided=True)["grads"], expected)


@check("clip_gradients", _LONG, count=6, examples=_CLIPPED)
def test_clip_gradients_leaves_the_parameters_alone(trial: Trial, case: Grads) -> None:
    """The values of the parameters do not change, nor does the list of them; only their gradients do."""
    observed, given = trial.observe(case.arguments(), case.drive()), case.arguments()["parameters"]
    seen = trial.result_of(observed, case.arguments())
    (_, before), (_, after) = observed.notes
    trial.require(before == after, "the list `parameters` was changed", trial.call_text(case.arguments()))
    _norm_is(trial, case, seen["grads"], min(case.norm, case.max_norm))
    trial.matches(seen["values"], given, "parameters", call=trial.call_text(case.arguments()), tolerance=lambda *_: 0.0)


@check("clip_gradients")
def test_clip_gradients_of_a_right_triangle_is_known(trial: Trial) -> None:
    """Gradients (3,) and (4,) have norm 5; clipped to 1 they are (0.6,) and (0.8,)."""
    arguments = {"parameters": [torch.zeros(1), torch.zeros(1)], "max_norm": 1.0}
    seen = trial.ask(arguments, {"grads": [torch.tensor([3.0]), torch.tensor([4.0])]})
    expected = [torch.tensor([0.6]), torch.tensor([0.8])]
    trial.matches(seen["grads"], expected, "grads", tolerance=lambda *_: 1e-5)


test_clip_gradients_leaves_arguments_and_random_state_alone = purity("clip_gradients", _LONG)

# -- generate --------------------------------------------------------------------------------------------

_PREFIXES = [
    Greedy((3,), 1, 6),
    Greedy((3,), 5, 6, 1),
    Greedy((1, 4, 2, 0), 1, 6, 2),
    Greedy((2, 2, 5), 4, 6, 3, history=None),
    Greedy((0, 1), 30, 6, 4),
]
_CLOSE = [
    Greedy((3, 1), 6, 10, 9, gap=1e4),
    Greedy((3, 1), 6, 10, 10, level=-1e4),
    Greedy((3, 1), 6, 10, 11, level=10.0, gap=3e-3),
    Greedy((3, 1), 6, 10, 12, level=10.0, gap=1e-9, dtype="float64"),
]


@check(
    "generate",
    cases.greedy,
    examples=[
        *_PREFIXES,
        *_CLOSE,
        Greedy((0,), 3, 1, 5),
        Greedy((299, 256), 12, 300, 6),
        Greedy((1, 40_000), 2, 40_001, 7),
        Greedy((3, 1) * 65, 130, 6, 8),
    ],
    weight=2,
    hint="Predictions made while the prefix is being read are dropped; the last token's is the first kept.",
)
def test_generate_gives_the_prefix_and_the_most_likely_tokens(trial: Trial, case: Greedy) -> None:
    """The result is the prefix, then num_preds tokens, each the argmax of the logits after all before it."""
    actual = trial.ask(case.arguments(), case.drive())
    expected = trial.reference(case.arguments(), case.drive())
    trial.matches(actual, expected, "the result", call=trial.call_text(case.arguments()))


@check("generate", cases.greedy, examples=_PREFIXES, hint="Feed each token once; the state remembers the rest.")
def test_generate_feeds_every_token_but_the_last_once(trial: Trial, case: Greedy) -> None:
    """`step` is fed each token of the result but the last, exactly once and in order."""
    seen = trial.observe(case.arguments(), case.drive())
    tokens, fed = trial.result_of(seen, case.arguments()), seen.notes["fed"]
    call = trial.call_text(case.arguments())
    trial.matches(fed, tokens[:-1], "the list of tokens fed to step", call=call)
    trial.matches(len(fed), len(case.prefix) + case.num_preds - 1, "the number of calls of step", call=call)


@check("generate", cases.greedy, examples=_PREFIXES, hint="Pass on what step returned, the given state first.")
def test_generate_passes_the_state_on(trial: Trial, case: Greedy) -> None:
    """The first call of `step` gets the state given, each later one the state that the call before returned."""
    seen, call = trial.observe(case.arguments(), case.drive()), trial.call_text(case.arguments())
    trial.result_of(seen, case.arguments())
    start, fed, states = case.drive()["state"], seen.notes["fed"], seen.notes["seen"]
    trial.require(states[:1] == [start], "the first call of step does not get the state given", call)
    for i in range(1, len(states)):
        same = states[i] == [*(start or []), *fed[:i]]
        trial.require(same, f"call {i + 1} of step does not get the state that call {i} returned", call)


@check("generate", examples=[Greedy((4,), 3, 6, rule="successor"), Greedy((1, 1, 4), 4, 6, rule="successor")])
def test_generate_counts_on_where_each_token_follows_the_last(trial: Trial, case: Greedy) -> None:
    """Where the next index, modulo V, is always the most likely, generation counts on from the prefix."""
    counted = [(case.prefix[-1] + 1 + i) % case.V for i in range(case.num_preds)]
    tokens = trial.ask(case.arguments(), case.drive())
    trial.matches(tokens, [*case.prefix, *counted], "the result", call=trial.call_text(case.arguments()))


@check("generate", cases.greedy, count=3, examples=[Greedy((1, 4, 2, 0), 3, 6, 2)], hint=RENEWED)
def test_generate_computes_anew_at_each_call(trial: Trial, case: Greedy) -> None:
    """`generate` computes anew at each call, from what its prefix holds by then; earlier results stay."""
    trial.computes_anew(case.arguments(), case.turned().arguments(), case.drive())


@check("generate", examples=[Greedy((), 3, 6), Greedy((), 1, 6, history=None)])
def test_generate_refuses_an_empty_prefix(trial: Trial, case: Greedy) -> None:
    """An empty prefix raises ValueError."""
    trial.raises(ValueError, case.arguments(), case.drive())


test_generate_leaves_arguments_and_random_state_alone = purity("generate", cases.greedy)

# -- train_language_model --------------------------------------------------------------------------------


@check(
    "train_language_model",
    cases.lessons(learning_rate=1.0, max_norm=1.0, num_epochs=6, length=16_000),
    count=1,
    weight=3,
    shrinks=False,
    hint="Look at targets shifted by one, gradients set to None before each backward, and logits (no softmax).",
)
def test_train_language_model_learns_what_the_reference_learns(trial: Trial, case: Lesson) -> None:
    """On text held out from training, the perplexity is at most 1.15 times that of the reference."""
    _learns(trial, case)


@check(
    "train_language_model",
    cases.lessons(learning_rate=50.0, max_norm=0.01, num_epochs=5, length=12_000),
    count=1,
    weight=2,
    shrinks=False,
    hint="Clip before each step, by one norm over all gradients; unclipped, this learning rate diverges.",
)
def test_train_language_model_learns_at_a_rate_that_needs_clipping(trial: Trial, case: Lesson) -> None:
    """With a learning rate at which only clipped training converges, it learns what the reference learns."""
    _learns(trial, case)


@check(
    "train_language_model",
    cases.drills,
    count=2,
    examples=[
        Drill(4, num_hiddens=5, V=5, length=57, num_steps=5, batch_size=5),
        Drill(5, num_epochs=1, num_hiddens=1, V=300, length=40, num_steps=2, batch_size=2),
    ],
    shrinks=False,
)
def test_train_language_model_returns_float32_weights_of_the_model(trial: Trial, case: Drill) -> None:
    """The result holds W_xh (V, h), W_hh (h, h), b_h (h,), W_hq (h, V), b_q (V,), float32 and finite."""
    params, call = _trained(trial, case.arguments()), trial.call_text(case.arguments())
    for name, weight in params.items():
        trial.require(weight.dtype == torch.float32, f"{name} has dtype {weight.dtype}, but should be float32", call)
        trial.require(bool(weight.isfinite().all()), f"{name} is not finite", call)


@check(
    "train_language_model",
    cases.drills,
    count=2,
    shrinks=False,
    hint="Draw the initial weights and the batches from the generator given, and from nothing else.",
)
def test_train_language_model_draws_from_its_generator(trial: Trial, case: Drill) -> None:
    """The same seed of the generator gives the same weights, another seed others."""
    arguments, call = case.arguments(), trial.call_text(case.arguments())
    params, again = _trained(trial, arguments), _trained(trial, arguments)
    other = _trained(trial, {**arguments, "generator": case.seed + 1})
    trial.matches(again, params, "the result for the same seed", call=call)
    for name in ("W_xh", "W_hh", "W_hq"):
        differs = not torch.allclose(other[name], params[name], rtol=1e-3, atol=1e-5)
        trial.require(differs, f"{name} is the same for another seed of the generator", call)


@check("train_language_model", cases.drills, count=2, shrinks=False)
def test_train_language_model_trains_every_weight(trial: Trial, case: Drill) -> None:
    """From the same start, another learning rate leads each of the five weights to other values."""
    arguments, call = case.arguments(), trial.call_text(case.arguments())
    params = _trained(trial, arguments)
    slower = _trained(trial, {**arguments, "learning_rate": case.learning_rate / 2})
    for name in params:
        same = torch.equal(params[name], slower[name])
        trial.require(not same, f"{name} is the same for half the learning rate: it is not trained", call)


@check(
    "train_language_model",
    cases.drills.map(lambda one: Drill(one.seed, 1e4, 1e-7, num_epochs=4, num_hiddens=40)),
    count=2,
    shrinks=False,
    hint="An update moves all weights together by learning_rate · min(max_norm, ||g||), no more and no less.",
)
def test_train_language_model_steps_by_learning_rate_and_clipped_norm(trial: Trial, case: Drill) -> None:
    """Where every gradient is clipped, the weights travel about learning_rate · max_norm an update, epoch by epoch."""
    arguments, call = case.arguments(), trial.call_text(case.arguments())
    start, end = _trained(trial, {**arguments, "learning_rate": 1.0}), _trained(trial, arguments)
    first = _trained(trial, {**arguments, "num_epochs": 1})
    updates = _travelled(start, end) / (case.learning_rate * case.max_norm)
    trial.require(
        0.3 * case.num_updates <= updates <= 1.6 * case.num_updates,  # one norm for each of five tensors: 2.2
        f"the weights travelled as far as {updates:.3g} updates of length learning_rate · max_norm would take "
        f"them, but should about as far as {case.num_updates}",
        call,
    )
    ratio = _travelled(start, end) / max(_travelled(start, first), 1e-12)
    trial.require(
        case.num_epochs / 2 <= ratio <= 2 * case.num_epochs,
        f"{case.num_epochs} epochs take the weights {ratio:.3g} times as far as one",
        call,
    )


@check(
    "train_language_model",
    examples=[Drill(3, 1e-3, 1e6, num_epochs=1, num_steps=20)],
    shrinks=False,
    hint="Double the batch or the steps: should the gradient of the loss double?",
)
def test_train_language_model_takes_the_mean_loss_over_all_tokens(trial: Trial, case: Drill) -> None:
    """Without clipping, no update moves b_q further than learning_rate · √2: a mean over tokens has no more."""
    arguments, call = case.arguments(), trial.call_text(case.arguments())
    start, end = _trained(trial, {**arguments, "learning_rate": 1e-9}), _trained(trial, arguments)
    moved = float((end["b_q"] - start["b_q"]).double().norm())
    most = 1.6 * case.num_updates * case.learning_rate * 2**0.5  # softmax minus one-hot has a norm below √2
    trial.require(
        moved <= most,
        f"b_q moved by {moved:.3g} in about {case.num_updates} updates, but a mean loss moves it by at most {most:.3g}",
        call,
    )


def _travelled(start: dict[str, torch.Tensor], end: dict[str, torch.Tensor]) -> float:
    """The distance between two sets of weights, all tensors together."""
    return sum(float((end[name] - start[name]).double().square().sum()) for name in end) ** 0.5


test_train_language_model_leaves_arguments_and_random_state_alone = purity(
    "train_language_model", cases.drills, count=1, shrinks=False
)

# -- shared ----------------------------------------------------------------------------------------------


def _tensors(
    trial: Trial, arguments: Arguments, *shapes: tuple[int, ...], drive: Arguments = NONE, **options: Any
) -> Any:
    """The result, whose tensors must have the given shapes and a floating dtype."""
    result, call = trial.ask(arguments, drive, **options), trial.call_text(arguments)
    found = trial.component.result.tensors(result, "result")
    for (name, tensor), shape in zip(found, shapes, strict=True):
        dims = tuple(tensor.shape)
        trial.require(dims == shape, f"{name} has shape {dims}, but should have {shape}", call)
        floating = tensor.dtype.is_floating_point
        trial.require(floating, f"{name} has dtype {tensor.dtype}, but should have a floating-point one", call)
    return result


def _computes_anew(trial: Trial, case: Any) -> None:
    """Each argument changes alone, then all of them; the hook follows what they hold then."""
    arguments, others = case.arguments(), replace(case, seed=case.seed + 1).arguments()
    changes: list[Arguments] = [{name: others[name]} for name in others if others[name] is not None]
    for change in [*changes, others]:
        trial.computes_anew(arguments, {**arguments, **change})


def _run(trial: Trial, arguments: Arguments) -> Any:
    """(outputs, state) of `rnn_scratch`. Outputs that are all alike obey most laws, and no equation."""
    T, n, _ = arguments["inputs"].shape
    h = len(arguments["params"]["b_h"])
    outputs, state = _tensors(trial, arguments, (T, n, h), (n, h))
    alike = outputs.numel() > 1 and torch.equal(outputs, outputs.flatten()[0].expand_as(outputs))
    trial.require(not alike, "outputs are the same number everywhere", trial.call_text(arguments))
    return outputs, state


def _drive(trial: Trial, arguments: Arguments, drive: Arguments, **options: Any) -> Any:
    """(outputs, state) of the module that `rnn_concise` builds."""
    T, n, _ = drive["inputs"].shape
    h = arguments["num_hiddens"]
    return _tensors(trial, arguments, (T, n, h), (1, n, h), drive=drive, **options)["result"]


def _trained(trial: Trial, arguments: Arguments) -> Any:
    """The weights that `train_language_model` returns."""
    V, h = arguments["vocab_size"], arguments["num_hiddens"]
    return _tensors(trial, arguments, (V, h), (h, h), (h,), (h, V), (V,))


def _norm_is(trial: Trial, case: Grads, grads: Any, expected: float) -> None:
    """All gradients together have that norm."""
    norm = sum(float(grad.double().square().sum()) for grad in grads if grad is not None) ** 0.5
    with trial.explaining(trial.call_text(case.arguments())):
        trial.near(norm, expected, "the norm of all gradients after the call")


def _grads_are(trial: Trial, case: Grads, actual: Any, expected: Any) -> None:
    """Gradients within 1e-5 relative, as the contract allows."""

    def tolerance(name: str, one: torch.Tensor, other: torch.Tensor) -> float:
        return 1e-5 * tolerances.largest(other)

    trial.matches(actual, expected, "grads", call=trial.call_text(case.arguments()), tolerance=tolerance)


def _slopes_agree(trial: Trial, arguments: dict[str, Any], step: float = 1e-5) -> None:
    """Central differences along one random direction of each floating-point argument, float64."""
    found = trial.gradients(arguments)
    draws = Draws(7, "float64")
    for path, gradient in found.items():
        name, _, key = path.partition(".")
        place = arguments[name][key] if key else arguments[name]
        direction = draws.normal(*place.shape)
        sums = []
        for sign in (1, -1):
            moved = place + sign * step * direction
            results = _run(trial, {**arguments, name: {**arguments[name], key: moved} if key else moved})
            sums.append(sum(float((r * c).sum()) for r, c in zip(results, cotangents(list(results), 1), strict=True)))
        slope = torch.tensor((sums[0] - sums[1]) / (2 * step), dtype=torch.float64)
        along = torch.zeros_like(slope) if gradient is None else (gradient * direction).sum()
        allowed = tolerances.DIFFERENCES * max(1.0, abs(float(slope)))
        trial.matches(
            along,
            slope,
            f"the gradient of {path} along a direction",
            call=trial.call_text(arguments),
            tolerance=lambda *_, allowed=allowed: allowed,
        )


def _learns(trial: Trial, case: Lesson) -> None:
    """The held-out perplexity is within 1.15 of the reference's, and not below what the source allows."""
    arguments, (tokens, log_probs) = case.arguments(), case.held_out()
    reached = _perplexity(_trained(trial, arguments), tokens)
    aim = _perplexity(trial.reference(arguments), tokens)
    floor = float((-log_probs[:, WARM_UP:].mean()).exp())
    call = trial.call_text(arguments)
    trial.require(
        reached <= 1.15 * aim,  # false for nan, too
        f"the perplexity on held-out text is {reached:.4g}, but should be at most {1.15 * aim:.4g}",
        f"the reference reaches {aim:.4g}; the text's own is {floor:.4g}; a guess has {arguments['vocab_size']}",
        call,
    )
    trial.require(reached >= 0.95 * floor, f"a perplexity of {reached:.4g} is below the text's own, {floor:.4g}", call)


WARM_UP = 4
"""Tokens at the start of a held-out window that are not judged: what they depend on is not in the window."""


def _perplexity(params: dict[str, torch.Tensor], tokens: torch.Tensor) -> float:
    """The perplexity of the language model with these weights on windows (rows, steps), from zero states."""
    W_xh, W_hh, b_h, W_hq, b_q = (params[name].double() for name in ("W_xh", "W_hh", "b_h", "W_hq", "b_q"))
    H, losses = torch.zeros(len(tokens), len(b_h), dtype=torch.float64), []
    for now, following in zip(tokens.T[:-1], tokens.T[1:], strict=True):
        H = torch.tanh(W_xh[now] + H @ W_hh + b_h)
        losses.append(torch.nn.functional.cross_entropy(H @ W_hq + b_q, following))
    return float(torch.stack(losses[WARM_UP - 1 :]).mean().exp())
