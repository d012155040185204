"""Trials: judge, template or worker is killed at a random moment, and no wrong score comes of it."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from harness.grading.grade import judge_submission
from harness.grading.isolation import CONFINABLE
from harness.grading.opening import open_submission
from harness.judge.verdict import Verdict
from harness.judge.workers import MEGABYTE, Workers
from harness.worker.rules import FREE

from .exams import ROOT, exam

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not CONFINABLE, reason="this system forks no workers")]

SAMPLE = ROOT / "submissions" / "mistakes_recurrent.py"
COMPONENTS = ("rnn_scratch", "clip_gradients", "rnn_gradients", "gru_scratch")
RUBRIC = "[components]\n" + "\n".join(f"{name} = 1" for name in COMPONENTS)


def descendants(pid: int) -> list[int]:
    """The processes below one, nearest first."""
    parents: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            with contextlib.suppress(OSError):
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
                parents.setdefault(int(fields[1]), []).append(int(folder.name))
    found, ahead = [], [pid]
    while ahead:
        children = parents.get(ahead.pop(0), [])
        found += children
        ahead += children
    return found


def gone(pids: list[int], seconds: float = 5.0) -> bool:
    """Whether processes have ended, or end in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not any(Path(f"/proc/{pid}/exe").exists() and running(pid) for pid in pids):
            return True
        time.sleep(0.02)
    return False


def running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_killed_template_or_worker_never_yields_a_wrong_score() -> None:
    """Eighty kills of whatever runs below the judge: the score is true, or there is none and a check says so."""
    ours = exam().only(tuple(one for one in exam().checks if one.component in COMPONENTS))
    true = judge_submission(ours, open_submission(SAMPLE))
    chance, scored = random.Random(5), 0
    with Workers() as workers:
        for _ in range(80):
            workers.take(FREE, 512 * MEGABYTE)  # the template is there
            wait = chance.uniform(0.0, 0.6)
            pick = chance.random()

            def kill(wait: float = wait, pick: float = pick) -> None:
                time.sleep(wait)
                below = descendants(os.getpid())
                with contextlib.suppress(ProcessLookupError):
                    if below:
                        os.kill(below[int(pick * len(below))], signal.SIGKILL)

            killer = threading.Thread(target=kill)
            killer.start()
            record = judge_submission(ours, open_submission(SAMPLE, None, workers))
            killer.join()
            assert record.score in (None, true.score)
            told = {one.verdict for one in record.checks}
            assert (record.score is None) == (Verdict.NOT_RUN in told)
            scored += record.score is not None
    assert 10 <= scored < 80  # kills hit, and grading goes on after them


def test_a_killed_judge_leaves_nothing_wrong_and_nothing_running(tmp_path: Path) -> None:
    """Twenty kills of the judge itself: every record that is there is a true one, and every worker is gone."""
    rubric = tmp_path / "rubric.toml"
    rubric.write_text(RUBRIC, encoding="utf-8")
    command = [sys.executable, "-m", "harness", "grade", str(SAMPLE), str(ROOT / "submissions" / "class_style")]
    options = ["--rubric", str(rubric), "--out"]
    subprocess.run([*command, *options, str(tmp_path / "whole")], check=True, capture_output=True, cwd=ROOT)
    true = {name: score_of(tmp_path / "whole", name) for name in (SAMPLE.stem, "class_style")}
    assert None not in true.values()
    chance = random.Random(6)
    for trial in range(20):
        out = tmp_path / str(trial)
        judge = subprocess.Popen(
            [*command, *options, str(out)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT
        )
        time.sleep(chance.uniform(0.5, 5.0))
        below = descendants(judge.pid)
        judge.kill()
        judge.wait()
        assert gone(below), "something outlived its judge"
        for name, score in true.items():
            assert score_of(out, name) in (None, score)


def score_of(folder: Path, name: str) -> float | None:
    """The score in a record; None where there is no record."""
    file = folder / name / "grade.json"
    return json.loads(file.read_text(encoding="utf-8"))["score"] if file.exists() else None
