"""A budget of time for a piece of Python, kept by the kernel's clocks: CPU time, and more of wall time."""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # `signal` without its enumerations, dearer than the calls
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

WALL = 8


class OutOfTimeError(BaseException):
    """The budget is spent. A BaseException, so that `except Exception` does not catch it."""


@contextmanager
def cpu_limit(seconds: float) -> Iterator[None]:
    """Raise OutOfTimeError in the block once this process has used `seconds` of CPU time in it, or, for code
    that sleeps or waits, WALL times as much of wall time: a busy machine must not fail honest work.

    Works between Python instructions, in the main thread, where the system has SIGPROF; elsewhere the
    block runs without a limit. A limit that no code can evade needs a process of its own.
    """
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "SIGPROF"):
        yield
        return

    def expire(signum: int, frame: FrameType | None) -> None:
        raise OutOfTimeError

    timers = ((signal.SIGPROF, signal.ITIMER_PROF, seconds), (signal.SIGALRM, signal.ITIMER_REAL, WALL * seconds))
    previous = [(_signal.signal(number, expire), _signal.setitimer(timer, at, 0.1)) for number, timer, at in timers]
    try:  # (each timer goes off again every 0.1 s, should a handler swallow it)
        yield
    finally:
        for (number, timer, _), (handler, (left, interval)) in zip(timers, previous, strict=True):
            _signal.setitimer(timer, left, interval)
            _signal.signal(number, handler)
