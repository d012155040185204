"""Kinds of results: what a contract promises, and the canonical form of what came back.

A kind accepts every freedom of the contract (a list of tensors for one tensor, a 1-tuple for a single
state, 0-d tensors for ints) and turns it into one canonical form, or raises `WrongKind`, which says what
was found where and what should have been. Kinds work on live results (beside the implementation, to
take gradients) and on decoded ones (in the judge) alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import torch

from harness.contracts.kinds import (
    Anything,
    Gram,
    Int,
    Ints,
    IntTuple,
    Kind,
    Real,
    Str,
    WrongKind,
    describe_type,
    is_integer,
    part_name,
)
from harness.plain import type_name

__all__ = [
    "Anything",
    "Array",
    "Fields",
    "Gram",
    "Int",
    "IntTuple",
    "Ints",
    "Kind",
    "ListOf",
    "Mapping",
    "Parts",
    "Real",
    "Str",
    "WrongKind",
    "describe_type",
    "is_integer",
    "part_name",
]


@dataclass(frozen=True)
class ListOf(Kind):
    """A list of items of one kind; `loose` takes a tuple as well."""

    item: Kind
    loose: bool = False

    @property
    def name(self) -> str:
        return f"a list of {self.item.name.removeprefix('a ').removeprefix('an ')}"

    def canonical(self, value: Any, what: str) -> Any:
        if not isinstance(value, (list, tuple) if self.loose else list):
            raise self.wrong(value, what)
        if isinstance(self.item, Str) and set(map(type, value)) <= {str}:
            return list(value)
        return [self.item.canonical(item, f"{what}[{i}]") for i, item in enumerate(value)]

    def tensors(self, canonical: Any, what: str) -> Iterator[tuple[str, torch.Tensor]]:
        for i, item in enumerate(canonical):
            yield from self.item.tensors(item, f"{what}[{i}]")


@dataclass(frozen=True)
class Array(Kind):
    """A tensor whose axes have the given letters (`"T n h"`; `""` for a scalar), or, with a leading axis,
    a list or tuple of tensors that stack on it; a 1-tuple of the whole counts too if `state`."""

    axes: str
    state: bool = False

    @property
    def letters(self) -> tuple[str, ...]:
        return tuple(self.axes.split())

    @property
    def name(self) -> str:
        inside = ", ".join(self.letters)
        return f"a tensor of shape ({inside}{',' if len(self.letters) == 1 else ''})"

    def canonical(self, value: Any, what: str) -> Any:
        if self.state and isinstance(value, tuple) and len(value) == 1:
            value = self._unwrapped(value)
        if isinstance(value, (list, tuple)) and self.letters:
            return self._stacked(value, what)
        if not isinstance(value, torch.Tensor):
            raise self.wrong(value, what)
        return value

    def _unwrapped(self, value: Any) -> Any:
        (only,) = value
        whole = isinstance(only, (list, tuple)) or (isinstance(only, torch.Tensor) and only.ndim == len(self.letters))
        return only if whole else value

    def _stacked(self, value: Any, what: str) -> torch.Tensor:
        items = list(value)
        if not items or not all(isinstance(item, torch.Tensor) for item in items):
            raise self.wrong(value, what)
        if len({item.shape for item in items}) > 1 or len({item.dtype for item in items}) > 1:
            shapes = ", ".join(str(tuple(item.shape)) for item in items[:6])
            raise WrongKind(what, f"a {type_name(value)} of tensors of shapes {shapes}", self.name)
        return torch.stack(items)

    def tensors(self, canonical: Any, what: str) -> Iterator[tuple[str, torch.Tensor]]:
        yield what, canonical


@dataclass(frozen=True)
class Parts(Kind):
    """A tuple with named parts: `Parts(outputs=Array("T n h"), state=Array("n h", state=True))`."""

    parts: tuple[tuple[str, Kind], ...]
    loose: bool = False

    def __init__(self, loose: bool = False, **parts: Kind) -> None:
        object.__setattr__(self, "parts", tuple(parts.items()))
        object.__setattr__(self, "loose", loose)

    @property
    def name(self) -> str:
        return f"a tuple ({', '.join(name for name, _ in self.parts)})"

    def canonical(self, value: Any, what: str) -> Any:
        fits = isinstance(value, (list, tuple) if self.loose else tuple) and len(value) == len(self.parts)
        if not fits:
            raise self.wrong(value, what)
        named = zip(self.parts, value, strict=True)
        return tuple(kind.canonical(item, part_name(what, name)) for (name, kind), item in named)

    def tensors(self, canonical: Any, what: str) -> Iterator[tuple[str, torch.Tensor]]:
        for (name, kind), item in zip(self.parts, canonical, strict=True):
            yield from kind.tensors(item, part_name(what, name))


@dataclass(frozen=True)
class Fields(Kind):
    """A dict with exactly the given str keys: `Fields(W_xh=Array("d h"), b_h=Array("h"))`."""

    fields: tuple[tuple[str, Kind], ...] = field(default=())

    def __init__(self, **fields: Kind) -> None:
        object.__setattr__(self, "fields", tuple(fields.items()))

    @property
    def name(self) -> str:
        return f"a dict with the keys {', '.join(name for name, _ in self.fields)}"

    def canonical(self, value: Any, what: str) -> Any:
        if not isinstance(value, dict):
            raise self.wrong(value, what)
        if set(value) != {name for name, _ in self.fields}:
            found = ", ".join(map(str, value)) or "none"
            raise WrongKind(what, f"a dict with the keys {found}", self.name)
        return {name: kind.canonical(value[name], part_name(what, name)) for name, kind in self.fields}

    def tensors(self, canonical: Any, what: str) -> Iterator[tuple[str, torch.Tensor]]:
        for name, kind in self.fields:
            yield from kind.tensors(canonical[name], part_name(what, name))


@dataclass(frozen=True)
class Mapping(Kind):
    """A dict from keys of one kind to values of one kind."""

    key: Kind
    value: Kind

    @property
    def name(self) -> str:
        return "a dict"

    def canonical(self, value: Any, what: str) -> Any:
        if not isinstance(value, dict):
            raise self.wrong(value, what)
        return {
            self.key.canonical(key, f"a key of {what}"): self.value.canonical(item, f"{what}[{key!r}]")
            for key, item in value.items()
        }

    def tensors(self, canonical: Any, what: str) -> Iterator[tuple[str, torch.Tensor]]:
        for key, item in canonical.items():
            yield from self.value.tensors(item, f"{what}[{key!r}]")
