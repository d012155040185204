"""Where submissions run: in confined workers, as strongly as the system allows, or in this very process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from harness.worker.levels import Level

CONFINABLE = os.name == "posix"
IN_PROCESS_SAID = (
    "in this very process: a debugger works, and nothing holds the code back; rules (no recurrent kernels, no "
    "autograd) are not enforced"
)


class IsolationError(Exception):
    """Less isolation than was asked for; the message says what there is, and why."""


def as_required(workers: Any, required: str | None) -> None:
    """Raise IsolationError where the workers' level is weaker than the required one."""
    if required is not None and workers.level.weaker_than(Level(required)):
        granted = f"this system grants isolation {workers.level} ({workers.reason})"
        raise IsolationError(f"{granted}, and --require-isolation asks for {required}")


@contextmanager
def workers_for(device: str, in_process: bool, required: str | None) -> Iterator[Any]:
    """The workers of a run, starting up while the block goes on; None to run in this process.

    Raises IsolationError where less is granted than `required`.
    """
    if in_process or not CONFINABLE:
        if required is not None:
            why = "--in-process has none" if in_process else "this system has no way to fork confined processes"
            raise IsolationError(f"--require-isolation {required} cannot be had: {why}")
        yield None
        return
    from harness.judge.workers import Workers

    # A CUDA context needs devices, files and address space that a stronger level would refuse.
    cuda = device == "cuda"
    with Workers(Level.PROCESS_ONLY if cuda else Level.FULL, devices=cuda) as workers:
        workers.begin()
        as_required(workers, required)
        yield workers


def said(workers: Any) -> str:
    """One line on where submissions run: the level and, where it is not the strongest, why."""
    if workers is None:
        return f"isolation IN-PROCESS: {IN_PROCESS_SAID}"
    reason = f" ({workers.reason})" if workers.reason else ""
    return f"isolation {workers.level}{reason}: {workers.level.meaning}"
