"""Applying a level: the steps in the one order that works."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.worker.confinement import audit, landlock, namespaces, native, privileges, process, rlimits, seccomp
from harness.worker.confinement.kernel import KNOWN
from harness.worker.levels import Level


@dataclass(frozen=True)
class Cell:
    """What a template prepared for all of its workers."""

    level: Level
    readable: Sequence[Path]
    listed: Sequence[Path]
    rules: int | None  # Landlock's descriptor
    size: int  # of the template's address space, bytes
    closed: Sequence[Path] = ()  # files among the readable that a rule forbids to read
    ruled: bool = False  # whether a rule is in force


def confine(cell: Cell, number: int, memory: int) -> None:
    """Confine this process, a fresh child of the template, for good.

    number: which child it is. memory: bytes it may take beyond the template. Raises OSError where a step that
    the level promises is refused: then this process must end.
    """
    own_user = privileges.become_nobody(number)
    rlimits.limit_resources(memory, cell.size, own_user)
    process.die_with_parent()  # after the change of user, which clears it
    process.no_new_rights()
    process.not_dumpable()
    if cell.level is Level.FULL:
        with contextlib.suppress(OSError):  # a wall more, which some systems grant to no ordinary user
            namespaces.leave_user_namespace()
    privileges.drop_capabilities()
    if cell.rules is not None:
        landlock.restrict(cell.rules)
        os.close(cell.rules)
    audit.watch(cell.readable, cell.listed, cell.closed)
    if KNOWN and cell.level is not Level.PROCESS_ONLY:
        seccomp.restrict(os.getpid(), paths=cell.level in (Level.FULL, Level.NO_NAMESPACES))
    if cell.ruled:
        native.forget_function_pointers()
