"""`--watch`: a submission is checked again at each save, and a class is graded as its work comes in."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from click.testing import CliRunner

from harness.cli import main
from harness.cli.changes import arrivals, changes
from harness.grading.record import read_record
from harness.grading.store import Store

from .exams import ROOT, written

RIGHT = (
    "@hookimpl\ndef tokenize(text, unit):\n    if unit not in ('char', 'word'):\n        raise ValueError(unit)\n"
    "    return list(text) if unit == 'char' else text.split()\n"
)
WRONG = RIGHT.replace("text.split()", "text.split(' ')")


class Waiting:
    """What `changes` waits by: each time, the next thing happens to the submission."""

    def __init__(self, *happens: Callable[[], object]) -> None:
        self.happens, self.waits = list(happens), 0

    def __call__(self, seconds: float) -> None:
        self.waits += 1
        self.happens.pop(0)()


def nothing() -> None:
    pass


def test_a_save_is_a_change_and_time_is_none(tmp_path: Path) -> None:
    """Also one of the same length; at first there is always something to check."""
    file = written(tmp_path, RIGHT)
    wait = Waiting(nothing, nothing, lambda: file.write_text("x = 1"), lambda: os.utime(file, ns=(1, 1)))
    seen = changes(file, wait)
    next(seen)
    next(seen)
    assert wait.waits == 3
    next(seen)
    assert wait.waits == 4


def test_a_file_that_is_put_in_the_place_of_another_is_waited_for(tmp_path: Path) -> None:
    """Between the two there is nothing to check."""
    file = written(tmp_path, RIGHT)
    wait = Waiting(file.unlink, nothing, lambda: file.write_text("y = 22"))
    seen = changes(file, wait)
    next(seen)
    next(seen)
    assert wait.waits == 3


def test_files_of_a_package_come_and_go(tmp_path: Path) -> None:
    """Each is a change; what is no Python is none."""
    init = written(tmp_path, "", "__init__.py")
    other = tmp_path / "other.py"
    wait = Waiting(lambda: (tmp_path / "notes.txt").write_text("n"), lambda: other.write_text("z"), other.unlink)
    seen = changes(init.parent, wait)
    for waits in (0, 2, 3):
        next(seen)
        assert wait.waits == waits


def test_watching_checks_again_and_ends_well(tmp_path: Path) -> None:
    """Right, then wrong: both reports, each with its time; Ctrl-C ends it with 0."""
    file = written(tmp_path, RIGHT)
    command = [sys.executable, "-m", "harness", "check", str(file), "--component", "tokenize", "--watch"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        right = report(process)
        written(tmp_path, WRONG)
        wrong = report(process)
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
    assert "Score 1.00 / 1" in right
    assert "✘ tokenize: failed" in wrong


def report(process: subprocess.Popen[str]) -> str:
    """What is printed until it waits for the next change."""
    assert process.stdout is not None
    told = ""
    while "waiting for" not in told:
        line = process.stdout.readline()
        assert line, told
        told += line
    return told


def test_one_case_is_not_watched(tmp_path: Path) -> None:
    """It is bad usage, and says so."""
    done = CliRunner().invoke(main, ["check", str(written(tmp_path, RIGHT)), "--watch", "--case", "{}"])
    assert done.exit_code == 2
    assert "leave one of them out" in done.output


def test_what_comes_is_taken_in_when_it_is_whole(tmp_path: Path) -> None:
    """Not while it still grows; what is hidden, cached or in the records' folder is nobody's work."""
    kept = tmp_path / "kept.py"
    kept.write_text("1")
    out = tmp_path / "results"
    cache = tmp_path / "__pycache__"

    def growing(text: str) -> Callable[[], object]:
        return lambda: (tmp_path / "new.py").write_text(text)

    def beside() -> None:
        for folder in (out, cache):
            folder.mkdir()
            (folder / "x.py").write_text("x")
        (tmp_path / ".hidden.py").write_text("x")

    wait = Waiting(nothing, beside, nothing, growing("a"), growing("ab"), growing("abc"), nothing, kept.unlink, nothing)
    seen = arrivals([tmp_path], out, wait)
    assert {file.name for file in next(seen)} == {"kept.py", "new.py"}
    assert wait.waits == 7
    assert {file.name for file in next(seen)} == {"new.py"}
    assert wait.waits == 9


def test_what_came_before_the_first_look_is_an_arrival(tmp_path: Path) -> None:
    """Grading the class takes its time, in which more comes in."""
    (tmp_path / "early.py").write_text("1")
    wait = Waiting(nothing, nothing)
    assert len(next(arrivals([tmp_path], tmp_path / "out", wait, known={}))) == 1


def test_a_class_is_graded_as_it_comes_in(tmp_path: Path) -> None:
    """A file, another in its place, a package that cannot be loaded; at Ctrl-C all is summed up in one attempt."""
    folder, out = tmp_path / "class", tmp_path / "out"
    folder.mkdir()
    rubric = tmp_path / "rubric.toml"
    rubric.write_text('name = "one"\n[components]\ntokenize = 1\n')
    command = [sys.executable, "-m", "harness", "grade", str(folder), "--out", str(out), "--rubric", str(rubric)]
    with subprocess.Popen([*command, "--watch"], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert "waiting for work" in process.stdout.readline()
        told = []
        for text, name in ((RIGHT, "ada.py"), (WRONG, "ada.py"), ("x = (", "bob/__init__.py")):
            (folder / name).parent.mkdir(exist_ok=True)
            written(folder, text, name)
            told.append(process.stdout.readline())
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()
        assert process.wait(20) == 0
    assert [line.partition(" · ")[0] for line in told[::2]] == ["ada: 1.00 / 1", "bob: 0.00 / 1 (not loaded)"]
    assert told[1].startswith("ada: 0.")
    assert "bob" in rest
    assert "2 records" in rest
    assert read_record(out / "ada" / "grade.json").score != 1
    with Store(out) as store:
        (attempt,) = store.attempts()
        assert set(store.records(attempt[0])) == {"ada", "bob"}
