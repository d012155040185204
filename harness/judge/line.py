"""A worker as the judge has it, and the control line to the zygote that forks it."""

from __future__ import annotations

import itertools
import os
import socket
import sys
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.contracts.partner import Partner
from harness.judge.subject import InfrastructureError
from harness.limits import WALL
from harness.plain import Plain
from harness.wire import WireError, decode, decode_with_id, encode, number_of, numbered
from harness.worker import zygote
from harness.worker.channel import JudgeChannel
from harness.worker.messages import ASKED
from harness.worker.serving import READY

LONGEST_WAIT = 0.25  # between two looks at a worker's clock, seconds
START_SECONDS = 120.0
MOST_QUESTIONS = 100_000
GONE = "the process that workers are forked from is gone: a fault of this machine or of ours; run it again"


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

    def __init__(self, line: Line, number: int, pid: int, connection: socket.socket) -> None:
        self._line, self._number, self.pid = line, number, pid
        self._channel = JudgeChannel(connection)
        self._requests = itertools.count(1)
        self.confined = False  # until it says so, before anything of a submission's runs in it
        self._clock = (~pid << 3) | 2 if pid and sys.platform == "linux" else None

    def reply(self, frame: bytes, cpu_seconds: float) -> bytes:
        """The frame with which the worker answers one, without its number. Raises SpentError, ClosedError, WireError;
        after each of these it must end."""
        patience = self._patience(cpu_seconds)
        return self._answer(self._send(frame, patience), patience)

    def ask(self, message: dict[str, Plain], cpu_seconds: float, partner: Partner | None = None) -> Plain:
        """What the worker answers, after any questions of its own to `partner`. Raises as `reply` does."""
        patience = self._patience(cpu_seconds)
        request_id = self._send(encode(message), patience)
        for _ in range(MOST_QUESTIONS):
            value = decode(self._answer(request_id, patience))
            if partner is None or type(value) is not dict or value.keys() != {ASKED}:
                return value
            try:
                answer = partner.answer(value[ASKED])
            except (ValueError, TypeError) as error:
                raise WireError("a question that makes no sense") from error
            self._channel.send(encode(answer, request_id), patience)
        raise WireError(f"more than {MOST_QUESTIONS} questions")

    def _send(self, frame: bytes, patience: Callable[[], float]) -> int:
        """Send a frame under a number of its own: that number."""
        if not self.confined:
            self.confined = decode_with_id(self._channel.receive(patience)) == (None, READY)
        request_id = next(self._requests)
        self._channel.send(numbered(frame, request_id), patience)
        return request_id

    def _answer(self, request_id: int, patience: Callable[[], float]) -> bytes:
        frame = self._channel.receive(patience)
        if number_of(frame) != request_id:
            raise WireError("an answer to another request")
        return numbered(frame, 0)

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
    def dead(self) -> bool:
        """Whether its process has ended."""
        return self._channel.cut

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


class Line:
    """The control line to a zygote. A spare is ordered ahead of need, and its reply read when one is needed.

    first: of the numbers, 256 of them, that its workers take turns in having; apart from those of other lines of this
    process, as those of other processes are by themselves.
    """

    def __init__(self, control: socket.socket, first: int = 0) -> None:
        control.settimeout(START_SECONDS)
        self._control = control
        self._first, self._born = first, 0
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
        if worker.dead:  # killed from outside while it waited: nothing of a submission's was in it
            worker.end()
            return self.take(memory)
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
        self._born += 1
        number = (os.getpid() << 10) + self._first + self._born % 256
        self.send({"do": zygote.SPAWN, "memory": memory, "number": number})
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
