"""Process attributes: dies with its parent, gains no rights, cannot be looked into."""

from __future__ import annotations

import signal

from harness.worker.confinement.kernel import LINUX, KernelError, function

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 1, 4, 36, 38


def die_with_parent() -> None:
    """Be killed when the parent's thread ends. Credentials must not change afterwards: that clears it."""
    if LINUX:
        function("prctl", PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)


def no_new_rights() -> None:
    """No exec can give this process rights that it does not have."""
    if LINUX:
        function("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def not_dumpable() -> None:
    """No other process of the same user can trace this one or read its memory; no core file."""
    if LINUX:
        function("prctl", PR_SET_DUMPABLE, 0, 0, 0, 0)


def adopt_orphans() -> bool:
    """Become the parent of descendants that lose theirs, so that none is left behind; whether that is possible."""
    try:
        return LINUX and function("prctl", PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0
    except KernelError:
        return False
