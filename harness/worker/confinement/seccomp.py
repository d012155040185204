"""seccomp: an allow-list of system calls, as a BPF program that the kernel runs on each of them.

What is not allowed fails with EPERM, so that Python raises PermissionError where it happened. Threads may be
made, processes not: there is no fork bomb, and the memory limit is a true one.
"""

from __future__ import annotations

import ctypes
import struct
from dataclasses import dataclass, field

from harness.worker.confinement.kernel import MACHINE, SECCOMP, syscall
from harness.worker.confinement.syscalls import ALLOWED, EMPTY_PATH, NUMBERS, PATHS

LOAD, JUMP_EQUAL, JUMP_ANY_BIT, JUMP_AT_LEAST, RETURN = 0x20, 0x15, 0x45, 0x35, 0x06
ALLOW, KILL, ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
EPERM, ENOSYS = 1, 38
NUMBER, ARCHITECTURE, ARGUMENTS = 0, 4, 16  # offsets in struct seccomp_data
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
X32 = 0x40000000
SET_MODE_FILTER = 1

CLONE_THREAD, CLONE_NAMESPACES = 0x10000, 0x7E020080
TERMINAL_QUERIES = (0x5401, 0x5413, 0x5421, 0x5450, 0x5451)  # TCGETS TIOCGWINSZ FIONBIO FIONCLEX FIOCLEX
DESCRIPTOR_COMMANDS = (0, 1, 2, 3, 4, 1030)  # F_DUPFD F_GETFD F_SETFD F_GETFL F_SETFL F_DUPFD_CLOEXEC
PRCTLS = (15, 16, 0x53564D41)  # PR_SET_NAME PR_GET_NAME PR_SET_VMA
AT_EMPTY_PATH = 0x1000


@dataclass
class _Program:
    """Instructions so far: `struct sock_filter` each."""

    code: list[tuple[int, int, int, int]] = field(default_factory=list)

    def add(self, operation: int, value: int, then: int = 0, otherwise: int = 0) -> None:
        self.code.append((operation, then, otherwise, value))

    def load_argument(self, index: int, high: bool = False) -> None:
        self.add(LOAD, ARGUMENTS + 8 * index + 4 * high)

    @property
    def raw(self) -> bytes:
        return b"".join(struct.pack("=HBBI", *one) for one in self.code)


def program(machine: str, pid: int, paths: bool) -> bytes:
    """The filter for a worker of that process id. paths: whether paths may be opened (Landlock says which)."""
    numbers, built = NUMBERS[machine], _Program()
    built.add(LOAD, ARCHITECTURE)
    built.add(JUMP_EQUAL, ARCHITECTURES[machine], 1, 0)
    built.add(RETURN, KILL)
    built.add(LOAD, NUMBER)
    if machine == "x86_64":
        built.add(JUMP_AT_LEAST, X32, 0, 1)
        built.add(RETURN, ERRNO | EPERM)
    for name in [*ALLOWED, *(PATHS if paths else ())]:
        if name in numbers:
            built.add(JUMP_EQUAL, numbers[name], 0, 1)
            built.add(RETURN, ALLOW)
    _threads_only(built, numbers)
    _argument_is(built, numbers["kill"], 0, (pid,))
    _argument_is(built, numbers["tgkill"], 0, (pid,))
    _argument_is(built, numbers["ioctl"], 1, TERMINAL_QUERIES)
    _argument_is(built, numbers["fcntl"], 1, DESCRIPTOR_COMMANDS)  # F_SETOWN and F_SETSIG would send signals
    _argument_is(built, numbers["prctl"], 0, PRCTLS)
    _argument_is(built, numbers["prlimit64"], 2, (0,))  # to read limits, not to set them
    if not paths:
        for name, index in zip(EMPTY_PATH, (3, 2), strict=True):
            _argument_has(built, numbers[name], index, AT_EMPTY_PATH)
    built.add(RETURN, ERRNO | EPERM)
    return built.raw


def _threads_only(built: _Program, numbers: dict[str, int]) -> None:
    """clone with CLONE_THREAD and no namespace; clone3, whose flags lie in memory, is not there at all: the C
    library then takes clone."""
    built.add(JUMP_EQUAL, numbers["clone3"], 0, 1)
    built.add(RETURN, ERRNO | ENOSYS)
    built.add(JUMP_EQUAL, numbers["clone"], 0, 5)
    built.load_argument(0)
    built.add(JUMP_ANY_BIT, CLONE_NAMESPACES, 2, 0)
    built.add(JUMP_ANY_BIT, CLONE_THREAD, 0, 1)
    built.add(RETURN, ALLOW)
    built.add(RETURN, ERRNO | EPERM)


def _argument_is(built: _Program, number: int, index: int, values: tuple[int, ...]) -> None:
    """Allow a call whose argument, all 64 bits of it, is one of the values; refuse it otherwise."""
    count = len(values)
    built.add(JUMP_EQUAL, number, 0, count + 5)
    built.load_argument(index, high=True)
    built.add(JUMP_EQUAL, 0, 0, count + 1)
    built.load_argument(index)
    for position, value in enumerate(values):
        built.add(JUMP_EQUAL, value, count - position, 0)
    built.add(RETURN, ERRNO | EPERM)
    built.add(RETURN, ALLOW)


def _argument_has(built: _Program, number: int, index: int, bit: int) -> None:
    built.add(JUMP_EQUAL, number, 0, 4)
    built.load_argument(index)
    built.add(JUMP_ANY_BIT, bit, 0, 1)
    built.add(RETURN, ALLOW)
    built.add(RETURN, ERRNO | EPERM)


def restrict(pid: int, paths: bool) -> None:
    """Install the filter in this thread, for good. Needs NO_NEW_PRIVS."""
    raw = program(MACHINE, pid, paths)
    code = ctypes.create_string_buffer(raw, len(raw))
    head = struct.pack("@HP", len(raw) // 8, ctypes.addressof(code))
    syscall("seccomp", SECCOMP[MACHINE], SET_MODE_FILTER, 0, ctypes.create_string_buffer(head))
