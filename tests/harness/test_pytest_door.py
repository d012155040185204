"""Tests of the pytest door: `pytest --submission PATH`, run as a user runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from .exams import ROOT, graded, written

WRONG = """
@hookimpl
def preprocess(text):
    return text.lower()

@hookimpl
def tokenize(text, unit):
    return list(text)
"""


def run(*arguments: str | Path, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *map(str, arguments)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    environment.pop("PYTEST_ADDOPTS", None)
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd, env=environment)


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    return written(tmp_path, WRONG)


def test_a_line_reads_as_its_claim_and_a_failure_as_its_message(wrong: Path) -> None:
    """-v shows claims; a failure shows claim, finding, case and replay, and no code of ours."""
    out = run("-v", f"--submission={wrong}", "-k", "preprocess and spaces_only").stdout
    assert "[work] FAILED The result holds nothing but a-z and spaces" in out
    assert "preprocess: the result" in out
    assert "replay: seqgrade check" in out
    assert "trial.py" not in out
    assert "1 failed" in out


def test_both_doors_agree_and_the_record_says_so(wrong: Path, tmp_path: Path) -> None:
    """The record of pytest equals the record of `seqgrade grade`, also when xdist spreads the checks."""
    done = run("-q", "-n", "2", "--submission", wrong, "--record", tmp_path / "out", "tests/test_text.py")
    assert done.returncode == 1, done.stdout + done.stderr
    found = json.loads((tmp_path / "out" / "work" / "grade.json").read_text())
    record = graded(wrong)
    assert found["score"] == record.score
    told = {one["id"]: (one["verdict"], one["points"], one["message"]) for one in found["checks"]}
    for one in record.checks:
        if one.id.startswith("tests/test_text.py"):
            assert told[one.id] == (one.verdict, one.points, one.message)


def test_junit_has_claims_and_verdicts(wrong: Path, tmp_path: Path) -> None:
    """--junitxml carries what a report needs."""
    run("-q", f"--submission={wrong}", "-k", "tokenize", f"--junitxml={tmp_path / 'junit.xml'}")
    cases = list(ElementTree.parse(tmp_path / "junit.xml").iter("testcase"))
    assert cases
    for case in cases:
        names = {item.get("name") for item in case.iter("property")}
        assert {"component", "claim", "verdict", "max_points"} <= names


def test_two_submissions_are_told_apart(wrong: Path, tmp_path: Path) -> None:
    """--submission repeats; -x stops at the first failure."""
    other = written(tmp_path, "@hookimpl\ndef tokenize(text, unit):\n    return []\n", "other.py")
    out = run("-q", f"--submission={wrong}", f"--submission={other}", "-k", "loses_nothing").stdout
    assert "1 failed, 1 passed" in out
    assert "[other]" in out
    assert "1 failed" in run("-q", "-x", f"--submission={wrong}", f"--submission={other}", "-k", "text").stdout


def test_what_is_not_submitted_is_skipped_and_never_all_well(tmp_path: Path) -> None:
    """Unfinished hooks are no failures to read through, and yet the exit code is not 0."""
    unfinished = written(tmp_path, "@hookimpl\ndef preprocess(text):\n    raise NotImplementedError\n")
    done = run("-q", "-rs", f"--submission={unfinished}", "-k", "preprocess or tokenize")
    assert done.returncode == 1
    assert "6 skipped" in done.stdout
    assert "tokenize: not submitted" in done.stdout


def test_only_graded_checks_run_on_a_submission(wrong: Path) -> None:
    """The project's own tests stay out."""
    out = run("--collect-only", "-q", f"--submission={wrong}").stdout
    assert "test_text.py" in out
    assert "tests/harness" not in out


def test_an_unloadable_submission_fails_every_check_with_its_reason(tmp_path: Path) -> None:
    """A syntax error is the student's own traceback."""
    (tmp_path / "bad.py").write_text("def broken(:\n")
    out = run("-q", f"--submission={tmp_path / 'bad.py'}", "-k", "tokenize_by_char").stdout
    assert "SyntaxError" in out
    assert "1 failed" in out


def test_a_faulty_rubric_is_a_usage_error(wrong: Path, tmp_path: Path) -> None:
    """Exit code 4, pytest's own for bad usage."""
    (tmp_path / "rubric.toml").write_text("[components]\nvocabb = 1\n")
    done = run("-q", f"--submission={wrong}", f"--rubric={tmp_path / 'rubric.toml'}")
    assert done.returncode == 4
    assert "did you mean 'vocab'?" in done.stderr


def test_a_rubric_decides_which_checks_run(wrong: Path, tmp_path: Path) -> None:
    """Checks of other components are not collected."""
    (tmp_path / "rubric.toml").write_text("[components]\ntokenize = 1\n")
    out = run("--collect-only", "-q", f"--submission={wrong}", f"--rubric={tmp_path / 'rubric.toml'}").stdout
    assert "test_tokenize" in out
    assert "test_vocab" not in out


def test_outside_the_checkout_it_says_where_to_go(wrong: Path, tmp_path: Path) -> None:
    """A usage error, not a run of nothing; and a path that is not there is one too."""
    away = run("-q", f"--submission={wrong}", cwd=tmp_path)
    assert away.returncode == 4
    assert "run pytest in" in away.stderr
    missing = run("-q", "--submission=nowhere.py")
    assert missing.returncode == 4
    assert "there is no such file" in missing.stderr


def test_where_a_submission_runs_is_said(wrong: Path) -> None:
    """Confined by default; in this process where that is asked for, or where a debugger is."""
    confined = run(f"--submission={wrong}", "-k", "preprocess and spaces_only").stdout
    assert "isolation IN-PROCESS" not in confined
    assert "isolation " in confined
    shared = run(f"--submission={wrong}", "-k", "preprocess and spaces_only", "--in-process").stdout
    assert "isolation IN-PROCESS: in this very process" in shared
    refused = run(f"--submission={wrong}", "--in-process", "--require-isolation", "FULL")
    assert refused.returncode == 4
    assert "--require-isolation FULL cannot be had: --in-process has none" in refused.stderr
