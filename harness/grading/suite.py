"""The suite: every unit's graded checks, imported once."""

from __future__ import annotations

from functools import cache

from harness.judge.check import Check
from harness.judge.modules import import_beside
from harness.units import units


@cache
def suite() -> tuple[Check, ...]:
    """Every check of every unit, in the order of the units and of their files.

    Raises RuntimeError where a component has no check: it could not be graded.
    """
    checks: list[Check] = []
    for unit in units().values():
        module = import_beside(unit.checks)
        found = [value.check for value in vars(module).values() if hasattr(value, "check")]
        lacking = set(unit.components) - {one.component for one in found}
        if lacking:
            raise RuntimeError(f"{unit.checks}: no check grades {', '.join(sorted(lacking))}")
        checks += found
    return tuple(checks)
