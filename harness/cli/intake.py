"""Taking work in: what is handed in is graded, and its records are written, at once or as it comes."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import click

from harness.grading.gathering import Found, gather
from harness.grading.record import Record, record_path, write_record
from harness.grading.run import Run
from harness.plugins import LoadError, read
from harness.reports.feedback import Feedback
from harness.reports.student import write_feedback

UNPACKED = ".unpacked"
"""The folder under --out for what archives hold; no submission has that name."""


@dataclass
class Writing:
    """A run whose records are written as they come, and kept, by submission."""

    run: Run
    out: Path
    feedback: Feedback
    records: dict[str, Record] = field(default_factory=dict)

    def graded(self, found: list[Found], fresh: bool = False) -> Iterator[Record]:
        """Grade these, and yield each record when it is written."""
        for name, record in self.run.grade(found, fresh):
            place = record_path(self.out, name, self.run.exam.device)
            write_record(record, place)
            write_feedback(record, place, self.feedback)
            self.records[name] = record
            yield record


def take_in(writing: Writing, paths: tuple[Path, ...], only: tuple[str, ...], changed: set[Path]) -> None:
    """Grade what has come or changed. Work that cannot be taken in is told of, and waited for again."""
    began = time.perf_counter()
    try:
        found = gathered(paths, writing.out)
        for record in writing.graded([one for one in found if _is_new(one, writing, only, changed)]):
            worth = "not run" if record.score is None else f"{record.score:.2f} / {record.max_score:g}"
            told = f" ({fate(record)})" if record.score is not None and record.error is not None else ""
            click.echo(f"{record.submission}: {worth}{told} · {time.perf_counter() - began:.2f} s")
    except (LoadError, click.UsageError) as error:
        click.echo(f"not graded: {error}", err=True)


def _is_new(one: Found, writing: Writing, only: tuple[str, ...], changed: set[Path]) -> bool:
    """Whether a submission has no record yet, or one of other bytes."""
    if only and one.name not in only:
        return False
    known = writing.records.get(one.name)
    if known is None or one.error is not None:
        return known is None or known.error != one.error
    place = Path(os.path.abspath(one.path))
    unpacked = place.is_relative_to(os.path.abspath(writing.out))
    if not unpacked and not any(file == place or place in file.parents for file in changed):
        return False
    try:
        return read(one.path).sha256 != known.sha256
    except LoadError as error:
        return known.error != str(error)


def fate(record: Record) -> str:
    """What progress counts a submission as."""
    if record.score is None:
        return "without a score"
    if record.error is not None:
        return "not loaded"
    return "" if record.full else "below full marks"


def gathered(paths: tuple[Path, ...], out: Path) -> list[Found]:
    """What there is to grade, archives unpacked in a folder below `out`."""
    into = out / UNPACKED
    try:
        return gather(paths, into)
    except OSError as error:
        raise click.UsageError(
            f"{into}: archives cannot be unpacked there ({error.strerror}); choose another --out"
        ) from error
