"""One face: a submission gets the same record in a worker, at every level, and in process."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from harness.grading.grade import judge_submission
from harness.grading.isolation import CONFINABLE
from harness.grading.opening import open_submission
from harness.grading.record import Record
from harness.worker.levels import Level

from .exams import ROOT, exam

pytestmark = pytest.mark.skipif(not CONFINABLE, reason="this system forks no workers")
SAMPLES = sorted((ROOT / "submissions").glob("*.py"))


def told(record: Record) -> list[tuple[str, ...]]:
    """All that a person is told of a record but the time that it took."""
    checks = [(one.id, one.verdict, str(one.points), one.message, one.hint, one.case, one.output, one.replay)
              for one in record.checks]  # fmt: skip
    components = [(name, item.status, str(item.score)) for name, item in record.components.items()]
    return [(str(record.score), str(record.error)), *map(tuple, [record.problems]), *components, *checks]


@cache
def in_process(sample: Path) -> Record:
    return judge_submission(exam(), open_submission(sample))


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
@pytest.mark.parametrize(
    "level", [Level.FULL, *(pytest.param(level, marks=pytest.mark.slow) for level in list(Level)[1:])]
)
def test_a_sample_gets_the_same_record_everywhere(level: Level, sample: Path) -> None:
    """Verdict, points, message, case, output and replay line are equal, character for character."""
    from harness.judge.workers import Workers

    with Workers(level) as workers:
        if workers.level is not level:
            pytest.skip(f"this system grants no more than {workers.level}: {workers.reason}")
        record = judge_submission(exam(), open_submission(sample, None, workers))
    assert record.isolation == level
    assert told(record) == told(in_process(sample))


@pytest.mark.slow
@pytest.mark.parametrize("level", list(Level))
def test_a_whole_solution_gets_full_marks_in_a_worker(level: Level) -> None:
    """The solution in class style, with training and its own modules."""
    from harness.judge.workers import Workers

    with Workers(level) as workers:
        if workers.level is not level:
            pytest.skip(f"this system grants no more than {workers.level}: {workers.reason}")
        record = judge_submission(exam(), open_submission(ROOT / "submissions" / "class_style", None, workers))
    assert record.full, [(one.id, one.message) for one in record.checks if one.verdict != "passed"]
