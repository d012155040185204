"""A cluster worker's side of a run: it keeps a judge, a process of its own, and hands bytes to and fro.

A judge needs a main thread (the kernel's clocks stop what loops only there), which is the cluster software's own in
its workers. Only bytes come in and go out, and only the standard library is imported: a worker stays small, and
whatever happens in a judge, it lives on.
"""

from __future__ import annotations

import socket
import struct
import subprocess
import sys
import uuid
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import BinaryIO

READY, UNKNOWN, REFUSED, DIED, TOLD = "ready", "unknown", "refused", "died", "told"
"""Kinds of replies. UNKNOWN: the terms are wanted; REFUSED: they cannot be met here; DIED: the judge did; TOLD: all
that there is to tell of the task."""

BOOT = (
    "import sys; sys.path.insert(0, sys.argv[2]); "
    "from harness.grading.executors.sitting import main; main(int(sys.argv[1]))"
)
LENGTH = struct.Struct("<Q")
CLOSE_SECONDS = 5.0


def sit(name: str, terms: bytes | None, task: bytes) -> bytes:
    """Have this worker's judge do a task on terms of that name; without `terms`, only if it has these already."""
    post = _post()
    if not post.has(name):
        if terms is None:
            return _reply(UNKNOWN, post.mark)
        refusal = post.open(name, terms)
        if refusal:
            return _reply(REFUSED, post.mark, refusal)
    told = post.do(task)
    return _reply(DIED, post.mark) if told is None else _reply(TOLD, post.mark, told)


def _reply(kind: str, mark: str, payload: bytes = b"") -> bytes:
    return f"{kind} {mark}\n".encode() + payload


def parted(reply: bytes) -> tuple[str, str, bytes]:
    """A reply's kind, the mark of the process that gave it, and the rest. Raises ValueError."""
    head, _, payload = reply.partition(b"\n")
    kind, mark = head.decode().split(" ")
    return kind, mark, payload


def send(line: socket.socket, frame: bytes) -> None:
    """Put a frame on a line."""
    line.sendall(LENGTH.pack(len(frame)) + frame)


def receive(line: BinaryIO) -> bytes | None:
    """The next frame; None where the line ends, even in the middle of one."""
    head = line.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack(head)
    frame = line.read(length)
    return frame if len(frame) == length else None


def frames(line: BinaryIO) -> Iterator[bytes]:
    """All frames there are."""
    while (frame := receive(line)) is not None:
        yield frame


@cache
def _post() -> _Post:
    """This process's."""
    return _Post()


class _Post:
    """A place for one judge. `mark`: tells this process from any that comes to the same address after it."""

    def __init__(self) -> None:
        self.mark = uuid.uuid4().hex
        self._name = ""
        self._process: subprocess.Popen[bytes] | None = None

    def has(self, name: str) -> bool:
        """Whether the judge is alive, and sits on the terms of that name."""
        return self._process is not None and self._process.poll() is None and self._name == name

    def open(self, name: str, terms: bytes) -> bytes:
        """Replace the judge by one on such terms, and give the reason if it refuses them; b"" if it does not."""
        self.close()
        ours, theirs = socket.socketpair()
        home = str(Path(__file__).resolve().parents[2])
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", BOOT, str(theirs.fileno()), home],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                start_new_session=True,  # it ends with this process: when the line does
            )
        self._name, self._line, self._heard = name, ours, ours.makefile("rb")
        try:
            send(self._line, terms)
            refusal = receive(self._heard)
        except OSError:
            refusal = None
        if refusal is None:
            refusal = b"its judge died as it was started; the worker's log may say why"
        if refusal:
            self.close()
        return refusal

    def do(self, task: bytes) -> bytes | None:
        """All frames that the judge tells of a task; None if it died over it."""
        told = bytearray()
        try:
            send(self._line, task)
            for frame in frames(self._heard):
                if not frame:
                    return bytes(told)
                told += LENGTH.pack(len(frame)) + frame
        except OSError:
            pass
        self.close()
        return None

    def close(self) -> None:
        """End the judge, if there is one."""
        if self._process is None:
            return
        self._heard.close()
        self._line.close()
        try:
            self._process.wait(CLOSE_SECONDS)  # it ends by itself when its line does
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process, self._name = None, ""
