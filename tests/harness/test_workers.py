"""Tests of workers: how they live and end, whose fault that is, which rules they enforce, what their line bears."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch

from harness.contracts.component import NO_AUTOGRAD, NO_RECURRENT_KERNELS
from harness.contracts.observation import Observation, Request
from harness.grading.grade import judge_submission
from harness.grading.opening import Submission, open_submission
from harness.judge import workers as workers_module
from harness.judge.confined import Confined
from harness.judge.limits import Limits
from harness.judge.subject import EndedError, Question
from harness.judge.verdict import Verdict
from harness.judge.worker import SpentError
from harness.judge.workers import MEGABYTE, InfrastructureError, Workers
from harness.plugins import read
from harness.units import components
from harness.wire import WireError, decode_with_id, encode
from harness.wire.frame import HEAD, MAGIC, MAX_HEADER, MAX_PAYLOAD
from harness.worker.channel import ClosedError, JudgeChannel, WorkerChannel
from harness.worker.confinement.kernel import LINUX
from harness.worker.levels import Level
from harness.worker.messages import LOAD, OBSERVE, Loaded, plain_source
from harness.worker.rules import FREE, KINDS, kind_of

from ..attacks.frames import WALK
from .exams import ROOT, exam, written

LIMITS = Limits(cpu_seconds=2.0)
PROBE = """
import os, signal, sys, threading, time
import torch
from torch import nn

def line():
    # the descriptor of the line to the judge
    for number in range(3, 64):
        try:
            os.fstat(number)
        except OSError:
            continue
        return number

def run(text):
    scope = {"line": line, "nn": nn, "os": os, "signal": signal, "sys": sys, "threading": threading, "time": time,
             "torch": torch, "__name__": "probe"}
    exec(text, scope)
    return scope.get("did")

@hookimpl
def preprocess(text):
    return run(text)

@hookimpl
def tokenize(text, unit):
    return run(text)

@hookimpl
def rnn_scratch(inputs, state, params):
    return run(inputs)

@hookimpl
def linear_rnn_gradients(inputs, targets, params):
    return run(inputs)
"""


def request(code: str, kind: str = FREE, seconds: float | None = None) -> Request:
    """A request to a worker of that kind to run a piece of code."""
    if kind == NO_RECURRENT_KERNELS:
        return Request("rnn_scratch", {"inputs": code, "state": None, "params": {}}, cpu_seconds=seconds)
    if kind == NO_AUTOGRAD:
        return Request("linear_rnn_gradients", {"inputs": code, "targets": "", "params": {}}, cpu_seconds=seconds)
    return Request("preprocess", {"text": code}, cpu_seconds=seconds)


@dataclass(frozen=True)
class Place:
    """Workers of a level, and a subject in them that does what it is told."""

    workers: Workers
    subject: Confined

    def sees(self, code: str, kind: str = FREE, seconds: float | None = None) -> Observation:
        return self.subject.observe(request(code, kind, seconds))

    def does(self, code: str, kind: str = FREE) -> Any:
        """What the code left in `did`."""
        seen = self.sees(code, kind)
        assert seen.raised is None, seen.raised
        assert seen.out_of_time is None
        return seen.result

    def ended(self, code: str) -> EndedError | None:
        """How the code ended its worker; None where that goes on."""
        try:
            self.sees(code)
        except EndedError as ended:
            return ended
        return None

    def ends(self, code: str, seconds: float | None = None) -> EndedError:
        """How the code ended its worker; the next one works."""
        with pytest.raises(EndedError) as caught:
            self.sees(code, seconds=seconds)
        assert self.does("did = 'alive'") == "alive"
        return caught.value

    @property
    def pid(self) -> int:
        """The free worker's number, as the judge has it."""
        self.does("did = 1")
        return self.subject._held[FREE, self.subject._limits.memory_mb].pid


def opened(folder: Path, workers: Workers, text: str = PROBE, limits: Limits = LIMITS) -> Submission:
    return open_submission(written(folder, text), None, workers, limits)


def subject_of(folder: Path, workers: Workers, text: str = PROBE, limits: Limits = LIMITS) -> Confined:
    submission = opened(folder, workers, text, limits)
    assert isinstance(submission.subject, Confined), submission.error
    return submission.subject


@pytest.fixture(scope="module", params=[Level.FULL, Level.PROCESS_ONLY], ids=str)
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The strongest level that this machine grants, and the weakest."""
    with Workers(request.param) as workers:
        if request.param is Level.FULL and workers.level is Level.PROCESS_ONLY:
            pytest.skip(f"this machine grants {workers.level} only: {workers.reason}")
        subject = subject_of(tmp_path_factory.mktemp("probe"), workers)
        yield Place(workers, subject)
        subject.close()


@pytest.fixture(scope="module")
def best(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The strongest level alone, for what is the same at all of them."""
    with Workers() as workers:
        subject = subject_of(tmp_path_factory.mktemp("probe"), workers)
        yield Place(workers, subject)
        subject.close()


def gone(pid: int, seconds: float = 5.0) -> bool:
    """Whether a process is gone, or only waits to be reaped, within some seconds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        if LINUX:
            with contextlib.suppress(OSError):
                if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                    return True
        time.sleep(0.02)
    return False


def of_session(leader: int) -> list[int]:
    """The living processes of a session."""
    told = subprocess.run(["ps", "-e", "-o", "pid=,sid=,stat="], capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in told.splitlines()]
    return [int(pid) for pid, session, state in rows if int(session) == leader and not state.startswith("Z")]


# -- how a worker ends, and whose fault that is ------------------------------------------------------

DEEP = "def down(): return list(map(lambda _: down(), [0]))\nsys.setrecursionlimit(10**9)\ndown()"
INSIDE = f"""{WALK}
Observation = harness_module('harness.contracts.observation').Observation
encode = harness_module('harness.wire.encode').encode
"""
"""How code in a worker comes to what makes a frame."""

ENDS = {
    "exit status 0": ("os._exit(0)", Verdict.CRASHED, "ended its process (exit status 0): a hook returns"),
    "exit status 9": ("os._exit(9)", Verdict.CRASHED, "ended its process (exit status 9)"),
    "the zygote's status": ("os._exit(73)", Verdict.CRASHED, "ended its process (exit status 73)"),
    "the server's status": ("os._exit(71)", Verdict.CRASHED, "its process ended: the submission broke"),
    "abort": ("os.abort()", Verdict.CRASHED, "its process died of SIG"),
    "a deep recursion": (DEEP, Verdict.CRASHED, "its process died of SIGSEGV, a segmentation fault"),
    "closed descriptors": ("os.closerange(0, 64)", Verdict.CRASHED, "exit status 72"),
    "a cut line, and going on": ("os.close(line())\nwhile True: pass", Verdict.CRASHED, "cut its line to the judge"),
    "garbage": ("os.write(line(), b'x' * 100)", Verdict.PROTOCOL, "wrote to the judge by itself"),
    "half a head": ("os.write(line(), b'SQG2'); os._exit(0)", Verdict.CRASHED, "exit status 0"),
    "a head above the caps": (
        "os.write(line(), b'SQG2' + b'\\xff' * 20)", Verdict.PROTOCOL, "not a frame, or one above the caps",
    ),
    "an empty frame": ("os.write(line(), b'SQG2' + bytes(20))", Verdict.PROTOCOL, "wrote to the judge by itself"),
    "a frame that is no answer": (
        f"{INSIDE}os.write(line(), encode({{'outcome': 1}}, 1))", Verdict.PROTOCOL, "",
    ),
}  # fmt: skip


@pytest.mark.parametrize("how", ENDS)
def test_how_a_worker_ends_is_told(place: Place, how: str) -> None:
    """The verdict and the words; the next observation has a fresh worker, and works."""
    code, verdict, words = ENDS[how]
    ended = place.ends(code)
    assert (ended.verdict, words in ended.headline) == (verdict, True), ended.headline


@pytest.mark.parametrize("number", [1, 6, 8, 11, 15, 16, 24, 31, 34, 35, 50, 63, 64])
def test_every_signal_is_an_end_in_words(place: Place, number: int) -> None:
    """Also those that have no name; the first process of a namespace does not even notice."""
    code = f"signal.signal({number}, signal.SIG_DFL)\nsignal.raise_signal({number})\ndid = 'alive'"
    ended = place.ended(code)
    if ended is not None:
        expected = Verdict.TIMEOUT if number == signal.SIGXCPU else Verdict.CRASHED
        assert ended.verdict is expected
        assert ended.headline.startswith(("its process died of ", "used all the CPU time"))
    assert place.does("did = 1") == 1


def test_a_stopped_worker_is_ended(place: Place) -> None:
    """SIGSTOP holds nothing up but its own worker, to the end of the budget by the judge's clock."""
    worker = place.workers.take(FREE, 512 * MEGABYTE)
    os.kill(worker.pid, signal.SIGSTOP)
    with pytest.raises(SpentError) as caught:
        worker.ask({"kind": LOAD, "source": {}, "seconds": 1.0}, 0.05)
    assert caught.value.clock == "wall"
    assert worker.end().signal == signal.SIGKILL


def test_two_answers_are_one_too_many(place: Place) -> None:
    """A right-looking answer ahead of the server's own: that one then answers nothing."""
    ahead = (
        f"{INSIDE}for number in range(1, 50): os.write(line(), Observation(result='forged').frame(number))\ndid = 'own'"
    )
    assert place.ends(ahead).verdict is Verdict.PROTOCOL


def test_an_answer_ahead_of_the_question_is_not_taken(place: Place) -> None:
    """A frame left in the line for the next request is found before that is sent."""
    pid = place.pid
    later = (
        f"{INSIDE}"
        "def forge():\n"
        "    time.sleep(0.2)\n"
        "    for number in range(1, 50): os.write(line(), Observation(result='forged').frame(number))\n"
        "threading.Thread(target=forge).start()\n"
        "did = 'own'"
    )
    assert place.does(later) == "own"
    time.sleep(0.6)
    with pytest.raises(EndedError) as caught:
        place.does("did = 'own'")
    assert caught.value.verdict is Verdict.PROTOCOL
    assert place.does("did = 'own'") == "own"
    assert gone(pid)


def test_an_endless_loop_meets_the_workers_own_clock(place: Place) -> None:
    """Between Python's instructions: the budget, and no more is asked of that worker."""
    pid = place.pid
    seen = place.sees("while True: pass", seconds=0.1)
    assert seen.out_of_time == 0.1
    assert gone(pid)
    assert place.does("did = 1") == 1


def test_a_loop_in_c_meets_the_judges_clock(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """No Python instruction ends there, so the judge ends the process, by CPU time."""
    monkeypatch.setattr("harness.judge.confined.SURPLUS", 0.2)
    began = time.monotonic()
    ended = place.ends("sum(iter(int, 1))", seconds=0.1)
    assert ended.verdict is Verdict.TIMEOUT
    assert ended.headline == "used 0.1 s of CPU time, the limit"
    assert time.monotonic() - began < 30


def test_a_loop_in_a_thread_meets_the_judges_clock(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """CPU time of all threads counts, and a hook that swallows the first alarm gains nothing."""
    monkeypatch.setattr("harness.judge.confined.SURPLUS", 0.2)
    code = "signal.setitimer(signal.ITIMER_PROF, 0)\nthread = threading.Thread(target=lambda: sum(iter(int, 1)))\n"
    ended = place.ends(code + "thread.start(); thread.join()", seconds=0.1)
    assert ended.verdict is Verdict.TIMEOUT


def test_a_sleeper_meets_the_wall_clock(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """In Python by its own alarm; with the alarms off, by the judge."""
    assert place.sees("time.sleep(60)", seconds=0.05).out_of_time == 0.05
    monkeypatch.setattr("harness.judge.confined.SURPLUS", 0.05)
    deaf = "signal.setitimer(signal.ITIMER_REAL, 0); signal.setitimer(signal.ITIMER_PROF, 0)\n"
    ended = place.ends(deaf + "time.sleep(600)", seconds=0.05)
    assert ended.verdict is Verdict.TIMEOUT
    assert "it waits for something" in ended.headline


@pytest.mark.parametrize("code", ["did = 'x' * (80 * 2**20)", "did = torch.zeros(40 * 2**20)", "did = [[]] * 10**7",
                                  "did = line"])  # fmt: skip
def test_a_result_that_cannot_be_sent_is_an_error_and_no_end(best: Place, code: str) -> None:
    """Too long, too many, no plain data: the worker says so itself."""
    pid = best.pid
    seen = best.sees(code)
    assert seen.raised is not None or "Opaque" in repr(seen.result)
    assert best.pid == pid


def test_what_a_worker_says_is_bounded(best: Place) -> None:
    """An endless message, a flood of prints: cut."""
    seen = best.sees("print('x' * 10**7)\nraise type('E' * 10**4, (ValueError,), {})('m' * 10**6)")
    assert seen.raised is not None
    assert len(seen.raised.message) <= 4000
    assert max(map(len, seen.raised.bases)) <= 200
    assert len(seen.output) <= 2**20


def test_killed_from_outside_once_is_nobodys_fault(place: Place) -> None:
    """The observation is repeated, in a fresh worker, and right."""
    for _ in range(2):
        pid = place.pid
        os.kill(pid, signal.SIGKILL)
        assert place.does("did = 40 + 2") == 42
        assert place.pid != pid


def test_killed_in_the_middle_of_work_it_is_repeated(place: Place) -> None:
    """As by the system, for want of memory in another process."""
    pid = place.pid
    killer = threading.Timer(0.3, os.kill, (pid, signal.SIGKILL))
    killer.start()
    assert place.does("time.sleep(0.8); did = 42") == 42
    killer.join()
    assert place.pid != pid


def test_killed_from_outside_again_and_again_is_want_of_memory(best: Place) -> None:
    """Most likely; the submission earns that verdict, the next observation has a worker again."""
    stop = threading.Event()

    def hunt() -> None:
        while not stop.wait(0.05):
            for worker in list(best.subject._held.values()):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(worker.pid, signal.SIGKILL)

    hunter = threading.Thread(target=hunt)
    best.does("did = 1")
    hunter.start()
    try:
        with pytest.raises(EndedError) as caught:
            best.sees("time.sleep(5)")
    finally:
        stop.set()
        hunter.join()
    assert caught.value.verdict is Verdict.OUT_OF_MEMORY
    assert "killed by the system, 3 times" in caught.value.headline
    assert best.does("did = 1") == 1


@pytest.mark.parametrize(
    ("text", "verdict", "said"),
    [
        ("import os\nos._exit(0)", "crashed", "while it was imported: ended its process (exit status 0)"),
        ("import os\nos._exit(73)", "crashed", "while it was imported: ended its process (exit status 73)"),
        ("import os\nos.abort()", "crashed", "while it was imported: its process died"),
        ("import os\nfor n in range(3, 64):\n  try: os.write(n, b'x' * 99)\n  except OSError: pass",
         "protocol", "while it was imported: its process wrote to the judge"),
        ("while True: pass", "error", "importing it took more than 0.3 s of CPU time"),
        ("sum(iter(int, 1))", "timeout", "while it was imported: used 0.3 s of CPU time"),
        ("open('/etc/passwd')", "error", "a submission may not do this: it opened a file"),
        ("import reference", "error", "No module named 'reference'"),
        ("x = ' ' * (3 * 2**30)", "error", "MemoryError"),
        ("raise SystemExit", "error", "cannot be imported"),
        ("(", "error", "SyntaxError"),
    ],
)  # fmt: skip
def test_what_happens_at_import_is_told(
    best: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, verdict: str, said: str
) -> None:
    """A record with a verdict and a score, whatever a file does when it is imported."""
    monkeypatch.setattr("harness.judge.confined.SURPLUS", 0.2)
    monkeypatch.setattr("harness.judge.confined.EXTRA_SECONDS", 0.2)
    path = tmp_path / "work.py"
    path.write_text(f"from harness import hookimpl\n{text}\n@hookimpl\ndef preprocess(text): return text\n")
    submission = open_submission(path, None, best.workers, Limits(load_seconds=0.3))
    assert submission.subject is None
    record = judge_submission(exam(component="preprocess"), submission)
    assert record.score == 0
    assert said in (record.error or "")
    assert {one.verdict for one in record.checks} == {verdict}


def test_a_worker_that_cannot_be_confined_is_our_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything of the submission's has run: no verdict at all."""
    monkeypatch.setattr(workers_module, "MEGABYTE", -1)
    with Workers() as workers:
        worker = workers.take(FREE, -(2**70))  # no limit can be set to that
        with pytest.raises(ClosedError):
            worker.ask({"kind": LOAD, "source": {}, "seconds": 1.0}, 1.0)
        assert not worker.confined
        assert worker.end(gently=True).code is not None


# -- template and spares -----------------------------------------------------------------------------


def test_two_takes_are_two_processes(best: Place) -> None:
    """A spare serves once, and each has its own memory and number."""
    taken = [best.workers.take(FREE, 512 * MEGABYTE) for _ in range(4)]
    pids = {worker.pid for worker in taken}
    for worker in taken:
        ending = worker.end()
        assert ending.killed or ending.signal == signal.SIGKILL or ending.code is not None
    assert len(pids) == 4
    assert all(map(gone, pids))


def test_one_submission_leaves_nothing_to_the_next(best: Place, tmp_path: Path) -> None:
    """What it did to torch, to Python or to the harness dies with its worker."""
    with contextlib.suppress(EndedError):
        best.does("import builtins; torch.tanh = None; builtins.len = None; sys.modules.clear(); did = 1")
    other = subject_of(tmp_path, best.workers)
    assert other.observe(request("did = torch.tanh(torch.zeros(1)).tolist() + [len('abc')]")).result == [0.0, 3]
    other.close()
    best.subject.close()
    assert best.does("did = len('abc')") == 3


def test_a_dead_template_is_no_verdict_and_the_next_take_starts_another(tmp_path: Path) -> None:
    """InfrastructureError; then everything works again."""
    with Workers() as workers:
        subject = subject_of(tmp_path, workers)
        assert workers._process is not None
        first = workers._process.pid
        os.kill(first, signal.SIGKILL)
        workers._process.wait()
        assert [pid for pid in of_session(first) if not gone(pid)] == []
        with pytest.raises(InfrastructureError, match="a fault of this machine or of ours"):
            subject.observe(request("did = 1"))
        assert subject.observe(request("did = 41 + 1")).result == 42
        assert workers._process is not None
        assert workers._process.pid != first
        assert of_session(first) == []
        subject.close()


def test_a_dead_template_between_two_submissions(tmp_path: Path) -> None:
    """Nothing was in flight, so a new one is started and nobody notices."""
    path = written(tmp_path, "@hookimpl\ndef preprocess(text):\n    return 'a'\n")
    with Workers() as workers:
        assert workers.level
        assert workers._process is not None
        os.killpg(workers._process.pid, signal.SIGKILL)
        workers._process.wait()
        records = [
            judge_submission(exam(component="preprocess"), open_submission(path, None, workers)) for _ in range(2)
        ]
    assert records[0].score is not None
    assert records[0].score == records[1].score
    assert "failed" in {one.verdict for one in records[0].checks}


def test_shared_workers_outlive_neither_template_nor_their_own_lines(tmp_path: Path) -> None:
    """A judge's own lines go on when others are closed, obey the same rules, and end with the template."""
    with Workers() as workers:
        first, second = workers.share(KINDS[1:]), workers.share([])
        for shared in (first, second):
            subject = subject_of(tmp_path, shared)
            assert subject.observe(request("did = 1")).result == 1
            subject.close()
        second.close()
        subject = subject_of(tmp_path, first)
        code = "nn.RNN(1, 1)(torch.zeros(1, 1, 1))"
        seen = subject.observe(request(code, NO_RECURRENT_KERNELS))
        assert seen.refused
        subject.close()
        first.leave()
    assert first.level is second.level


def test_shared_workers_whose_template_dies_start_one_of_their_own(tmp_path: Path) -> None:
    """What was in flight has no verdict; the next submission has one."""
    with Workers() as workers, workers.share([]) as shared:
        subject = subject_of(tmp_path, shared)
        assert workers._process is not None
        os.killpg(workers._process.pid, signal.SIGKILL)
        workers._process.wait()
        with pytest.raises(InfrastructureError):
            subject.observe(request("did = 1"))
        subject.close()
        again = subject_of(tmp_path, shared)
        assert again.observe(request("did = 2")).result == 2
        again.close()
        assert shared._process is not None


def test_an_answer_that_cost_a_worker_its_life_can_be_recalled(tmp_path: Path) -> None:
    """Read again, it ends nobody else, and is no fault."""
    with Workers() as workers:
        subject = subject_of(tmp_path, workers)
        question = Question.of(request("while True: pass", seconds=0.2))
        answer = subject.reply(question)
        for _ in range(2):
            assert subject.read(question, answer).out_of_time == 0.2
        assert subject.recall(question) == answer
        assert subject.observe(request("did = 3")).result == 3
        subject.close()


@pytest.mark.parametrize("level", [Level.FULL, Level.PROCESS_ONLY], ids=str)
def test_nothing_is_left_behind(level: Level, tmp_path: Path) -> None:
    """No process, no thread and no descriptor, with workers of every kind at work and others spare."""
    before = len(os.listdir("/proc/self/fd")) if LINUX else 0
    with Workers(level) as workers:
        subject = subject_of(tmp_path, workers)
        for kind in (FREE, NO_RECURRENT_KERNELS, NO_AUTOGRAD):
            assert subject.observe(request("did = 1", kind)).result == 1
        assert workers._process is not None
        leader = workers._process.pid
        everyone = of_session(leader)
        assert len(everyone) >= 6
        subject.close()
    assert [pid for pid in everyone if not gone(pid)] == []
    assert of_session(leader) == []
    if LINUX:
        assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.skipif(not LINUX, reason="/proc is Linux's")
def test_a_process_that_a_worker_left_running_ends_with_it(tmp_path: Path) -> None:
    """PROCESS-ONLY: no wall keeps native code from forking; what it leaves is found and ended all the same."""
    if not Path(f"/proc/self/task/{os.getpid()}/children").exists():
        pytest.skip("this kernel does not tell a process's children")
    fork = (
        f"{WALK}\n"
        "kernel = harness_module('harness.worker.confinement.kernel')\n"
        "NUMBERS = harness_module('harness.worker.confinement.seccomp').NUMBERS\n"
        "did = kernel.syscall('clone', NUMBERS[kernel.MACHINE]['clone'], 17, 0, 0, 0, 0)\n"
        "if did == 0:\n"
        "    os.setsid(); time.sleep(300); os._exit(0)\n"
    )
    with Workers(Level.PROCESS_ONLY) as workers:
        subject = subject_of(tmp_path, workers)
        pid = subject.observe(request(fork)).result
        assert isinstance(pid, int)
        assert not gone(pid, 0.1)
        subject.close()
        assert gone(pid)


JUDGE = """
import os, sys, time
from pathlib import Path
from harness.contracts.observation import Request
from harness.grading.opening import open_submission
from harness.judge.workers import Workers
from harness.worker.levels import Level

workers = Workers(Level(sys.argv[2]))
subject = open_submission(Path(sys.argv[1]), None, workers).subject
subject.observe(Request("preprocess", {"text": "did = 1"}))
subject.observe(Request("rnn_scratch", {"inputs": "did = 1", "state": None, "params": {}}))
print(workers._process.pid, *[worker.pid for worker in subject._held.values()], flush=True)
subject.observe(Request("preprocess", {"text": "sum(iter(int, 1))"}))
"""


@pytest.mark.parametrize("level", [Level.FULL, Level.PROCESS_ONLY], ids=str)
def test_a_killed_judge_leaves_nothing_behind(level: Level, tmp_path: Path) -> None:
    """SIGKILL leaves it no time for anything: template, zygotes and workers, one in a loop, end by themselves."""
    path = written(tmp_path, PROBE)
    judge = subprocess.Popen(
        [sys.executable, "-c", JUDGE, str(path), level.value], stdout=subprocess.PIPE, cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert judge.stdout is not None
    with judge.stdout:
        pids = [int(word) for word in judge.stdout.readline().split()]
    assert len(pids) == 3
    time.sleep(0.3)
    everyone = {*of_session(pids[0]), *pids}
    judge.kill()
    judge.wait()
    assert [pid for pid in everyone if not gone(pid)] == []


def test_what_a_source_names_is_imported_once_for_all(tmp_path: Path) -> None:
    """torch's optimisers import its compiler, for a second: the template does that, in every kind's zygote."""
    text = PROBE + "\nfrom torch import optim\n"
    with Workers() as workers:
        plain = subject_of(tmp_path, workers)
        assert plain.observe(request("did = 'torch._dynamo' in sys.modules")).result is False
        assert plain.observe(request("did = 1", NO_RECURRENT_KERNELS)).result == 1
        optimising = subject_of(tmp_path, workers, text)
        for kind in (FREE, NO_RECURRENT_KERNELS, NO_AUTOGRAD):
            assert optimising.observe(request("did = 'torch._dynamo' in sys.modules", kind)).result is True
        step = (
            "p = nn.Linear(2, 1); o = torch.optim.SGD(p.parameters(), 0.1)\n"
            "p(torch.ones(1, 2)).sum().backward(); o.step(); did = 1"
        )
        assert optimising.observe(request(step)).result == 1
        plain.close()
        optimising.close()


def test_a_template_that_does_not_start_is_our_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An InfrastructureError where workers are asked for, and a submission without a verdict where it is opened."""
    monkeypatch.setattr(workers_module, "BOOT", "raise SystemExit(1)")
    path = written(tmp_path, PROBE)
    with Workers() as workers:
        with pytest.raises(InfrastructureError):
            workers.take(FREE, 512 * MEGABYTE)
        submission = open_submission(path, None, workers)
    assert submission.verdict is Verdict.NOT_RUN
    assert submission.subject is None


# -- limits ------------------------------------------------------------------------------------------


def test_limits_are_the_rubrics_by_component(best: Place, tmp_path: Path) -> None:
    """CPU time and memory of single components, and the defaults of the others; the worker of each is its own."""
    limits = Limits(2.0, 5.0, 512, {"preprocess": 1.5}, {"preprocess": 1024, "rnn_scratch": 256})
    item = components()
    assert (limits.cpu_of(item["preprocess"]), limits.cpu_of(item["tokenize"])) == (1.5, 2.0)
    assert (limits.memory_of(item["preprocess"]), limits.memory_of(item["tokenize"])) == (1024, 512)
    training = item["train_language_model"]
    assert limits.cpu_of(training) == training.cpu_seconds != 2.0
    assert Limits(cpu_by_component={training.name: 7.0}).cpu_of(training) == 7.0
    subject = subject_of(tmp_path, best.workers, limits=limits)
    assert subject.observe(request("while True: pass")).out_of_time == 1.5
    assert subject.observe(request("did = len(torch.empty(200 * 2**20))")).result == 200 * 2**20
    spacious = Request("tokenize", {"text": "did = len(torch.empty(200 * 2**20))", "unit": "char"})
    seen = subject.observe(spacious)
    assert seen.raised is not None
    assert "can't allocate memory" in seen.raised.message
    seen = subject.observe(request("did = len(bytearray(400 * 2**20))", NO_RECURRENT_KERNELS))
    assert seen.raised is not None
    assert seen.raised.kind == "MemoryError"
    assert sorted(subject._held) == [(FREE, 512), (FREE, 1024), (NO_RECURRENT_KERNELS, 256)]
    subject.close()
    assert subject.cpu_seconds() >= 0.1


def test_an_import_that_fails_the_second_time_costs_its_component_alone(best: Place, tmp_path: Path) -> None:
    """Where a component has less memory than its submission's import takes: an error, and the others stand."""
    text = PROBE + "\nkept = bytearray(300 * 2**20)\n"
    limits = Limits(memory_by_component={"preprocess": 64})
    subject = subject_of(tmp_path, best.workers, text, limits)
    with pytest.raises(EndedError) as caught:
        subject.observe(request("did = 1"))
    assert "MemoryError" in "".join([caught.value.headline, *caught.value.details])
    assert subject.implements("preprocess")
    assert subject.implements("tokenize")
    assert subject.observe(Request("tokenize", {"text": "did = 1", "unit": "char"})).result == 1
    subject.close()


def test_kinds_and_rules() -> None:
    """One rule a component; no worker enforces two, or one that nobody knows."""
    assert kind_of(frozenset()) == FREE
    assert kind_of(frozenset({NO_AUTOGRAD})) == NO_AUTOGRAD
    for rules in ({NO_AUTOGRAD, NO_RECURRENT_KERNELS}, {"no fun"}):
        with pytest.raises(ValueError, match="no kind of worker"):
            kind_of(frozenset(rules))
    assert {kind_of(one.rules) for one in components().values()} == {FREE, NO_AUTOGRAD, NO_RECURRENT_KERNELS}


# -- no recurrent kernels ----------------------------------------------------------------------------

SETTING = """
x, h = torch.randn(3, 2, 4), torch.zeros(1, 2, 5)
lstm, gru, rnn = nn.LSTM(4, 5), nn.GRU(4, 5), nn.RNN(4, 5)
cell = (torch.randn(2, 4), torch.zeros(2, 5), *(p for p in nn.RNNCell(4, 5).parameters()))
def weights(module): return list(module.parameters())
def decomposed(part):
    import torch._decomp as d
    return next(f for op, f in d.global_decomposition_table["post_autograd"].items() if str(op).startswith(part))
import threading
def in_thread(step):
    found = []
    def work():
        try: found.append(step())
        except BaseException as error: found.append(error)
    thread = threading.Thread(target=work); thread.start(); thread.join()
    if isinstance(found[0], BaseException): raise found[0]
    return found[0]
"""
FLAGS = "True, 1, 0.0, False, False, False"
RECURRENT = {
    "nn.RNN": "rnn(x)",
    "nn.RNN relu": "nn.RNN(4, 5, nonlinearity='relu')(x)",
    "nn.LSTM": "lstm(x)",
    "nn.GRU": "gru(x)",
    "bidirectional": "nn.LSTM(4, 5, 2, bidirectional=True)(x)",
    "projected": "nn.LSTM(4, 5, proj_size=2)(x)",
    "packed": "gru(nn.utils.rnn.pack_sequence([torch.ones(3, 4), torch.ones(2, 4)]))",
    "nn.RNNCell": "nn.RNNCell(4, 5)(x[0])",
    "nn.RNNCell relu": "nn.RNNCell(4, 5, nonlinearity='relu')(x[0])",
    "nn.LSTMCell": "nn.LSTMCell(4, 5)(x[0])",
    "nn.GRUCell": "nn.GRUCell(4, 5)(x[0])",
    "without gradients": "torch.no_grad()(lstm)(x)",
    "inference mode": "torch.inference_mode()(lstm)(x)",
    "evaluating": "lstm.eval()(x)",
    "double": "lstm.double()(x.double())",
    "bfloat16": "lstm.bfloat16()(x.bfloat16())",
    "no mkldnn": "torch.backends.mkldnn.flags(enabled=False).__enter__(); did = lstm(x)",
    "functional_call": "torch.func.functional_call(gru, dict(gru.named_parameters()), (x,))",
    "vmap": "torch.func.vmap(rnn)(torch.randn(2, 3, 2, 4))",
    "a copy": "__import__('copy').deepcopy(gru)(x)",
    "torch.rnn_tanh": f"torch.rnn_tanh(x, h, weights(rnn), {FLAGS})",
    "torch.rnn_relu": f"torch.rnn_relu(x, h, weights(rnn), {FLAGS})",
    "torch.lstm": f"torch.lstm(x, (h, h), weights(lstm), {FLAGS})",
    "torch.gru": f"torch.gru(x, h, weights(gru), {FLAGS})",
    "torch._VF.gru": f"torch._VF.gru(x, h, weights(gru), {FLAGS})",
    "torch._VF.lstm": f"torch._VF.lstm(x, (h, h), weights(lstm), {FLAGS})",
    "torch._C._VariableFunctions": f"torch._C._VariableFunctions.rnn_tanh(x, h, weights(rnn), {FLAGS})",
    "torch.rnn_tanh_cell": "torch.rnn_tanh_cell(*cell)",
    "torch.rnn_relu_cell": "torch.rnn_relu_cell(*cell)",
    "torch.gru_cell": "torch.gru_cell(cell[0], cell[1], *nn.GRUCell(4, 5).parameters())",
    "torch.lstm_cell": "torch.lstm_cell(cell[0], (cell[1], cell[1]), *nn.LSTMCell(4, 5).parameters())",
    "aten.lstm": f"torch.ops.aten.lstm(x, [h, h], weights(lstm), {FLAGS})",
    "aten.gru.input": f"torch.ops.aten.gru.input(x, h, weights(gru), {FLAGS})",
    "aten.rnn_tanh.input": f"torch.ops.aten.rnn_tanh.input(x, h, weights(rnn), {FLAGS})",
    "aten.rnn_tanh_cell": "torch.ops.aten.rnn_tanh_cell(*cell)",
    "an overload's decomposition": f"torch.ops.aten.gru.input.decompose(x, h, weights(gru), {FLAGS})",
    "redispatched": "torch.ops.aten.rnn_tanh_cell.default.redispatch("
    "torch._C.DispatchKeySet(torch._C.DispatchKey.CPU), *cell)",
    "by name": "torch._C._get_operation_overload('aten::rnn_tanh_cell', '')[0](*cell)",
    "boxed": "torch._C._jit_get_operation('aten::rnn_tanh_cell')[0](*cell)",
    "fused lstm cell": "torch.ops.aten._thnn_fused_lstm_cell(torch.randn(2, 20), torch.randn(2, 20), h[0])",
    "fused gru cell": "torch.ops.aten._thnn_fused_gru_cell(torch.randn(2, 15), torch.randn(2, 15), h[0])",
    "mkldnn layer": "torch.mkldnn_rnn_layer(x, *weights(lstm), h[0], h[0], False, [], 2, 5, 1, True, False, "
    "False, True)",
    "a script": "torch.jit.CompilationUnit('def f(x, h, a, b, c, d):\\n"
    "    return torch.rnn_tanh(x, h, [a, b, c, d], True, 1, 0.0, False, False, False)\\n').f(x, h, *weights(rnn))",
    "a scripted cell": "torch.jit.CompilationUnit('def f(x, h, a, b):\\n"
    "    return torch.rnn_tanh_cell(x, h, a, b)\\n').f(*cell[:4])",
    "traced": "torch.jit.trace(gru, x)(x)",
    "a thread": "in_thread(lambda: gru(x))",
    "a thread's kernel": "in_thread(lambda: torch.rnn_tanh_cell(*cell))",
    "a future": "torch.jit.wait(torch.jit.fork(gru, x))",
    "the table of decompositions": "decomposed('aten.gru.input')(x, h, weights(gru), " + FLAGS + ")",
    "get_decompositions": "torch._decomp.get_decompositions([torch.ops.aten.lstm.input])[torch.ops.aten.lstm.input]"
    f"(x, [h, h], weights(lstm), {FLAGS})",
    "decompositions": "torch._decomp.decompositions.one_layer_rnn(x, h, weights(rnn), True, torch.tanh)",
    "quantizable LSTM": "torch.ao.nn.quantizable.LSTM(4, 5)(x)",
    "quantizable cell": "torch.ao.nn.quantizable.LSTMCell(4, 5)(x[0])",
    "dynamically quantised": "torch.ao.nn.quantized.dynamic.LSTM(4, 5)(x)",
    "dynamically quantised cell": "torch.ao.nn.quantized.dynamic.GRUCell(4, 5)(x[0])",
    "quantised reference": "torch.ao.nn.quantized.reference.RNNCell(4, 5)(x[0])",
    "make_fx": "torch.fx.experimental.proxy_tensor.make_fx(lambda v: torch.rnn_tanh_cell(v, *cell[1:]))(cell[0])",
    "a later kernel that calls on": "lib.impl('rnn_tanh_cell', lambda *a: torch.ops.aten.rnn_tanh_cell(*a), 'CPU')",
    "the module's class": "type('Mine', (nn.GRU,), {})(4, 5)(x)",
}


NOT_HERE = ("vmap", "fused lstm cell", "fused gru cell", "a later kernel that calls on", "redispatched")
"""They come to no kernel on this device, whatever the rule is, and say so in torch's words."""


@pytest.mark.parametrize("alias", RECURRENT)
def test_recurrent_kernels_refuse(best: Place, alias: str) -> None:
    """By whatever name they are called: a ForbiddenError in words, or an error that gives no result."""
    code = RECURRENT[alias]
    if alias == "a later kernel that calls on":
        code = f"lib = torch.library.Library('aten', 'IMPL')\n{code}\ndid = torch.rnn_tanh_cell(*cell)"
    elif not code.startswith("torch.backends"):
        code = f"did = {code}"
    imports = "import torch.ao.nn.quantizable, torch.ao.nn.quantized.dynamic, torch.ao.nn.quantized.reference\n"
    imports += "import torch._decomp.decompositions\n"
    if "make_fx" in code:
        imports += "import torch.fx.experimental.proxy_tensor\n"
    seen = best.sees(f"{imports}{SETTING}\n{code}\ndid = 'went through'", NO_RECURRENT_KERNELS)
    assert seen.raised is not None, f"{alias} went through"
    if alias not in NOT_HERE:
        told = f"{seen.raised.kind}: {seen.raised.message}"
        assert "torch's recurrent layers, cells and kernels may not be used in this component" in told, told


def test_the_aliases_do_work_where_no_rule_holds(best: Place) -> None:
    """So that their refusal means something: most of them give a result in a free worker."""
    imports = "import torch.ao.nn.quantizable, torch._decomp.decompositions\n"
    failing = {}
    for alias, code in RECURRENT.items():
        if "quantised" in alias or "make_fx" in alias or code.startswith(("torch.backends", "lib")):
            continue
        seen = best.sees(f"{imports}{SETTING}\ndid = {code}\ndid = 1")
        if seen.raised is not None:
            failing[alias] = f"{seen.raised.kind}: {seen.raised.message[:200]}"
    assert set(failing) <= {*NOT_HERE, "mkldnn layer", "decompositions"}, failing


PLAIN = {
    "products and gradients": "w = torch.ones(4, 5, requires_grad=True)\n"
    "y = torch.tanh(x @ w).sum(); y.backward(); did = bool(w.grad.abs().sum() > 0)",
    "layers": "did = nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 1))(x).shape == (3, 2, 1)",
    "attention": "did = nn.MultiheadAttention(4, 2)(x, x, x)[0].shape == x.shape",
    "embedding": "did = nn.Embedding(5, 4)(torch.tensor([1, 2])).shape == (2, 4)",
    "making a layer": "did = len(weights(lstm)) == 4",
    "convolution": "did = nn.Conv1d(4, 4, 1)(x.transpose(1, 2)).shape == (3, 4, 2)",
    "a script": "did = torch.jit.CompilationUnit('def f(x):\\n    return torch.tanh(x)\\n').f(x).shape == x.shape",
    "a loop of cells by hand": "s = torch.zeros(2, 5); W, U = torch.ones(4, 5), torch.ones(5, 5)\n"
    "for t in x: s = torch.tanh(t @ W + s @ U)\ndid = s.shape == (2, 5)",
    "packing": "did = nn.utils.rnn.pad_sequence([torch.ones(3), torch.ones(2)]).shape == (3, 2)",
}


@pytest.mark.parametrize("what", PLAIN)
def test_all_else_is_allowed_without_recurrent_kernels(best: Place, what: str) -> None:
    """The rule is about kernels, not about torch."""
    assert best.does(f"{SETTING}\n{PLAIN[what]}", NO_RECURRENT_KERNELS) is True


# -- no autograd -------------------------------------------------------------------------------------

AUTOGRAD_SETTING = """
import threading
leaf = torch.full((3,), 0.5, requires_grad=True)
def f(x): return (torch.tanh(x) * x).sum()
class Twice(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x): return x * 2
    @staticmethod
    def backward(ctx, g): return g * 2
class Dual(torch.autograd.Function):
    @staticmethod
    def forward(x): return x * 2
    @staticmethod
    def setup_context(ctx, inputs, output): pass
    @staticmethod
    def jvp(ctx, t): return t * 2
def chain(): return Twice.apply(Twice.apply(leaf))
def in_thread(step):
    found = []
    def work():
        try: found.append(step())
        except BaseException as error: found.append(error)
    thread = threading.Thread(target=work); thread.start(); thread.join()
    if isinstance(found[0], BaseException): raise found[0]
    return found[0]
engine = torch.autograd.Variable._execution_engine
one = torch.ones(3)
SCRIPT = 'def f(x):\\n    y = x * x * x\\n    return torch.tanh(y) * torch.sigmoid(x)\\n'
def scripted(times=4, profiling=True):
    torch._C._jit_set_profiling_executor(profiling)
    g = torch.jit.CompilationUnit(SCRIPT).f
    for _ in range(times): y = g(leaf)
    return y
def called(y):
    found = []
    for count in range(1, 12):
        for place in range(count):
            given = [None] * count; given[place] = one
            try: found.append(y.grad_fn(*given))
            except TypeError: continue
    if not found: raise TypeError
    return found
"""
AUTOGRAD = {
    "backward": "f(leaf).backward()",
    "a chain's backward": "chain().sum().backward()",
    "autograd.backward": "torch.autograd.backward(chain(), one)",
    "autograd.grad": "torch.autograd.grad(f(leaf), leaf)",
    "a chain's grad": "torch.autograd.grad(chain(), leaf, one)",
    "enabled again": "torch.enable_grad().__enter__(); torch.set_grad_enabled(True); f(leaf).backward()",
    "the engine": "engine.run_backward((chain(),), (one,), False, False, (leaf,), True, False)",
    "the engine in a thread": "in_thread(lambda: engine.run_backward((chain(),), (one,), False, False, (leaf,), True, "
    "False))",
    "another engine": "type(engine)().run_backward((chain(),), (one,), False, False, (leaf,), True, False)",
    "accumulating": "engine.run_backward((chain(),), (one,), False, False, (), True, True)",
    "a thread": "in_thread(lambda: chain().backward(one))",
    "aten._backward": "torch.ops.aten._backward(chain(), [leaf], one, False, False)",
    "aten._backward in a thread": "in_thread(lambda: torch.ops.aten._backward(chain(), [leaf], one, False, False))",
    "func.grad": "torch.func.grad(f)(one)",
    "func.grad_and_value": "torch.func.grad_and_value(f)(one)",
    "func.vjp": "torch.func.vjp(f, one)[1](torch.ones(()))",
    "func.jvp": "torch.func.jvp(f, (one,), (one,))",
    "func.jacrev": "torch.func.jacrev(f)(one)",
    "func.jacfwd": "torch.func.jacfwd(f)(one)",
    "func.hessian": "torch.func.hessian(f)(one)",
    "func.linearize": "torch.func.linearize(f, one)[1](one)",
    "functorch's level": "torch._C._functorch._grad_increment_nesting()",
    "functorch's forward level": "torch._C._functorch._jvp_increment_nesting()",
    "functorch in a thread": "in_thread(lambda: torch.func.grad(f)(one))",
    "functional.jacobian": "torch.autograd.functional.jacobian(f, one)",
    "functional.hessian": "torch.autograd.functional.hessian(f, one)",
    "functional.vjp": "torch.autograd.functional.vjp(f, one)",
    "functional.jvp": "torch.autograd.functional.jvp(f, one, one)",
    "functional.hvp": "torch.autograd.functional.hvp(f, one, one)",
    "functional.vhp": "torch.autograd.functional.vhp(f, one, one)",
    "forward mode": "with torch.autograd.forward_ad.dual_level():\n"
    "    did = torch.autograd.forward_ad.unpack_dual(f(torch.autograd.forward_ad.make_dual(one, one))).tangent.item()",
    "torch._make_dual": "with torch.autograd.forward_ad.dual_level():\n    torch._make_dual(one, one, level=0)",
    "aten._make_dual": "with torch.autograd.forward_ad.dual_level():\n    torch.ops.aten._make_dual(one, one, 0)",
    "a script's gradient": "called(scripted())",
    "a script's gradient, the old executor": "called(scripted(2, False))",
    "a script's backward": "scripted(2, False).backward(one)",
    "a script's engine": "engine.run_backward((scripted(2, False),), (one,), False, False, (leaf,), True, False)",
    "a script that differentiates": "torch.jit.CompilationUnit('def f(x):\\n    y = (x * x).sum()\\n"
    "    return torch.autograd.grad([y], [x])\\n').f(leaf)",
    "a graph differentiated": "torch._C._jit_differentiate(torch.jit.CompilationUnit(SCRIPT).f.graph)",
    "a method of a scripted module": "called(torch.jit.script(nn.Tanh())(leaf))",
    "a traced function": "called(torch.jit.trace(lambda x: torch.tanh(x * x), leaf, check_trace=False)(leaf))",
    "gradcheck": "torch.autograd.gradcheck(f, torch.ones(3, dtype=torch.float64, requires_grad=True))",
    "make_fx over grad": "__import__('torch.fx.experimental.proxy_tensor').fx.experimental.proxy_tensor.make_fx("
    "torch.func.grad(f))(one)",
    "a checkpoint": "torch.utils.checkpoint.checkpoint(lambda x: Twice.apply(x), leaf, use_reentrant=True).sum()"
    ".backward()",
    "the refusal taken off": "torch._C._dynamo.compiled_autograd.set_autograd_compiler(None, False)\n"
    "engine.run_backward((chain(),), (one,), False, False, (leaf,), True, False)",
    "compiled autograd": "from torch._dynamo import compiled_autograd as c\n"
    "with c._disable(): did = engine.run_backward((chain(),), (one,), False, False, (leaf,), True, False)",
    "a hook's gradient": "leaf.register_hook(print); y = chain(); y.backward(one)",
    "multithreading off": "with torch.autograd.set_multithreading_enabled(False):\n    chain().backward(one)",
    "a library's own kernels": "lib = torch.library.Library('aten', 'IMPL')\n"
    "lib.impl('tanh', torch.library.fallthrough_kernel, 'Autograd')\nf(leaf).backward()",
    "a custom operator": "@torch.library.custom_op('mine::twice', mutates_args=())\n"
    "def twice(x: torch.Tensor) -> torch.Tensor: return x * 2\n"
    "twice.register_autograd(lambda ctx, g: g * 2)\ntwice(leaf).sum().backward()",
}


@pytest.mark.parametrize("way", AUTOGRAD)
def test_autograd_refuses(best: Place, way: str) -> None:
    """Reverse, forward, by a script, in a thread, past every door: no gradient comes of it."""
    code = AUTOGRAD[way]
    text = code if "\n" in code or ";" in code else f"did = {code}"
    shown = "did = repr(did) if 'did' in dir() else repr(leaf.grad)"
    seen = best.sees(f"import torch.utils.checkpoint\n{AUTOGRAD_SETTING}\n{text}\n{shown}", NO_AUTOGRAD)
    assert seen.raised is not None, f"{way} gave {seen.result}"


SAID = ["backward", "a chain's backward", "autograd.backward", "autograd.grad", "a chain's grad",
        "a thread", "func.grad", "func.vjp", "func.jvp", "func.jacrev", "func.jacfwd", "func.hessian",
        "functional.jacobian", "functional.jvp", "forward mode", "aten._make_dual", "a script's gradient",
        "a script's backward", "functorch's level"]  # fmt: skip


@pytest.mark.parametrize("way", SAID)
def test_the_refusal_is_in_words(best: Place, way: str) -> None:
    """A ForbiddenError that says what to do instead; so the verdict is forbidden."""
    code = AUTOGRAD[way]
    seen = best.sees(f"{AUTOGRAD_SETTING}\n{code}", NO_AUTOGRAD)
    assert seen.raised is not None
    told = f"{seen.raised.kind}: {seen.raised.message}"
    assert "automatic differentiation may not be used in this component: derive the gradients by hand" in told, told
    assert seen.raised.kind.endswith("ForbiddenError"), told


def test_the_ways_to_gradients_do_work_where_no_rule_holds(best: Place) -> None:
    """So that their refusal means something."""
    failing = {}
    slow = {
        "func.linearize",
        "compiled autograd",
        "the refusal taken off",
        "make_fx over grad",
    }  # they import torch's compiler
    for way, code in AUTOGRAD.items():
        if way in slow:
            continue
        text = code if "\n" in code or ";" in code else f"did = {code}"
        seen = best.sees(f"import torch.utils.checkpoint\n{AUTOGRAD_SETTING}\n{text}\ndid = 1")
        if "functorch" in way:  # it left a level open in this process
            best.subject.close()
        if seen.raised is not None:
            failing[way] = f"{seen.raised.kind}: {seen.raised.message[:200]}"
    allowed = {"another engine", "a graph differentiated", "make_fx over grad", "the refusal taken off", "gradcheck",
               "compiled autograd", "a script's gradient", "a method of a scripted module", "a traced function",
               "a script that differentiates", "func.linearize", "a library's own kernels",
               "a hook's gradient", "functional.jacobian"}  # fmt: skip
    best.subject.close()
    assert set(failing) <= allowed, failing


FORWARD = """
torch.manual_seed(0)
x = torch.randn(5, 3, 8, requires_grad=True)
W, b = torch.randn(8, 8), torch.randn(8)
h = torch.zeros(3, 8)
out = []
for t in x:
    h = torch.tanh(t @ W + h @ W.T + b); out.append(h)
y = torch.stack(out)
did = [part.detach() for part in (
    y, torch.softmax(y, -1), torch.einsum('tnd,tnd->tn', y, y), y.norm(dim=-1), torch.linalg.matrix_norm(W),
    torch.cumsum(y, 0), y.flip(0).cumprod(0), torch.logsumexp(y, -1), nn.functional.layer_norm(y, (8,)),
    nn.functional.cross_entropy(y.reshape(-1, 8), torch.arange(15) % 8), torch.linalg.inv(W), torch.cat([y, y]),
    y.sigmoid() * y, nn.functional.gelu(y), y.transpose(0, 1).contiguous(), torch.where(y > 0, y, 0.0), y.std(0),
    nn.functional.conv1d(y, W.reshape(4, 2, 8)[:, :, :3].repeat(1, 2, 1)[:, :3]), y.sort(-1).values, y.max(0).values,
    torch.outer(b, b), torch.bmm(y, y.transpose(1, 2)), y.exp().log1p(), y.clone().mul_(2).add_(1), W.matrix_exp(),
    nn.LSTM(8, 8)(y)[0], nn.functional.dropout(y, 0.5), torch.nn.functional.embedding(torch.tensor([1, 2]), W),
    torch.linalg.qr(W)[0], torch.tril(W), y.index_select(0, torch.tensor([1])), torch.baddbmm(y, y, W.expand(5, 8, 8)),
)]
"""


def test_forward_computations_are_the_same_without_autograd(best: Place) -> None:
    """Bit for bit those of a free worker: the rule only takes away what notes down how to differentiate."""
    free, ruled = best.does(FORWARD), best.does(FORWARD, NO_AUTOGRAD)
    assert len(free) == len(ruled)
    for number, (one, other) in enumerate(zip(free, ruled, strict=True)):
        assert one.dtype == other.dtype, number
        assert torch.equal(one, other), number


def test_in_place_and_views_work_without_autograd(best: Place) -> None:
    """Writing by hand fills preallocated gradients, and adds into parts of them."""
    code = (
        "g = {k: torch.zeros(3, 3) for k in 'ab'}\n"
        "g['a'][1] += torch.ones(3); g['b'][:, 0].add_(2); g['a'].t()[0] *= 3; g['b'].data[0, 0] = 7\n"
        "w = nn.Linear(2, 2); w.weight.data.fill_(1.0)\n"
        "with torch.no_grad(): w.bias.zero_()\n"
        "did = [g['a'].sum().item(), g['b'].sum().item(), w(torch.ones(1, 2)).tolist(), torch.zeros(2).requires_grad]\n"
    )
    assert best.does(code, NO_AUTOGRAD) == best.does(code) == [5.0, 11.0, [[2.0, 2.0]], False]


# -- the line ----------------------------------------------------------------------------------------


class ImpatientError(Exception):
    """What patience raises in these tests."""


def patient(seconds: float = 5.0) -> Callable[[], float]:
    deadline = time.monotonic() + seconds

    def patience() -> float:
        if time.monotonic() > deadline:
            raise ImpatientError
        return 0.01

    return patience


@pytest.fixture
def ends() -> Iterator[tuple[JudgeChannel, socket.socket]]:
    ours, theirs = socket.socketpair()
    channel = JudgeChannel(ours)
    with theirs:
        yield channel, theirs
    channel.close()


FRAME = encode({"a": [1, 2.0, "x"], "b": torch.arange(4)}, 7)


def head(magic: bytes = MAGIC, header: int = 0, payload: int = 0) -> bytes:
    return HEAD.pack(magic, header, payload, 1)


@pytest.mark.parametrize(
    "data",
    [
        b"\x00" * HEAD.size,
        b"GET / HTTP/1.1\r\nHost: judge\r\n\r\n",
        head(b"SQG1"),
        head(b"SQG3"),
        head(header=MAX_HEADER + 1),
        head(header=2**32 - 1),
        head(payload=MAX_PAYLOAD + 1),
        head(payload=2**63),
        head(payload=2**64 - 1),
        FRAME + FRAME,
        FRAME + b"x",
        head(header=3) + b"abc" + b"d",
    ],
)
def test_what_is_no_frame_is_a_wire_error(ends: tuple[JudgeChannel, socket.socket], data: bytes) -> None:
    """At once, before anything that it promises is waited for or reserved."""
    channel, theirs = ends
    theirs.sendall(data)
    with pytest.raises(WireError):
        channel.receive(patient())


@pytest.mark.parametrize("size", [0, 1, HEAD.size - 1, HEAD.size, HEAD.size + 1, len(FRAME) - 1])
def test_a_truncated_frame_is_an_end_or_too_long_a_wait(size: int, ends: tuple[JudgeChannel, socket.socket]) -> None:
    """ClosedError where the other end hung up, else what patience raises."""
    channel, theirs = ends
    theirs.sendall(FRAME[:size])
    with pytest.raises(ImpatientError):
        channel.receive(patient(0.05))
    theirs.sendall(FRAME[:size])
    theirs.close()
    with pytest.raises((ClosedError, WireError)):
        channel.receive(patient())


def test_dribbled_bytes_are_put_together(ends: tuple[JudgeChannel, socket.socket]) -> None:
    """One byte at a time is slow, and right."""
    channel, theirs = ends

    def dribble() -> None:
        for byte in FRAME:
            theirs.sendall(bytes([byte]))

    writer = threading.Thread(target=dribble)
    writer.start()
    value, number = decode_with_id(channel.receive(patient(30)))
    writer.join()
    assert (number, value["a"]) == (7, [1, 2.0, "x"])
    assert torch.equal(value["b"], torch.arange(4))


def test_an_endless_dribble_meets_patience(ends: tuple[JudgeChannel, socket.socket]) -> None:
    """However often a byte comes, the clock is looked at."""
    channel, theirs = ends
    over = threading.Event()

    def dribble() -> None:
        theirs.sendall(head(payload=MAX_PAYLOAD))
        while not over.wait(0.001):
            theirs.sendall(b"x")

    writer = threading.Thread(target=dribble)
    writer.start()
    with pytest.raises(ImpatientError):
        channel.receive(patient(0.1))
    over.set()
    writer.join()


def test_malformed_frames_raise_nothing_else(ends: tuple[JudgeChannel, socket.socket]) -> None:
    """Every single byte of a frame changed: WireError, another value, or a wait."""
    for place in range(len(FRAME)):
        ours, theirs = socket.socketpair()
        channel = JudgeChannel(ours)
        with theirs:
            theirs.sendall(FRAME[:place] + bytes([FRAME[place] ^ 0x55]) + FRAME[place + 1 :])
            with contextlib.suppress(WireError, ImpatientError):
                decode_with_id(channel.receive(patient(0.002)))
        channel.close()


def test_nothing_is_sent_to_one_who_spoke_unasked(ends: tuple[JudgeChannel, socket.socket]) -> None:
    """An answer to nothing is a WireError, a line that was cut a ClosedError."""
    channel, theirs = ends
    channel.send(FRAME, patient())
    assert WorkerChannel(theirs.fileno()).receive() == FRAME
    theirs.sendall(b"x")
    with pytest.raises(WireError):
        channel.send(FRAME, patient())


def test_a_cut_line_is_told(ends: tuple[JudgeChannel, socket.socket]) -> None:
    """When sending and when receiving, on both ends."""
    channel, theirs = ends
    theirs.close()
    for _ in range(2):
        with pytest.raises(ClosedError):
            channel.send(FRAME, patient())
        with pytest.raises(ClosedError):
            channel.receive(patient())
    ours, theirs = socket.socketpair()
    ours.close()
    with theirs:
        worker = WorkerChannel(theirs.fileno())
        with pytest.raises(ClosedError):
            worker.receive()
        with pytest.raises(ClosedError):
            worker.send(FRAME)


def test_a_worker_that_does_not_read_meets_patience(ends: tuple[JudgeChannel, socket.socket]) -> None:
    """The judge never blocks in a write."""
    channel, _ = ends
    with pytest.raises(ImpatientError):
        channel.send(encode(torch.zeros(2**22)), patient(0.1))


def test_long_frames_cross_both_ways(ends: tuple[JudgeChannel, socket.socket]) -> None:
    """More than the socket holds, whole."""
    channel, theirs = ends
    worker, long = WorkerChannel(theirs.fileno()), encode(torch.arange(2**20), 3)
    echo = threading.Thread(target=lambda: worker.send(worker.receive()))
    echo.start()
    channel.send(long, patient(30))
    assert channel.receive(patient(30)) == long
    echo.join()


def test_an_answer_to_another_request_is_refused(best: Place) -> None:
    """Each answer bears the number of its request."""
    worker = best.workers.take(FREE, 512 * MEGABYTE)
    source = plain_source(read(ROOT / "submissions" / "template"))
    loaded = Loaded.of_plain(worker.ask({"kind": LOAD, "source": source, "seconds": 5.0}, 10.0))
    assert loaded.error is None
    assert loaded.implemented == frozenset(components())
    worker._requests = iter([9, 10])  # type: ignore[assignment]
    ask = {"kind": OBSERVE, "request": {**request("x").plain(), "cpu_seconds": 1.0}}
    assert Observation.of_plain(worker.ask(ask, 5.0)).raised is not None
    worker.end()


@pytest.mark.parametrize(
    "data",
    [
        None, [], "x", {}, {"implemented": [], "problems": []},
        {"implemented": [1], "problems": [], "error": None},
        {"implemented": ["a"], "problems": [["a", 1]], "error": None},
        {"implemented": ["a"], "problems": [["f", "1", "h", "f", "m", None]], "error": None},
        {"implemented": ["a"], "problems": [], "error": 3},
        {"implemented": ("a",), "problems": [], "error": None},
        {"implemented": ["a"], "problems": [], "error": None, "more": 1},
        {"implemented": [["a"]], "problems": [], "error": None},
    ],
)  # fmt: skip
def test_what_loading_cannot_have_given_is_a_type_error(data: Any) -> None:
    """Field by field, and nothing else is raised."""
    with pytest.raises(TypeError):
        Loaded.of_plain(data)


def test_control_messages_are_whole_or_an_error() -> None:
    """A zygote that dies within a reply is a reset line; one that hung up before is the end."""
    from harness.worker.zygote import receive, reply

    ours, theirs = socket.socketpair()
    with ours, theirs:
        reply(theirs, {"do": "x", "n": 1}, [0])
        message, descriptors = receive(ours)
        assert message == {"do": "x", "n": 1}
        for descriptor in descriptors:
            os.close(descriptor)
        assert len(descriptors) == 1
        theirs.sendall(struct.pack(">I", 100) + b"{")
        theirs.close()
        with pytest.raises(ConnectionResetError):
            receive(ours)
        assert receive(ours) == (None, [])


SPOILER = """
import builtins
@hookimpl
def tokenize(text, unit):
    {spoils}
    return []
@hookimpl
def ngram_counts(tokens, n):
    if n < 1:
        raise ValueError("n")
    counts = {{}}
    for i in range(len(tokens) - n + 1):
        gram = tuple(tokens[i:i + n])
        counts[gram] = counts.get(gram, 0) + 1
    return sorted(counts.items(), key=lambda pair: -pair[1])
"""


@pytest.mark.parametrize(
    "spoils",
    [
        "builtins.sorted = None",
        "builtins.range = list",
        "import threading, os; threading.Timer(0.1, os._exit, [0]).start()",
    ],
    ids=["a builtin taken away", "a builtin changed", "a death to come"],
)
def test_one_hook_cannot_spoil_another(tmp_path: Path, spoils: str) -> None:
    """A check that fails where another component was before is asked again where none was."""
    path = written(tmp_path, SPOILER.format(spoils=spoils))
    chosen = tuple(one for one in exam().checks if one.component in ("tokenize", "ngram_counts"))
    with Workers() as workers:
        record = judge_submission(exam().only(chosen), open_submission(path, None, workers))
    assert record.components["ngram_counts"].score == record.components["ngram_counts"].max_score
    assert record.components["tokenize"].score < record.components["tokenize"].max_score
