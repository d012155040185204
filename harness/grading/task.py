"""Tasks: the unit of work of a run, one distinct submission. What of it travels to a judge, and what comes back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.grading.exam import Exam
from harness.grading.grade import diagnoses, judge_check
from harness.grading.opening import open_source
from harness.judge.verdict import Outcome, Verdict
from harness.judge.workers import Workers
from harness.plugins import Source

OPENED, VERDICT, EXPLAINED, WHOLE, LOST = "opened", "verdict", "explained", "whole", "lost"

Message = tuple[str, Any]
"""A kind, and what is told: OPENED (error, problems, verdict), VERDICT (check id, outcome), EXPLAINED (component,
diagnosis), WHOLE (None): nothing is left to do; LOST (why): there is no verdict."""


@dataclass(frozen=True)
class Task:
    """A submission's bytes, the ids of the checks that it lacks, and the outcomes that are known already."""

    name: str
    source: Source
    missing: Sequence[str]
    outcomes: Mapping[str, Outcome]


def perform(exam: Exam, workers: Workers, task: Task) -> Iterator[Message]:
    """Open a submission, judge what it lacks, explain what failed; tell each as it is known."""
    opened = open_source(task.source, task.name, workers, exam.rubric.limits)
    yield OPENED, (opened.error, list(opened.problems), opened.verdict)
    outcomes, missing = dict(task.outcomes), set(task.missing)
    try:
        for one in exam.checks:
            if one.id in missing:
                outcomes[one.id] = outcome = judge_check(exam, opened, one)
                yield VERDICT, (one.id, outcome)
        for name, diagnosis in diagnoses(exam, opened, outcomes).items():
            yield EXPLAINED, (name, diagnosis)
        if not any(one.verdict is Verdict.NOT_RUN for one in outcomes.values()):
            yield WHOLE, None
    finally:
        if opened.subject is not None:
            opened.subject.close()
