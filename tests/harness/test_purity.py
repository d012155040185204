"""Tests of purity: an argument is unchanged where values, shape, dtype and structure are what was given, bit by bit."""

from __future__ import annotations

import math
import struct
from typing import Any

import pytest
import torch

from harness.contracts.ambient import RandomStates, global_state_kept
from harness.contracts.observation import Observation, Request
from harness.judge import purity

NAN = math.nan
OTHER_NAN = struct.unpack("<d", struct.pack("<Q", 0x7FF8000000000001))[0]


def changed(given: Any, became: Any, name: str = "corpus") -> list[str]:
    """What is said to have changed where an argument was one thing and is another."""
    return purity.changed(Request("spec", {name: given}), Observation(arguments={name: became}))


@pytest.mark.parametrize("name", ["corpus", "x"])
@pytest.mark.parametrize(
    "make",
    [
        lambda: None,
        lambda: True,
        lambda: 2**70 + len("ab"),
        lambda: float("2.5"),
        lambda: math.nan,
        lambda: "ab" * len("ab"),
        lambda: [*range(300)],
        lambda: ([], {}, "", 0, 0.0),
        lambda: {"a": [1, (2.5, NAN)], 3: None},
        lambda: torch.tensor([1.0, NAN, math.inf, -0.0]),
        lambda: torch.zeros(0, 3),
        lambda: torch.zeros(2, 3, dtype=torch.bool),
        lambda: torch.zeros(2, 3).T,
    ],
)
def test_equal_data_are_unchanged(make: Any, name: str) -> None:
    """What arrives over the wire is never the same object, and nan equals nothing, and both are as they were."""
    assert changed(make(), make(), name) == []


def test_zeros_of_either_sign_are_one_value() -> None:
    """Whoever multiplies zeros by -1 has changed no value."""
    assert changed(torch.zeros(2), -torch.zeros(2)) == changed(0.0, -0.0) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, 2),
        (1.0, 2.0),
        (1.0, NAN),
        (1, True),
        (1, 1.0),
        (0, None),
        ("a", "b"),
        ([1, 2], [1, 3]),
        ([1, 2], [1]),
        ([1, 2], (1, 2)),
        ([[1.0]], [[2.0]]),
        ({"a": 1}, {"a": 2}),
        ({"a": 1}, {"b": 1}),
        ({"a": 1, "b": 1}, {"a": 1}),
        ({"a": 1, "b": 1}, {"b": 1, "a": 1}),
        (torch.zeros(2), [0.0, 0.0]),
        (torch.zeros(2), torch.ones(2)),
        (torch.zeros(2), torch.zeros(2, dtype=torch.float64)),
        (torch.zeros(2, dtype=torch.int32), torch.zeros(2, dtype=torch.float32)),
        (torch.zeros(2, 3), torch.zeros(3, 2)),
        (torch.zeros(2, 1), torch.zeros(2)),
        (torch.zeros(0, 2), torch.zeros(0, 3)),
        (torch.tensor([NAN, 1.0]), torch.tensor([NAN, 2.0])),
        (torch.tensor([NAN, 1.0]), torch.tensor([1.0, NAN])),
        (torch.tensor([[NAN, 1.0]]), torch.tensor([[NAN], [1.0]])),
        (torch.tensor([NAN], dtype=torch.float64), torch.tensor([OTHER_NAN], dtype=torch.float64)),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_what_differs_is_a_change_in_both_directions(one: Any, other: Any) -> None:
    """A value, a type, a length, an order of keys, a shape or a dtype."""
    assert changed(one, other) == changed(other, one) == ["corpus"]


@pytest.mark.parametrize("became", ["", "~", None])
@pytest.mark.parametrize("name", ["torch", "numpy", "random"])
def test_a_random_state_that_is_not_as_it_was_seeded_has_moved(name: str, became: str | None) -> None:
    """Whatever it has become, and also where nothing is said of it."""
    with global_state_kept():
        states = RandomStates.seeded(7).digests()
    states = {package: "".join(list(digest)) for package, digest in states.items()}  # equal, but not the same objects
    request = Request("spec", {}, global_seed=7)
    assert purity.moved(request, Observation(states=states)) == []
    if became is None:
        del states[name]
    else:
        states[name] = became
    assert purity.moved(request, Observation(states=states)) == [name]


def test_a_missing_argument_is_a_change_and_a_generator_none() -> None:
    """A generator is given as its seed and is there to be moved."""
    request = Request("spec", {"generator": 7, "f": 1, "x": 1})
    assert purity.changed(request, Observation()) == ["f", "x"]
    assert purity.changed(request, Observation(arguments={"f": 1, "x": 2, "generator": 8})) == ["x"]
