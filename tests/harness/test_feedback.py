"""Tests of feedback: what each level shows an author, and what it keeps back."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.cli import main

from .exams import written

WRONG = """
@hookimpl
def perplexity(log_probs):
    print("a print of mine")
    return 2 ** (-sum(log_probs) / len(log_probs))
"""


def _check(folder: Path, level: str) -> str:
    path = written(folder, WRONG)
    result = CliRunner().invoke(main, ["check", str(path), "--component", "perplexity", "--feedback", level])
    assert result.exit_code == 1, result.output
    return result.output


def test_full_feedback_shows_cases_values_and_prints(tmp_path: Path) -> None:
    """The default: all that helps."""
    said = _check(tmp_path, "full")
    assert all(part in said for part in ("claim:", "case:", "replay:", "but should be", "a print of mine", "diagnosis"))


def test_claims_show_what_fails_and_where_to_look(tmp_path: Path) -> None:
    """Every failed claim, the diagnosis and hints; no case, no value, no replay."""
    said = _check(tmp_path, "claims")
    assert "claim:" in said
    assert "diagnosis" in said
    assert not any(part in said for part in ("case:", "replay:", "but should be", "a print of mine"))


def test_score_shows_points_alone(tmp_path: Path) -> None:
    """No claim, no hint, no diagnosis."""
    said = _check(tmp_path, "score")
    assert "Score" in said
    assert not any(part in said for part in ("claim:", "hint:", "diagnosis", "case:", "replay:"))


@pytest.mark.parametrize("level", ["full", "claims", "score"])
def test_what_kept_a_hook_from_loading_is_always_said(tmp_path: Path, level: str) -> None:
    """Its author sees that without us."""
    path = written(tmp_path, "@hookimpl\ndef perplexity(wrong_name):\n    return 1.0\n")
    said = CliRunner().invoke(main, ["check", str(path), "--component", "perplexity", "--feedback", level]).output
    assert "wrong_name" in said


def test_grade_writes_the_authors_page_beside_the_record(tmp_path: Path) -> None:
    """grade.json for the grader holds everything, feedback.txt only what the level shows."""
    path, out = written(tmp_path, WRONG), tmp_path / "out"
    rubric = tmp_path / "r.toml"
    rubric.write_text('name = "one"\n[components]\nperplexity = 1\n', encoding="utf-8")
    arguments = ["grade", str(path), "--out", str(out), "--rubric", str(rubric), "--feedback", "claims"]
    assert CliRunner().invoke(main, arguments).exit_code == 0
    page = (out / "work" / "feedback.txt").read_text(encoding="utf-8")
    assert "claim:" in page
    assert "but should be" not in page
    assert "but should be" in (out / "work" / "grade.json").read_text(encoding="utf-8")
