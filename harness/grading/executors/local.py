"""The local executor: judges on this machine, forked from the process that holds the exam."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from harness.grading.exam import Exam
from harness.grading.executors.executor import ExecutorError
from harness.grading.executors.judges import share_out
from harness.grading.task import Message, Task, perform
from harness.judge.subject import InfrastructureError
from harness.judge.workers import Workers
from harness.units import components
from harness.worker.rules import kind_of


def local(where: str, jobs: int | None) -> Local:
    """The executor `local`. Raises ExecutorError."""
    if where:
        raise ExecutorError(f"--executor local:{where}: local takes no address")
    return Local(jobs)


@dataclass(frozen=True)
class Local:
    """So many judges at a time; with one, all is judged in this process. By default one a core, and one where a GPU is
    shared: its memory would be divided among them, and they would wait for it in turn."""

    jobs: int | None

    def run(self, exam: Exam, workers: Workers, tasks: Sequence[Task]) -> Iterator[tuple[int, Message | None]]:
        """Perform tasks and yield (a task's index, what is told of it); (index, None) where it is done."""
        jobs = self.jobs or self.default(exam.device)
        if min(jobs, len(tasks)) > 1:
            _prepare(exam, workers, tasks)
        yield from share_out(tasks, _at, jobs, _Desk(exam, workers))

    @staticmethod
    def default(device: str) -> int:
        """How many judges work side by side where nobody says."""
        return 1 if device == "cuda" else os.cpu_count() or 1


def _prepare(exam: Exam, workers: Workers, tasks: Sequence[Task]) -> None:
    """Do once, before judges are forked, what each of them would do."""
    missing = {check for task in tasks for check in task.missing}
    exam.rehearse([one for one in exam.checks if one.id in missing])
    with suppress(InfrastructureError):  # told where it is met again
        workers.warm_for({content for task in tasks for _, content in task.source.modules.values()})


@dataclass(frozen=True)
class _Desk:
    """What a judge works with."""

    exam: Exam
    workers: Workers

    def share(self) -> _Desk:
        kinds = {kind_of(components()[one.component].rules) for one in self.exam.checks}
        return replace(self, workers=self.workers.share(kinds))

    def leave(self) -> None:
        self.workers.leave()

    def close(self) -> None:
        self.workers.close()


def _at(desk: _Desk, task: Task) -> Iterator[Message]:
    return perform(desk.exam, desk.workers, task)
