"""The plan of a check: its cases, drawn by Hypothesis before any submission runs; and shrinking."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random
from typing import Any, TypeVar

import hypothesis
from hypothesis import HealthCheck, Phase, settings
from hypothesis.errors import NoSuchExample
from hypothesis.internal.conjecture import providers
from hypothesis.strategies import SearchStrategy

T = TypeVar("T")
SHRINK_CALLS = 40
"""How many cases shrinking may try: counted, not timed, so that a seed gives the same report."""


def seed_of(grading_seed: int, component: str, check: str) -> int:
    """The seed of a check's plan: no name or path of a submission enters it."""
    text = f"{grading_seed}/{component}/{check}".encode()
    return int.from_bytes(hashlib.sha256(text).digest()[:8], "big")


def _settings(count: int, *phases: Phase) -> settings:
    return settings(
        max_examples=count,
        phases=phases,
        database=None,
        deadline=None,
        derandomize=False,
        report_multiple_bugs=False,
        suppress_health_check=[HealthCheck.too_slow],
    )


@contextmanager
def alone() -> Iterator[None]:
    """Have Hypothesis draw nothing of what lies around: its newer versions also draw the constants of whichever modules
    of the user's are imported, so that a seed would give other cases in another process, or another installation."""
    kept = {name: getattr(providers, name) for name in _OURS if hasattr(providers, name)}
    try:
        for name in kept:
            setattr(providers, name, _OURS[name])
        yield
    finally:
        for name, value in kept.items():
            setattr(providers, name, value)


_NO_CONSTANTS: Any = providers.Constants() if hasattr(providers, "Constants") else None
_OURS: dict[str, Any] = {
    "_get_local_constants": lambda: _NO_CONSTANTS,
    "CONSTANTS_CACHE": type(providers.CONSTANTS_CACHE)(1024) if hasattr(providers, "CONSTANTS_CACHE") else None,
}


def draw(strategy: SearchStrategy[T], count: int, seed: int) -> list[T]:
    """Draw up to `count` different cases; the same seed gives the same cases.

    Raises RuntimeError if the strategy yields none: a check without cases would pass anything.
    """
    drawn: list[T] = []

    @hypothesis.seed(seed)
    @_settings(count, Phase.generate)
    @hypothesis.given(strategy)
    def collect(case: T) -> None:
        if case not in drawn:
            drawn.append(case)

    with alone():
        collect()
    if not drawn:
        raise RuntimeError("a check's strategy yields no case")
    return drawn


def shrink(strategy: SearchStrategy[T], fails: Callable[[T], bool], failing: T, seed: int, count: int) -> T:
    """A simpler case that fails too, found by Hypothesis; `failing` itself where there is none."""
    known: dict[T, bool] = {failing: True}
    best = [failing]

    def condition(case: T) -> bool:
        if case not in known:
            if len(known) > SHRINK_CALLS:
                return False
            known[case] = fails(case)
        if known[case]:
            best[0] = case
        return known[case]

    try:
        with alone():
            return hypothesis.find(
                strategy,
                condition,
                settings=_settings(4 * count, Phase.generate, Phase.shrink),
                random=Random(seed),
            )
    except NoSuchExample:
        return failing
