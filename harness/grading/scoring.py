"""Scoring: arithmetic on verdicts. The denominator is the rubric's, never what happened to run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from harness.grading.record import CheckRecord, ComponentRecord, Record, RecordError
from harness.grading.rubric import Rubric
from harness.judge.verdict import Verdict


def component_record(total: float, checks: Sequence[CheckRecord], mistakes: Iterable[str]) -> ComponentRecord:
    """A component's points from its checks'."""
    status = "not_submitted" if {one.verdict for one in checks} <= {Verdict.NOT_SUBMITTED.value} else "graded"
    passed = bool(checks) and all(one.verdict == Verdict.PASSED for one in checks)
    won = total if passed else sum(one.points for one in checks)
    return ComponentRecord(status, rounded(won), rounded(total), list(mistakes))


def score_of(components: Mapping[str, ComponentRecord], checks: Iterable[CheckRecord]) -> float | None:
    """The score; None where a check could not run."""
    if any(one.verdict == Verdict.NOT_RUN for one in checks):
        return None
    return rounded(sum(item.score for item in components.values()))


def rounded(points: float) -> float:
    """Points without the dust of floating-point sums."""
    return round(points, 6)


def rescored(record: Record, rubric: Rubric) -> Record:
    """A record by another rubric, from the verdicts that it holds. Raises RecordError where one is missing."""
    by_id = {one.id: one for one in record.checks}
    missing = [name for name in rubric.checks if name not in by_id]
    if missing:
        raise RecordError(
            f"{record.submission}: has no verdict of {missing[0]} ({len(missing)} missing), which this rubric asks "
            "for; grade it with that rubric: only what is missing is judged"
        )
    checks = [
        msgspec.structs.replace(by_id[name], max_points=worth, points=worth if by_id[name].verdict == "passed" else 0.0)
        for name, worth in rubric.checks.items()
    ]
    components = {}
    for name, total in rubric.components.items():
        known = record.components.get(name)
        own = [one for one in checks if one.component == name]
        components[name] = component_record(total, own, known.mistakes if known else [])
    return msgspec.structs.replace(
        record,
        assignment=rubric.name,
        checks=checks,
        components=components,
        score=score_of(components, checks),
        max_score=rounded(rubric.max_score),
    )
