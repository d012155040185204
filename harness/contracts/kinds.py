"""Kinds of results that have no parts of other kinds: the base of all kinds, scalars, and lists of ints.

See `harness.contracts.results`, which offers all kinds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch

from harness.plain import Opaque, type_name


class WrongKind(Exception):  # noqa: N818 - it is a finding, not an error of ours
    """A result of the wrong type: `what` is `actual`, but should be `expected`. `fault` is `actual` without the
    names that its author chose: what two wrong results have in common."""

    def __init__(self, what: str, actual: str, expected: str, fault: str | None = None) -> None:
        super().__init__(f"{what} is {actual}, but should be {expected}")
        self.what, self.actual, self.expected = what, actual, expected
        self.fault = actual if fault is None else fault


def describe_type(value: Any) -> str:
    """A value's type as a person would say it: `a list of 3`, `None`, `a torch.int64 tensor of shape (2,)`."""
    if value is None:
        return "None"
    if isinstance(value, Opaque):
        return f"a {value.type_name}"
    if isinstance(value, torch.Tensor):
        return f"a {value.dtype} tensor of shape {tuple(value.shape)}"
    if isinstance(value, (list, tuple, dict)):
        return f"a {type_name(value)} of {len(value)}"
    return f"{value!r} ({type_name(value)})" if isinstance(value, (int, float, bool)) else f"a {type_name(value)}"


@dataclass(frozen=True)
class Kind:
    """The base of all kinds. `name` is how this kind is called in a message."""

    @property
    def name(self) -> str:
        raise NotImplementedError

    def canonical(self, value: Any, what: str) -> Any:
        """The canonical form of `value`. Raises WrongKind."""
        raise NotImplementedError

    def tensors(self, canonical: Any, what: str) -> Iterator[tuple[str, torch.Tensor]]:
        """Every tensor of a canonical result, with its name."""
        return iter(())

    def wrong(self, value: Any, what: str) -> WrongKind:
        fault = type_name(value) if isinstance(value, (int, float)) else None
        return WrongKind(what, describe_type(value), self.name, fault)


@dataclass(frozen=True)
class Anything(Kind):
    """Any plain data, compared as it is; for what an observer wrote down itself."""

    @property
    def name(self) -> str:
        return "plain data"

    def canonical(self, value: Any, what: str) -> Any:
        return value


@dataclass(frozen=True)
class Str(Kind):
    """A `str`."""

    @property
    def name(self) -> str:
        return "a str"

    def canonical(self, value: Any, what: str) -> Any:
        if not isinstance(value, str):
            raise self.wrong(value, what)
        return value


@dataclass(frozen=True)
class Int(Kind):
    """An int, or a 0-d integer tensor."""

    @property
    def name(self) -> str:
        return "an int"

    def canonical(self, value: Any, what: str) -> Any:
        if isinstance(value, torch.Tensor) and value.ndim == 0 and is_integer(value):
            return int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.wrong(value, what)
        return value


@dataclass(frozen=True)
class Real(Kind):
    """A float; an int is taken as one."""

    @property
    def name(self) -> str:
        return "a float"

    def canonical(self, value: Any, what: str) -> Any:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise self.wrong(value, what)
        return float(value)


@dataclass(frozen=True)
class Ints(Kind):
    """A list of int, or a 1-D integer tensor."""

    @property
    def name(self) -> str:
        return "a list of int"

    def canonical(self, value: Any, what: str) -> Any:
        if isinstance(value, torch.Tensor) and value.ndim == 1 and is_integer(value):
            return value.tolist()
        if not isinstance(value, list):
            raise self.wrong(value, what)
        if set(map(type, value)) <= {int}:
            return value
        return [Int().canonical(item, f"{what}[{i}]") for i, item in enumerate(value)]


@dataclass(frozen=True)
class IntTuple(Kind):
    """A tuple of ints, as a context of tokens is."""

    @property
    def name(self) -> str:
        return "a tuple of int"

    def canonical(self, value: Any, what: str) -> Any:
        if not isinstance(value, tuple):
            raise self.wrong(value, what)
        return tuple(Int().canonical(item, f"{what}[{i}]") for i, item in enumerate(value))


@dataclass(frozen=True)
class Gram(Kind):
    """A tuple of tokens, each a str or an int."""

    @property
    def name(self) -> str:
        return "a tuple of tokens"

    def canonical(self, value: Any, what: str) -> Any:
        if not isinstance(value, tuple):
            raise self.wrong(value, what)
        return tuple(
            item if isinstance(item, str) else Int().canonical(item, f"{what}[{i}]") for i, item in enumerate(value)
        )


def part_name(what: str, name: str) -> str:
    """The name of a part: `result` itself disappears, so that a message says `outputs`, not `result.outputs`."""
    return name if what == "result" else f"{what}.{name}"


def is_integer(tensor: torch.Tensor) -> bool:
    """True for the integer dtypes (bool is none)."""
    return not (tensor.dtype.is_floating_point or tensor.dtype.is_complex or tensor.dtype is torch.bool)
