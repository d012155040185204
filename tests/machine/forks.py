"""Forks: work in children of this warm process, each with a limit on its time and memory."""

from __future__ import annotations

import gc
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

T = TypeVar("T")

CPU_SECONDS = 20
"""What the slowest child that is right takes is a tenth of it; a loop without an end takes it all."""

WALL_SECONDS = 120
MORE_MEMORY = 2 * 2**30
"""What a child may allocate beyond what this process has."""


@dataclass(frozen=True)
class Ended:
    """How a child ended: 0 for True, 1 for False, anything else for a child that was ended or broke."""

    code: int
    seconds: float


@dataclass(frozen=True)
class _Child(Generic[T]):
    item: T
    pid: int
    began: float

    def ended(self) -> Ended | None:
        """How it ended, if it has; one that is over its time is made to."""
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        spent = time.monotonic() - self.began
        if not pid and spent > WALL_SECONDS:
            status = self.end()
        elif not pid:
            return None
        return Ended(os.waitstatus_to_exitcode(status), spent)

    def end(self) -> int:
        os.kill(self.pid, signal.SIGKILL)
        return os.waitpid(self.pid, 0)[1]


def in_children(items: Iterable[T], work: Callable[[T], bool], jobs: int) -> Iterator[tuple[T, Ended]]:
    """Each item with how `work` on it ended in a child of its own, as they end; `jobs` children at a time."""
    gc.collect()
    gc.freeze()  # children that collect garbage do not copy our pages
    running: list[_Child[T]] = []
    waiting = iter(items)
    try:
        while True:
            while len(running) < jobs and (item := next(waiting, None)) is not None:
                running.append(_Child(item, _fork(item, work), time.monotonic()))
            if not running:
                return
            for child in running[:]:
                ended = child.ended()
                if ended:
                    running.remove(child)
                    yield child.item, ended
            time.sleep(0.002)
    finally:
        for child in running:
            child.end()
        gc.unfreeze()


def _fork(item: T, work: Callable[[T], bool]) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 2
    try:
        _confine()
        code = 0 if work(item) else 1
    finally:
        os._exit(code)  # nothing of this process is to be cleaned up twice


def _confine() -> None:
    """Nothing printed, and a limit on CPU time and memory."""
    silence = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(silence, descriptor)
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        limit = pages * resource.getpagesize() + MORE_MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
