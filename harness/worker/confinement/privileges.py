"""Rights: a user id of its own where the template is root, and no capability at all."""

from __future__ import annotations

import ctypes
import os

from harness.worker.confinement.kernel import CAPSET, KNOWN, MACHINE, KernelError, function, syscall

FIRST_USER, USERS = 0x4000_0000, 0x1000_0000  # far above what systems hand out
NOBODY = 65534
PR_CAPBSET_DROP, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL = 24, 47, 4
CAPABILITY_VERSION_3 = 0x20080522


def become_nobody(number: int) -> bool:
    """Take a user and group id that no other process has, for good; whether this process was root."""
    if os.geteuid() != 0 or not hasattr(os, "setresuid"):
        return False
    os.setgroups([])
    for user in (FIRST_USER + number % USERS, NOBODY):  # a container may map few ids
        try:
            os.setresgid(user, user, user)
            os.setresuid(user, user, user)
            return user != NOBODY
        except OSError:
            continue
    raise KernelError(1, "setresuid: no user id but root's is available")


def drop_capabilities() -> None:
    """Empty every capability set. Raises KernelError where the kernel keeps some."""
    if not KNOWN:
        return
    for capability in range(64):
        try:
            function("prctl", PR_CAPBSET_DROP, capability, 0, 0, 0)
        except KernelError:  # beyond the kernel's last one, or no right to drop from the bounding set
            break
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    syscall("capset", CAPSET[MACHINE], header, (ctypes.c_uint32 * 6)())
    function("prctl", PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
