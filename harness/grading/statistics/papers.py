"""Papers: what statistics keep of a record, which is little, so that a class of a thousand fits."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from harness.grading.record import Record
from harness.judge.verdict import Verdict

SILENT = (Verdict.NOT_SUBMITTED.value, Verdict.NOT_RUN.value)
"""The verdicts that say nothing about an item: it was not handed in, or not judged."""


@dataclass(frozen=True)
class Paper:
    """One submission: its verdicts and points by check, its points and mistakes by component, and what it hands in.

    loaded: whether it could be imported; where not, its verdicts tell of that alone.
    """

    name: str
    sha256: str
    score: float | None
    loaded: bool
    verdicts: dict[str, str]
    points: dict[str, float]
    handed_in: frozenset[str]
    mistakes: dict[str, list[str]]

    @property
    def failures(self) -> tuple[str, ...]:
        """The checks that it fails."""
        return tuple(name for name, said in self.verdicts.items() if said not in (Verdict.PASSED, *SILENT))

    @property
    def diagnoses(self) -> list[str]:
        """The known mistakes that it shows, of any component."""
        return [mistake for own in self.mistakes.values() for mistake in own]


def paper_of(record: Record) -> Paper:
    """What is kept of a record. A component is handed in where any of its checks was judged."""
    points = {one.id: one.points for one in record.checks}
    return Paper(
        name=record.submission,
        sha256=record.sha256,
        score=record.score,
        loaded=record.error is None,
        verdicts={sys.intern(one.id): sys.intern(one.verdict) for one in record.checks},
        points=points | {name: item.score for name, item in record.components.items()},
        handed_in=frozenset(one.component for one in record.checks if one.verdict not in SILENT),
        mistakes={name: item.mistakes for name, item in record.components.items() if item.mistakes},
    )
