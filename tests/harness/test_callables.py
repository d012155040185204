"""Tests of the callables that contracts hand to hooks: what a batch's step takes and gives, and what a layer is."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from harness.contracts.ambient import RandomStates
from harness.contracts.batching import layer_of
from harness.contracts.decoding import BatchStep, FalseHistories
from harness.contracts.live import strided

LIKE = torch.zeros(2, 5, dtype=torch.float64)


def model(state: list[list[int]] | None = None, rule: str = "memory", **further: Any) -> BatchStep:
    """A step for two rows and five tokens."""
    return BatchStep({"rule": rule, "seed": 3, "like": LIKE, "state": state, **further})


def test_a_step_gives_logits_and_a_state() -> None:
    """Logits have the shape, dtype and device of `like`; the state has one token more each time."""
    step = model()
    logits, state = step(torch.tensor([1, 4]), None)
    assert (logits.shape, logits.dtype) == (LIKE.shape, LIKE.dtype)
    assert step(torch.tensor([0, 2]), state)[1].rows == [(1, 0), (4, 2)]
    assert step(torch.tensor([0, 2]), "no state of ours")[1].rows == [(0,), (2,)]


@pytest.mark.parametrize(
    "tokens", [[1, 4], torch.tensor([1, 4], dtype=torch.int32), [torch.tensor(1), torch.tensor(4)]]
)
def test_a_step_takes_integers_in_any_form(tokens: Any) -> None:
    """Lists, other integer dtypes and 0-d tensors are as good as int64."""
    expected, _ = model()(torch.tensor([1, 4]), None)
    assert torch.equal(model()(tokens, None)[0], expected)


@pytest.mark.parametrize("tokens", [[1], [1, 2, 3], [[1], [2]], 1, [1.0, 2.0], torch.ones(2)])
def test_a_step_refuses_other_shapes_and_floats(tokens: Any) -> None:
    """The message says what it was given."""
    with pytest.raises(ValueError, match=r"step takes int tokens of shape \(2,\), but was given torch"):
        model()(tokens, None)


def test_a_step_is_pure() -> None:
    """The same tokens after the same history give the same logits, in whatever order the calls come."""
    step = model()
    state = step.begun([[0, 1], [2, 3]])
    first, after = step([1, 4], state)
    step([4, 4], after)
    assert torch.equal(step([1, 4], state)[0], first)


def test_a_row_depends_on_all_its_own_tokens_alone() -> None:
    """Another token in one row, now or before, changes that row and leaves the other one as it is."""
    step = model()
    plain, _ = step([1, 4], step.begun([[0, 1], [2, 3]]))
    for state, tokens in (([[4, 1], [2, 3]], [1, 4]), ([[0, 1], [2, 3]], [2, 4])):
        other, _ = step(tokens, step.begun(state))
        assert (other == plain).all(1).tolist() == [False, True]


def test_states_may_be_taken_for_false() -> None:
    """The first and all others, with the same logits."""
    step, falsy = model(), model(falsy=True)
    state = falsy.begun([[0], [1]])
    logits, after = falsy([1, 4], state)
    assert isinstance(after, FalseHistories)
    assert not state
    assert not after
    assert torch.equal(logits, step([1, 4], step.begun([[0], [1]]))[0])
    assert falsy.begun(None) is None


def test_logits_have_no_ties() -> None:
    """The argmax is settled, whatever came before."""
    step = model()
    for token in range(5):
        assert all(len(set(row)) == 5 for row in step([token, 0], None)[0].tolist())


def test_the_rule_successor_makes_the_next_index_the_most_likely() -> None:
    """Modulo V."""
    logits, _ = model(rule="successor")([1, 4], None)
    assert logits.argmax(1).tolist() == [2, 0]


def test_large_and_close_logits_are_in_the_same_order() -> None:
    """A level and a gap change the numbers, not which is the most likely."""
    plain, _ = model()([1, 4], None)
    close, _ = model(level=1e4, gap=1e-7)([1, 4], None)
    assert torch.equal(plain.argsort(1), close.argsort(1))
    assert float((close - 1e4).abs().max()) < 1e-5


def test_logits_may_be_laid_out_otherwise() -> None:
    """The same numbers, not side by side."""
    laid, _ = BatchStep({"rule": "memory", "seed": 3, "like": LIKE}, strided)([1, 4], None)
    assert not laid.is_contiguous()
    assert torch.equal(laid, model()([1, 4], None)[0])


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


def test_a_layer_may_have_no_bias_a_rectifier_and_another_mode() -> None:
    """All that a description may say besides."""
    weights = {"weight_ih_l0": torch.rand(4, 3), "weight_hh_l0": torch.rand(4, 4)}
    layer = layer_of({"kind": "relu", "weights": weights, "use": "eval"}, LIKE)
    assert (layer.mode, layer.bias, layer.training) == ("RNN_RELU", False, False)
    frozen = layer_of({"kind": "rnn", "weights": weights, "use": "frozen"}, LIKE)
    assert not any(one.requires_grad for one in frozen.parameters())
