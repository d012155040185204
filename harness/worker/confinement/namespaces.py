"""Namespaces: no other process, no network, and a root that holds only what a worker may read."""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Sequence
from pathlib import Path

from harness.worker.confinement.kernel import MACHINE, MOUNT_SETATTR, PIVOT_ROOT, KernelError, function, syscall
from harness.worker.confinement.paths import DEVICES

NEWNS, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET = 0x20000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = (
    1,
    2,
    4,
    8,
    32,
    4096,
    16384,
    1 << 18,
)
MNT_DETACH, AT_RECURSIVE, AT_FDCWD = 2, 0x8000, -100
ATTR_RDONLY, ATTR_NOSUID, ATTR_NODEV = 1, 2, 4
STAGES = ("/mnt", "/media", "/srv", "/tmp", "/var/tmp", "/proc")
"""Folders over one of which the new root is mounted while it is made; only this process sees that."""


def enter_user_and_pid() -> None:
    """Let the next child be the first process of a new pid namespace; where this process is not root, in a user
    namespace in which it has the rights for that. To be called with one thread only."""
    if os.geteuid() == 0:
        function("unshare", NEWPID)
        return
    user, group = os.getuid(), os.getgid()
    function("unshare", NEWUSER | NEWPID)
    for file, line in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
        Path(f"/proc/self/{file}").write_text(line, encoding="ascii")


def enter_others(readable: Sequence[Path], hidden: Sequence[Path]) -> None:
    """A network without interfaces, System V queues of its own, and a read-only root of `readable` alone."""
    function("unshare", NEWNS | NEWNET | NEWIPC | NEWUTS)
    _mount("none", "/", None, MS_REC | MS_PRIVATE)
    stage = _stage(readable)
    _mount("tmpfs", str(stage), "tmpfs", MS_NOSUID | MS_NODEV, "size=1m,mode=755")
    for path in (*readable, *DEVICES):
        if path.exists():
            _show(path, stage)
    for link in map(Path, ("/lib", "/lib64", "/lib32", "/libx32")):  # /lib -> usr/lib, and the dynamic loader in it
        if link.is_symlink() and not (stage / link.name).exists():
            (stage / link.name).symlink_to(link.readlink())
    (stage / "tmp").mkdir(exist_ok=True)
    for path in hidden:  # in case one lies in something shown, by a mount or a link
        assert not os.path.lexists(stage / path.relative_to("/")), f"{path} would be visible"
    os.chdir(stage)
    _set_attributes(".", ATTR_RDONLY | ATTR_NOSUID)
    syscall("pivot_root", PIVOT_ROOT[MACHINE], b".", b".")
    function("umount2", b".", MNT_DETACH)
    os.chdir("/")


def own_pid_namespace() -> int:
    """A descriptor of this process's pid namespace."""
    return os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)


def next_child_alone() -> None:
    """Let the next child be the first process of a pid namespace of its own."""
    function("unshare", NEWPID)


def children_as_before(namespace: int) -> None:
    """Undo `next_child_alone` for the children after it."""
    function("setns", namespace, NEWPID)


def leave_user_namespace() -> None:
    """A user namespace in which no id is mapped: whatever this process is, it is nobody outside."""
    function("unshare", NEWUSER)


def _stage(readable: Sequence[Path]) -> Path:
    """A folder that hides nothing of what is to be shown, when something is mounted over it."""
    for folder in map(Path, STAGES):
        if folder.is_dir() and not any(folder == path or folder in path.parents for path in readable):
            return folder
    raise KernelError(2, f"none of {', '.join(STAGES)} can be mounted over")


def _show(path: Path, stage: Path) -> None:
    place = stage / path.relative_to("/")
    if path.is_dir():
        place.mkdir(parents=True, exist_ok=True)
    else:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()
    _mount(str(path), str(place), None, MS_BIND | MS_REC)
    if path not in DEVICES:
        _set_attributes(str(place), ATTR_RDONLY | ATTR_NOSUID | ATTR_NODEV)


def _mount(source: str, target: str, kind: str | None, flags: int, data: str | None = None) -> None:
    texts = [text.encode() if text is not None else None for text in (source, target, kind, data)]
    function("mount", texts[0], texts[1], texts[2], flags, texts[3])


def _set_attributes(place: str, attributes: int) -> None:
    wanted = ctypes.create_string_buffer(struct.pack("=QQQQ", attributes, 0, 0, 0), 32)
    syscall("mount_setattr", MOUNT_SETATTR, AT_FDCWD, place.encode(), AT_RECURSIVE, wanted, 32)
