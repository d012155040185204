"""Workers as the judge has them: the template it starts, and confined processes on demand.

A dead template is an infrastructure error: nothing can be said about the submission in flight. The next worker
that is asked for starts a new one.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

import harness
from harness.judge.line import Line
from harness.judge.subject import InfrastructureError
from harness.judge.worker import Worker
from harness.units import units
from harness.worker import zygote
from harness.worker.confinement import process
from harness.worker.levels import Level
from harness.worker.rules import FREE, KINDS

T = TypeVar("T")
MEGABYTE = 2**20
CLOSE_SECONDS = 2.0
BOOT = "import sys; sys.path.insert(0, sys.argv[2]); from harness.worker.template import main; main(int(sys.argv[1]))"
ENVIRONMENT = {
    "PATH": os.defpath,
    "HOME": "/nonexistent",
    "LANG": "C.UTF-8",
    "PYTHONHASHSEED": "0",  # the order of a set is the same for every submission, and in every run
    "PYTHONDONTWRITEBYTECODE": "1",
    "CUBLAS_WORKSPACE_CONFIG": ":4096:8",  # without which products on a GPU differ from one run to the next
    "TORCHINDUCTOR_CACHE_DIR": "/tmp",  # must be there when torch's compiler is imported; nothing is written
    "USER": "student",
    **{f"{library}_NUM_THREADS": "1" for library in ("OMP", "MKL", "OPENBLAS", "NUMEXPR")},
}
PASSED_ON = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT", "CUDA_VISIBLE_DEVICES")
WARMED = {b"optim": "torch._dynamo", b"torch.testing": "torch.testing"}
"""What torch imports at first use of a thing, for a second: the template does it once, if a source names it."""


class Workers:
    """The source of workers for a run: one template, one line a kind. Use it as a context manager.

    at_most: the strongest level to try; hidden: further paths that no worker may read. devices: whether workers may
    open devices: a CUDA context takes address space that no limit on memory would allow.
    """

    def __init__(self, at_most: Level = Level.FULL, hidden: Sequence[Path] = (), devices: bool = False) -> None:
        self._devices = devices
        self._at_most, self._hidden = at_most, [*hidden, *_secrets()]
        self._lines: dict[str, Line] = {}
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
        if self._lines:
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
        line = self._lines[FREE] = Line(ours)
        setup = {
            "at_most": self._at_most.value,
            "contracts": [unit.contract for unit in units().values()],
            "hidden": sorted({os.path.realpath(path) for path in self._hidden}),
            "path": sys.path,
        }
        line.send(setup)

    def share(self, kinds: Iterable[str]) -> Workers:
        """Workers of the same template for another process, forked from this one, that needs these kinds: lines of its
        own, to zygotes of its own. That process must `leave` these, and this one those. Raises InfrastructureError.
        """
        return self._tried_twice(lambda: self._share({FREE, *kinds}))

    def _share(self, kinds: set[str]) -> Workers:
        started = self._template()
        other = Workers(self._at_most, self._hidden, self._devices)
        other._granted = other._started = started
        other._warm = set(self._warm)
        for kind in kinds:
            other._lines[kind] = _branched(self._line(kind), FREE, kind)
        return other

    def leave(self) -> None:
        """Let go of the lines, which another process has as well: nothing ends."""
        for line in self._lines.values():
            line.close()
        self._lines.clear()
        self._process = None

    def take(self, kind: str, memory: int, source: Sequence[bytes] = ()) -> Worker:
        """A fresh worker of a kind that may take `memory` bytes; `source`: what it is going to load, for what
        had better be imported before it is forked.

        If the template has died since the last time, nothing was in flight, and a new one is tried. Raises
        InfrastructureError where that fails too.
        """
        return self._tried_twice(lambda: self._take(kind, memory, source))

    def _tried_twice(self, step: Callable[[], T]) -> T:
        try:
            return step()
        except InfrastructureError:
            self.close()
        try:
            return step()
        except InfrastructureError:
            self.close()
            raise

    def _take(self, kind: str, memory: int, source: Sequence[bytes]) -> Worker:
        self.warm_for(source)
        return self._line(kind).take(0 if self._devices else memory)

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

    def _line(self, kind: str) -> Line:
        if kind not in self._lines:
            self._lines[kind] = line = _branched(self._lines[FREE], kind, kind)
            if self._warm:
                line.order(do=zygote.WARM, modules=sorted(self._warm))
        return self._lines[kind]

    def warm_for(self, source: Iterable[bytes]) -> None:
        """Have the template import what such sources would have each worker import. Raises InfrastructureError."""
        self._template()
        texts = list(source)
        needed = {module for word, module in WARMED.items() if any(word in text for text in texts)} - self._warm
        if not needed:
            return
        for line in self._lines.values():
            line.drop_spares()
            line.order(do=zygote.WARM, modules=sorted(needed))
        self._warm |= needed


def _branched(line: Line, rule: str, kind: str) -> Line:
    """A line to a new zygote, a fork of that of another line, whose workers obey a rule besides."""
    _, (control,) = line.ask(do=zygote.BRANCH, kind=rule)
    made = Line(socket.socket(fileno=control), KINDS.index(kind) << 8)
    if fault := made.receive()[0]["error"]:
        raise InfrastructureError(f"the rule {kind!r} cannot be enforced with this torch: {fault}")
    return made


def _secrets() -> list[Path]:
    """Every installed unit's reference, checks and mutants, and the folders in which the checks lie."""
    return [path for unit in units().values() for path in (unit.reference, unit.checks.parent, unit.mutants.parent)]
