"""Levels of isolation, from the strongest to the weakest, as they stand in every record."""

from __future__ import annotations

from enum import StrEnum


class Level(StrEnum):
    """How a worker is kept from the rest of the machine. Comparable: `FULL >= NO_PATHS`."""

    FULL = "FULL"
    NO_NAMESPACES = "NO-NAMESPACES"
    NO_PATHS = "NO-PATHS"
    PROCESS_ONLY = "PROCESS-ONLY"

    @property
    def meaning(self) -> str:
        """One line for a person."""
        return MEANINGS[self]

    @property
    def strength(self) -> int:
        """Greater is stronger."""
        return -list(Level).index(self)

    def weaker_than(self, other: Level) -> bool:
        """Whether `other` isolates better."""
        return self.strength < other.strength


MEANINGS = {
    Level.FULL: "a process of its own, without rights, network, other processes or files but Python's own",
    Level.NO_NAMESPACES: "as FULL, but by Landlock and seccomp alone: this system grants no namespaces",
    Level.NO_PATHS: "no path can be opened at all: this system has no Landlock, so seccomp refuses every path",
    Level.PROCESS_ONLY: "a process of its own with limits, and no wall but Python's: grade only work you trust",
}

IN_PROCESS = "IN-PROCESS"
"""What stands in a record for a subject that shares the judge's process: weaker than every level."""
