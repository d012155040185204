"""Tests of the command line: what is printed, and exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner, Result

from harness.cli import main
from harness.grading.suite import suite
from harness.judge.spec import Spec
from harness.judge.trial import Trial
from harness.limits import OutOfTimeError, cpu_limit
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
        "  preprocess: the result 'A, B' contains ','",
        "    [preprocess(text='a, b')]",
        "  case:   text='a, b'",
        "  your prints:",
        "    | called",
        "  hint:   Which characters are letters? Look at what lies between Z and a.",
        f'  replay: seqgrade check {path} --check {name} --case \'{{"case":"Text","text":"a, b"}}\'',
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
    assert alice["components"]["preprocess"] == {"status": "graded", "score": 1.0, "max_score": 1.0, "mistakes": []}
    assert alice["components"]["vocab"]["status"] == "not_submitted"
    assert alice["score"] == 1.0
    assert bob["score"] == 0.0
    assert "SyntaxError" in bob["error"]


def test_an_unwritable_folder_is_named(tmp_path: Path) -> None:
    """A record that cannot be written is an error, not a loss in silence."""
    (tmp_path / "out").write_text("a file")
    result = run("grade", written(tmp_path, RIGHT), "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert "cannot be written" in result.output


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


def test_one_submissions_settings_do_not_reach_the_next(tmp_path: Path) -> None:
    """Process-wide settings that a file makes at import or in a hook are gone when the next one is graded."""
    sly = "import torch, os\ntorch.set_grad_enabled(False)\ntorch.set_default_dtype(torch.float64)\nos.chdir('/')\n"
    (tmp_path / "a_sly.py").write_text(f"from harness import hookimpl\n{sly}{RIGHT}")
    source = (ROOT / "submissions" / "mistakes_recurrent.py").read_text(encoding="utf-8")
    (tmp_path / "b_after.py").write_text(source)
    rubric = tmp_path / "rubric.toml"
    rubric.write_text("[components]\ndeep_rnn = 3\nlinear_rnn_gradients = 1\npreprocess = 1\n")
    scores = []
    for out, paths in (("alone", ["b_after.py"]), ("both", ["a_sly.py", "b_after.py"])):
        done = run("grade", *(tmp_path / path for path in paths), "--out", tmp_path / out, "--rubric", rubric)
        assert done.exit_code == 0
        scores.append(json.loads((tmp_path / out / "b_after" / "grade.json").read_text())["components"])
    assert scores[0] == scores[1]


def test_half_a_surrogate_pair_costs_no_record(tmp_path: Path) -> None:
    """A message that UTF-8 cannot hold is written with an escape."""
    text = "@hookimpl\ndef preprocess(text):\n    raise RuntimeError(b'caf\\xe9'.decode('utf-8', 'surrogateescape'))\n"
    done = run("grade", written(tmp_path, text), "--out", tmp_path / "out")
    assert done.exit_code == 0
    assert "caf\\\\udce9" in (tmp_path / "out" / "work" / "grade.json").read_text()


def test_a_fault_of_the_judge_gives_no_score_and_stops_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check has no verdict, the record no score, the exit code is 3, and the other checks are judged."""
    (one,) = [item for item in suite() if item.name == "test_tokenize_by_char_loses_nothing"]

    def broken(trial: Trial, case: Spec) -> None:
        raise ZeroDivisionError("ours")

    monkeypatch.setitem(one.__dict__, "body", broken)
    done = run("grade", ROOT / "submissions" / "mistakes_text.py", "--out", tmp_path)
    assert done.exit_code == 3
    record = json.loads((tmp_path / "mistakes_text" / "grade.json").read_text())
    assert record["score"] is None
    assert sum(item["verdict"] == "not_run" for item in record["checks"]) == 1


def test_not_implemented_errors_of_others_are_told(tmp_path: Path) -> None:
    """Only the submission's own `raise NotImplementedError` means not submitted."""
    text = "import torch\n@hookimpl\ndef preprocess(text):\n    return torch.softmax(torch.tensor([1, 2]), 0)\n"
    out = run("check", written(tmp_path, text), "--component", "preprocess").output
    assert "raised NotImplementedError" in out
    assert "not submitted" not in out
    half = "@hookimpl\ndef tokenize(text, unit):\n    if unit == 'char': return list(text)\n"
    out = run("check", written(tmp_path, half + "    raise NotImplementedError\n"), "--component", "tokenize").output
    assert "tokenize: is not implemented yet" in out


def test_a_stale_copy_in_a_package_changes_nothing(tmp_path: Path) -> None:
    """What `__init__` exposes counts; a backup beside it does not make a hook twofold."""
    package = tmp_path / "mine"
    package.mkdir()
    (package / "__init__.py").write_text("from .work import *\n")
    written(package, RIGHT, "work.py")
    written(package, WRONG, "work_backup.py")
    assert run("check", package, "--component", "preprocess").exit_code == 0


def test_a_sleeping_hook_meets_the_wall_limit() -> None:
    """CPU time alone would never end it."""
    began = time.monotonic()
    with pytest.raises(OutOfTimeError), cpu_limit(0.02):
        time.sleep(60)
    assert time.monotonic() - began < 30
