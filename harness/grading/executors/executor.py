"""What an executor is, and which are installed.

A plugin brings one by a function in the entry point group `seqgrade.executors`, whose name is the executor's:
`cluster = "my_package:make"`, called with what `--executor cluster:WHERE` says after the colon, and `--jobs`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import EntryPoint, entry_points
from typing import Protocol

from harness.grading.exam import Exam
from harness.grading.task import Message, Task
from harness.judge.workers import Workers

GROUP = "seqgrade.executors"


class ExecutorError(Exception):
    """An executor that there is not, or that cannot work; the message says why, and what to do."""


class Executor(Protocol):
    """Judges tasks somewhere."""

    def run(self, exam: Exam, workers: Workers, tasks: Sequence[Task]) -> Iterator[tuple[int, Message | None]]:
        """Perform each task by `harness.grading.task.perform`, and yield (its index, message) as messages come, then
        (its index, None). A task whose judge was lost is performed once more, from the start; lost again, it is told
        as LOST. `workers` are this machine's."""


Maker = Callable[[str, int | None], Executor]
"""(where, jobs) -> an executor. Raises ExecutorError."""


def executors() -> dict[str, EntryPoint]:
    """The installed executors by name."""
    return {one.name: one for one in entry_points(group=GROUP)}


def executor_of(described: str, jobs: int | None) -> Executor:
    """The executor that `name` or `name:where` describes. Raises ExecutorError."""
    name, _, where = described.partition(":")
    known = executors()
    if name not in known:
        raise ExecutorError(f"--executor: there is no executor named {name!r}; there are {', '.join(sorted(known))}")
    make: Maker = known[name].load()
    return make(where, jobs)
