"""Frames over a stream socket: what the judge and a worker say to one another, byte for byte."""

from __future__ import annotations

import os
import select
import socket
from collections.abc import Callable

from harness.wire import WireError
from harness.wire.frame import HEAD, MAGIC, MAX_HEADER, MAX_PAYLOAD

CHUNK = 2**18


class ClosedError(Exception):
    """The other end of a channel is gone."""


class WorkerChannel:
    """The worker's end: plain blocking reads and writes on a descriptor."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def receive(self) -> bytes:
        """The judge's next frame. Raises ClosedError when it hung up."""
        head = self._read(HEAD.size)
        _, header, payload, _ = HEAD.unpack(head)
        return head + self._read(header + payload)

    def send(self, frame: bytes) -> None:
        """Send a frame whole. Raises ClosedError when the judge hung up."""
        rest = memoryview(frame)
        try:
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
        except OSError as error:
            raise ClosedError from error

    def _read(self, size: int) -> bytes:
        parts = bytearray()
        while len(parts) < size:
            try:
                part = os.read(self._descriptor, min(size - len(parts), 2**20))
            except OSError as error:
                raise ClosedError from error
            if not part:
                raise ClosedError
            parts += part
        return bytes(parts)


class JudgeChannel:
    """The judge's end: it never waits without a look at the clock, and believes nothing it reads.

    `patience()` is asked before each wait: it gives the seconds to wait at most, or raises.
    """

    def __init__(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        self._connection = connection
        self._poll = select.poll()
        self._poll.register(connection, select.POLLIN)
        self._writable = select.poll()
        self._writable.register(connection, select.POLLOUT)

    def send(self, frame: bytes, patience: Callable[[], float]) -> None:
        """Send a frame. Raises ClosedError, WireError if the worker has spoken unasked, and what `patience` raises."""
        if self._poll.poll(0):
            self._unasked()
        rest = memoryview(frame)
        while rest:
            try:
                rest = rest[self._connection.send(rest) :]
            except BlockingIOError:
                self._writable.poll(1000 * patience())
            except OSError as error:
                raise ClosedError from error

    def receive(self, patience: Callable[[], float]) -> bytes:
        """The worker's next frame. Raises WireError for what is none, ClosedError, and what `patience` raises."""
        data = self._some(patience)
        while len(data) < HEAD.size:
            data += self._some(patience)
        magic, header, payload, _ = HEAD.unpack_from(data)
        if magic != MAGIC or header > MAX_HEADER or payload > MAX_PAYLOAD:
            raise WireError("not a frame, or one above the caps")
        size = HEAD.size + header + payload
        while len(data) < size:
            data += self._some(patience)
        if len(data) > size:
            raise WireError("more than the one frame that was asked for")
        return bytes(data)

    @property
    def cut(self) -> bool:
        """Whether the other end is closed; something may still be left to read."""
        return any(event & select.POLLHUP for _, event in self._poll.poll(0))

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def _some(self, patience: Callable[[], float]) -> bytearray:
        while not self._poll.poll(1000 * patience()):
            pass
        try:
            part = self._connection.recv(CHUNK)
        except OSError as error:
            raise ClosedError from error
        if not part:
            raise ClosedError
        return bytearray(part)

    def _unasked(self) -> None:
        try:
            if not self._connection.recv(1, socket.MSG_PEEK):
                raise ClosedError
        except OSError as error:
            raise ClosedError from error
        raise WireError("an answer to nothing")
