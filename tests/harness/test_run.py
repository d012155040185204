"""Tests of runs: a class is graded as far as the store lacks it, by as many judges as there are to be."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from harness.cli import main
from harness.grading.executors.judges import share_out
from harness.grading.store import Store

from .exams import ROOT, written

RIGHT = "@hookimpl\ndef tokenize(text, unit):\n    if unit not in ('char', 'word'):\n        raise ValueError\n" \
        "    return list(text) if unit == 'char' else text.split()\n"  # fmt: skip
WRONG = "@hookimpl\ndef tokenize(text, unit):\n    return text.split(' ')\n"
RUBRIC = 'name = "one"\n[components]\ntokenize = 2\nperplexity = 1\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A class of five: right, wrong, the same again under other names, and one that does not load."""
    place = tmp_path / "class"
    place.mkdir()
    for name, text in {"ann": RIGHT, "bob": WRONG, "cid": RIGHT, "dan": WRONG, "eve": "def broken(:\n"}.items():
        written(place, text, f"{name}.py")
    (tmp_path / "rubric.toml").write_text(RUBRIC, encoding="utf-8")
    return place


def grade(folder: Path, *more: str) -> Result:
    out, rubric = folder.parent / "out", folder.parent / "rubric.toml"
    return CliRunner().invoke(main, ["grade", str(folder), "--out", str(out), "--rubric", str(rubric), *more])


def records(folder: Path) -> dict[str, Any]:
    """Every record, without times and the judge's own clock."""
    found = {}
    for file in sorted((folder.parent / "out").glob("*/grade.json")):
        record = json.loads(file.read_text(encoding="utf-8"))
        record.pop("seconds")
        for one in record["checks"]:
            one.pop("seconds")
        found[file.parent.name] = record
    return found


def verdicts_kept(folder: Path) -> int:
    """How many verdicts the store holds."""
    with Store(folder.parent / "out") as store:
        return int(store._db.execute("SELECT count(*) FROM verdict").fetchone()[0])


def test_one_and_several_judges_write_the_same_records(folder: Path) -> None:
    """Side by side or one after another."""
    assert grade(folder, "--jobs", "1").exit_code == 0
    alone = records(folder)
    assert grade(folder, "--jobs", "3", "--fresh").exit_code == 0
    assert records(folder) == alone
    scores = {name: one["score"] for name, one in alone.items()}
    assert scores == {"ann": 2.0, "bob": scores["dan"], "cid": 2.0, "dan": scores["dan"], "eve": 0.0}
    assert scores["bob"] < 2.0


def test_what_cannot_even_be_read_fails_every_check(folder: Path) -> None:
    """A link has no content of its own: a record that says so, each check an error, 0 points."""
    (folder / "fay.py").symlink_to(folder / "ann.py")
    assert grade(folder, "--jobs", "1").exit_code == 0
    record = records(folder)["fay"]
    assert record["score"] == 0.0
    assert {one["verdict"] for one in record["checks"]} == {"error"}
    assert "link" in record["error"]


def test_equal_submissions_are_judged_once(folder: Path) -> None:
    """Three different files among five: each check has a verdict for each of the three that load or not."""
    assert grade(folder, "--jobs", "1").exit_code == 0
    checks = len(records(folder)["ann"]["checks"])
    assert verdicts_kept(folder) == 3 * checks


def test_a_second_run_judges_only_what_is_missing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing at first; then one new submission; another seed is another setting; --fresh takes all."""
    judged: list[str] = []
    from harness.grading import task

    plain = task.judge_check
    monkeypatch.setattr(task, "judge_check", lambda *given: (judged.append(given[1].name), plain(*given))[1])
    assert grade(folder, "--jobs", "1").exit_code == 0
    before, first = set(judged), records(folder)
    judged.clear()
    assert grade(folder, "--jobs", "1").exit_code == 0
    assert (judged, records(folder)) == ([], first)
    written(folder, RIGHT + "# another\n", "new.py")
    assert grade(folder, "--jobs", "1").exit_code == 0
    assert set(judged) == {"new"}
    judged.clear()
    assert grade(folder, "--jobs", "1", "--seed", "1").exit_code == 0
    assert set(judged) == before | {"new"}
    judged.clear()
    assert grade(folder, "--jobs", "1", "--fresh", "--only", "bob").exit_code == 0
    assert set(judged) == {"bob"}


def test_an_unknown_name_is_told(folder: Path) -> None:
    """With the nearest there is."""
    result = grade(folder, "--only", "bop")
    assert result.exit_code == 2
    assert "did you mean 'bob'?" in result.output


def test_another_rubric_runs_no_student_code(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The verdicts are weighed anew; diff says what that did; a rubric that asks for more says so."""
    assert grade(folder, "--jobs", "1").exit_code == 0
    out, other = folder.parent / "out", folder.parent / "other.toml"
    other.write_text('name = "two"\n[components]\ntokenize = 10\n', encoding="utf-8")
    from harness.grading import run

    monkeypatch.setattr(run, "judge_check", None)
    result = CliRunner().invoke(main, ["rescore", str(out), "--rubric", str(other)])
    assert result.exit_code == 0, result.output
    assert records(folder)["ann"]["score"] == 10.0
    told = CliRunner().invoke(main, ["diff", str(out)]).output
    assert "ann: 2.00 to 10.00" in told
    assert "another setting" not in told
    other.write_text('name = "three"\n[components]\nvocab = 10\n', encoding="utf-8")
    result = CliRunner().invoke(main, ["rescore", str(out), "--rubric", str(other)])
    assert result.exit_code == 2
    assert "has no verdict of" in result.output


def test_a_diff_tells_what_a_new_submission_did(folder: Path) -> None:
    """The score, that the files changed, and the checks."""
    assert grade(folder, "--jobs", "1").exit_code == 0
    written(folder, RIGHT, "bob.py")
    assert grade(folder, "--jobs", "1").exit_code == 0
    told = CliRunner().invoke(main, ["diff", str(folder.parent / "out")]).output
    assert "to 2.00, another submission" in told
    assert "failed to passed" in told
    assert "1 changed, 4 as before" in told
    result = CliRunner().invoke(main, ["diff", str(folder.parent / "out"), "--from", "9"])
    assert "has no attempt 9; there are: 1, 2" in result.output


def _twice(desk: _Desk, task: int) -> Iterator[tuple[str, int]]:
    yield "half", task
    yield "whole", 2 * task


class _Desk:
    """A desk with nothing on it."""

    def share(self) -> _Desk:
        return self

    def leave(self) -> None:
        pass

    def close(self) -> None:
        pass


@pytest.mark.parametrize("jobs", [1, 3])
def test_every_task_is_done_and_said_to_be(jobs: int) -> None:
    """All messages of a task come before its end."""
    heard = list(share_out(list(range(7)), _twice, jobs, _Desk()))
    for task in range(7):
        assert [said for index, said in heard if index == task] == [("half", task), ("whole", 2 * task), None]


def _dies(desk: _Desk, task: int) -> Iterator[tuple[str, int]]:
    yield "half", task
    if task == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    yield "whole", 2 * task


def test_a_judge_that_dies_costs_nobody_else_a_verdict() -> None:
    """Its task is tried once more, then given up; all others are done."""
    heard = list(share_out(list(range(5)), _dies, 2, _Desk()))
    assert [said[0] if said else None for index, said in heard if index == 2] == ["half", "half", "lost", None]
    assert {index for index, said in heard if said and said[0] == "whole"} == {0, 1, 3, 4}


def _killed_and_resumed(folder: Path, kills: int, seed: int) -> None:
    assert grade(folder, "--jobs", "1").exit_code == 0
    undisturbed = records(folder)
    out, draw = folder.parent / "out", random.Random(seed)
    (folder.parent / "first").mkdir()
    out.rename(folder.parent / "first" / "out")
    rubric = str(folder.parent / "rubric.toml")
    command = [
        sys.executable,
        "-m",
        "harness",
        "grade",
        str(folder),
        "--out",
        str(out),
        "--rubric",
        rubric,
        "--jobs",
        "2",
    ]
    for _ in range(kills):
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(draw.uniform(1.0, 6.0))
        process.kill()
        process.wait()
    assert grade(folder, "--jobs", "1").exit_code == 0
    assert records(folder) == undisturbed


def test_a_run_that_was_killed_goes_on_where_it_was(folder: Path) -> None:
    """Killed twice at any moment, resumed: the same records as of an undisturbed run."""
    _killed_and_resumed(folder, kills=2, seed=1)


@pytest.mark.slow
def test_a_run_that_was_killed_often_goes_on_where_it_was(folder: Path) -> None:
    """The same, killed fifteen times."""
    _killed_and_resumed(folder, kills=15, seed=2)


def test_a_run_that_is_stopped_says_what_is_kept(folder: Path) -> None:
    """Ctrl-C ends it with 130; the same command goes on."""
    out, rubric = folder.parent / "out", folder.parent / "rubric.toml"
    command = [sys.executable, "-m", "harness", "grade", str(folder), "--out", str(out), "--rubric", str(rubric)]
    slow = "import time\n" + RIGHT.replace("    return list", "    time.sleep(0.5)\n    return list")
    written(folder, slow, "zoe.py")
    with subprocess.Popen([*command, "--jobs", "2"], cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        until = time.monotonic() + 60
        while not (out / "ann" / "grade.json").exists():
            assert time.monotonic() < until
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        told = process.stderr.read()
        assert process.wait(20) == 130
    assert "run the same command again" in told
    assert "Traceback" not in told
