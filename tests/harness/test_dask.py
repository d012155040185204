"""Tests of the executor `dask`: what travels, who is used, and that a class comes back as from one machine."""

from __future__ import annotations

import importlib.util
import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result

from harness.cli import main
from harness.grading.executors import ExecutorError, sitting
from harness.grading.executors import dask as door
from harness.grading.executors.parcels import (
    Terms,
    packed,
    packed_message,
    terms_of,
    unpacked,
    unpacked_messages,
    unpacked_task,
)
from harness.grading.executors.sitting import RefusedError, _demand_equal
from harness.grading.recipe import Recipe, exam_of, recipe_of
from harness.grading.remote import DIED, LENGTH, REFUSED, TOLD, UNKNOWN, _post, parted, sit
from harness.grading.setting import name_of, setting_of
from harness.grading.task import EXPLAINED, LOST, OPENED, VERDICT, WHOLE, Message, Task
from harness.judge.diagnosis import Diagnosis
from harness.judge.limits import Limits
from harness.judge.verdict import Outcome, Verdict
from harness.plugins import Source, read
from harness.worker.levels import Level

from .exams import ROOT, exam, written
from .test_run import RIGHT, WRONG, records, verdicts_kept

LOOPING = RIGHT + "while True:\n    pass\n"
LEAVING = "@hookimpl\ndef tokenize(text, unit):\n    import os\n    os._exit(0)\n"
RUBRIC = 'name = "one"\n[limits]\nload_seconds = 1\n[components]\ntokenize = 2\nperplexity = 1\n'


# -- what travels ------------------------------------------------------------------------------------


def test_an_exam_is_made_anew_by_its_recipe() -> None:
    """The same checks, points, and setting, with a secret seed of many bits and limits of its own."""
    limits = Limits(1.5, 7.0, 512, {"vocab": 3.0}, {"vocab": 256})
    whole = exam(2**127 + 1, "vocab")
    whole = replace(whole, rubric=replace(whole.rubric, limits=limits), echo=False, seed_name="secret abc").diagnosing()
    recipe = unpacked(packed(recipe_of(whole)), Recipe)
    assert recipe == recipe_of(whole)
    made = exam_of(recipe)
    assert [one.id for one in made.checks] == [one.id for one in whole.checks]
    assert (made.rubric, made.seed, made.seed_name, made.echo) == (whole.rubric, whole.seed, "secret abc", False)
    assert made.diagnoser is not None
    assert made.corpus == whole.corpus
    assert name_of(setting_of(made, "FULL")) == name_of(setting_of(whole, "FULL"))


def test_a_recipe_that_asks_for_no_diagnosis_makes_none() -> None:
    """As the exam was."""
    assert exam_of(recipe_of(exam(0, "vocab"))).diagnoser is None


def test_a_task_travels_whole(tmp_path: Path) -> None:
    """A package's files by name, path and bytes; what is known of it."""
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "__init__.py").write_bytes(b"from . import part\n")
    (tmp_path / "pack" / "part.py").write_bytes("x = 'é'\n".encode())
    known = {"a": Outcome(Verdict.FAILED, "m", "h", "c", "r", "o", 0.25)}
    task = Task("ann", read(tmp_path / "pack"), ("b", "c"), known)
    back = unpacked_task(packed(task))
    assert (back.name, back.source, list(back.missing), back.outcomes) == (task.name, task.source, ["b", "c"], known)
    assert back.source.sha256 == task.source.sha256
    assert back.outcomes["a"].seconds == 0.25


def test_a_path_that_is_no_text_travels() -> None:
    """File names are bytes."""
    path = Path(os.fsdecode(b"caf\xe9.py"))
    task = Task("x", Source("x", path, {"": (path, b"")}), (), {})
    assert unpacked_task(packed(task)).source == task.source


def test_messages_travel_as_they_are() -> None:
    """Every kind that a judge tells."""
    told: list[Message] = [
        (OPENED, (None, ["a problem"], Verdict.ERROR)),
        (VERDICT, ("a::b", Outcome(Verdict.TIMEOUT, "used 1 s", seconds=1.0))),
        (EXPLAINED, ("vocab", Diagnosis(("m1", "m2"), "text", "hint"))),
        (WHOLE, None),
    ]
    frames = [packed_message(message) for message in told]
    assert list(unpacked_messages(b"".join(LENGTH.pack(len(one)) + one for one in frames))) == told


@pytest.mark.parametrize("said", [("verdict", ("a", {"verdict": "splendid"})), ("opened", 3), ("whole", [1])])
def test_what_no_judge_says_is_not_believed(said: Message) -> None:
    """Types are checked on the way in."""
    frame = packed((said[0], packed(said[1])))
    with pytest.raises(msgspec.ValidationError):
        list(unpacked_messages(LENGTH.pack(len(frame)) + frame))


def test_a_worker_without_the_terms_asks_for_them() -> None:
    """It says so, with the mark of its process."""
    kind, mark, payload = parted(sit("unheard of", None, b""))
    assert (kind, payload) == (UNKNOWN, b"")
    assert parted(sit("unheard of", None, b""))[1] == mark


def test_a_machine_with_other_versions_is_refused_and_both_are_named() -> None:
    """Of a package, and of the suite; the same are not."""
    terms = terms_of(exam(0, "vocab"), "FULL")
    _demand_equal(terms)
    assert unpacked(packed(terms), Terms) == terms
    with pytest.raises(RefusedError, match=r"it has torch \S+ \(here 1\.0\); install the same"):
        _demand_equal(replace(terms, versions={**terms.versions, "torch": "1.0"}))
    with pytest.raises(RefusedError, match=rf"suite and judge {terms.suite} \(here 0123\)"):
        _demand_equal(replace(terms, suite="0123"))


def test_a_judge_says_what_it_cannot_meet() -> None:
    """Terms of another suite end in a refusal, not in a judge."""
    terms = replace(terms_of(exam(0, "vocab"), "FULL"), suite="0123")
    kind, _, why = parted(sit("name", packed(terms), b""))
    assert kind == REFUSED
    assert b"(here 0123)" in why


def test_a_machine_that_isolates_less_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """It has the same suite, but a weaker level; as strong, or stronger, will do."""

    class Weak:
        level, reason = Level.NO_PATHS, "no Landlock"

    monkeypatch.setattr(sitting, "workers_for", lambda *given: nullcontext(Weak()))
    whole = exam(0, "tokenize")
    for enough in Level.NO_PATHS, Level.PROCESS_ONLY:
        with sitting._seat(packed(terms_of(whole, enough.value))) as (made, _):
            assert len(made.checks) == len(whole.checks)
    with (
        pytest.raises(RefusedError, match=r"grants isolation NO-PATHS \(no Landlock\), and this run has FULL"),
        sitting._seat(packed(terms_of(whole, "FULL"))),
    ):
        pass


def test_a_judge_tells_all_of_a_task_and_its_end_is_noticed(tmp_path: Path) -> None:
    """The messages of `perform`; a judge that dies over a task is told, and it has to be given its terms again."""
    terms = packed(terms_of(exam(0, "tokenize"), Level.PROCESS_ONLY.value))
    checks = [one.id for one in exam(0, "tokenize").checks]
    task = Task("ann", read(written(tmp_path, RIGHT)), checks, {})
    try:
        kind, _, told = parted(sit("these", terms, packed(task)))
        assert kind == TOLD
        heard = list(unpacked_messages(told))
        assert [said[0] for said in heard] == [OPENED, *[VERDICT] * len(checks), WHOLE]
        assert {said[1][1].verdict for said in heard[1:-1]} == {Verdict.PASSED}
        assert parted(sit("these", None, b"no task"))[0] == DIED
        assert parted(sit("these", None, packed(task)))[0] == UNKNOWN
    finally:
        _post().close()


# -- who is asked ------------------------------------------------------------------------------------


def test_dask_wants_to_be_installed_and_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both errors say what to do."""
    monkeypatch.setattr(door, "find_spec", lambda name: None)
    with pytest.raises(ExecutorError, match=r"pip install 'seqgrade\[cluster\]'"):
        door.dask("tcp://a:1", None)
    monkeypatch.setattr(door, "find_spec", lambda name: object())
    with pytest.raises(ExecutorError, match="dask worker tcp://A:8786 --nthreads 1"):
        door.dask("", None)


needs_dask = pytest.mark.skipif(
    importlib.util.find_spec("distributed") is None, reason="dask.distributed is not installed: seqgrade[cluster]"
)


@needs_dask
@pytest.mark.parametrize(
    ("where", "said"), [("tcp://127.0.0.1:9", "no scheduler answers"), ("no.json", "no such scheduler file")]
)
def test_a_scheduler_that_is_not_there_is_told(where: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With how to start one."""
    monkeypatch.setattr(door, "CONNECT_SECONDS", 0.5)
    with pytest.raises(ExecutorError, match=said), door._connected(where):
        pass


@needs_dask
def test_workers_with_threads_or_without_a_gpu_are_not_used() -> None:
    """The reason says how to start them."""
    from harness.grading.executors.cluster import unfit

    assert unfit({"nthreads": 1, "resources": {}}, gpu=False) is None
    assert unfit({"nthreads": 1, "resources": {"GPU": 1.0}}, gpu=True) is None
    assert "--nthreads 1" in (unfit({"nthreads": 4, "resources": {}}, gpu=False) or "")
    assert '--resources "GPU=1"' in (unfit({"nthreads": 1, "resources": {}}, gpu=True) or "")


@needs_dask
def test_a_task_that_is_lost_twice_is_given_up() -> None:
    """Once, it goes to another; twice, it has no verdict, and both places are named."""
    from harness.grading.executors.cluster import Session

    session = Session(None, b"", [None, None], gpu=False, most=None)
    session._left.clear()
    assert list(session._lost(1, "tcp://a")) == []
    assert list(session._left) == [1]
    (task, message), end = session._lost(1, "tcp://b")
    assert (task, message[0], end) == (1, LOST, (1, None))
    assert "(on tcp://a, then on tcp://b)" in message[1]


# -- a cluster on this machine -----------------------------------------------------------------------


class Cluster:
    """A scheduler and workers, each a process."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._file = folder, folder / "scheduler.json"
        self.workers: list[subprocess.Popen[bytes]] = []
        self.scheduler = self._start("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-show")
        while not self._file.exists() or not self._file.read_text(encoding="utf-8").endswith("}"):
            time.sleep(0.1)
        self.address = json.loads(self._file.read_text(encoding="utf-8"))["address"]

    def add(self, *more: str) -> None:
        """One more worker, which is gone for good when it is killed."""
        options = ["--no-nanny", "--nworkers", "1", "--memory-limit", "0", "--local-directory", str(self._folder)]
        self.workers.append(self._start("worker", *options, *(more or ("--nthreads", "1"))))

    def _start(self, what: str, *options: str) -> subprocess.Popen[bytes]:
        program = [sys.executable, "-W", "ignore", "-m", f"distributed.cli.dask_{what}", "--no-dashboard"]
        with (self._folder / "log").open("ab") as log:
            return subprocess.Popen(
                [*program, "--scheduler-file", str(self._file), *options], cwd=ROOT, stdout=log, stderr=log
            )

    def close(self) -> None:
        for process in [*self.workers, self.scheduler]:
            process.kill()
            process.wait()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """A scheduler and two workers."""
    pytest.importorskip("distributed", reason="dask.distributed is not installed: seqgrade[cluster]")
    (tmp_path / "cluster").mkdir()
    made = Cluster(tmp_path / "cluster")
    made.add()
    made.add()
    yield made
    made.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A class of eight: right, wrong, twice the same, not loading, looping, leaving."""
    place = tmp_path / "class"
    place.mkdir()
    texts = {"ann": RIGHT, "bob": WRONG, "cid": RIGHT, "dan": LOOPING, "eve": "def broken(:\n", "fay": LEAVING}
    for name, text in {**texts, "gus": RIGHT + "# mine\n", "hal": WRONG + "# mine\n"}.items():
        written(place, text, f"{name}.py")
    (tmp_path / "rubric.toml").write_text(RUBRIC, encoding="utf-8")
    return place


def grade(folder: Path, *more: str) -> Result:
    out, rubric = folder.parent / "out", folder.parent / "rubric.toml"
    return CliRunner().invoke(main, ["grade", str(folder), "--out", str(out), "--rubric", str(rubric), *more])


def disturbed(monkeypatch: pytest.MonkeyPatch, what: Callable[[], object]) -> None:
    """Have something happen when the first submission of a run is done."""
    plain = door.Dask.run

    def run(*given: Any) -> Iterator[tuple[int, Message | None]]:
        done = 0
        for index, message in plain(*given):
            yield index, message
            done += message is None
            if message is None and done == 1:
                what()

    monkeypatch.setattr(door.Dask, "run", run)


@pytest.mark.slow
def test_a_cluster_writes_the_records_that_one_machine_writes(folder: Path, cluster: Cluster) -> None:
    """Byte by byte, but for times."""
    assert grade(folder, "--jobs", "1").exit_code == 0
    alone = records(folder)
    assert {name: one["score"] for name, one in alone.items() if one["score"] == 2.0}.keys() == {"ann", "cid", "gus"}
    result = grade(folder, "--fresh", "--executor", f"dask:{cluster.address}")
    assert result.exit_code == 0, result.output
    assert records(folder) == alone


@pytest.mark.slow
def test_a_worker_that_is_killed_costs_nobody_a_verdict(
    folder: Path, cluster: Cluster, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """All records are there and equal; a third worker, that has two threads, is not used, and told."""
    assert grade(folder, "--jobs", "1").exit_code == 0
    alone = records(folder)
    cluster.add("--nthreads", "2")
    disturbed(monkeypatch, cluster.workers[0].kill)
    with caplog.at_level(logging.WARNING, "harness"):
        result = grade(folder, "--fresh", "--executor", f"dask:{cluster.address}")
    assert result.exit_code == 0, result.output
    assert records(folder) == alone
    assert "was lost; what it held goes to others" in caplog.text
    assert "is not used: it has 2 threads; start it with --nthreads 1" in caplog.text


@pytest.mark.slow
def test_a_scheduler_that_goes_away_loses_nothing(
    folder: Path, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error says so; what was judged is kept, and the rest is judged by the next run, wherever that is."""
    disturbed(monkeypatch, cluster.scheduler.kill)
    result = grade(folder, "--executor", f"dask:{cluster.address}")
    assert result.exit_code == 2
    assert "the scheduler went away" in result.output
    assert verdicts_kept(folder) > 0
    assert grade(folder, "--jobs", "1").exit_code == 0
    resumed = records(folder)
    assert grade(folder, "--jobs", "1", "--fresh").exit_code == 0
    assert records(folder) == resumed
