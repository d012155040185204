"""Endings: what the end of a worker means for the check in flight, and what of its words is taken over."""

from __future__ import annotations

import signal
from dataclasses import replace

from harness.contracts.observation import Observation
from harness.judge.printable import printable
from harness.judge.subject import InfrastructureError
from harness.judge.verdict import Verdict
from harness.judge.worker import Ending
from harness.worker.messages import Loaded
from harness.worker.serving import UNREADABLE
from harness.worker.zygote import UNCONFINED

MOST_MESSAGE, MOST_FRAMES, MOST_OUTPUT = 4000, 10, 2**20


class KilledError(Exception):
    """The worker was killed by neither the judge nor itself."""


def broke_protocol(error: Exception) -> str:
    return f"its process wrote to the judge by itself, or changed what it answers ({error})"


SIGNALS: dict[int, str] = {
    signal.SIGSEGV: "a segmentation fault: it touched memory that is not its own, or its recursion ran too deep",
    signal.SIGBUS: "a bus error: it touched memory that is not there",
    signal.SIGABRT: "an abort: native code gave up, for want of memory or on a broken data structure",
    signal.SIGFPE: "an arithmetic fault in native code",
    signal.SIGILL: "an illegal instruction",
}


def end_in_words(ending: Ending, confined: bool) -> tuple[Verdict, str]:
    """What a worker's end means for the check in flight. Raises KilledError, InfrastructureError."""
    if ending.killed:
        return Verdict.CRASHED, "its process cut its line to the judge"
    if ending.code == UNCONFINED and not confined:
        raise InfrastructureError("a worker could not be confined as this system had promised; run `seqgrade doctor`")
    if ending.code == UNREADABLE:
        return Verdict.CRASHED, "its process ended: the submission broke what answers the judge, or no memory was left"
    if ending.code is not None:
        return Verdict.CRASHED, f"ended its process (exit status {ending.code}): a hook returns, it does not exit"
    if ending.signal == signal.SIGKILL:
        raise KilledError
    if ending.signal == signal.SIGXCPU:
        return Verdict.TIMEOUT, "used all the CPU time that a process may"
    known = {int(one): one.name for one in signal.Signals}  # not all of the real-time ones have a name
    name, meaning = known.get(ending.signal, f"signal {ending.signal}"), SIGNALS.get(ending.signal, "a signal")
    return Verdict.CRASHED, f"its process died of {name}, {meaning}"


def capped(seen: Observation) -> Observation:
    """Texts of bounded length, whatever the worker sent: they go into a record."""
    raised = seen.raised and replace(
        seen.raised,
        bases=[one[:200] for one in seen.raised.bases[:20]],
        message=seen.raised.message[:MOST_MESSAGE],
        frames=[one[:500] for one in seen.raised.frames[-MOST_FRAMES:]],
    )
    return replace(seen, raised=raised, output=seen.output[:MOST_OUTPUT])


def _short(text: str) -> str:
    return printable(text)[:500]


def printable_loaded(loaded: Loaded) -> Loaded:
    problems = tuple(
        replace(
            problem,
            file=_short(problem.file),
            hook=_short(problem.hook),
            fault=_short(problem.fault),
            mend=_short(problem.mend),
            component=problem.component and _short(problem.component),
        )
        for problem in loaded.problems[:1000]
    )
    return Loaded(loaded.implemented, problems, loaded.error and printable(loaded.error)[:MOST_MESSAGE])
