"""Tests of the kinds of results: every freedom of a contract has one canonical form, and anything else is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from harness.contracts.results import (
    Anything,
    Array,
    Fields,
    Gram,
    Int,
    Ints,
    IntTuple,
    Kind,
    ListOf,
    Mapping,
    Parts,
    Real,
    Str,
    WrongKind,
    describe_type,
    is_integer,
)
from harness.plain import Opaque
from harness.wire import encode

ONE, TWO = torch.tensor([1.0, 2.0]), torch.tensor([[1.0, 2.0], [3.0, 4.0]])
STATE = Array("n h", state=True)
PAIR = Parts(outputs=Array("n"), size=Int())


@pytest.mark.parametrize(
    ("kind", "value", "canonical"),
    [
        (Anything(), {"a": (1, None)}, {"a": (1, None)}),
        (Str(), "ab", "ab"),
        (Int(), 3, 3),
        (Int(), torch.tensor(3), 3),
        (Int(), torch.tensor(3, dtype=torch.uint8), 3),
        (Real(), 2.5, 2.5),
        (Real(), 2, 2.0),
        (Ints(), [1, 2], [1, 2]),
        (Ints(), [], []),
        (Ints(), torch.tensor([1, 2]), [1, 2]),
        (Ints(), [1, torch.tensor(2)], [1, 2]),
        (IntTuple(), (1, torch.tensor(2)), (1, 2)),
        (IntTuple(), (), ()),
        (Gram(), ("a", 1, torch.tensor(2)), ("a", 1, 2)),
        (ListOf(Str()), ["a", "b"], ["a", "b"]),
        (ListOf(Int()), [torch.tensor(1), 2], [1, 2]),
        (ListOf(Int(), loose=True), (1, 2), [1, 2]),
        (Array("n"), ONE, ONE),
        (Array("n"), [torch.tensor(1.0), torch.tensor(2.0)], ONE),
        (Array("n"), (torch.tensor(1.0), torch.tensor(2.0)), ONE),
        (Array("n h"), [ONE, ONE + 2], TWO),
        (Array("n h"), [ONE + 0.5], TWO[:1] + 0.5),
        (Array(""), torch.tensor(1.0), torch.tensor(1.0)),
        (Array("n"), (ONE,), ONE[None]),
        (STATE, TWO, TWO),
        (STATE, (TWO,), TWO),
        (STATE, ([ONE, ONE + 2],), TWO),
        (STATE, ((ONE, ONE + 2),), TWO),
        (STATE, (ONE,), ONE[None]),
        (STATE, [TWO], TWO[None]),
        (STATE, (TWO[None],), TWO[None, None]),
        (STATE, (ONE, ONE + 2), TWO),
        (PAIR, (ONE, 3), (ONE, 3)),
        (Parts(loose=True, a=Int()), [torch.tensor(1)], (1,)),
        (Parts(loose=True, a=Int()), (1,), (1,)),
        (Fields(a=Int(), b=Str()), {"b": "x", "a": torch.tensor(1)}, {"a": 1, "b": "x"}),
        (Fields(), {}, {}),
        (Mapping(IntTuple(), Array("V")), {(1, 2): [torch.tensor(1.0), torch.tensor(2.0)]}, {(1, 2): ONE}),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_a_freedom_of_the_contract_has_one_canonical_form(kind: Kind, value: Any, canonical: Any) -> None:
    """A list of tensors for one tensor, a 1-tuple for a single state, 0-d tensors for ints."""
    found = kind.canonical(value, "result")
    assert encode(found) == encode(canonical)


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        (Str(), 1, "result is 1 (int), but should be a str"),
        (Int(), 1.0, "result is 1.0 (float), but should be an int"),
        (Int(), True, "result is True (bool), but should be an int"),
        (Int(), torch.tensor(True), "result is a torch.bool tensor of shape (), but should be an int"),
        (Int(), torch.tensor(1.0), "result is a torch.float32 tensor of shape (), but should be an int"),
        (Int(), torch.tensor([1]), "result is a torch.int64 tensor of shape (1,), but should be an int"),
        (Int(), "1", "result is a str, but should be an int"),
        (Real(), True, "result is True (bool), but should be a float"),
        (Real(), torch.tensor(1.0), "result is a torch.float32 tensor of shape (), but should be a float"),
        (Real(), None, "result is None, but should be a float"),
        (Ints(), (1, 2), "result is a tuple of 2, but should be a list of int"),
        (Ints(), [1, 2.0], "result[1] is 2.0 (float), but should be an int"),
        (Ints(), [1, True], "result[1] is True (bool), but should be an int"),
        (Ints(), torch.tensor([1.0]), "result is a torch.float32 tensor of shape (1,), but should be a list of int"),
        (Ints(), torch.tensor(1), "result is a torch.int64 tensor of shape (), but should be a list of int"),
        (Ints(), torch.tensor([[1]]), "result is a torch.int64 tensor of shape (1, 1), but should be a list of int"),
        (IntTuple(), [1], "result is a list of 1, but should be a tuple of int"),
        (IntTuple(), (1, "a"), "result[1] is a str, but should be an int"),
        (Gram(), ["a"], "result is a list of 1, but should be a tuple of tokens"),
        (Gram(), ("a", None), "result[1] is None, but should be an int"),
        (ListOf(Str()), ("a",), "result is a tuple of 1, but should be a list of str"),
        (ListOf(Str()), ["a", 1], "result[1] is 1 (int), but should be a str"),
        (ListOf(Int()), ["a"], "result[0] is a str, but should be an int"),
        (ListOf(Int()), (1,), "result is a tuple of 1, but should be a list of int"),
        (ListOf(Int(), loose=True), {1: 2}, "result is a dict of 1, but should be a list of int"),
        (Array("T n h"), None, "result is None, but should be a tensor of shape (T, n, h)"),
        (Array("n"), Opaque("numpy.ndarray"), "result is a numpy.ndarray, but should be a tensor of shape (n,)"),
        (Array(""), [torch.tensor(1.0)], "result is a list of 1, but should be a tensor of shape ()"),
        (Array("n"), [], "result is a list of 0, but should be a tensor of shape (n,)"),
        (Array("n"), [1.0], "result is a list of 1, but should be a tensor of shape (n,)"),
        (Array("n"), [torch.tensor(1.0), 2.0], "result is a list of 2, but should be a tensor of shape (n,)"),
        (Array("n h"), [ONE, ONE[:1]],
         "result is a list of tensors of shapes (2,), (1,), but should be a tensor of shape (n, h)"),
        (Array("n h"), (ONE, ONE.double()),
         "result is a tuple of tensors of shapes (2,), (2,), but should be a tensor of shape (n, h)"),
        (Array("n h"), [ONE] * 6 + [ONE[:1]], "result is a list of tensors of shapes "
         "(2,), (2,), (2,), (2,), (2,), (2,), but should be a tensor of shape (n, h)"),
        (STATE, (), "result is a tuple of 0, but should be a tensor of shape (n, h)"),
        (STATE, (3,), "result is a tuple of 1, but should be a tensor of shape (n, h)"),
        (STATE, ((TWO,), TWO), "result is a tuple of 2, but should be a tensor of shape (n, h)"),
        (Array("n h"), ([ONE, ONE],), "result is a tuple of 1, but should be a tensor of shape (n, h)"),
        (PAIR, [ONE, 3], "result is a list of 2, but should be a tuple (outputs, size)"),
        (PAIR, (ONE,), "result is a tuple of 1, but should be a tuple (outputs, size)"),
        (PAIR, (ONE, 3, 4), "result is a tuple of 3, but should be a tuple (outputs, size)"),
        (PAIR, (ONE, 3.0), "size is 3.0 (float), but should be an int"),
        (Parts(loose=True, a=Int()), {0: 1}, "result is a dict of 1, but should be a tuple (a)"),
        (Parts(loose=True, a=Int()), [1, 2], "result is a list of 2, but should be a tuple (a)"),
        (Fields(a=PAIR), {"a": (ONE, None)}, "a.size is None, but should be an int"),
        (Fields(a=Int()), [1], "result is a list of 1, but should be a dict with the keys a"),
        (Fields(a=Int()), {}, "result is a dict with the keys none, but should be a dict with the keys a"),
        (Fields(a=Int()), {"a": 1, "b": 2},
         "result is a dict with the keys a, b, but should be a dict with the keys a"),
        (Fields(a=Int(), b=Int()), {"a": 1, 2: 2},
         "result is a dict with the keys a, 2, but should be a dict with the keys a, b"),
        (Mapping(Str(), Int()), [("a", 1)], "result is a list of 1, but should be a dict"),
        (Mapping(Str(), Int()), {1: 1}, "a key of result is 1 (int), but should be a str"),
        (Mapping(Str(), Int()), {"a": "b"}, "result['a'] is a str, but should be an int"),
    ],
    ids=lambda value: repr(value)[:40],
)  # fmt: skip
def test_anything_else_is_refused_and_named(kind: Kind, value: Any, message: str) -> None:
    """What was found where, and what should have been."""
    with pytest.raises(WrongKind) as finding:
        kind.canonical(value, "result")
    assert str(finding.value) == message


@pytest.mark.parametrize(
    ("value", "fault"), [(1.5, "float"), (True, "bool"), ("a", "a str"), ([1], "a list of 1"), (None, "None")]
)
def test_a_fault_leaves_the_number_out(value: Any, fault: str) -> None:
    """Two results of one wrong type have it in common, whatever their values."""
    with pytest.raises(WrongKind) as finding:
        Int().canonical(value, "result")
    assert finding.value.fault == fault
    assert WrongKind("result", "five", "an int").fault == "five"
    assert WrongKind("result", "five", "an int", "").fault == ""


@pytest.mark.parametrize(
    ("kind", "canonical", "named"),
    [
        (Anything(), ONE, {}),
        (Int(), 1, {}),
        (Array("n"), ONE, {"result": ONE}),
        (ListOf(Array("n")), [ONE, TWO], {"result[0]": ONE, "result[1]": TWO}),
        (PAIR, (ONE, 3), {"outputs": ONE}),
        (Fields(x=PAIR, y=Array("n")), {"x": (ONE, 3), "y": TWO}, {"x.outputs": ONE, "y": TWO}),
        (Mapping(IntTuple(), Array("V")), {(1,): ONE}, {"result[(1,)]": ONE}),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_every_tensor_of_a_result_has_its_name(kind: Kind, canonical: Any, named: dict[str, torch.Tensor]) -> None:
    """Tolerances and dtypes are looked up by these names."""
    found = dict(kind.tensors(canonical, "result"))
    assert list(found) == list(named)
    assert all(found[name] is tensor for name, tensor in named.items())


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "None"),
        (Opaque("builtins.set"), "a builtins.set"),
        (TWO, "a torch.float32 tensor of shape (2, 2)"),
        ([1, 2], "a list of 2"),
        ((), "a tuple of 0"),
        ({"a": 1}, "a dict of 1"),
        (1, "1 (int)"),
        (1.5, "1.5 (float)"),
        (True, "True (bool)"),
        ("ab", "a str"),
        (np.zeros(1), "a numpy.ndarray"),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_a_type_is_described_as_a_person_would(value: Any, words: str) -> None:
    """Numbers with their value, collections with their length, tensors with dtype and shape."""
    assert describe_type(value) == words


def test_only_integer_dtypes_are_integers() -> None:
    """Bools, floats and complex numbers are not, of whatever width."""
    integers = {torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64}
    others = {torch.bool, torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.complex64}
    assert {dtype for dtype in integers | others if is_integer(torch.zeros(1, dtype=dtype))} == integers


def test_names_say_what_a_kind_is() -> None:
    """The words of `but should be`."""
    assert ListOf(Int()).name == "a list of int"
    assert ListOf(Array("n")).name == "a list of tensor of shape (n,)"
    assert Anything().name == "plain data"
