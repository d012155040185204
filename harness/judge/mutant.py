"""Mutants: the reference with one seeded bug each, made by replacing text in its source.

A mutant is a plugin like any other. Because it is an edit of the reference, it stays in step with it: an
edit that no longer fits fails loudly.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from harness.judge.modules import import_beside
from harness.judge.subject import InProcess
from harness.plugins import Source, load_source, read
from harness.units import units


@dataclass(frozen=True)
class Mutant:
    """One bug in one component.

    name: a short slug. misconception: the bug in one sentence. killed_by: the check that must fail on it.
    edits: (old, new) replacements in the reference's module; each old text must occur exactly once.
    """

    component: str
    name: str
    misconception: str
    killed_by: str
    edits: tuple[tuple[str, str], ...]

    @property
    def id(self) -> str:
        """The mutant's name in reports: `gru_scratch/update-gate-flipped`."""
        return f"{self.component}/{self.name}"

    def source(self) -> Source:
        """The mutated module. Raises ValueError where an edit does not fit the reference exactly once."""
        unit = next(unit for unit in units().values() if self.component in unit.components)
        original = read(unit.reference)
        place, content = original.modules[""]
        text = content.decode("utf-8")
        for old, new in self.edits:
            if text.count(old) != 1:
                raise ValueError(f"mutant {self.id}: {old!r} occurs {text.count(old)} times in {place}, not once")
            text = text.replace(old, new)
        file = Path(f"<mutant {self.id}>")
        return replace(original, name=self.name, path=place, modules={"": (file, text.encode("utf-8"))})

    def subject(self) -> InProcess:
        """The mutant, loaded. Only its own component is to be judged: others may share the mutated code."""
        return InProcess(load_source(self.source()))


def mutant(component: str, name: str, misconception: str, killed_by: str, *edits: tuple[str, str]) -> Mutant:
    """A Mutant, written on few lines."""
    return Mutant(component, name, misconception, killed_by, edits)


@cache
def mutants() -> tuple[Mutant, ...]:
    """Every unit's mutants, in the order of the units: the list `MUTANTS` of each unit's mutants module."""
    found: list[Mutant] = []
    for unit in units().values():
        found += import_beside(unit.mutants).MUTANTS
    return tuple(found)
