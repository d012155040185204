"""A judge on a machine of a cluster: one process, one exam, one submission after the other."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from harness.grading.exam import Exam, unavailable
from harness.grading.executors.parcels import Terms, packed_message, unpacked, unpacked_task
from harness.grading.isolation import workers_for
from harness.grading.recipe import exam_of
from harness.grading.remote import frames, receive, send
from harness.grading.setting import name_of, setting_of, suite_version
from harness.grading.task import perform
from harness.grading.versions import versions
from harness.judge.workers import Workers
from harness.worker.levels import Level


class RefusedError(Exception):
    """Terms that this machine does not meet; the message says which, and what is to be done."""


def main(descriptor: int) -> None:
    """Serve a cluster worker until it is gone: terms come first, then tasks, each answered by messages and an empty
    frame."""
    with socket.socket(fileno=descriptor) as line, contextlib.suppress(ConnectionError):
        heard = line.makefile("rb")
        parcel = receive(heard)
        if parcel is None:
            return
        with contextlib.ExitStack() as stack:
            try:
                exam, workers = stack.enter_context(_seat(parcel))
            except Exception as error:  # whatever it is, this machine cannot judge, and the grader is told why
                said = str(error) if isinstance(error, RefusedError) else f"{type(error).__name__}: {error}"
                send(line, said.encode(errors="replace") or b"?")
                return
            send(line, b"")
            for task in frames(heard):
                for message in perform(exam, workers, unpacked_task(task)):
                    send(line, packed_message(message))
                send(line, b"")


@contextmanager
def _seat(parcel: bytes) -> Iterator[tuple[Exam, Workers]]:
    """The exam, and workers to hold it with. Raises RefusedError."""
    terms: Terms = unpacked(parcel, Terms)
    _demand_equal(terms)
    recipe = terms.unpacked_recipe()
    if missing := unavailable(recipe.device):
        raise RefusedError(missing)
    with workers_for(recipe.device, False, None) as workers:
        if workers is None:
            raise RefusedError("this system has no way to fork confined processes")
        exam = exam_of(recipe)
        if name_of(setting_of(exam, terms.isolation)) != terms.setting:
            raise RefusedError("it makes another exam of the same recipe, a fault of ours; please report it")
        if workers.level.weaker_than(Level(terms.isolation)):
            raise RefusedError(
                f"it grants isolation {workers.level} ({workers.reason}), and this run has {terms.isolation}; run "
                "`seqgrade doctor` there"
            )
        yield exam, workers


def _demand_equal(terms: Terms) -> None:
    """Raise RefusedError, naming both, where this machine has other versions, or another suite or judge."""
    here = {**versions(), "suite and judge": suite_version()}
    there = {**terms.versions, "suite and judge": terms.suite}
    differing = [name for name in here if here[name] != there.get(name)]
    if differing:
        said = ", ".join(f"{name} {here[name]} (here {there.get(name, 'none')})" for name in differing)
        raise RefusedError(f"it has {said}; install the same there, or grade with that")
