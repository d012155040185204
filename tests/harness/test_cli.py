"""Tests of the command line: what is printed, and exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner, Result

from harness.cli import main
from harness.units import components

from .exams import ROOT, written

RIGHT = "import re\n@hookimpl\ndef preprocess(text):\n    return re.sub('[^A-Za-z]+', ' ', text).lower()\n"
WRONG = "@hookimpl\ndef preprocess(text):\n    print('called')\n    return text.upper()\n"


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(one) for one in arguments])


def test_check_exits_with_zero_only_at_full_marks(tmp_path: Path) -> None:
    """0 at full marks, 1 where points are lost, also to what is not submitted."""
    right = written(tmp_path, RIGHT, "right.py")
    assert run("check", right, "--component", "preprocess").exit_code == 0
    assert run("check", right).exit_code == 1
    assert run("check", written(tmp_path, WRONG), "--component", "preprocess").exit_code == 1


def test_a_failure_says_claim_finding_case_prints_hint_and_replay(tmp_path: Path) -> None:
    """The message is the product: pinned here whole."""
    path = written(tmp_path, WRONG)
    name = "test_preprocess_keeps_letters_and_single_spaces_only"
    out = run("check", path, "--check", name).output
    assert out.split("\n\n")[2].splitlines() == [
        "✘ preprocess: failed",
        "  claim:  The result holds nothing but a-z and spaces, and never two spaces in a row.",
        "  preprocess: the result '0' contains ['0']",
        "    [preprocess(text='0')]",
        "  case:   text='0'",
        "  your prints:",
        "    | called",
        "  hint:   Which characters are letters? Look at what lies between Z and a.",
        f'  replay: seqgrade check {path} --check {name} --case \'{{"case":"Text","text":"0"}}\'',
    ]


def test_a_replay_judges_the_very_case(tmp_path: Path) -> None:
    """--check with --case judges that case and no other."""
    name = "test_preprocess_keeps_letters_and_single_spaces_only"
    path = written(tmp_path, WRONG)
    failed = run("check", path, "--check", name, "--case", '{"case":"Text","text":"B4"}')
    assert failed.exit_code == 1
    assert "text='B4'" in failed.output
    passed = run("check", path, "--check", name, "--case", '{"case":"Text","text":""}')
    assert passed.exit_code == 0
    assert "passed" in passed.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["check", "nowhere.py"], "nowhere.py: there is no such file"),
        (["check", "README.md"], "a submission is a .py file or a package folder"),
        (["check", "template", "--component", "vocabb"], "did you mean 'vocab'?"),
        (["check", "template", "--case", "{}"], "--case needs exactly one check"),
        (["check", "template", "--rubric", "none.toml"], "the rubric cannot be read"),
        (["check", "template", "--corpus", "README.md"], "is not the book's timemachine.txt"),
        (["grade", "nowhere.py", "--out", "x"], "there is no such file"),
        (["list", "vocub"], "did you mean 'vocab'?"),
        (["new", "submissions"], "exists already and is left as it is"),
        (["new", "x", "--unit", "rnns"], "there is no unit named 'rnns'"),
    ],
)
def test_bad_usage_exits_with_two_and_says_the_mend(
    arguments: list[str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A message, not a traceback."""
    monkeypatch.chdir(ROOT)
    result = run(*arguments)
    assert result.exit_code == 2
    assert said in " ".join(result.output.split())


def test_a_broken_case_is_refused(tmp_path: Path) -> None:
    """A replay that cannot be read is a usage error."""
    result = run("check", written(tmp_path, RIGHT), "--check", "test_tokenize_by_char_loses_nothing", "--case", "{")
    assert result.exit_code == 2
    assert "not a case" in result.output


def test_new_writes_a_template_that_checks_as_not_submitted(tmp_path: Path) -> None:
    """A package or one file; every hook is there; nothing is overwritten."""
    for name in ("mine", "mine.py"):
        assert run("new", tmp_path / name).exit_code == 0
        result = run("check", tmp_path / name)
        assert result.exit_code == 1
        assert result.output.count("not submitted") == len(components())
        assert run("new", tmp_path / name).exit_code == 2


def test_grade_writes_records_and_prints_a_table(tmp_path: Path) -> None:
    """One record a submission, also for one that cannot be loaded."""
    written(tmp_path, RIGHT, "alice.py")
    (tmp_path / "bob.py").write_text("def broken(:\n")
    result = run("grade", tmp_path, "--out", tmp_path / "out")
    assert result.exit_code == 0
    assert "bob.py: cannot be imported" in result.output
    alice = json.loads((tmp_path / "out" / "alice" / "grade.json").read_text())
    bob = json.loads((tmp_path / "out" / "bob" / "grade.json").read_text())
    assert alice["components"]["preprocess"] == {"status": "graded", "score": 1.0, "max_score": 1.0}
    assert alice["components"]["vocab"]["status"] == "not_submitted"
    assert alice["score"] == 1.0
    assert bob["score"] == 0.0
    assert "SyntaxError" in bob["error"]


def test_an_unwritable_folder_is_named(tmp_path: Path) -> None:
    """A record that cannot be written is an error, not a loss in silence."""
    (tmp_path / "out").write_text("a file")
    result = run("grade", written(tmp_path, RIGHT), "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert "the record cannot be written" in result.output


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without CUDA")
def test_without_a_device_nothing_is_passed(tmp_path: Path) -> None:
    """--device cuda without one: verdict not_run, no score, exit code 3, and why."""
    path = written(tmp_path, RIGHT)
    checked = run("check", path, "--device", "cuda", "--component", "preprocess")
    assert checked.exit_code == 3
    assert "there is no CUDA device here" in checked.output
    graded = run("grade", path, "--device", "cuda", "--out", tmp_path / "out")
    assert graded.exit_code == 3
    record = json.loads((tmp_path / "out" / "work" / "grade-cuda.json").read_text())
    assert record["score"] is None
    assert {one["verdict"] for one in record["checks"]} == {"not_run"}


def test_list_and_doctor_are_readable() -> None:
    """Every component is listed; a contract prints whole; the doctor names versions."""
    listed = run("list").output
    assert all(name in listed for name in components())
    assert "idx_to_token" in run("list", "vocab").output
    assert "torch" in run("doctor").output


def test_output_away_from_a_terminal_is_plain(tmp_path: Path) -> None:
    """No colour codes and no progress bar in a pipe; `python -m harness` is the same program."""
    done = subprocess.run(
        [sys.executable, "-m", "harness", "check", str(written(tmp_path, WRONG)), "--component", "preprocess"],
        capture_output=True, text=True, check=False, env={**os.environ, "OMP_NUM_THREADS": "1"}, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 1
    assert "\x1b" not in done.stdout + done.stderr
    assert done.stderr == ""
