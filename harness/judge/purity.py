"""Purity: which arguments a hook changed, and which global random states it moved, judged from what they became."""

from __future__ import annotations

import math
from functools import cache

import torch

from harness.contracts.ambient import RandomStates, global_state_kept
from harness.contracts.observation import Observation, Request
from harness.plain import Plain


def changed(request: Request, seen: Observation) -> list[str]:
    """The arguments that are no longer, in values, shape, dtype and structure, what the hook was given."""
    now = seen.arguments or {}
    watched = {name: given for name, given in request.arguments.items() if name != "generator"}
    return [name for name, given in watched.items() if name not in now or not _same(now[name], given)]


def moved(request: Request, seen: Observation) -> list[str]:
    """The packages whose global random state is no longer as `request.global_seed` left it."""
    assert request.global_seed is not None
    before = _states(request.global_seed)
    return [name for name, state in before.items() if seen.states.get(name) != state]


@cache
def _states(seed: int) -> dict[str, str]:
    with global_state_kept():
        return RandomStates.seeded(seed).digests()


def _same(one: Plain, other: Plain) -> bool:
    if type(one) is not type(other):
        return False
    if isinstance(one, torch.Tensor):
        if one.dtype != other.dtype or one.shape != other.shape:
            return False
        return torch.equal(one, other) or _same_bits(one, other)
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, dict):
        return list(one) == list(other) and all(_same(one[key], other[key]) for key in one)
    return bool(one == other) or (isinstance(one, float) and math.isnan(one) and math.isnan(other))


def _same_bits(one: torch.Tensor, other: torch.Tensor) -> bool:
    """For tensors with NaN, which equal nothing."""
    bits = (item.contiguous().reshape(-1).view(torch.uint8) for item in (one, other))
    return torch.equal(*bits)
