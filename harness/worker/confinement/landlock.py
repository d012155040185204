"""Landlock: files can be read below a few paths, and nothing else can be done to any file."""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Sequence
from pathlib import Path

from harness.worker.confinement.kernel import (
    LANDLOCK_ADD_RULE,
    LANDLOCK_CREATE_RULESET,
    LANDLOCK_RESTRICT_SELF,
    KernelError,
    syscall,
)

VERSION, PATH_BENEATH = 1, 1
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1, 2, 4, 8
RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1, 5: (1 << 16) - 1}
"""By version: every right over files that it knows."""
NETWORK, SCOPES = 0b11, 0b11  # TCP bind and connect (4); abstract sockets and signals (6)


def version() -> int:
    """The kernel's version of Landlock. Raises KernelError where it has none."""
    return syscall("landlock_create_ruleset", LANDLOCK_CREATE_RULESET, 0, 0, VERSION)


def ruleset(readable: Sequence[Path], listed: Sequence[Path] = (), writable: Sequence[Path] = ()) -> int:
    """A descriptor of the rules: read below `readable`, list below `listed`, read and write the files `writable`,
    nothing more."""
    known = version()
    rights = RIGHTS[min(known, max(RIGHTS))]
    attributes = struct.pack("=QQQ", rights, NETWORK if known >= 4 else 0, SCOPES if known >= 6 else 0)
    size = {1: 8, 2: 8, 3: 8, 4: 16, 5: 16}.get(known, 24)
    rules = syscall(
        "landlock_create_ruleset", LANDLOCK_CREATE_RULESET, ctypes.create_string_buffer(attributes), size, 0
    )
    for path in readable:
        _allow(rules, path, READ_FILE | READ_DIR if path.is_dir() else READ_FILE)
    for path in listed:
        _allow(rules, path, READ_DIR)
    for path in writable:
        _allow(rules, path, READ_FILE | WRITE_FILE)
    return rules


def _allow(rules: int, path: Path, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        rule = ctypes.create_string_buffer(struct.pack("=Qi", rights, place))
        syscall("landlock_add_rule", LANDLOCK_ADD_RULE, rules, PATH_BENEATH, rule, 0)
    finally:
        os.close(place)


def restrict(rules: int) -> None:
    """Apply the rules to this thread and its descendants, for good. Needs NO_NEW_PRIVS."""
    syscall("landlock_restrict_self", LANDLOCK_RESTRICT_SELF, rules, 0)


def available() -> bool:
    """Whether the kernel has Landlock and it is switched on."""
    try:
        return version() >= 1
    except KernelError:
        return False
