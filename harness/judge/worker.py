"""A worker as the judge has it: one confined process, asked one thing at a time."""

from __future__ import annotations

import itertools
import os
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.contracts.partner import Partner
from harness.limits import WALL
from harness.plain import Plain
from harness.wire import WireError, decode, decode_with_id, encode, number_of, numbered
from harness.worker import zygote
from harness.worker.channel import JudgeChannel
from harness.worker.messages import ASKED
from harness.worker.serving import READY

if TYPE_CHECKING:
    from harness.judge.line import Line

LONGEST_WAIT = 0.25  # between two looks at a worker's clock, seconds
MOST_QUESTIONS = 100_000


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
