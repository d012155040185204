"""Graded checks of the unit gated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from harness.contracts.differentiating import cotangents
from harness.judge import tolerances
from harness.judge.check import check
from harness.judge.spec import Draws
from harness.judge.standard import agreement, gradients, layouts, purity, renewal
from harness.judge.trial import Trial

from .cases import gated as cases
from .cases.gated import Bidirectional, Deep, Gru, GruModule, Lstm, LstmModule, Run

OPEN, CLOSED = 40.0, -40.0
"""Biases that saturate a gate, yet overflow no way of writing a sigmoid."""

# -- lstm_scratch ----------------------------------------------------------------------------------------

test_lstm_scratch_follows_its_equations = agreement(
    "lstm_scratch",
    cases.any_runs(Lstm),
    "Outputs and the last (H, C) are those of equations 10.1.1-10.1.4, in the precision of the arguments.",
    "follows_its_equations",
    count=5,
    examples=cases.edges(Lstm),
    weight=2,
    hint="Write one step on paper: which of the four results of a step goes through which function?",
)

test_lstm_scratch_gradients_reach_every_argument = gradients(
    "lstm_scratch",
    cases.exact_runs(Lstm),
    count=3,
    examples=[Lstm(4, 2, 3, 5), Lstm(33, 2, 3, 5, dtype="float64"), *cases.strained(Lstm)],
)


@check("lstm_scratch", examples=[Lstm(4, 2, 3, 5, dtype="float64")])
def test_lstm_scratch_gradients_equal_finite_differences(trial: Trial, case: Lstm) -> None:
    """Gradients equal central finite differences of the forward run, T steps back in time."""
    _gradients_are_slopes(trial, case)


@check("lstm_scratch", cases.runs(Lstm), count=3, hint="Both H and C of the state are carried, in this order.")
def test_lstm_scratch_two_chunks_equal_one_run(trial: Trial, case: Lstm) -> None:
    """Reading a sequence in two chunks, the state carried over, equals reading it at once."""
    _chunks_equal_one_run(trial, case)


@check("lstm_scratch", cases.runs(Lstm), count=3)
def test_lstm_scratch_treats_each_sequence_alone(trial: Trial, case: Lstm) -> None:
    """A sequence gives the same in a batch and by itself."""
    _sequences_do_not_mix(trial, case)


@check("lstm_scratch", cases.runs(Lstm), count=3)
def test_lstm_scratch_never_looks_ahead(trial: Trial, case: Lstm) -> None:
    """Changing the last input changes the last output and leaves all earlier ones as they are."""
    _outputs_ignore_the_future(trial, case)


@check("lstm_scratch", cases.runs(Lstm), count=3)
def test_lstm_scratch_takes_no_state_for_zeros(trial: Trial, case: Lstm) -> None:
    """state=None gives the same as a state of zeros, and a given state something else."""
    _none_means_zeros(trial, case)


@check("lstm_scratch", cases.runs(Lstm), count=3, hint="Which gate multiplies the old memory, which the candidate?")
def test_lstm_scratch_keeps_its_memory_behind_an_open_forget_gate(trial: Trial, case: Lstm) -> None:
    """With the forget gate at 1 and the input gate at 0, C stays what it was."""
    biases = _biases(case, b_f=OPEN, b_i=CLOSED)
    _, (_, memory) = _run(trial, case, **biases)
    trial.matches(memory, case.arguments()["state"][1], "C after the run", call=_call(trial, case))


@check("lstm_scratch", cases.runs(Lstm), count=3, hint="The output gate multiplies the whole of what H shows of C.")
def test_lstm_scratch_shows_nothing_behind_a_closed_output_gate(trial: Trial, case: Lstm) -> None:
    """With the output gate at 0, all outputs and H are zero, while C goes on."""
    outputs, (hidden, memory) = _run(trial, case, **_biases(case, b_o=CLOSED))
    call = _call(trial, case)
    trial.matches(outputs, torch.zeros(case.T, case.n, case.h), "outputs", call=call)
    trial.matches(hidden, torch.zeros(case.n, case.h), "H after the run", call=call)
    _differ(trial, case, memory, hidden, "the output gate closes the memory C too")


test_lstm_scratch_takes_tensors_of_any_layout = layouts("lstm_scratch", cases.any_runs(Lstm), count=2)
test_lstm_scratch_computes_anew_at_each_call = renewal("lstm_scratch", cases.any_runs(Lstm), count=2)
test_lstm_scratch_leaves_arguments_and_random_state_alone = purity(
    "lstm_scratch", cases.runs(Lstm), count=2, examples=[Lstm(3, 2, 4, 5, state=False)]
)

# -- lstm_concise ----------------------------------------------------------------------------------------

test_lstm_concise_computes_what_torch_does = agreement(
    "lstm_concise",
    cases.any_runs(LstmModule),
    "Given weights, the module's outputs and its last (H, C) are those of torch.nn.LSTM, time first.",
    "computes_what_torch_does",
    count=3,
    examples=cases.edges(LstmModule),
    weight=2,
    hint="Inputs are (T, n, d); a state is (H, C), each (1, n, h).",
)


@check("lstm_concise", cases.runs(LstmModule), count=2, hint="Look at the arguments of torch.nn.LSTM.")
def test_lstm_concise_is_one_layer_in_one_direction(trial: Trial, case: LstmModule) -> None:
    """The module is or holds exactly one torch.nn.LSTM; outputs are (T, n, h), H and C (1, n, h)."""
    outputs, (hidden, memory) = _run(trial, case)
    _has_shape(trial, case, "outputs", outputs, (case.T, case.n, case.h))
    _has_shape(trial, case, "state.H", hidden, (1, case.n, case.h))
    _has_shape(trial, case, "state.C", memory, (1, case.n, case.h))


@check("lstm_concise", cases.runs(LstmModule), count=3, hint="Both H and C of the state are carried.")
def test_lstm_concise_two_chunks_equal_one_run(trial: Trial, case: LstmModule) -> None:
    """Reading a sequence in two chunks, the state carried over, equals reading it at once."""
    _chunks_equal_one_run(trial, case)


@check("lstm_concise", cases.runs(LstmModule), count=3)
def test_lstm_concise_takes_no_state_for_zeros(trial: Trial, case: LstmModule) -> None:
    """state=None gives the same as a state of zeros, and a given state something else."""
    _none_means_zeros(trial, case)


@check("lstm_concise", cases.runs(LstmModule), count=2)
def test_lstm_concise_draws_new_weights_at_each_call(trial: Trial, case: LstmModule) -> None:
    """Two calls give modules with different initial weights."""
    _initial_weights_differ(trial, case)


@check("lstm_concise", examples=[LstmModule(4, 2, 3, 5), LstmModule(3, 2, 4, 4, state=False)])
def test_lstm_concise_takes_float32_inputs_as_it_is_made(trial: Trial, case: LstmModule) -> None:
    """With its initial weights, untouched, the module runs on float32 inputs and gives float32 results."""
    _runs_as_it_is_made(trial, case)


test_lstm_concise_gradients_reach_every_argument = gradients(
    "lstm_concise",
    cases.exact_runs(LstmModule),
    count=3,
    examples=[LstmModule(4, 2, 3, 5), *cases.strained(LstmModule)],
)

test_lstm_concise_leaves_arguments_and_random_state_alone = purity("lstm_concise", cases.runs(LstmModule), count=2)

# -- gru_scratch -----------------------------------------------------------------------------------------

test_gru_scratch_follows_its_equations = agreement(
    "gru_scratch",
    cases.any_runs(Gru),
    "Outputs and the last state are those of equations 10.2.1-10.2.3, in the precision of the arguments.",
    "follows_its_equations",
    count=5,
    examples=cases.edges(Gru),
    weight=2,
    hint="The contract is not torch.nn.GRU's: read what R multiplies, and which of the two Z keeps.",
)

test_gru_scratch_gradients_reach_every_argument = gradients(
    "gru_scratch",
    cases.exact_runs(Gru),
    count=3,
    examples=[Gru(4, 2, 3, 5), Gru(33, 2, 3, 5, dtype="float64"), *cases.strained(Gru)],
)


@check("gru_scratch", examples=[Gru(4, 2, 3, 5, dtype="float64")])
def test_gru_scratch_gradients_equal_finite_differences(trial: Trial, case: Gru) -> None:
    """Gradients equal central finite differences of the forward run, T steps back in time."""
    _gradients_are_slopes(trial, case)


@check("gru_scratch", cases.runs(Gru), count=3, hint="The state returned is the one after the last input.")
def test_gru_scratch_two_chunks_equal_one_run(trial: Trial, case: Gru) -> None:
    """Reading a sequence in two chunks, the state carried over, equals reading it at once."""
    _chunks_equal_one_run(trial, case)


@check("gru_scratch", cases.runs(Gru), count=3)
def test_gru_scratch_treats_each_sequence_alone(trial: Trial, case: Gru) -> None:
    """A sequence gives the same in a batch and by itself."""
    _sequences_do_not_mix(trial, case)


@check("gru_scratch", cases.runs(Gru), count=3)
def test_gru_scratch_never_looks_ahead(trial: Trial, case: Gru) -> None:
    """Changing the last input changes the last output and leaves all earlier ones as they are."""
    _outputs_ignore_the_future(trial, case)


@check("gru_scratch", cases.runs(Gru), count=3)
def test_gru_scratch_takes_no_state_for_zeros(trial: Trial, case: Gru) -> None:
    """state=None gives the same as a state of zeros, and a given state something else."""
    _none_means_zeros(trial, case)


@check(
    "gru_scratch", cases.runs(Gru), count=3, hint="Which of the two does Z multiply, the old state or the candidate?"
)
def test_gru_scratch_keeps_its_state_behind_an_open_update_gate(trial: Trial, case: Gru) -> None:
    """With the update gate at 1, every output is the initial state."""
    outputs, _ = _run(trial, case, **_biases(case, b_z=OPEN))
    trial.matches(outputs, case.arguments()["state"].expand(case.T, -1, -1), "outputs", call=_call(trial, case))


@check("gru_scratch", cases.runs(Gru), count=3, hint="What does R multiply: the state, or its product with W_hh?")
def test_gru_scratch_resets_the_state_before_the_product(trial: Trial, case: Gru) -> None:
    """With the update gate at 0, closing the reset gate of a unit equals setting that unit's state to zero."""
    arguments = case.arguments()
    kept = torch.arange(case.h) % 2 == 0
    closed = {**arguments["params"], **_gates(case, b_z=CLOSED), "b_r": torch.where(kept, OPEN, CLOSED)}
    opened = {**arguments["params"], **_gates(case, b_z=CLOSED, b_r=OPEN)}
    first = {"inputs": arguments["inputs"][:1]}
    by_gate, _ = _run(trial, case, **first, params=closed)
    by_hand, _ = _run(trial, case, **first, params=opened, state=arguments["state"] * kept)
    trial.matches(by_gate, by_hand, "outputs with some reset gates closed", call=_call(trial, case))
    not_reset, _ = _run(trial, case, **first, params=opened)
    _differ(trial, case, by_gate, not_reset, "the reset gate has no effect")


test_gru_scratch_takes_tensors_of_any_layout = layouts("gru_scratch", cases.any_runs(Gru), count=2)
test_gru_scratch_computes_anew_at_each_call = renewal("gru_scratch", cases.any_runs(Gru), count=2)
test_gru_scratch_leaves_arguments_and_random_state_alone = purity(
    "gru_scratch", cases.runs(Gru), count=2, examples=[Gru(3, 2, 4, 5, state=False)]
)

# -- gru_concise -----------------------------------------------------------------------------------------

test_gru_concise_computes_what_torch_does = agreement(
    "gru_concise",
    cases.any_runs(GruModule),
    "Given weights, the module's outputs and its last state are those of torch.nn.GRU, time first.",
    "computes_what_torch_does",
    count=3,
    examples=cases.edges(GruModule),
    weight=2,
    hint="Inputs are (T, n, d); a state is (1, n, h).",
)


@check("gru_concise", cases.runs(GruModule), count=2, hint="Look at the arguments of torch.nn.GRU.")
def test_gru_concise_is_one_layer_in_one_direction(trial: Trial, case: GruModule) -> None:
    """The module is or holds exactly one torch.nn.GRU; outputs are (T, n, h), the state (1, n, h)."""
    outputs, state = _run(trial, case)
    _has_shape(trial, case, "outputs", outputs, (case.T, case.n, case.h))
    _has_shape(trial, case, "state", state, (1, case.n, case.h))


@check("gru_concise", cases.runs(GruModule), count=3)
def test_gru_concise_two_chunks_equal_one_run(trial: Trial, case: GruModule) -> None:
    """Reading a sequence in two chunks, the state carried over, equals reading it at once."""
    _chunks_equal_one_run(trial, case)


@check("gru_concise", cases.runs(GruModule), count=3)
def test_gru_concise_takes_no_state_for_zeros(trial: Trial, case: GruModule) -> None:
    """state=None gives the same as a state of zeros, and a given state something else."""
    _none_means_zeros(trial, case)


@check("gru_concise", cases.runs(GruModule), count=2)
def test_gru_concise_draws_new_weights_at_each_call(trial: Trial, case: GruModule) -> None:
    """Two calls give modules with different initial weights."""
    _initial_weights_differ(trial, case)


@check("gru_concise", examples=[GruModule(4, 2, 3, 5), GruModule(3, 2, 4, 4, state=False)])
def test_gru_concise_takes_float32_inputs_as_it_is_made(trial: Trial, case: GruModule) -> None:
    """With its initial weights, untouched, the module runs on float32 inputs and gives float32 results."""
    _runs_as_it_is_made(trial, case)


test_gru_concise_gradients_reach_every_argument = gradients(
    "gru_concise", cases.exact_runs(GruModule), count=3, examples=[GruModule(4, 2, 3, 5), *cases.strained(GruModule)]
)

test_gru_concise_leaves_arguments_and_random_state_alone = purity("gru_concise", cases.runs(GruModule), count=2)

# -- deep_rnn --------------------------------------------------------------------------------------------

LAYERS = cases.st.integers(1, 3)

test_deep_rnn_follows_its_equation = agreement(
    "deep_rnn",
    cases.any_runs(Deep, L=LAYERS),
    "Outputs and every layer's last state are those of equation 10.3.1, in the precision of the arguments.",
    "follows_its_equation",
    count=5,
    examples=[*cases.edges(Deep), Deep(4, 2, 3, 5, L=1), Deep(3, 2, 5, 5, L=4), Deep(3, 2, 4, 3, 1, L=12)],
    weight=2,
    hint="What does each layer read, and which state does it start from?",
)

test_deep_rnn_gradients_reach_every_argument = gradients(
    "deep_rnn",
    cases.exact_runs(Deep, L=LAYERS),
    count=3,
    examples=[Deep(4, 2, 3, 5), Deep(33, 2, 3, 5, dtype="float64"), *cases.strained(Deep)],
)


@check("deep_rnn", examples=[Deep(4, 2, 3, 5, dtype="float64")])
def test_deep_rnn_gradients_equal_finite_differences(trial: Trial, case: Deep) -> None:
    """Gradients equal central finite differences of the forward run, through all layers and T steps."""
    _gradients_are_slopes(trial, case)


@check("deep_rnn", cases.runs(Deep, L=cases.st.just(1)), count=3)
def test_deep_rnn_of_one_layer_is_a_tanh_rnn(trial: Trial, case: Deep) -> None:
    """With one layer, H_t = tanh(X_t W_xh + H_{t-1} W_hh + b_h), and the states are a list of one."""
    arguments = case.arguments()
    outputs, states = _run(trial, case)
    expected = _tanh_rnn(arguments["inputs"], arguments["states"][0], arguments["layers"][0])
    trial.matches(outputs, expected, "outputs", call=_call(trial, case))
    trial.matches(states, [expected[-1]], "states", call=_call(trial, case))


@check(
    "deep_rnn",
    cases.runs(Deep, L=cases.st.integers(2, 3)),
    count=3,
    examples=[Deep(4, 2, 5, 5)],
    hint="Layer 2 reads the outputs of layer 1.",
)
def test_deep_rnn_equals_its_layers_run_one_by_one(trial: Trial, case: Deep) -> None:
    """Running each layer on the outputs of the one below, with its own state and weights, gives the same."""
    arguments = case.arguments()
    below, lasts = arguments["inputs"], []
    for state, params in zip(arguments["states"], arguments["layers"], strict=True):
        below, last = _run(trial, case, inputs=below, states=[state], layers=[params])
        lasts += last
    outputs, states = _run(trial, case)
    trial.matches(outputs, below, "outputs", call=_call(trial, case))
    trial.matches(states, lasts, "states", call=_call(trial, case))


@check("deep_rnn", cases.runs(Deep), count=3, hint="Each layer returns its own last state, in the order of layers.")
def test_deep_rnn_two_chunks_equal_one_run(trial: Trial, case: Deep) -> None:
    """Reading a sequence in two chunks, the states carried over, equals reading it at once."""
    _chunks_equal_one_run(trial, case)


@check("deep_rnn", cases.runs(Deep), count=3)
def test_deep_rnn_treats_each_sequence_alone(trial: Trial, case: Deep) -> None:
    """A sequence gives the same in a batch and by itself."""
    _sequences_do_not_mix(trial, case)


@check("deep_rnn", cases.runs(Deep), count=3)
def test_deep_rnn_never_looks_ahead(trial: Trial, case: Deep) -> None:
    """Changing the last input changes the last output and leaves all earlier ones as they are."""
    _outputs_ignore_the_future(trial, case)


@check("deep_rnn", cases.runs(Deep), count=3)
def test_deep_rnn_takes_no_states_for_zeros(trial: Trial, case: Deep) -> None:
    """states=None gives the same as a list of zeros, and given states something else."""
    _none_means_zeros(trial, case)


test_deep_rnn_takes_tensors_of_any_layout = layouts("deep_rnn", cases.any_runs(Deep, L=LAYERS), count=2)
test_deep_rnn_computes_anew_at_each_call = renewal("deep_rnn", cases.any_runs(Deep, L=LAYERS), count=2)
test_deep_rnn_leaves_arguments_and_random_state_alone = purity(
    "deep_rnn", cases.runs(Deep), count=2, examples=[Deep(3, 2, 4, 5, state=False)]
)

# -- bidirectional_rnn -----------------------------------------------------------------------------------

test_bidirectional_rnn_follows_its_equations = agreement(
    "bidirectional_rnn",
    cases.any_runs(Bidirectional),
    "Outputs and both states are those of equation 10.4.1, in the precision of the arguments.",
    "follows_its_equations",
    count=5,
    examples=cases.edges(Bidirectional),
    weight=2,
    hint="Both halves of outputs[t] belong to the same input, inputs[t].",
)

test_bidirectional_rnn_gradients_reach_every_argument = gradients(
    "bidirectional_rnn",
    cases.exact_runs(Bidirectional),
    count=3,
    examples=[Bidirectional(4, 2, 3, 5), Bidirectional(33, 2, 3, 5, dtype="float64"), *cases.strained(Bidirectional)],
)


@check("bidirectional_rnn", examples=[Bidirectional(4, 2, 3, 5, dtype="float64")])
def test_bidirectional_rnn_gradients_equal_finite_differences(trial: Trial, case: Bidirectional) -> None:
    """Gradients equal central finite differences of the run, in both directions."""
    _gradients_are_slopes(trial, case)


@check("bidirectional_rnn", cases.runs(Bidirectional), count=3)
def test_bidirectional_rnn_forward_half_is_a_tanh_rnn(trial: Trial, case: Bidirectional) -> None:
    """The first h columns are a tanh RNN with the forward parameters and the forward state."""
    arguments = case.arguments()
    outputs, _ = _run(trial, case)
    expected = _tanh_rnn(arguments["inputs"], arguments["states"][0], arguments["forward_params"])
    trial.matches(outputs[..., : case.h], expected, "outputs[..., :h]", call=_call(trial, case))


@check("bidirectional_rnn", cases.runs(Bidirectional), count=3, hint="Is the backward half turned round again?")
def test_bidirectional_rnn_reversed_in_time_swaps_its_directions(trial: Trial, case: Bidirectional) -> None:
    """Reversing time and swapping parameters and states of the directions swaps the halves, in reversed time."""
    arguments = case.arguments()
    swapped = {
        "inputs": arguments["inputs"].flip(0),
        "states": arguments["states"][::-1],
        "forward_params": arguments["backward_params"],
        "backward_params": arguments["forward_params"],
    }
    outputs, (forward, backward) = _run(trial, case)
    mirrored, states = _run(trial, case, **swapped)
    trial.matches(mirrored.flip(0).roll(case.h, -1), outputs, "outputs, mirrored,", call=_call(trial, case))
    trial.matches(states, (backward, forward), "states, mirrored,", call=_call(trial, case))
    _differ(trial, case, mirrored, outputs, "outputs do not depend on the order of the inputs")


@check("bidirectional_rnn", cases.runs(Bidirectional), count=3, hint="Which input does the backward RNN read last?")
def test_bidirectional_rnn_states_end_at_opposite_ends(trial: Trial, case: Bidirectional) -> None:
    """The forward state is the forward half of the last output, the backward state the backward half of the first."""
    outputs, (forward, backward) = _run(trial, case)
    trial.matches(forward, outputs[-1, :, : case.h], "the forward state", call=_call(trial, case))
    trial.matches(backward, outputs[0, :, case.h :], "the backward state", call=_call(trial, case))
    _differ(trial, case, forward, backward, "both directions end in the same state")


@check("bidirectional_rnn", cases.runs(Bidirectional), count=3)
def test_bidirectional_rnn_halves_see_the_past_and_the_future(trial: Trial, case: Bidirectional) -> None:
    """Changing the last input leaves earlier forward halves alone, changing the first later backward halves."""
    outputs, _ = _run(trial, case)
    at_the_end, _ = _run(trial, case, inputs=_changed(case, case.T - 1))
    at_the_start, _ = _run(trial, case, inputs=_changed(case, 0))
    forward, backward = slice(0, case.h), slice(case.h, None)
    call = _call(trial, case)
    trial.matches(at_the_end[:-1, :, forward], outputs[:-1, :, forward], "the forward half before a change", call=call)
    trial.matches(at_the_start[1:, :, backward], outputs[1:, :, backward], "the backward half after one", call=call)
    _differ(trial, case, at_the_start[0, :, backward], at_the_end[0, :, backward], "no half depends on the inputs")


@check("bidirectional_rnn", cases.runs(Bidirectional), count=3)
def test_bidirectional_rnn_treats_each_sequence_alone(trial: Trial, case: Bidirectional) -> None:
    """A sequence gives the same in a batch and by itself."""
    _sequences_do_not_mix(trial, case)


@check("bidirectional_rnn", cases.runs(Bidirectional), count=3)
def test_bidirectional_rnn_takes_no_states_for_zeros(trial: Trial, case: Bidirectional) -> None:
    """states=None gives the same as a pair of zeros, and given states something else."""
    _none_means_zeros(trial, case)


test_bidirectional_rnn_takes_tensors_of_any_layout = layouts(
    "bidirectional_rnn", cases.any_runs(Bidirectional), count=2
)
test_bidirectional_rnn_computes_anew_at_each_call = renewal("bidirectional_rnn", cases.any_runs(Bidirectional), count=2)
test_bidirectional_rnn_leaves_arguments_and_random_state_alone = purity(
    "bidirectional_rnn", cases.runs(Bidirectional), count=2, examples=[Bidirectional(3, 2, 4, 5, state=False)]
)

# -- shared: asking ----------------------------------------------------------------------------------------


def _run(trial: Trial, case: Run, **changes: Any) -> tuple[torch.Tensor, Any]:
    """(outputs, state or states) of the case, with some arguments, or parts of the drive, changed."""
    arguments, drive = ({**kept, **_among(kept, changes)} for kept in (case.arguments(), case.drive()))
    result = trial.ask(arguments, drive)
    outputs, state = result["result"] if isinstance(result, dict) else result
    _has_shape(trial, case, "outputs", outputs, (*{**arguments, **drive}["inputs"].shape[:2], case.width))
    named = trial.component.result.tensors(result, "result")
    unsound = [name for name, one in named if not (one.dtype.is_floating_point and bool(torch.isfinite(one).all()))]
    trial.require(not unsound, f"{' and '.join(unsound)} should hold finite floating-point numbers")
    return outputs, state


def _among(kept: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in changes.items() if name in kept}


def _has_shape(trial: Trial, case: Run, what: str, tensor: torch.Tensor, shape: tuple[int, ...]) -> None:
    actual = tuple(tensor.shape)
    if actual != shape:
        raise trial.failure(f"{what} has shape {actual}, but should have {shape}", _call(trial, case))


def _call(trial: Trial, case: Run) -> str:
    return trial.call_text(case.arguments())


def _given(case: Run) -> tuple[torch.Tensor, str, Any]:
    """A case's inputs, the name under which it has its state or states, and these."""
    everything = {**case.arguments(), **case.drive()}
    name = "states" if "states" in everything else "state"
    return everything["inputs"], name, everything[name]


def _each(value: Any, change: Callable[[torch.Tensor], torch.Tensor]) -> Any:
    """`change` applied to the tensor, or to each of a list or tuple of tensors; what has no axis stays."""
    if isinstance(value, (list, tuple)):
        return type(value)(_each(item, change) for item in value)
    return change(value) if value.ndim else value


def _gates(case: Run, **biases: float) -> dict[str, torch.Tensor]:
    return {name: torch.full((case.h,), bias) for name, bias in biases.items()}


def _biases(case: Run, **biases: float) -> dict[str, Any]:
    """The case's params with some biases set throughout."""
    return {"params": {**case.arguments()["params"], **_gates(case, **biases)}}


def _changed(case: Run, t: int) -> torch.Tensor:
    """The case's inputs with another one at time t."""
    inputs = _given(case)[0].clone()
    inputs[t] = 1 - 2 * inputs[t]
    return inputs


# -- shared: laws ------------------------------------------------------------------------------------------


def _chunks_equal_one_run(trial: Trial, case: Run) -> None:
    inputs, name, _ = _given(case)
    cut = case.T - 2
    whole, last = _run(trial, case)
    first, between = _run(trial, case, inputs=inputs[:cut])
    second, end = _run(trial, case, inputs=inputs[cut:], **{name: between})
    trial.matches(first, whole[:cut], "outputs in a first chunk", call=_call(trial, case))
    trial.matches(second, whole[cut:], "outputs in a second chunk", call=_call(trial, case))
    trial.matches(end, last, f"{name} after two chunks", call=_call(trial, case))
    forgetful, _ = _run(trial, case, inputs=inputs[cut:], **{name: None})
    _differ(trial, case, forgetful, second, f"outputs do not depend on {name}")


def _sequences_do_not_mix(trial: Trial, case: Run) -> None:
    inputs, name, state = _given(case)
    whole, last = _run(trial, case)
    alone, end = _run(trial, case, inputs=inputs[:, -1:].contiguous(), **{name: _each(state, lambda one: one[-1:])})
    trial.matches(alone, whole[:, -1:], "outputs of the batch's last sequence alone", call=_call(trial, case))
    trial.matches(end, _each(last, lambda one: one[-1:]), f"its {name}", call=_call(trial, case))
    _differ(trial, case, whole[:, 0], whole[:, -1], "outputs do not depend on the sequence")


def _outputs_ignore_the_future(trial: Trial, case: Run) -> None:
    outputs, _ = _run(trial, case)
    other, _ = _run(trial, case, inputs=_changed(case, case.T - 1))
    trial.matches(other[:-1], outputs[:-1], "outputs before a changed input", call=_call(trial, case))
    _differ(trial, case, other[-1], outputs[-1], "the last output does not depend on the last input")


def _none_means_zeros(trial: Trial, case: Run) -> None:
    _, name, state = _given(case)
    nothing, last = _run(trial, case, **{name: None}, rehearsals=2)  # a module may remember what it should not
    zeros, end = _run(trial, case, **{name: _each(state, torch.zeros_like)})
    trial.matches(nothing, zeros, f"outputs with {name}=None", call=_call(trial, case))
    trial.matches(last, end, f"{name} after {name}=None", call=_call(trial, case))
    given, _ = _run(trial, case)
    _differ(trial, case, given, nothing, f"outputs do not depend on {name}")


def _differ(trial: Trial, case: Run, one: torch.Tensor, other: torch.Tensor, headline: str) -> None:
    """A law that a constant obeys proves nothing: what should matter must."""
    if torch.equal(one, other):
        raise trial.failure(headline, _call(trial, case))


def _initial_weights_differ(trial: Trial, case: Run) -> None:
    drive = {**case.drive(), "weights": None}
    first, second = (trial.ask(case.arguments(), drive, global_seed=seed)["result"][0] for seed in (1, 2))
    _differ(trial, case, first, second, "two calls give modules with the same initial weights")


def _runs_as_it_is_made(trial: Trial, case: Run) -> None:
    outputs, _ = _run(trial, case, weights=None, as_made=True)
    trial.require(outputs.dtype is torch.float32, f"outputs have dtype {outputs.dtype}", _call(trial, case))
    _differ(trial, case, outputs[0], outputs[-1], "outputs do not depend on the step")


def _gradients_are_slopes(trial: Trial, case: Run) -> None:
    """The gradient's product with a random direction in each argument is the slope of the run along it."""
    arguments = case.arguments()
    found = trial.gradients(arguments)
    for name, value in arguments.items():
        way = _direction(case, _leaves(value, name))
        parts = [(gradient * way[path]).sum() for path in way if (gradient := found.get(path)) is not None]
        ahead, behind = (_weighed(trial, {**arguments, name: _moved(value, name, way, step)}) for step in (1e-5, -1e-5))
        trial.matches(
            torch.stack([torch.zeros((), dtype=torch.float64), *parts]).sum(),
            (ahead - behind) / 2e-5,
            f"the derivative along a random direction in {name}",
            call=_call(trial, case),
            tolerance=lambda *_: tolerances.DIFFERENCES,
        )


def _weighed(trial: Trial, arguments: dict[str, Any]) -> torch.Tensor:
    """The results weighed with the cotangents that `trial.gradients` takes."""
    kind, result = trial.component.result, trial.ask(arguments)
    tensors = [tensor for _, tensor in kind.tensors(result, "result")]
    return torch.stack(
        [(one * weight).sum() for one, weight in zip(tensors, cotangents(tensors, 1), strict=True)]
    ).sum()


def _direction(case: Run, leaves: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """A random direction of length about one, by the paths of an argument's tensors."""
    draws, size = Draws(case.seed + 1, case.dtype), sum(leaf.numel() for leaf in leaves.values())
    return {path: draws.normal(*leaf.shape, scale=size**-0.5) for path, leaf in leaves.items()}


def _leaves(value: Any, path: str) -> dict[str, torch.Tensor]:
    """The tensors of an argument by path, named as gradients are: `params.W_xh`, `state[0]`."""
    if isinstance(value, torch.Tensor):
        return {path: value}
    named = value.items() if isinstance(value, dict) else enumerate(value)
    join = ".{}" if isinstance(value, dict) else "[{}]"
    return {p: leaf for key, item in named for p, leaf in _leaves(item, path + join.format(key)).items()}


def _moved(value: Any, path: str, way: dict[str, torch.Tensor], step: float) -> Any:
    """An argument moved by a step along a direction."""
    if isinstance(value, torch.Tensor):
        return value + step * way[path]
    if isinstance(value, dict):
        return {key: _moved(item, f"{path}.{key}", way, step) for key, item in value.items()}
    return type(value)(_moved(item, f"{path}[{i}]", way, step) for i, item in enumerate(value))


def _tanh_rnn(inputs: torch.Tensor, state: torch.Tensor, params: dict[str, torch.Tensor]) -> torch.Tensor:
    """H_t = tanh(X_t W_xh + H_{t-1} W_hh + b_h), computed by the judge itself."""
    outputs = []
    for X in inputs:
        state = torch.tanh(X @ params["W_xh"] + state @ params["W_hh"] + params["b_h"])
        outputs.append(state)
    return torch.stack(outputs)
