"""Rewritten mutants: a mutant's bug in other words, as an edit of right work in another style.

A diagnosis that knows a mutant only by its own text would be worth nothing: it must name the same bug in these.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from harness.builtin import NAMES
from harness.judge.modules import import_beside
from harness.judge.mutant import Edit, Mutant, edited, mutants
from harness.plugins import Source
from harness.units import components

RIGHT = Path(__file__).resolve().parents[1] / "right"


@dataclass(frozen=True)
class Rewritten:
    """The bug of the mutant with that id, made in `tests/right/<unit>/<style>.py` by replacing text."""

    mutant: str
    style: str
    edits: tuple[Edit, ...]

    @property
    def original(self) -> Mutant:
        """The mutant whose bug it is."""
        return next(one for one in mutants() if one.id == self.mutant)

    def source(self) -> Source:
        """The edited file. Raises ValueError where an edit does not fit exactly once."""
        unit = components()[self.original.component].unit
        return edited(RIGHT / unit / f"{self.style}.py", self.edits, f"rewritten {self.mutant}")


def rewritten(mutant: str, style: str, *edits: Edit) -> Rewritten:
    """A Rewritten, written on few lines."""
    return Rewritten(mutant, style, edits)


@cache
def all_rewritten() -> tuple[Rewritten, ...]:
    """Every built-in unit's rewritten mutants: the list `REWRITTEN` of its module here."""
    found: list[Rewritten] = []
    for name in NAMES:
        found += import_beside(Path(__file__).with_name(f"{name}.py")).REWRITTEN
    return tuple(found)
