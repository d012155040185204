"""Judges: processes that judge submissions side by side, forked from one in which everything is loaded.

A judge gets submissions one at a time and sends each verdict as it arrives; the parent alone writes them down. A judge
that dies costs the verdict in flight: its submission goes to another one, and twice lost it has no score.
"""

from __future__ import annotations

import gc
import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, Protocol

from harness.grading.task import LOST, Message

MOST_TRIES = 2
LOST_TWICE = "not run: the process that judged it died twice: a fault of this machine or of ours; run it again"


class Desk(Protocol):
    """What a judge works with, made for it before it is forked."""

    def share(self) -> Desk:
        """A desk for a judge that is forked next."""

    def leave(self) -> None:
        """Let go of a desk that is another process's too: in the parent, and in each judge that it is not for."""

    def close(self) -> None:
        """The work is done."""


Work = Callable[[Any, Any], Iterator[Message]]
"""Does a task at a desk, in a judge, and yields what the parent is to hear of it."""


@dataclass
class _Judge:
    process: BaseProcess
    line: Connection
    task: int | None = None


def share_out(tasks: Sequence[Any], work: Work, jobs: int, desk: Desk) -> Iterator[tuple[int, Message | None]]:
    """Do all tasks, `jobs` at a time, and yield (task's index, message) as messages come; (index, None) where a task
    is done, or lost for good. With one job, or one task, all is done in this process.
    """
    if min(jobs, len(tasks)) > 1:
        yield from _Bench(tasks, work, desk).run(min(jobs, len(tasks)))
        return
    for index, task in enumerate(tasks):
        for message in work(desk, task):
            yield index, message
        yield index, None


class _Bench:
    """The judges of a run, and what is still to be done."""

    def __init__(self, tasks: Sequence[Any], work: Work, desk: Desk) -> None:
        self._tasks, self._work, self._desk = tasks, work, desk
        self._left = deque(range(len(tasks)))
        self._tries = [0] * len(tasks)
        self._judges: list[_Judge] = []
        self._context = multiprocessing.get_context("fork")

    def run(self, jobs: int) -> Iterator[tuple[int, Message | None]]:
        gc.collect()
        gc.freeze()  # what the judges share is not to be looked through, and so copied, by each of them
        try:
            for _ in range(jobs):
                self._start()
            while any(one.task is not None for one in self._judges):
                busy = {one.line: one for one in self._judges if one.task is not None}
                for line in wait(list(busy)):
                    yield from self._hear(busy[line])  # type: ignore[index]
        finally:
            gc.unfreeze()
            for one in self._judges:
                one.line.close()
            for one in self._judges:
                one.process.join(5)
                if one.process.is_alive():
                    one.process.kill()

    def _start(self) -> None:
        ours, theirs = self._context.Pipe()
        desk = self._desk.share()
        inherited = [ours, *(one.line for one in self._judges)]
        arguments = theirs, inherited, self._desk, desk, self._tasks, self._work
        process = self._context.Process(target=_judge, args=arguments)
        process.start()
        theirs.close()
        desk.leave()
        judge = _Judge(process, ours)
        self._judges.append(judge)
        self._next(judge)

    def _next(self, judge: _Judge) -> None:
        judge.task = self._left.popleft() if self._left else None
        if judge.task is not None:
            self._tries[judge.task] += 1
            with suppress(OSError):  # dead: its line says so at the next look
                judge.line.send(judge.task)

    def _hear(self, judge: _Judge) -> Iterator[tuple[int, Message | None]]:
        assert judge.task is not None
        try:
            message = judge.line.recv()
        except (EOFError, OSError):
            yield from self._lost(judge)
            return
        yield judge.task, message
        if message is None:
            self._next(judge)

    def _lost(self, judge: _Judge) -> Iterator[tuple[int, Message | None]]:
        task = judge.task
        assert task is not None
        self._judges.remove(judge)
        judge.line.close()
        judge.process.join()
        if self._tries[task] < MOST_TRIES:
            self._left.appendleft(task)
        else:
            yield task, (LOST, LOST_TWICE)
            yield task, None
        if self._left:
            self._start()


def _judge(
    line: Connection, inherited: list[Connection], others: Desk, desk: Desk, tasks: Sequence[Any], work: Work
) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle: its end ends this
    for other in inherited:
        other.close()
    others.leave()
    try:
        while True:
            for message in work(desk, tasks[line.recv()]):
                line.send(message)
            line.send(None)
    except (EOFError, OSError):
        pass
    finally:
        desk.close()
