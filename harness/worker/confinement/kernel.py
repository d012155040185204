"""The kernel's interface: raw system calls through ctypes, their numbers, and errors as OSError.

Linux keeps these numbers and structures for ever; no library offers them all.
"""

from __future__ import annotations

import ctypes
import os
import platform
import sys
from typing import Any

LINUX = sys.platform == "linux"
MACHINE = platform.machine().replace("arm64", "aarch64")
KNOWN = LINUX and MACHINE in ("x86_64", "aarch64")
"""Whether this system's calls are known to the tables of `syscalls`."""

_libc = ctypes.CDLL(None, use_errno=True) if sys.platform != "win32" else None

LANDLOCK_CREATE_RULESET, LANDLOCK_ADD_RULE, LANDLOCK_RESTRICT_SELF = 444, 445, 446
MOUNT_SETATTR, PIDFD_OPEN, CLOSE_RANGE = 442, 434, 436
PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
CAPSET = {"x86_64": 126, "aarch64": 91}
SECCOMP = {"x86_64": 317, "aarch64": 277}


class KernelError(OSError):
    """A refused system call; the message names the call."""


def function(name: str, *arguments: Any) -> int:
    """Call a function of the C library that gives -1 and errno on failure. Raises KernelError."""
    return _checked(name, getattr(_libc, name)(*map(_argument, arguments)))


def syscall(name: str, number: int, *arguments: Any) -> int:
    """Make a system call by number. Raises KernelError."""
    if not KNOWN:
        raise KernelError(38, f"{name}: not on this system")
    assert _libc is not None
    return _checked(name, _libc.syscall(ctypes.c_long(number), *map(_argument, arguments)))


def _argument(value: Any) -> Any:
    """Plain integers as C's long: ctypes would pass 32 bits."""
    return ctypes.c_long(value) if isinstance(value, int) else value


def _checked(name: str, result: int) -> int:
    if result == -1:
        number = ctypes.get_errno()
        raise KernelError(number, f"{name}: {os.strerror(number)}")
    return int(result)
