"""What gathering finds: a submission and whose it is, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


class GatherError(Exception):
    """A submission that cannot be had from its files; the message names the file, the entry, the fault and the mend."""


@dataclass(frozen=True)
class Person:
    """One author, as Gradescope's metadata names them; "" where it does not."""

    name: str
    sid: str = ""
    email: str = ""


@dataclass(frozen=True)
class Found:
    """A submission: `path` is what `harness.plugins.read` takes, or with an `error`, what was handed in.

    name: distinct and fit for a folder. id: the export's own (Canvas: user, Moodle: participant, Gradescope:
    submission), or "". origin: "canvas", "moodle", "gradescope", or "files". notes: what was left out, for the grader.
    """

    name: str
    path: Path
    id: str = ""
    origin: str = "files"
    error: str | None = None
    notes: tuple[str, ...] = ()
    people: tuple[Person, ...] = ()
