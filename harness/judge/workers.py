"""Workers as the judge has them: the template it starts, and confined processes on demand.

A dead template is an infrastructure error: nothing can be said about the submission in flight. The next worker
that is asked for starts a new one.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import harness
from harness.contracts.partner import Partner
from harness.judge.subject import InfrastructureError
from harness.limits import WALL
from harness.plain import Plain
from harness.units import units
from harness.wire import WireError, decode_with_id, encode
from harness.worker import zygote
from harness.worker.channel import JudgeChannel
from harness.worker.confinement import process
from harness.worker.levels import Level
from harness.worker.messages import ASKED
from harness.worker.rules import FREE, KINDS
from harness.worker.serving import READY

MEGABYTE = 2**20
LONGEST_WAIT = 0.25  # between two looks at a worker's clock, seconds
START_SECONDS = 120.0
GONE = "the process that workers are forked from is gone: a fault of this machine or of ours; run it again"
CLOSE_SECONDS = 2.0
MOST_QUESTIONS = 100_000
BOOT = "import sys; sys.path.insert(0, sys.argv[2]); from harness.worker.template import main; main(int(sys.argv[1]))"
ENVIRONMENT = {
    "PATH": os.defpath,
    "HOME": "/nonexistent",
    "LANG": "C.UTF-8",
    "PYTHONHASHSEED": "0",  # the order of a set is the same for every submission, and in every run
    "PYTHONDONTWRITEBYTECODE": "1",
    "TORCHINDUCTOR_CACHE_DIR": "/tmp",  # must be there when torch's compiler is imported; nothing is written
    "USER": "student",
    **{f"{library}_NUM_THREADS": "1" for library in ("OMP", "MKL", "OPENBLAS", "NUMEXPR")},
}
PASSED_ON = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT", "CUDA_VISIBLE_DEVICES")
WARMED = {b"optim": "torch._dynamo", b"torch.testing": "torch.testing"}
"""What torch imports at first use of a thing, for a second: the template does it once, if a source names it."""


class SpentError(Exception):
    """A worker used up its budget. `clock` is "CPU" or "wall"."""

    def __init__(self, clock: str, seconds: float) -> None:
        super().__init__(f"{seconds:g} s of {clock} time")
        self.clock = clock


@dataclass(frozen=True)
class Ending:
    """How a worker ended: the status as `os.waitpid` gives it, and whether the judge had to kill it."""

    status: int
    killed: bool
    cpu_seconds: float

    @property
    def signal(self) -> int:
        """The signal that ended it; 0 where it exited."""
        return os.WTERMSIG(self.status) if os.WIFSIGNALED(self.status) else 0

    @property
    def code(self) -> int | None:
        """Its exit status; None where a signal ended it."""
        return os.WEXITSTATUS(self.status) if os.WIFEXITED(self.status) else None


class Worker:
    """One confined process: asked one thing at a time."""

    def __init__(self, line: _Line, number: int, pid: int, connection: socket.socket) -> None:
        self._line, self._number, self.pid = line, number, pid
        self._channel = JudgeChannel(connection)
        self._requests = itertools.count(1)
        self.confined = False  # until it says so, before anything of a submission's runs in it
        self._clock = (~pid << 3) | 2 if pid and sys.platform == "linux" else None

    def ask(self, message: dict[str, Plain], cpu_seconds: float, partner: Partner | None = None) -> Plain:
        """What the worker answers, after any questions of its own to `partner`. Raises SpentError, ClosedError,
        WireError; after each of these it must end."""
        request_id = next(self._requests)
        patience = self._patience(cpu_seconds)
        if not self.confined:
            self.confined = decode_with_id(self._channel.receive(patience)) == (None, READY)
        self._channel.send(encode(message, request_id), patience)
        for _ in range(MOST_QUESTIONS):
            value, answered = decode_with_id(self._channel.receive(patience))
            if answered != request_id:
                raise WireError("an answer to another request")
            if partner is None or type(value) is not dict or value.keys() != {ASKED}:
                return value
            try:
                answer = partner.answer(value[ASKED])
            except (ValueError, TypeError) as error:
                raise WireError("a question that makes no sense") from error
            self._channel.send(encode(answer, request_id), patience)
        raise WireError(f"more than {MOST_QUESTIONS} questions")

    def end(self, gently: bool = False) -> Ending:
        """End the process and say how it ended; `gently` leaves it a moment to end by itself.

        Raises InfrastructureError where its zygote is gone.
        """
        if not gently:
            self.hang_up()
        try:
            return Ending(**self._line.order(do=zygote.KILL, pid=self._number, gently=gently))
        finally:
            self.hang_up()
            self._line.forget(self)

    def hang_up(self) -> None:
        """Close the channel."""
        self._channel.close()

    @property
    def stale(self) -> bool:
        """Whether its template is gone, and the worker with it."""
        return self._line.closed

    def cpu_seconds(self) -> float:
        """CPU time of the process so far, all its threads, from the kernel's clock; 0.0 where there is none."""
        try:
            return time.clock_gettime(self._clock) if self._clock is not None else 0.0
        except OSError:  # it has ended, which its channel tells
            return 0.0

    def _patience(self, cpu_seconds: float) -> Callable[[], float]:
        limit = self.cpu_seconds() + cpu_seconds
        wall = WALL * cpu_seconds
        deadline = time.monotonic() + wall

        def patience() -> float:
            cpu_left, wall_left = limit - self.cpu_seconds(), deadline - time.monotonic()
            if cpu_left <= 0:
                raise SpentError("CPU", cpu_seconds)
            if wall_left <= 0:
                raise SpentError("wall", wall)
            return min(cpu_left, wall_left, LONGEST_WAIT) + 0.001

        return patience


class _Line:
    """The control line to a zygote. A spare is ordered ahead of need, and its reply read when one is needed."""

    def __init__(self, control: socket.socket) -> None:
        control.settimeout(START_SECONDS)
        self._control = control
        self.closed = False
        self._workers: set[Worker] = set()
        self._ahead: deque[int] = deque()  # the memory of each spare whose reply is still to come
        self._spares: dict[int, deque[Worker]] = {}

    def ask(self, **order: Any) -> tuple[dict[str, Any], list[int]]:
        """Give an order and wait for its reply, with its descriptors. Raises InfrastructureError where the zygote
        is gone."""
        while self._ahead:
            self._collect()
        self.send(order)
        return self.receive()

    def order(self, **order: Any) -> dict[str, Any]:
        """`ask`, for a reply without descriptors."""
        return self.ask(**order)[0]

    def take(self, memory: int) -> Worker:
        """A worker that may take `memory` bytes: a spare, if there is one. The next is forked while this one works."""
        spares = self._spares.setdefault(memory, deque())
        if not spares and memory not in self._ahead:
            self._order_spare(memory)
        while not spares:
            self._collect()
        worker = spares.popleft()
        if not spares and memory not in self._ahead:
            self._order_spare(memory)
        return worker

    def drop_spares(self) -> None:
        """End the spares: they lack what their zygote is about to import."""
        while self._ahead:
            self._collect()
        for spares in self._spares.values():
            while spares:
                spares.popleft().end()

    def close(self) -> None:
        """Hang up: the zygote ends, and all that it forked."""
        self.closed = True
        self._control.close()
        for worker in self._workers:
            worker.hang_up()
        self._workers.clear()

    def forget(self, worker: Worker) -> None:
        """A worker that has ended."""
        self._workers.discard(worker)

    def send(self, message: dict[str, Any]) -> None:
        """Send an order."""
        try:
            zygote.reply(self._control, message)
        except OSError as error:
            self.closed = True
            raise InfrastructureError(GONE) from error

    def receive(self) -> tuple[dict[str, Any], list[int]]:
        """The next reply, with its descriptors."""
        try:
            message, descriptors = zygote.receive(self._control)
        except OSError:
            message, descriptors = None, []
        if message is None:
            self.closed = True
            raise InfrastructureError(GONE)
        return message, descriptors

    def _order_spare(self, memory: int) -> None:
        self.send({"do": zygote.SPAWN, "memory": memory})
        self._ahead.append(memory)

    def _collect(self) -> None:
        told, (connection, *process_descriptor) = self.receive()
        pid = told["pid"]
        if process_descriptor:
            pid = _pid_here(process_descriptor[0])
        worker = Worker(self, told["pid"], pid, socket.socket(fileno=connection))
        self._workers.add(worker)
        self._spares.setdefault(self._ahead.popleft(), deque()).append(worker)


def _pid_here(descriptor: int) -> int:
    """The number that a process, given by descriptor, has in this process's pid namespace; 0 where it has none."""
    try:
        lines = Path(f"/proc/self/fdinfo/{descriptor}").read_text(encoding="ascii").splitlines()
    finally:
        os.close(descriptor)
    return max((int(line.partition(":")[2]) for line in lines if line.startswith("Pid:")), default=0)


class Workers:
    """The source of workers for a run: one template, one line a kind. Use it as a context manager.

    at_most: the strongest level to try; `hidden`: further paths that no worker may read.
    """

    def __init__(self, at_most: Level = Level.FULL, hidden: Sequence[Path] = ()) -> None:
        self._at_most, self._hidden = at_most, [*hidden, *_secrets()]
        self._lines: dict[str, _Line] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._started: tuple[Level, str] | None = None
        self._granted: tuple[Level, str] | None = None
        self._warm: set[str] = set()

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    @property
    def level(self) -> Level:
        """The level that this system grants. Starts the template the first time."""
        self._granted = self._granted or self._template()
        return self._granted[0]

    @property
    def reason(self) -> str:
        """Why the level is no stronger; "" where it is FULL."""
        self._granted = self._granted or self._template()
        return self._granted[1]

    def begin(self) -> None:
        """Start the template, without waiting for it: it imports while the judge does."""
        if self._process is not None:
            return
        process.not_dumpable()
        ours, theirs = socket.socketpair()
        passed = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        home = str(Path(harness.__file__).resolve().parents[1])
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-s", "-P", "-c", BOOT, str(theirs.fileno()), home],
                env={**ENVIRONMENT, **passed},
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                cwd="/",
                start_new_session=True,  # Ctrl-C is the judge's to handle
            )
        line = self._lines[FREE] = _Line(ours)
        setup = {
            "at_most": self._at_most.value,
            "contracts": [unit.contract for unit in units().values()],
            "hidden": sorted({os.path.realpath(path) for path in self._hidden}),
            "path": sys.path,
            "first_number": os.getpid() << 10,
        }
        line.send(setup)

    def take(self, kind: str, memory: int, source: Sequence[bytes] = ()) -> Worker:
        """A fresh worker of a kind that may take `memory` bytes; `source`: what it is going to load, for what
        had better be imported before it is forked.

        If the template has died since the last time, nothing was in flight, and a new one is tried. Raises
        InfrastructureError where that fails too.
        """
        try:
            return self._take(kind, memory, source)
        except InfrastructureError:
            self.close()
        try:
            return self._take(kind, memory, source)
        except InfrastructureError:
            self.close()
            raise

    def _take(self, kind: str, memory: int, source: Sequence[bytes]) -> Worker:
        self._template()
        self._warm_for(source)
        return self._line(kind).take(memory)

    def close(self) -> None:
        """End the template and every worker."""
        for line in self._lines.values():
            line.close()
        self._lines.clear()
        self._warm.clear()
        self._started = None
        if self._process is None:
            return
        try:
            self._process.wait(CLOSE_SECONDS)  # it ends by itself when all lines are closed
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._process = None

    def _template(self) -> tuple[Level, str]:
        if any(line.closed for line in self._lines.values()):
            self.close()
        self.begin()
        if self._started is None:
            told, _ = self._lines[FREE].receive()
            self._started = Level(told["level"]), told["reason"]
        return self._started

    def _line(self, kind: str) -> _Line:
        if kind not in self._lines:
            free = self._lines[FREE]
            _, (control,) = free.ask(do=zygote.BRANCH, kind=kind, offset=KINDS.index(kind) << 8)
            line = _Line(socket.socket(fileno=control))
            if fault := line.receive()[0]["error"]:
                raise InfrastructureError(f"the rule {kind!r} cannot be enforced with this torch: {fault}")
            self._lines[kind] = line
            if self._warm:
                line.order(do=zygote.WARM, modules=sorted(self._warm))
        return self._lines[kind]

    def _warm_for(self, source: Sequence[bytes]) -> None:
        needed = {module for word, module in WARMED.items() if any(word in text for text in source)} - self._warm
        if not needed:
            return
        for line in self._lines.values():
            line.drop_spares()
            line.order(do=zygote.WARM, modules=sorted(needed))
        self._warm |= needed


def _secrets() -> list[Path]:
    """Every installed unit's reference, checks and mutants, and the folders in which the checks lie."""
    return [path for unit in units().values() for path in (unit.reference, unit.checks.parent, unit.mutants.parent)]
