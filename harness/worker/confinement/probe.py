"""Probing: which level this system grants, tried out in throw-away children."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

from harness.worker.confinement import landlock, namespaces, process, seccomp
from harness.worker.confinement.kernel import KNOWN, LINUX
from harness.worker.levels import Level

REFUSED = 70


def granted(at_most: Level = Level.FULL) -> tuple[Level, str]:
    """The strongest level that works here, up to `at_most`, and why it is no stronger."""
    if not LINUX:
        return Level.PROCESS_ONLY, "this system is not Linux"
    if not KNOWN:
        return Level.PROCESS_ONLY, "the tables of system calls know x86-64 and aarch64 only"
    if at_most is Level.PROCESS_ONLY or (refusal := tried(_filtered)):
        why = "asked for" if at_most is Level.PROCESS_ONLY else f"seccomp is refused ({refusal})"
        return Level.PROCESS_ONLY, why
    if at_most is Level.NO_PATHS or not landlock.available():
        return Level.NO_PATHS, "asked for" if at_most is Level.NO_PATHS else "the kernel has no Landlock"
    if at_most is Level.NO_NAMESPACES or (refusal := tried(_alone)):
        why = "asked for" if at_most is Level.NO_NAMESPACES else f"namespaces are refused ({refusal})"
        return Level.NO_NAMESPACES, why
    return Level.FULL, ""


def tried(step: Callable[[], object]) -> str:
    """Try a step in a child: "" where it works, else the child's words."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        status, said = REFUSED, b"it died"
        try:
            step()
            status, said = 0, b""
        except BaseException as error:  # whatever it is, the child must end here
            said = str(error).encode("utf-8", "replace")
        with contextlib.suppress(OSError):
            os.write(writer, said)
        os._exit(status)
    os.close(writer)
    said = os.read(reader, 1000)
    os.close(reader)
    _, status = os.waitpid(child, 0)
    return "" if status == 0 else said.decode("utf-8", "replace") or f"wait status {status}"


def _filtered() -> None:
    process.no_new_rights()
    seccomp.restrict(os.getpid(), paths=True)
    os.getpid()


def _alone() -> None:
    """As the template does it: a first child in a pid namespace, which then makes the others and its root."""
    namespaces.enter_user_and_pid()
    if refusal := tried(_rooted):
        raise OSError(refusal)


def _rooted() -> None:
    own = namespaces.own_pid_namespace()
    namespaces.enter_others([Path("/usr/lib")] if Path("/usr/lib").exists() else [], [])
    namespaces.next_child_alone()
    if refusal := tried(os.getpid):
        raise OSError(refusal)
    namespaces.children_as_before(own)
