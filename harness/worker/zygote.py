"""A zygote: a process that imported everything once, and forks confined workers on demand.

One thread, no submission's code, no secret. Its parent is the template or, for a rule's kind, another zygote.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import itertools
import json
import os
import resource
import signal
import socket
import struct
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from harness.contracts.component import Component
from harness.worker import rules
from harness.worker.channel import WorkerChannel
from harness.worker.confinement import namespaces, process
from harness.worker.confinement.confine import Cell, confine
from harness.worker.levels import Level
from harness.worker.serving import serve

SPAWN, KILL, BRANCH, WARM = "spawn", "kill", "branch", "warm"
LENGTH = struct.Struct(">I")
UNCONFINED = 73
GRACE = 0.2


@dataclass
class Zygote:
    """The loop of a zygote and what it keeps."""

    control: socket.socket
    known: Mapping[str, Component]
    cell: Cell
    statm: int | None  # a descriptor of the template's /proc/self/statm, which a new root does not have
    own_pids: int | None  # this process's pid namespace, where workers get one each
    children: set[int] = field(default_factory=set)

    def run(self) -> None:
        """Serve the judge until it hangs up, then end with everything below."""
        gc.freeze()
        with contextlib.suppress(ConnectionError):  # the judge may hang up at any moment
            while (order := receive(self.control)[0]) is not None:
                {SPAWN: self._spawn, KILL: self._kill, BRANCH: self._branch, WARM: self._warm}[order["do"]](order)
        for child in self.children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            while True:
                os.wait()
        os._exit(0)

    def _spawn(self, order: dict[str, Any]) -> None:
        ours, theirs = socket.socketpair()
        pid = self._fork()
        if pid == 0:
            self._become_worker(theirs, order["memory"], order["number"])
        theirs.close()
        self.children.add(pid)
        told = {"pid": pid}
        with contextlib.closing(ours), _pidfd(pid) as descriptors:
            reply(self.control, told, [ours.fileno(), *descriptors])

    def _fork(self) -> int:
        if self.own_pids is not None:
            namespaces.next_child_alone()
        try:
            return os.fork()
        finally:
            if self.own_pids is not None:
                with contextlib.suppress(OSError):  # in the child, which has no such right and needs none
                    namespaces.children_as_before(self.own_pids)

    def _become_worker(self, connection: socket.socket, memory: int, number: int) -> None:
        try:
            cell, line = replace(self.cell, size=self._size()), connection.detach()
            for stream in (1, 2):
                os.dup2(0, stream)  # the template's standard input is the null device
            _close_all_but({0, 1, 2, line} | ({cell.rules} if cell.rules is not None else set()))
            confine(cell, number, memory)
        except BaseException:  # unconfined, it must not go on
            os._exit(UNCONFINED)
        serve(WorkerChannel(line), self.known)

    def _kill(self, order: dict[str, Any]) -> None:
        """End a worker and say how it ended: by itself (within a moment, if `gently`), or by this."""
        pid, killed = order["pid"], False
        deadline = time.monotonic() + (GRACE if order["gently"] else 0.0)
        while (found := os.wait4(pid, os.WNOHANG))[0] == 0:
            if time.monotonic() >= deadline:
                os.kill(pid, signal.SIGKILL)
                found, killed = os.wait4(pid, 0), True
                break
            time.sleep(0.001)
        self.children.discard(pid)
        if self.cell.level is Level.PROCESS_ONLY:
            self._end_orphans()
        _, status, usage = found
        reply(self.control, {"status": status, "killed": killed, "cpu_seconds": usage.ru_utime + usage.ru_stime})

    def _end_orphans(self) -> None:
        """What a worker left running, where it could: it is ours now, and it ends here."""
        while strangers := _children() - self.children:
            for pid in strangers:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)  # its own children are ours now, and come next

    def _branch(self, order: dict[str, Any]) -> None:
        """Fork a zygote whose workers obey a rule, or, where it is the rule of FREE, no other than before."""
        ours, theirs = socket.socketpair()
        pid = os.fork()
        if pid == 0:
            self.control.close()
            ours.close()
            process.die_with_parent()
            process.not_dumpable()
            said = ""
            try:
                if order["kind"] != rules.FREE:
                    self.cell = replace(self.cell, closed=rules.enforce(order["kind"]), ruled=True)
            except Exception as error:  # told to the judge, which can grade nothing by this rule then
                said = f"{type(error).__name__}: {error}"
            reply(theirs, {"error": said})
            self.control, self.children = theirs, set()
            self.run()
        theirs.close()
        self.children.add(pid)
        with contextlib.closing(ours):
            reply(self.control, {"pid": pid}, [ours.fileno()])

    def _warm(self, order: dict[str, Any]) -> None:
        """Import what torch would only import at first use, once for all workers to come."""
        for name in order["modules"]:
            with contextlib.suppress(Exception):  # then the worker that wants it imports it, and hears of it
                importlib.import_module(name)
        gc.freeze()
        reply(self.control, {})

    def _size(self) -> int:
        if self.statm is None:
            return 0
        pages = int(os.pread(self.statm, 100, 0).split()[0])
        return pages * resource.getpagesize()


def receive(control: socket.socket) -> tuple[Any, list[int]]:
    """The next message on a control line, with its descriptors; None at its end."""
    head, descriptors, _, _ = socket.recv_fds(control, LENGTH.size, 2)
    if not head:
        return None, []
    body = _exactly(control, LENGTH.unpack(head + _exactly(control, LENGTH.size - len(head)))[0])
    return json.loads(body), descriptors


def reply(control: socket.socket, message: dict[str, Any], descriptors: list[int] | None = None) -> None:
    """Send a message, with descriptors."""
    body = json.dumps(message).encode()
    data = LENGTH.pack(len(body)) + body
    sent = socket.send_fds(control, [data], descriptors or [])
    control.sendall(data[sent:])


def _exactly(control: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = control.recv(size - len(data))
        if not part:
            raise ConnectionResetError("the other end hung up within a message")
        data += part
    return data


@contextlib.contextmanager
def _pidfd(pid: int) -> Iterator[list[int]]:
    """A descriptor of a process, from which the judge learns its number there; none where the system has no such."""
    if not hasattr(os, "pidfd_open"):
        yield []
        return
    descriptor = os.pidfd_open(pid)
    try:
        yield [descriptor]
    finally:
        os.close(descriptor)


def _children() -> set[int]:
    """This process's children; none where the system does not tell."""
    try:
        with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as file:
            return set(map(int, file.read().split()))
    except OSError:
        return set()


def _close_all_but(kept: set[int]) -> None:
    edges = [-1, *sorted(kept), resource.getrlimit(resource.RLIMIT_NOFILE)[0]]
    for low, high in itertools.pairwise(edges):
        if low + 1 < high:
            os.closerange(low + 1, high)
