"""Tests of the comparator and of its tolerances: what differs is found, and said; what does not, passes."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from harness.contracts.results import Array, Fields, Int, Kind, ListOf, Parts
from harness.judge.compare import compare, compare_reals, compare_tensors, shown
from harness.judge.tolerances import (
    ALIKE,
    DIFFERENCES,
    EPSILONS,
    FIT,
    FLOAT32_ABSOLUTE,
    FLOAT32_RELATIVE,
    FLOAT64,
    GRADIENT_RELATIVE,
    LAW,
    REAL,
    ROUNDINGS,
    STABLE,
    alike_tolerance,
    gradient_tolerance,
    largest,
    law_tolerance,
    value_tolerance,
)
from harness.judge.trial import Trial
from harness.judge.verdict import Failure
from harness.plain import Opaque
from harness.units import components

INF, NAN = math.inf, math.nan


def within(allowed: float) -> Any:
    return lambda what, actual, expected: allowed


def tensor(*values: float, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    return torch.tensor(values, dtype=dtype)


def finding(actual: Any, expected: Any, allowed: float = 1e-3, kind: Kind | None = None) -> str:
    """The message of the difference between two results; an empty one where there is none."""
    options = {"kind": kind} if kind else {}
    try:
        compare("result", actual, expected, within(allowed), **options)
    except Failure as failure:
        return failure.message
    return ""


# -- tensors ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16, torch.bfloat16])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_tensor_may_differ_by_the_tolerance_and_no_more(dtype: torch.dtype, sign: int) -> None:
    """A difference of the tolerance passes in both directions; a larger one does not."""
    expected = torch.tensor([[1.0, -2.0, 4.0]], dtype=torch.float64)
    actual = expected.to(dtype).clone()
    actual[0, 1] += sign * 0.25
    compare_tensors("x", actual, expected, within(0.25))
    with pytest.raises(Failure):
        compare_tensors("x", actual, expected, within(0.2499))


@pytest.mark.parametrize(
    ("actual", "expected", "message"),
    [
        (
            torch.zeros(2, 3) + 1.5,
            torch.ones(2, 3),
            "result[0, 0] is 1.5, but should be 1\n"
            "  6 of 6 elements differ, the first at [0, 0]; the worst by 0.5; tolerance 0.001",
        ),
        (
            tensor(1, 2, 3, 9),
            tensor(1, 2.1, 3, 4),
            "result[3] is 9, but should be 4\n"
            "  2 of 4 elements differ, the first at [1]; the worst by 5; tolerance 0.001",
        ),
        (
            torch.tensor(2.0),
            torch.tensor(1.0),
            "result is 2, but should be 1\n  1 of 1 elements differ, the first at []; the worst by 1; tolerance 0.001",
        ),
        (
            torch.tensor([3, 4]),
            torch.tensor([3, 5]),
            "result[1] is 4, but should be 5\n  1 of 2 elements differ, the first at [1]; the worst by 1; tolerance 0",
        ),
        (
            torch.tensor([True, False]),
            torch.tensor([True, True]),
            "result[1] is False, but should be True\n"
            "  1 of 2 elements differ, the first at [1]; the worst by 1; tolerance 0",
        ),
        (
            tensor(NAN, 1, INF),
            tensor(0, 1, INF),
            "result[0] is nan, but should be 0\n"
            "  1 of 3 elements differ, the first at [0]; the worst by inf; tolerance 0.001\n"
            "  1 of them are not finite (nan or inf)",
        ),
        (
            tensor(0, 1),
            tensor(NAN, 1),
            "result[0] is 0, but should be nan\n"
            "  1 of 2 elements differ, the first at [0]; the worst by inf; tolerance 0.001",
        ),
        (torch.zeros(3, 1), torch.zeros(3), "result has shape (3, 1), but should have (3,)"),
        (torch.zeros(3), torch.zeros(3, 3), "result has shape (3,), but should have (3, 3)"),
        (torch.tensor(0.0), torch.zeros(1), "result has shape (), but should have (1,)"),
        (torch.zeros(0, 3), torch.zeros(3, 0), "result has shape (0, 3), but should have (3, 0)"),
        (torch.zeros(2).to(torch.complex64), torch.zeros(2), "result is complex (torch.complex64), but should be real"),
        (None, torch.zeros(2), "result is None, but should be a torch.float32 tensor of shape (2,)"),
        ([0.0, 0.0], torch.zeros(2), "result is a list of 2, but should be a torch.float32 tensor of shape (2,)"),
        (Opaque("set"), torch.zeros(2), "result is a set, but should be a torch.float32 tensor of shape (2,)"),
    ],
    ids=str,
)  # fmt: skip
def test_a_different_tensor_is_described(actual: Any, expected: torch.Tensor, message: str) -> None:
    """How many elements differ, the first, the worst, its index and the tolerance; or the shape, or the type."""
    assert finding(actual, expected) == message


@pytest.mark.parametrize("wrong", [NAN, INF, -INF])
@pytest.mark.parametrize("allowed", [1e-3, 1e300, INF, NAN])
def test_no_tolerance_takes_what_is_not_finite(wrong: float, allowed: float) -> None:
    """Nan and infinities where a number belongs are wrong under any tolerance."""
    assert finding(tensor(1, wrong), tensor(1, 2), allowed)


@pytest.mark.parametrize("value", [NAN, INF, -INF, 0.0, -0.0])
def test_equal_infinities_and_nans_agree(value: float) -> None:
    """What is expected to be nan or infinite may be, with its sign."""
    assert not finding(tensor(1, value), tensor(1, value), 0.0)
    assert not finding(tensor(-0.0), tensor(0.0), 0.0)
    assert finding(tensor(INF), tensor(-INF), INF)


def test_no_tolerance_is_no_tolerance() -> None:
    """A tolerance of nan accepts what is equal, and nothing else."""
    assert not finding(tensor(1), tensor(1), NAN)
    assert finding(tensor(1), tensor(1 + 1e-6), NAN)


def test_empty_tensors_of_one_shape_agree() -> None:
    """No element differs where there is none."""
    assert not finding(torch.zeros(0, 3), torch.zeros(0, 3), 0.0)


@pytest.mark.parametrize("off", [1, -1])
def test_large_integers_are_compared_exactly(off: int) -> None:
    """Float64 does not tell 2^60 from 2^60 + 1; the comparator does."""
    assert not finding(torch.tensor([2**60]), torch.tensor([2**60]))
    assert finding(torch.tensor([7, 2**60 + off]), torch.tensor([7, 2**60])) == (
        f"result[1] is {2**60 + off}, but should be {2**60}\n"
        "  1 of 2 elements differ, the first at [1]; the worst by 1; tolerance 0"
    )


def test_integers_have_no_tolerance() -> None:
    """A tolerance is for rounding, and integers are not rounded."""
    assert finding(torch.tensor([4]), torch.tensor([5]), 10.0)
    assert finding(torch.tensor([4]), torch.tensor([5.0]), 10.0)


def test_a_float_result_may_differ_from_an_integer_one() -> None:
    """What a law computes is compared within the tolerance as soon as one side is rounded."""
    assert not finding(tensor(4.5), torch.tensor([4]), 0.6)
    assert finding(tensor(4.5), torch.tensor([4]), 0.4)


def test_the_worst_element_is_one_that_differs() -> None:
    """However small the differences are."""
    assert finding(tensor(1, 2, 3), tensor(1, 2.25, 3)).startswith("result[1] is 2, but should be 2.25\n")


def test_the_tolerance_knows_the_name_and_both_tensors() -> None:
    """Each part of a result is compared within its own tolerance."""
    asked: list[Any] = []

    def tolerance(what: str, actual: torch.Tensor, expected: torch.Tensor) -> float:
        asked.append((what, float(actual), float(expected)))
        return 1.0

    kind = Parts(outputs=Array(""), state=Array(""))
    compare("result", (torch.tensor(1.0), torch.tensor(2.0)), (torch.tensor(1.5), torch.tensor(2.5)), tolerance, kind)
    assert asked == [("outputs", 1.0, 1.5), ("state", 2.0, 2.5)]


# -- numbers, strings, structure --------------------------------------------------------------------------


@pytest.mark.parametrize("expected", [1.0, -3e5, 1e-7, 1e300])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_float_may_differ_by_the_relative_tolerance(expected: float, sign: int) -> None:
    """Just inside the tolerance passes in both directions, just outside does not."""
    compare_reals("x", expected * (1 + sign * 0.99 * REAL), expected)
    with pytest.raises(Failure):
        compare_reals("x", expected * (1 + sign * 1.01 * REAL), expected)


def test_a_float_may_differ_by_the_tolerance_itself_and_from_zero_by_a_little() -> None:
    """Relative to nothing smaller than 1e-8."""
    compare_reals("x", 1.5, 1.0, 0.5)
    compare_reals("x", 0.9e-8 * REAL, 0.0)
    with pytest.raises(Failure):
        compare_reals("x", 1.1e-8 * REAL, 0.0)


@pytest.mark.parametrize("value", ["inf", "-inf", "nan", "0.0"])
def test_equal_floats_agree(value: str) -> None:
    """Infinities, nan and 0 agree with themselves, though no float that arrives is the same object."""
    compare_reals("x", float(value), float(value))
    compare_reals("x", -0.0, 0.0)


@pytest.mark.parametrize(
    ("actual", "expected", "message"),
    [
        (2.0, 1.0, "result is 2, but should be 1\n  off by 1; tolerance 1e-05"),
        (1e-9, 0.0, "result is 1e-09, but should be 0\n  off by 1e-09; tolerance 1e-13"),
        (INF, 1.0, "result is inf, but should be 1"),
        (1.0, INF, "result is 1, but should be inf"),
        (-INF, INF, "result is -inf, but should be inf"),
        (NAN, 1.0, "result is nan, but should be 1"),
        (1.0, NAN, "result is 1, but should be nan"),
        (True, 1.0, "result is True, but should be 1.0"),
        ("1", 1.0, "result is '1', but should be 1.0"),
        (None, 1.0, "result is None, but should be 1.0"),
        (tensor(1), 1.0, "result is a torch.float32 tensor of shape (1,), but should be 1.0"),
        (1.0, 1, "result is 1.0, but should be 1"),
        (True, 1, "result is True, but should be 1"),
        (1, True, "result is 1, but should be True"),
        ("a", "b", "result is 'a', but should be 'b'"),
        (Opaque("set"), None, "result is Opaque(type_name='set'), but should be None"),
        ([1, 2], (1, 2), "result is a list of 2, but should be a tuple of 2"),
        ((1, 2), [1, 2], "result is a tuple of 2, but should be a list of 2"),
        ([1, 2], [1, 3], "result[1] is 2, but should be 3"),
        ([1, 2], [1], "result has 2 items, but should have 1\n  it is [1, 2], but should be [1]"),
        ([1], [1, 2], "result has 1 items, but should have 2\n  it is [1], but should be [1, 2]"),
        ([], [1], "result has 0 items, but should have 1\n  it is [], but should be [1]"),
        ([True, 2], [1, 2], "result[0] is True, but should be 1"),
        ([1.0, 2], [1, 2], "result[0] is 1.0, but should be 1"),
        ([tensor(1, 2)], [3], "result[0] is a torch.float32 tensor of shape (2,), but should be 3"),
        ([[1], [2]], [[1], [3]], "result[1][0] is 2, but should be 3"),
        ({"a": 1}, {"a": 2}, "result['a'] is 1, but should be 2"),
        ({"a": 1}, {"b": 1}, "result lacks 'b' (1 missing) and has 'a', which should not be there (1 extra)"),
        ({"a": 1, "b": 1}, {"b": 1}, "result has 'a', which should not be there (1 extra)"),
        ({"a": 1, "c": 1, "b": 1}, {"b": 1}, "result has 'a', which should not be there (2 extra)"),
        ([1, "a", True], [1, "a", 1], "result[2] is True, but should be 1"),
        ([1, "a", True, 2.0], [1, "a", 1, 2.0], "result[2] is True, but should be 1"),
        ({}, {(1, 2): 0, 3: 0}, "result lacks (1, 2) (2 missing)"),
        ([], {}, "result is a list of 0, but should be a dict of 0"),
    ],
    ids=lambda value: repr(value)[:20],
)  # fmt: skip
def test_a_different_value_is_described(actual: Any, expected: Any, message: str) -> None:
    """Exact types first, then the first place that differs."""
    assert finding(actual, expected) == message


def test_long_strings_are_compared_where_they_part() -> None:
    """Of long strings the place where they part is shown, with a little of what stands there."""
    actual, expected = "x" * 50 + "old" + "y" * 50, "x" * 50 + "new" + "y" * 49
    lines = finding(actual, expected).splitlines()
    assert lines[1] == (
        "  lengths 103 and 102; they part at character 50: 'xxxxxxxxxxoldyyyyyyyyyyyyyyyyy', but should be "
        "'xxxxxxxxxxnewyyyyyyyyyyyyyyyyy'"
    )
    assert len(lines[0]) < 230
    assert "they part at character 99:" in finding("a" * 99, "a" * 100)
    assert "they part at character 50: 'λλλλλλλλλλa', but should be 'λλλλλλλλλλb'" in finding(
        "λ" * 50 + "a", "λ" * 50 + "b"
    )
    assert finding("b" + "x" * 39, "a" + "x" * 39).endswith(
        "they part at character 0: 'bxxxxxxxxxxxxxxxxxxx', but should be 'axxxxxxxxxxxxxxxxxxx'"
    )
    assert finding("b" * 39, "a") == f"result is '{'b' * 39}', but should be 'a'"
    assert finding("b" * 50, None) == f"result is '{'b' * 50}', but should be None"


def test_what_is_shown_is_cut_in_the_middle() -> None:
    """Up to 90 characters stand whole; of a corpus, only the beginning is ever written out."""
    whole, cut = "x" * 88, "a" * 60 + "b" * 40
    assert shown(whole) == f"'{whole}'"
    assert shown(cut) == "'" + "a" * 59 + " … " + "b" * 24 + "'"
    assert shown("x" * 89) == "'" + "x" * 59 + " … " + "x" * 24 + "'"
    for corpus in ([7] * 901, (7,) * 901, "7" * 901):
        assert shown(corpus) == f"{shown(corpus[:90])} (901 in all)"
        assert "in all" not in shown(corpus[:900])
    assert shown([tensor(1)]) == "[tensor([1.])]"
    assert shown(tensor(1)) == "a torch.float32 tensor of shape (1,)"


@pytest.mark.parametrize("size", [3, 100_000])
def test_equal_structures_agree(size: int) -> None:
    """Equal data agree however long and nested; the order of a dict does not matter."""
    corpus = [*range(size)]
    assert not finding([*corpus], corpus)
    assert not finding({"a": [1.0, "x", None], "b": (True,)}, {"b": (True,), "a": [1.0, "x", None]})
    assert finding([*corpus[:-1], -1], corpus) == f"result[{size - 1}] is -1, but should be {size - 1}"


def test_equal_data_need_not_be_the_same_object() -> None:
    """What arrives over the wire never is."""
    for text in ("12345678901234567890", "[300, 70000]", "'no ' + 'interned word'", "[2.5, float('inf')] * 200"):
        assert not finding(eval(text), eval(text))


@pytest.mark.parametrize("size", [1, 3])
def test_parts_too_few_or_too_many_are_counted(size: int) -> None:
    """And no error of ours."""
    kind = Parts(a=Int(), b=Int())
    assert finding((1,) * size, (1, 1), kind=kind).startswith(f"result has {size} items, but should have 2")


def test_parts_have_their_names_in_messages() -> None:
    """A kind names the parts of a tuple, the fields of a dict, the items of a list."""
    kind = Parts(outputs=Array("n"), states=ListOf(Parts(H=Array("n"), C=Array("n"))), extra=Fields(size=Int()))
    zero, one = torch.zeros(1), torch.ones(1)

    def result(a: torch.Tensor, b: torch.Tensor, c: int) -> Any:
        return a, [(zero, zero), (zero, b)], {"size": c}

    expected = result(zero, zero, 0)
    assert finding(result(one, zero, 0), expected, kind=kind).startswith("outputs[0] is 1, but should be 0")
    assert finding(result(zero, one, 0), expected, kind=kind).startswith("states[1].C[0] is 1, but should be 0")
    assert finding(result(zero, zero, 1), expected, kind=kind).startswith("extra.size is 1, but should be 0")


@pytest.mark.parametrize("found", [None, torch.zeros(2), tensor(1e-9, -1e-9)])
def test_a_gradient_of_zero_may_be_none(found: torch.Tensor | None) -> None:
    """Where no result depends on an argument, None, zeros and rounding errors are all right."""
    trial = Trial(None, next(iter(components().values())))
    for truth in (None, torch.zeros(2)):
        trial._gradient_agrees("scores", found, truth, 0.0, 1.0, "[call]")


@pytest.mark.parametrize("value", [NAN, INF, 1e-3])
def test_a_gradient_that_should_be_zero_may_be_nothing_else(value: float) -> None:
    """Nan is not zero."""
    trial = Trial(None, next(iter(components().values())))
    with pytest.raises(Failure, match="a gradient reaches scores, on which no result depends"):
        trial._gradient_agrees("scores", tensor(0, value), None, 0.0, 1.0, "[call]")


# -- the table of tolerances ------------------------------------------------------------------------------


def test_the_table_is_what_it_is() -> None:
    """Whoever loosens a tolerance does so twice, here and there."""
    assert (ROUNDINGS, EPSILONS, FLOAT64, FLOAT32_RELATIVE, FLOAT32_ABSOLUTE) == (16, 64, 1e-10, 1e-4, 1e-5)
    assert (GRADIENT_RELATIVE, REAL, FIT, STABLE, DIFFERENCES) == (1e-3, 1e-5, 1e-4, 1e-2, 1e-6)
    assert (LAW[torch.float64], LAW[torch.float32], len(LAW)) == (1e-9, 1e-4, 2)
    assert (ALIKE[torch.float64], ALIKE[torch.float32], len(ALIKE)) == ((1e-10, 1e-9), (1e-5, 1e-3), 2)


@pytest.mark.parametrize(
    ("dtype", "expected", "own_error", "allowed"),
    [
        (torch.float64, tensor(0.5), 1e-3, FLOAT64),
        (torch.float64, tensor(-20), 0.0, 20 * FLOAT64),
        (torch.float32, tensor(0.5), 0.0, 64 * 2**-23),
        (torch.float32, tensor(4), 0.0, 4 * 64 * 2**-23),
        (torch.float32, tensor(0.5), 1e-6, 16e-6),
        (torch.float32, tensor(0.5), 1e-2, FLOAT32_ABSOLUTE + 0.5 * FLOAT32_RELATIVE),
    ],
)
def test_values_are_judged_by_the_references_own_rounding(
    dtype: torch.dtype, expected: torch.Tensor, own_error: float, allowed: float
) -> None:
    """Sixteen times its error or 64 units in the last place, capped; float64 promises float64 accuracy."""
    assert value_tolerance(dtype, expected, own_error) == pytest.approx(allowed, rel=1e-12)


@pytest.mark.parametrize(
    ("dtype", "own_error", "everywhere", "allowed"),
    [
        (torch.float64, 1.0, 0.1, FLOAT64),
        (torch.float64, 1.0, 50.0, 50 * FLOAT64),
        (torch.float32, 0.0, 2.0, 2 * 64 * 2**-23),
        (torch.float32, 1e-6, 2.0, 16e-6),
        (torch.float32, 1e-5, 2.0, 16e-5),
        (torch.float32, 1.0, 2.0, 2e-3),
        (torch.float32, 0.0, 1e4, 4 * 2**-23 * 1e4),
    ],
)
def test_gradients_are_judged_by_their_largest_entry(
    dtype: torch.dtype, own_error: float, everywhere: float, allowed: float
) -> None:
    """Relative to the gradient's own size, and no finer than what the largest gradient's rounding leaves."""
    assert gradient_tolerance(dtype, tensor(2, -1), own_error, everywhere) == pytest.approx(allowed, rel=1e-12)


def test_laws_allow_two_roundings_and_integers_none() -> None:
    """Two results of one submission each have a rounding error of their own."""
    assert law_tolerance(torch.float32, tensor(3)) == pytest.approx(3e-4)
    assert law_tolerance(torch.float64, tensor(3)) == pytest.approx(3e-9)
    assert law_tolerance(torch.float32, tensor(0.5)) == law_tolerance(torch.float32, tensor(1)) == pytest.approx(1e-4)
    assert law_tolerance(torch.int64, torch.tensor([3])) == 0.0


def test_two_mistakes_are_alike_within_a_little_and_a_part_of_their_size() -> None:
    """By the dtype of the first and the size of the second; integers must be equal."""
    assert alike_tolerance("x", tensor(9), tensor(4, -1)) == pytest.approx(1e-5 + 4e-3, rel=1e-12)
    double = tensor(9, dtype=torch.float64)
    assert alike_tolerance("x", double, tensor(0.5)) == pytest.approx(1e-10 + 0.5e-9, rel=1e-12)
    assert alike_tolerance("x", torch.tensor([9]), tensor(4)) == 0.0


def test_the_largest_magnitude_ignores_what_is_not_finite() -> None:
    """One infinity in a result does not make every difference small."""
    assert largest(tensor(1, -3, INF, NAN)) == 3.0
    assert largest(tensor(NAN)) == largest(torch.zeros(0)) == 0.0
    assert largest(torch.tensor([-5, 2])) == 5.0
