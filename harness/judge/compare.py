"""Comparing plain data: exact type, then dtype, shape, finiteness, values; and saying what differs."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from harness.contracts.results import Anything, Fields, Kind, ListOf, Parts, describe_type, part_name
from harness.judge.tolerances import REAL
from harness.judge.verdict import Failure

Tolerance = Callable[[str, torch.Tensor, torch.Tensor], float]
"""(name, actual, expected) -> the largest difference allowed."""

_ANYTHING = Anything()


def compare(what: str, actual: Any, expected: Any, tolerance: Tolerance, kind: Kind = _ANYTHING) -> None:
    """Raise Failure at the first difference between two canonical results.

    Tensors are compared by shape, finiteness and value; dtypes and devices are compared by the caller,
    which knows what they should be (the oracle runs in float64). Floats agree within REAL. `kind` gives
    the parts of a result their names.
    """
    if isinstance(kind, Parts) and isinstance(actual, tuple) and len(actual) == len(expected):
        for (name, part), one, other in zip(kind.parts, actual, expected, strict=True):
            compare(part_name(what, name), one, other, tolerance, part)
    elif isinstance(expected, torch.Tensor):
        compare_tensors(what, actual, expected, tolerance)
    elif isinstance(expected, float):
        compare_reals(what, actual, expected)
    elif isinstance(expected, dict):
        _compare_dicts(what, actual, expected, tolerance, kind)
    elif isinstance(expected, (list, tuple)):
        _compare_sequences(what, actual, expected, tolerance, kind)
    elif type(actual) is not type(expected) or actual != expected:
        raise Failure(
            f"{what} is {shown(actual)}, but should be {shown(expected)}",
            *_where_strings_part(actual, expected),
        )


def compare_reals(what: str, actual: Any, expected: float, tolerance: float = REAL) -> None:
    """Raise Failure unless two floats agree within a relative tolerance, or are the same infinity."""
    if not isinstance(actual, (int, float)) or isinstance(actual, bool):
        raise Failure(f"{what} is {shown(actual)}, but should be {shown(expected)}")
    if actual == expected or (math.isnan(actual) and math.isnan(expected)):
        return
    if not math.isfinite(actual) or not math.isfinite(expected) or not (
        abs(actual - expected) <= tolerance * max(abs(expected), 1e-8)
    ):  # fmt: skip
        off = f"off by {abs(actual - expected):.2g}; tolerance {tolerance * max(abs(expected), 1e-8):.2g}"
        finite = math.isfinite(actual) and math.isfinite(expected)
        raise Failure(f"{what} is {actual:.8g}, but should be {expected:.8g}", *([off] if finite else []))


def compare_tensors(what: str, actual: Any, expected: torch.Tensor, tolerance: Tolerance) -> None:
    """Raise Failure unless `actual` is a tensor of the same shape whose every element is near enough."""
    if not isinstance(actual, torch.Tensor):
        raise Failure(f"{what} is {describe_type(actual)}, but should be {describe_type(expected)}")
    if actual.shape != expected.shape:
        raise Failure(f"{what} has shape {tuple(actual.shape)}, but should have {tuple(expected.shape)}")
    if not actual.numel():
        return
    if actual.dtype.is_complex:
        raise Failure(f"{what} is complex ({actual.dtype}), but should be real")
    allowed = tolerance(what, actual, expected) if actual.dtype.is_floating_point else 0.0
    a, e = actual.to(torch.float64), expected.to(torch.float64)
    same = (a == e) | (a.isnan() & e.isnan())
    error = torch.where(same, 0.0, (a - e).abs())
    error = torch.where(error.isnan(), math.inf, error)
    if not (actual.dtype.is_floating_point or expected.dtype.is_floating_point):
        same = actual == expected  # float64 does not tell integers beyond 2^53 apart
        error = torch.where(same, 0.0, error.clamp(min=1.0))
    wrong = ~same & (~(error <= allowed) | ~torch.isfinite(a))
    if not bool(wrong.any()):
        return
    worst = _index(int(error.argmax()), error.shape)
    first = _index(int(wrong.reshape(-1).to(torch.uint8).argmax()), error.shape)
    place = f"{what}{list(worst)}" if worst else what
    lines = [f"{int(wrong.sum())} of {error.numel()} elements differ, the first at {list(first)}; "
             f"the worst by {float(error[worst]):.2g}; tolerance {allowed:.2g}"]  # fmt: skip
    unbounded = int((wrong & ~torch.isfinite(a)).sum())
    if unbounded:
        lines.append(f"{unbounded} of them are not finite (nan or inf)")
    raise Failure(f"{place} is {number(actual[worst])}, but should be {number(expected[worst])}", *lines)


def _compare_dicts(what: str, actual: Any, expected: dict[Any, Any], tolerance: Tolerance, kind: Kind) -> None:
    if not isinstance(actual, dict):
        raise Failure(f"{what} is {describe_type(actual)}, but should be {describe_type(expected)}")
    missing = [key for key in expected if key not in actual]
    extra = [key for key in actual if key not in expected]
    if missing or extra:
        parts = [f"lacks {shown(missing[0])} ({len(missing)} missing)"] if missing else []
        parts += [f"has {shown(extra[0])}, which should not be there ({len(extra)} extra)"] if extra else []
        raise Failure(f"{what} {' and '.join(parts)}")
    for key, value in expected.items():
        inner = dict(kind.fields).get(key, _ANYTHING) if isinstance(kind, Fields) else _ANYTHING
        name = part_name(what, key) if isinstance(kind, Fields) else f"{what}[{key!r}]"
        compare(name, actual[key], value, tolerance, inner)


def _compare_sequences(what: str, actual: Any, expected: Any, tolerance: Tolerance, kind: Kind) -> None:
    if type(actual) is not type(expected):
        raise Failure(f"{what} is {describe_type(actual)}, but should be {describe_type(expected)}")
    if _is_flat(actual) and _is_flat(expected) and actual == expected:  # long corpora: no call an item
        return
    for i, (one, other) in enumerate(zip(actual, expected, strict=False)):
        compare(f"{what}[{i}]", one, other, tolerance, kind.item if isinstance(kind, ListOf) else _ANYTHING)
    if len(actual) != len(expected):
        raise Failure(
            f"{what} has {len(actual)} items, but should have {len(expected)}",
            f"it is {shown(actual)}, but should be {shown(expected)}",
        )


def _is_flat(items: Any) -> bool:
    return set(map(type, items)) <= {int, str}


def _where_strings_part(actual: Any, expected: Any) -> list[str]:
    if not (isinstance(actual, str) and isinstance(expected, str)) or max(len(actual), len(expected)) < 40:
        return []
    pairs = enumerate(zip(actual, expected, strict=False))
    place = next((i for i, (a, e) in pairs if a != e), min(len(actual), len(expected)))
    near = slice(max(0, place - 10), place + 20)
    return [f"lengths {len(actual)} and {len(expected)}; they part at character {place}: "
            f"{actual[near]!r}, but should be {expected[near]!r}"]  # fmt: skip


def _index(flat: int, shape: torch.Size) -> tuple[int, ...]:
    return tuple(int(i) for i in np.unravel_index(flat, shape)) if shape else ()  # torch's imports sympy


def number(value: torch.Tensor) -> str:
    """One element of a tensor as a person reads it."""
    item = value.item()
    return f"{item:.6g}" if isinstance(item, float) else str(item)


def shown(value: Any, limit: int = 90) -> str:
    """A value for a message, cut in the middle where it is long."""
    if isinstance(value, torch.Tensor):
        return describe_type(value)
    if isinstance(value, (list, tuple, str)) and len(value) > 10 * limit:  # no repr of a whole corpus
        return f"{shown(value[:limit], limit)} ({len(value)} in all)"
    text = repr(value)
    return text if len(text) <= limit else f"{text[: limit - 30]} … {text[-25:]}"
