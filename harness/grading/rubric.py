"""Rubrics: how many points a component is worth, and how they are split over its checks."""

from __future__ import annotations

import difflib
import math
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import msgspec

from harness.contracts.component import CPU_SECONDS
from harness.judge.check import Check
from harness.judge.limits import MEMORY_MB, Limits
from harness.plugins.importing import LOAD_SECONDS
from harness.units import components

Points = Annotated[float, msgspec.Meta(ge=0)]
Seconds = Annotated[float, msgspec.Meta(gt=0, le=86400)]
Megabytes = Annotated[int, msgspec.Meta(ge=64, le=2**20)]


class RubricError(Exception):
    """A rubric that cannot be used; the message names the file, the thing, the fault and the mend."""


class ComponentRubric(msgspec.Struct, forbid_unknown_fields=True):
    """`[components.vocab]`: its points, weights for single checks by test name, the only checks that are to run, where
    not all are, and limits of its own."""

    points: Points
    checks: dict[str, Points] = {}
    only: list[str] = []
    cpu_seconds: Seconds | None = None
    memory_mb: Megabytes | None = None


class LimitsRubric(msgspec.Struct, forbid_unknown_fields=True):
    """`[limits]`: of one call, of the import, and of memory beyond what Python and torch take."""

    cpu_seconds: Seconds = CPU_SECONDS
    load_seconds: Seconds = LOAD_SECONDS
    memory_mb: Megabytes = MEMORY_MB


class RubricFile(msgspec.Struct, forbid_unknown_fields=True):
    """A rubric as it is written in TOML."""

    components: dict[str, Points | ComponentRubric]
    name: str = "assignment"
    limits: LimitsRubric = msgspec.field(default_factory=LimitsRubric)


@dataclass(frozen=True)
class Rubric:
    """Points by component, and by check id; a check's points add up to its component's."""

    name: str
    components: dict[str, float]
    checks: dict[str, float]
    limits: Limits = field(default_factory=Limits)

    @property
    def max_score(self) -> float:
        """The denominator: the rubric's, whatever happens to run."""
        return sum(self.components.values())


def _split(points: float, checks: Sequence[Check], weights: dict[str, float]) -> dict[str, float]:
    chosen = {one.id: weights.get(one.name, one.weight) for one in checks}
    total = sum(chosen.values())
    return {name: points * weight / total if total else 0.0 for name, weight in chosen.items()}


def _rubric(name: str, wanted: dict[str, ComponentRubric], checks: Iterable[Check], limits: LimitsRubric) -> Rubric:
    by_component: dict[str, list[Check]] = {component: [] for component in wanted}
    for one in checks:
        if one.component in wanted and one.name in (wanted[one.component].only or [one.name]):
            by_component[one.component].append(one)
    points: dict[str, float] = {}
    for component, rule in wanted.items():
        points |= _split(rule.points, by_component[component], rule.checks)
    worth = {component: rule.points for component, rule in wanted.items()}
    cpu = {component: rule.cpu_seconds for component, rule in wanted.items() if rule.cpu_seconds}
    memory = {component: rule.memory_mb for component, rule in wanted.items() if rule.memory_mb}
    return Rubric(name, worth, points, Limits(limits.cpu_seconds, limits.load_seconds, limits.memory_mb, cpu, memory))


def default_rubric(checks: Iterable[Check]) -> Rubric:
    """Every component at its contract's worth."""
    wanted = {name: ComponentRubric(item.points) for name, item in components().items()}
    return _rubric("the whole course", wanted, checks, LimitsRubric())


def read_rubric(path: Path, checks: Sequence[Check]) -> Rubric:
    """Read a rubric from TOML. Raises RubricError, listing the known names where one is unknown."""
    try:
        data: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        written = msgspec.convert(data, RubricFile)
        _demand_finite(written)
    except OSError as error:
        raise RubricError(f"{path}: the rubric cannot be read ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError, ValueError) as error:
        raise RubricError(f"{path}: is not a rubric: {error}; the README shows one") from error
    if not written.components:
        raise RubricError(f"{path}: [components] is empty; give at least one component its points")
    wanted = {
        name: rule if isinstance(rule, ComponentRubric) else ComponentRubric(rule)
        for name, rule in written.components.items()
    }
    for name, rule in wanted.items():
        _known(path, "component", name, list(components()))
        tests = [one.name for one in checks if one.component == name]
        for test in (*rule.checks, *rule.only):
            _known(path, f"check of {name}", test, tests)
        for test in set(rule.checks) - set(rule.only or rule.checks):
            raise RubricError(f"{path}: {test} has a weight, and is not among those that `only` of {name} lets run")
        run = [one for one in checks if one.component == name and one.name in (rule.only or tests)]
        if rule.points and not any(rule.checks.get(one.name, one.weight) for one in run):
            raise RubricError(f"{path}: every check of {name} weighs 0, so its {rule.points:g} points cannot be won")
    return _rubric(written.name, wanted, checks, written.limits)


def _demand_finite(written: RubricFile) -> None:
    for name, rule in written.components.items():
        points = [rule.points, *rule.checks.values()] if isinstance(rule, ComponentRubric) else [rule]
        if not all(map(math.isfinite, points)):
            raise ValueError(f"the points of {name} are not finite")
    worth = written.components.values()
    if written.components and not any(rule.points if isinstance(rule, ComponentRubric) else rule for rule in worth):
        raise ValueError("all points are 0, so there is nothing to win")


def _known(path: Path, what: str, name: str, names: list[str]) -> None:
    if name not in names:
        close = difflib.get_close_matches(name, names, n=1)
        guess = f"did you mean {close[0]!r}? " if close else ""
        raise RubricError(f"{path}: there is no {what} named {name!r}; {guess}known: {', '.join(names)}")
