"""Tests of right work: correct implementations in many styles lose no point, whatever the grading seed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.builtin import NAMES
from harness.grading.grade import judge_submission
from harness.grading.opening import open_submission
from harness.units import units

from .exams import ROOT, exam

SEEDS = int(os.environ.get("SEQGRADE_SEEDS", "2"))
RIGHT = {
    f"{unit}/{path.stem}": path
    for unit in NAMES
    for path in sorted((ROOT / "tests" / "right" / unit).iterdir())
    if not path.name.startswith(("_", "."))
}


def _full_marks(unit: str, path: Path, seed: int) -> None:
    checks = tuple(one for one in exam(seed).checks if one.component in units()[unit].components)
    record = judge_submission(exam(seed).only(checks), open_submission(path))
    assert [f"{one.id}: {one.message}" for one in record.checks if one.verdict != "passed"] == []
    assert record.score == record.max_score


def test_every_unit_has_right_work_in_several_styles() -> None:
    """At least four a unit, none of them the reference's."""
    for unit in NAMES:
        assert sum(name.startswith(f"{unit}/") for name in RIGHT) >= 4, unit


@pytest.mark.parametrize("name", RIGHT)
def test_right_work_gets_full_marks(name: str) -> None:
    """One grading seed for every piece of right work."""
    _full_marks(name.partition("/")[0], RIGHT[name], seed=0)


@pytest.mark.slow
@pytest.mark.parametrize("name", RIGHT)
def test_right_work_gets_full_marks_under_many_seeds(name: str) -> None:
    """$SEQGRADE_SEEDS grading seeds, or 2; `make right` takes a hundred."""
    for seed in range(1, 1 + SEEDS):
        _full_marks(name.partition("/")[0], RIGHT[name], seed)
