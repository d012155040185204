"""Mutants: the reference with one seeded bug each, made by replacing text in its source.

A mutant is a plugin like any other. Because it is an edit of the reference, it stays in step with it: an
edit that no longer fits fails loudly.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from harness.judge.likeness import Alike
from harness.judge.modules import import_beside
from harness.judge.subject import InProcess
from harness.plugins import Source, load_source, read
from harness.units import Unit, unit_of, units

Edit = tuple[str, str]
"""(old, new): a piece of a plugin's text, and what takes its place."""


@dataclass(frozen=True)
class Mutant:
    """One bug in one component.

    name: a short slug. misconception: the bug in one sentence. killed_by: the check that must fail on it.
    edits: (old, new) replacements in the reference's module; each old text must occur exactly once. hint: what a
    student is told beside the misconception: where to look, never the code. convention: where the bug is what
    another book or library does on purpose, whose it is ("PyTorch's GRU").
    """

    component: str
    name: str
    misconception: str
    killed_by: str
    edits: tuple[Edit, ...]
    hint: str = ""
    convention: str = ""

    @property
    def id(self) -> str:
        """The mutant's name in reports: `gru_scratch/update-gate-flipped`."""
        return f"{self.component}/{self.name}"

    def source(self) -> Source:
        """The mutated module. Raises ValueError where an edit does not fit the reference exactly once."""
        return edited(unit_of(self.component).reference, self.edits, f"mutant {self.id}")

    def subject(self) -> InProcess:
        """The mutant, loaded. Only its own component is to be judged: others may share the mutated code."""
        return InProcess(load_source(self.source()))


def mutant(
    component: str, name: str, misconception: str, killed_by: str, *edits: Edit, hint: str = "", convention: str = ""
) -> Mutant:
    """A Mutant, written on few lines."""
    return Mutant(component, name, misconception, killed_by, edits, hint, convention)


def edited(file: Path, edits: Iterable[Edit], name: str) -> Source:
    """A one-file plugin with pieces of its text replaced. Raises ValueError where one does not occur exactly once."""
    original = read(file)
    place, content = original.modules[""]
    text = content.decode("utf-8")
    for old, new in edits:
        if text.count(old) != 1:
            raise ValueError(f"{name}: {old!r} occurs {text.count(old)} times in {place}, not once")
        text = text.replace(old, new)
    return replace(original, name=name, path=place, modules={"": (Path(f"<{name}>"), text.encode("utf-8"))})


@cache
def mutants() -> tuple[Mutant, ...]:
    """Every unit's mutants, in the order of the units: the list `MUTANTS` of each unit's mutants module."""
    found: list[Mutant] = []
    for unit in units().values():
        found += import_beside(unit.mutants).MUTANTS
    return tuple(found)


@cache
def freedoms() -> dict[str, Alike | None]:
    """By component, what makes two results the same though they differ, where the contract leaves something free:
    the dict `ALIKE` of each unit's mutants module, if it has one. None: nothing there can be compared."""
    return {name: rule for unit in units().values() for name, rule in _alike_of(unit).items()}


def _alike_of(unit: Unit) -> dict[str, Alike | None]:
    rules: dict[str, Alike | None] = getattr(import_beside(unit.mutants), "ALIKE", {})
    return rules
