"""The executor `dask`: judges on the machines of a dask.distributed cluster."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from harness.grading.exam import Exam
from harness.grading.executors.executor import ExecutorError
from harness.grading.executors.parcels import packed, terms_of
from harness.grading.task import Message, Task
from harness.judge.workers import Workers

CONNECT_SECONDS = 10.0
BY_HAND = """\
  machine A:    dask scheduler
  machine B, C: dask worker tcp://A:8786 --nthreads 1 --nworkers 4 --memory-limit 0
  here:         seqgrade grade ... --executor dask:tcp://A:8786"""


def dask(where: str, jobs: int | None) -> Dask:
    """The executor `dask`. Raises ExecutorError."""
    if find_spec("distributed") is None:
        raise ExecutorError("--executor dask: needs dask.distributed: pip install 'seqgrade[cluster]', on each machine")
    if not where:
        raise ExecutorError(
            "--executor dask: wants the address of a scheduler, or its scheduler file (.json). To start one and its "
            f"workers by hand:\n{BY_HAND}"
        )
    return Dask(where, jobs)


@dataclass(frozen=True)
class Dask:
    """A scheduler's address or file, and how many of its workers to use at most."""

    where: str
    jobs: int | None

    def run(self, exam: Exam, workers: Workers, tasks: Sequence[Task]) -> Iterator[tuple[int, Message | None]]:
        """Perform tasks and yield (a task's index, what is told of it); (index, None) where it is done.

        Raises ExecutorError where no worker can be used, or the scheduler goes away.
        """
        if not tasks:
            return
        from harness.grading.executors.cluster import Session

        terms = packed(terms_of(exam, workers.level.value))
        with _connected(self.where) as client:
            session = Session(client, terms, tasks, gpu=exam.device == "cuda", most=self.jobs)
            try:
                yield from session.run()
            finally:
                session.cancel()


@contextmanager
def _connected(where: str) -> Iterator[Any]:
    """A client of the scheduler. Raises ExecutorError where there is none."""
    from distributed import Client

    given: dict[str, str] = {"address": where}
    if where.endswith(".json"):
        if not Path(where).is_file():
            raise ExecutorError(f"--executor dask:{where}: there is no such scheduler file; is the scheduler running?")
        given = {"scheduler_file": where}
    try:
        client = Client(**given, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError, TypeError, RuntimeError) as error:  # what distributed raises for a bad address
        said = str(error).partition("\n")[0]
        raise ExecutorError(
            f"--executor dask:{where}: no scheduler answers there ({said}). To start one and its workers by hand:\n"
            f"{BY_HAND}"
        ) from error
    try:
        yield client
    finally:
        client.close(timeout=CONNECT_SECONDS)
