"""Units: a chapter's worth of components, found through the entry point group `seqgrade.units`.

The built-in units enter by the same door as a third party's. A unit names its contract module (all that a
worker needs to know) and, for the judge, where its reference, checks and mutants are.
"""

from __future__ import annotations

import functools
import importlib
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pluggy

from harness.contracts.component import Component, components_of

GROUP = "seqgrade.units"
unit_hookspec = pluggy.HookspecMarker(GROUP)
unit_hookimpl = pluggy.HookimplMarker(GROUP)


@dataclass(frozen=True)
class Unit:
    """One unit. `contract` is an importable module, the rest are files; `checks` and `mutants` lie in a
    package folder, `tests/` by convention, so that they may import from one another."""

    name: str
    contract: str
    reference: Path
    checks: Path
    mutants: Path

    @property
    def module(self) -> ModuleType:
        """The contract module: hookspecs and observers."""
        return importlib.import_module(self.contract)

    @property
    def components(self) -> dict[str, Component]:
        """The unit's components by name, in the order of the contract."""
        return components_of(self.module)


class UnitHooks:
    """The harness-level hook of a plugin that brings units."""

    @unit_hookspec
    def seqgrade_units(self) -> list[Unit]:
        """Return the units that this plugin brings."""


@functools.cache
def units() -> dict[str, Unit]:
    """Every installed unit by name. Raises RuntimeError where two have one name, or two units one hook."""
    manager = pluggy.PluginManager(GROUP)
    manager.add_hookspecs(UnitHooks)
    manager.load_setuptools_entrypoints(GROUP)
    found: dict[str, Unit] = {}
    owners: dict[str, str] = {}
    for unit in (unit for brought in reversed(manager.hook.seqgrade_units()) for unit in brought):
        if unit.name in found:
            raise RuntimeError(f"two installed plugins bring a unit named {unit.name!r}: uninstall one")
        for name in unit.components:
            if name in owners:
                raise RuntimeError(f"the units {owners[name]!r} and {unit.name!r} both declare the hook {name!r}")
            owners[name] = unit.name
        found[unit.name] = unit
    return found


@functools.cache
def components() -> dict[str, Component]:
    """Every component by name, unit by unit."""
    return {name: item for unit in units().values() for name, item in unit.components.items()}


def unit_of(component: str) -> Unit:
    """The unit that declares a component."""
    return next(unit for unit in units().values() if component in unit.components)
