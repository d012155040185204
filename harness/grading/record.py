"""Records: all verdicts of one submission; the single source of every report."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import msgspec

SCHEMA = 1


class RecordError(Exception):
    """A record that cannot be read or written."""


class ComponentRecord(msgspec.Struct):
    """One component: `graded` or `not_submitted`, its points, and the mutants that show its mistakes, if known."""

    status: str
    score: float
    max_score: float
    mistakes: list[str] = []


class CheckRecord(msgspec.Struct):
    """One check: its verdict, its points, and what a report says about it."""

    id: str
    component: str
    verdict: str
    points: float
    max_points: float
    claim: str
    message: str = ""
    hint: str = ""
    case: str = ""
    output: str = ""
    replay: str = ""
    diagnosis: str | None = None
    seconds: float = 0.0


class Record(msgspec.Struct):
    """All verdicts of one submission. `score` is null where checks could not run at all (no device)."""

    schema: int
    submission: str
    path: str
    sha256: str
    assignment: str
    seed: int | str  # the number, or of a secret a fingerprint
    device: str
    isolation: str
    corpus: str
    versions: dict[str, str]
    score: float | None
    max_score: float
    error: str | None
    problems: list[str]
    components: dict[str, ComponentRecord]
    checks: list[CheckRecord]
    seconds: float
    origin: str = "files"  # the layout that it came in: canvas, moodle, gradescope
    lms_id: str = ""  # whose it is there

    @property
    def full(self) -> bool:
        """Whether every point was won."""
        return (
            self.score is not None
            and self.error is None
            and all(one.verdict == "passed" for one in self.checks if one.max_points)
        )


def write_record(record: Record, path: Path) -> None:
    """Write a record as JSON. Raises RecordError where the folder cannot be written."""
    write_whole(path, msgspec.json.format(msgspec.json.encode(_textual(msgspec.to_builtins(record))), indent=2))


def write_whole(path: Path, content: bytes) -> None:
    """Write a file in one step: a reader finds the old one or the new one, never half of one.

    Raises RecordError where the folder cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(f".{os.getpid()}.tmp")
        draft.write_bytes(content)
        draft.replace(path)
    except OSError as error:
        raise RecordError(f"{path}: cannot be written ({error.strerror}); choose another --out") from error


def _textual(value: Any) -> Any:
    """The value with every string in UTF-8's reach: half of a surrogate pair is written as an escape."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, list):
        return [_textual(item) for item in value]
    if isinstance(value, dict):
        return {_textual(key): _textual(item) for key, item in value.items()}
    return value


def read_record(path: Path) -> Record:
    """Read a record. Raises RecordError where it is missing, malformed or of another schema."""
    try:
        record = msgspec.json.decode(path.read_bytes(), type=Record)
    except OSError as error:
        raise RecordError(f"{path}: the record cannot be read ({error.strerror})") from error
    except msgspec.MsgspecError as error:
        raise RecordError(f"{path}: is not a record of seqgrade: {error}") from error
    if record.schema != SCHEMA:
        raise RecordError(f"{path}: is of schema {record.schema}, and this seqgrade reads {SCHEMA}; grade it again")
    return record


def record_path(folder: Path, name: str, device: str) -> Path:
    """Where a submission's record is: `grade.json`, or `grade-cuda.json` for a run on CUDA."""
    return folder / name / ("grade.json" if device == "cpu" else f"grade-{device}.json")
