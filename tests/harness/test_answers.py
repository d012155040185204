"""Tests of the callables that contracts hand to hooks: what a batch's step takes and gives, and what a layer is."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from harness.contracts.ambient import RandomStates
from harness.contracts.answers import BatchModel, BatchStep, State
from harness.contracts.batching import layer_of

LIKE = torch.zeros(2, 5, dtype=torch.float64)


def model(state: list[list[int]] | None = None, rule: str = "memory") -> BatchModel:
    """A model of two rows and five tokens."""
    return BatchModel({}, {"rule": rule, "seed": 3, "like": LIKE, "state": state})


def test_a_step_gives_logits_and_a_state() -> None:
    """Logits have the shape, dtype and device of `like`; the state is new each time."""
    step = BatchStep(model().answer, LIKE)
    logits, state = step(torch.tensor([1, 4]), None)
    assert (logits.shape, logits.dtype) == (LIKE.shape, LIKE.dtype)
    assert step(torch.tensor([1, 4]), state)[1].number == state.number + 1


@pytest.mark.parametrize(
    "tokens", [[1, 4], torch.tensor([1, 4], dtype=torch.int32), [torch.tensor(1), torch.tensor(4)]]
)
def test_a_step_takes_integers_in_any_form(tokens: Any) -> None:
    """Lists, other integer dtypes and 0-d tensors are as good as int64."""
    expected, _ = BatchStep(model().answer, LIKE)(torch.tensor([1, 4]), None)
    assert torch.equal(BatchStep(model().answer, LIKE)(tokens, None)[0], expected)


@pytest.mark.parametrize("tokens", [[1], [1, 2, 3], [[1], [2]], 1, [1.0, 2.0], torch.ones(2)])
def test_a_step_refuses_other_shapes_and_floats(tokens: Any) -> None:
    """The message says what it was given."""
    with pytest.raises(ValueError, match=r"step takes int tokens of shape \(2,\), but was given torch"):
        BatchStep(model().answer, LIKE)(tokens, None)


def test_a_step_is_pure() -> None:
    """The same tokens after the same history give the same logits, in whatever order the calls come."""
    step = BatchStep(model([[0, 1], [2, 3]]).answer, LIKE)
    first, after = step([1, 4], State(0))
    step([4, 4], after)
    assert torch.equal(step([1, 4], State(0))[0], first)


def test_a_row_depends_on_all_its_own_tokens_alone() -> None:
    """Another token in one row, now or before, changes that row and leaves the other one as it is."""
    plain = BatchStep(model([[0, 1], [2, 3]]).answer, LIKE)([1, 4], State(0))[0]
    for state, tokens in (([[4, 1], [2, 3]], [1, 4]), ([[0, 1], [2, 3]], [2, 4])):
        other = BatchStep(model(state).answer, LIKE)(tokens, State(0))[0]
        assert (other == plain).all(1).tolist() == [False, True]


def test_logits_have_no_ties() -> None:
    """The argmax is settled, whatever came before."""
    step = BatchStep(model().answer, LIKE)
    for token in range(5):
        assert all(len(set(row)) == 5 for row in step([token, 0], None)[0].tolist())


def test_the_rule_successor_makes_the_next_index_the_most_likely() -> None:
    """Modulo V."""
    logits, _ = BatchStep(model(rule="successor").answer, LIKE)([1, 4], None)
    assert logits.argmax(1).tolist() == [2, 0]


@pytest.mark.parametrize(
    "question",
    [None, 7, [], [[1, 2]], [[1], None], [[1, 2, 3], None], [[1, "2"], None], [[1, True], None], [(1, 2), None],
     [[1, 2], 0], [[1, 2], -1], [[1, 2], "0"], [[1, 2], False]],
)  # fmt: skip
def test_a_question_that_makes_no_sense_is_refused(question: Any) -> None:
    """By ValueError or TypeError, which end the worker that asked."""
    with pytest.raises((ValueError, TypeError)):
        model().answer(question)


@pytest.mark.parametrize(("kind", "gates"), [("rnn", 1), ("gru", 3)])
def test_a_layer_has_the_weights_of_its_description(kind: str, gates: int) -> None:
    """It is of torch's class, batch-first, of the inputs' dtype; making it moves no random state."""
    weights = {
        "weight_ih_l0": torch.rand(gates * 4, 3, dtype=torch.float64),
        "weight_hh_l0": torch.rand(gates * 4, 4, dtype=torch.float64),
        "bias_ih_l0": torch.rand(gates * 4, dtype=torch.float64),
        "bias_hh_l0": torch.rand(gates * 4, dtype=torch.float64),
    }
    before = RandomStates.now().digests()
    layer = layer_of({"kind": kind, "weights": weights}, LIKE)
    assert RandomStates.now().digests() == before
    assert type(layer).__name__.lower() == kind
    assert (layer.batch_first, layer.num_layers, layer.bidirectional, layer.training) == (True, 1, False, True)
    assert all(torch.equal(one, weights[name]) and one.requires_grad for name, one in layer.named_parameters())
