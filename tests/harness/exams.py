"""Helpers: an exam over the whole suite, and records of sources written on the spot."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from harness.corpus import open_corpus
from harness.grading.exam import Exam
from harness.grading.grade import judge_submission
from harness.grading.opening import open_submission
from harness.grading.record import Record
from harness.grading.rubric import default_rubric
from harness.grading.suite import suite
from harness.judge.oracle import Oracle

ROOT = Path(__file__).resolve().parents[2]


@cache
def oracle() -> Oracle:
    """One oracle for all tests of a process: what it has seen once, it remembers."""
    return Oracle()


def exam(seed: int = 0, component: str | None = None) -> Exam:
    """The whole suite, or one component's checks, by the default rubric."""
    checks = tuple(one for one in suite() if component in (None, one.component))
    whole = Exam(suite(), default_rubric(suite()), seed, "cpu", open_corpus(), oracle())
    return whole.only(checks)


def graded(path: Path, seed: int = 0, component: str | None = None) -> Record:
    """The record of a submission."""
    return judge_submission(exam(seed, component), open_submission(path))


def written(folder: Path, text: str, name: str = "work.py") -> Path:
    """A submission of the given source."""
    file = folder / name
    file.write_text(f"from harness import hookimpl\n{text}", encoding="utf-8")
    return file
