"""The control line to the zygote that forks workers."""

from __future__ import annotations

import os
import socket
from collections import deque
from pathlib import Path
from typing import Any

from harness.judge.subject import InfrastructureError
from harness.judge.worker import Worker
from harness.worker import zygote

START_SECONDS = 120.0
GONE = "the process that workers are forked from is gone: a fault of this machine or of ours; run it again"


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
