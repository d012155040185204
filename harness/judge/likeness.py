"""Likeness: whether two implementations did the same on one case, as far as its contract settles what they do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import torch

from harness.contracts.component import Component
from harness.contracts.observation import Observation, Request
from harness.contracts.results import WrongKind
from harness.judge import purity
from harness.judge.compare import compare
from harness.judge.tolerances import alike_tolerance, largest
from harness.judge.verdict import Failure

Alike = Callable[[Mapping[str, Any], Any, Any], bool]
"""(arguments, one, other) -> whether two canonical results are the same but for what the contract leaves free: the
order of ties, or how randomness is drawn."""


def alike(
    component: Component, request: Request, one: Observation, other: Observation, results: Alike | None = None
) -> bool:
    """Whether both ended in the same way: the same result and gradients within rounding, or an exception of the
    same class; the same arguments changed, the same random states moved, the same questions asked.

    results: what makes two results the same, where the contract leaves something free.
    """
    if one.out_of_time is not None or other.out_of_time is not None:
        return one.out_of_time is not None and other.out_of_time is not None
    if one.raised or other.raised:
        return bool(one.raised and other.raised and one.raised.kind == other.raised.kind)
    if request.global_seed is not None and not _same_traces(request, one, other):
        return False
    return (
        _warnings(one) == _warnings(other)
        and same(one.notes, other.notes)
        and _same_results(component, request.arguments, one, other, results)
        and (
            request.again is None or _same_again(component, {**request.arguments, **request.again}, one, other, results)
        )
        and _same_gradients(one.gradients or {}, other.gradients or {})
    )


def _same_traces(request: Request, one: Observation, other: Observation) -> bool:
    """Whether the same arguments were changed, into the same, and the same random states were moved."""
    changed = purity.changed(request, one)
    if changed != purity.changed(request, other) or purity.moved(request, one) != purity.moved(request, other):
        return False
    return all(same((one.arguments or {}).get(name), (other.arguments or {}).get(name)) for name in changed)


def _warnings(seen: Observation) -> set[str]:
    """The kinds of warnings that come of what is computed; a plain `warnings.warn` is a matter of style."""
    return {told.partition(":")[0] for told in seen.warned} - {"UserWarning", "DeprecationWarning", "FutureWarning"}


def _same_again(
    component: Component, arguments: Mapping[str, Any], one: Observation, other: Observation, results: Alike | None
) -> bool:
    """Whether the second calls gave the same, and left the same of it."""
    seconds = (replace(one, result=one.again), replace(other, result=other.again))
    kept = (replace(one, result=one.kept), replace(other, result=other.kept))
    return all(_same_results(component, arguments, *pair, results) for pair in (seconds, kept))


def _same_results(
    component: Component, arguments: Mapping[str, Any], one: Observation, other: Observation, results: Alike | None
) -> bool:
    first, second = (_canonical(component, seen) for seen in (one, other))
    if isinstance(first, WrongKind) or isinstance(second, WrongKind):
        faults = [(found.what, found.fault) for found in (first, second) if isinstance(found, WrongKind)]
        return len(faults) == 2 and faults[0] == faults[1] and _same_numbers(one.result, other.result)
    return same(first, second) or (results is not None and results(arguments, first, second))


def _same_numbers(one: Any, other: Any) -> bool:
    """Whether two results are the same, if they are bare numbers; nothing is said of others."""
    return same(one, other) if isinstance(one, float) and isinstance(other, float) else True


def _canonical(component: Component, seen: Observation) -> Any:
    """The canonical result, or what is wrong with its kind."""
    try:
        return component.result.canonical(seen.result, "result")
    except WrongKind as finding:
        return finding


def same(one: Any, other: Any) -> bool:
    """Whether two plain values are the same within rounding."""
    if isinstance(one, torch.Tensor) and isinstance(other, torch.Tensor):
        return _same_tensors(one, other)
    if isinstance(one, (list, tuple)) and type(one) is type(other):
        if set(map(type, one)) <= {int, str}:
            return bool(one == other)
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    try:
        compare("", one, other, alike_tolerance)
    except Failure:
        return False
    return True


def _same_tensors(one: torch.Tensor, other: torch.Tensor) -> bool:
    if one.dtype != other.dtype or one.shape != other.shape:
        return False
    if not one.dtype.is_floating_point:
        return torch.equal(one, other)
    a, b = one.double(), other.double()
    same = (a == b) | (a.isnan() & b.isnan()) | ((a - b).abs() <= alike_tolerance("", one, other))
    return bool(same.all()) or _both_rounded(one, other)


def _both_rounded(one: torch.Tensor, other: torch.Tensor) -> bool:
    """Whether both are float64 in name only, and the same as float32: each was rounded on a way of its own."""
    if one.dtype is not torch.float64 or not all(torch.equal(t, t.float().double()) for t in (one, other)):
        return False
    return bool(((one - other).abs() <= alike_tolerance("", one.float(), other.float())).all())


def _same_gradients(one: dict[str, torch.Tensor | None], other: dict[str, torch.Tensor | None]) -> bool:
    everywhere = max((largest(g) for g in [*one.values(), *other.values()] if g is not None), default=0.0)
    return one.keys() == other.keys() and all(_same_gradient(one[k], other[k], everywhere) for k in one)


def _same_gradient(one: torch.Tensor | None, other: torch.Tensor | None, everywhere: float) -> bool:
    """No gradient and one of zeros are the same; small ones carry the rounding of large ones."""
    if one is None or other is None:
        given = other if one is None else one
        return given is None or not bool(given.any())
    if one.dtype != other.dtype or one.shape != other.shape:
        return False
    a, b = one.double(), other.double()
    allowed = alike_tolerance("", one, torch.tensor([everywhere], dtype=torch.float64))
    return bool(((a == b) | (a.isnan() & b.isnan()) | ((a - b).abs() <= allowed)).all())
