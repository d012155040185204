"""Resource limits: memory, descriptors, threads, files, core dumps, and CPU time as a last resort."""

from __future__ import annotations

import resource
import sys

OPEN_FILES = 64
PROCESSES = 128  # threads count
LAST_RESORT_CPU_SECONDS = 24 * 3600
"""The judge reads the kernel's clock and ends a worker at its budget; this only holds if the judge cannot."""


def address_space() -> int:
    """This process's virtual size in bytes; 0 where the system does not tell."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[0]) * resource.getpagesize()
    except OSError:
        return 0


def limit_resources(memory: int, grown: int, own_user: bool) -> None:
    """Set the limits for good.

    memory: bytes that the worker may take beyond `grown`, the size of the template; 0 for no limit. own_user: no
    other process has its user id, so that threads can be counted.
    """
    _set(resource.RLIMIT_CORE, 0)
    _set(resource.RLIMIT_FSIZE, 0)
    _set(resource.RLIMIT_NOFILE, OPEN_FILES)
    _set(resource.RLIMIT_CPU, LAST_RESORT_CPU_SECONDS)
    if hasattr(resource, "RLIMIT_MEMLOCK"):
        _set(resource.RLIMIT_MEMLOCK, 0)
    if hasattr(resource, "RLIMIT_MSGQUEUE"):
        _set(resource.RLIMIT_MSGQUEUE, 0)
    if own_user:
        _set(resource.RLIMIT_NPROC, PROCESSES)
    if grown and memory and sys.platform == "linux":  # (macOS does not keep RLIMIT_AS)
        _set(resource.RLIMIT_AS, grown + memory)


def _set(kind: int, most: int) -> None:
    hard = resource.getrlimit(kind)[1]
    value = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(kind, (value, value))
