"""Python's audit events: refusing early, in words a student understands, what the kernel would refuse anyway.

No wall: whoever can run native code steps over it. Where the kernel has better, it only gives the same error
at every level; at PROCESS-ONLY it is all there is.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FunctionType
from typing import Any

REFUSED = {
    "socket": "opened a socket",
    "subprocess": "started a process",
    "os.fork": "started a process",
    "os.forkpty": "started a process",
    "os.exec": "started a process",
    "os.posix_spawn": "started a process",
    "os.spawn": "started a process",
    "os.startfile": "started a process",
    "os.system": "started a process",
    "pty": "started a process",
    "os.kill": "sent a signal",
    "os.killpg": "sent a signal",
    "signal.pthread_kill": "sent a signal",
    "ctypes.dlopen": "loaded native code",
    "ctypes.dlsym": "loaded native code",
    "resource.setrlimit": "changed a limit",
    "resource.prlimit": "changed a limit",
    "sys.addaudithook": "added an audit hook",
    "sys.settrace": "traced the interpreter",
    "sys.setprofile": "traced the interpreter",
    "sys._current_frames": "looked into the interpreter",
    "sys._current_exceptions": "looked into the interpreter",
    "gc.get_objects": "looked into the interpreter",
    "gc.get_referrers": "looked into the interpreter",
    "urllib.Request": "opened a socket",
    "webbrowser.open": "started a process",
    "sqlite3.connect": "opened a file",
    "shutil": "changed a file",
    **{
        f"os.{name}": "changed a file"
        for name in ("chflags", "chmod", "chown", "link", "lockf", "mkdir", "remove", "removexattr", "rename", "rmdir",
                     "setxattr", "symlink", "truncate", "utime", "unlink")
    },
}  # fmt: skip
"""By event, or by the part of its name before the dot: what the code did."""

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
SINKS = ("/dev/null",)


def watch(folders: Sequence[Path], listed: Sequence[Path] = (), closed: Sequence[Path] = ()) -> None:
    """From now on, refuse what a submission may not do. folders: what may be read, but for the files `closed`;
    listed: what may be listed. Cannot be undone."""
    texts = tuple(f"{folder}{os.sep}" for folder in folders)
    sys.addaudithook(_hook(texts, frozenset(map(str, listed)), frozenset(map(str, closed))))


def _hook(
    folders: tuple[str, ...], listed: frozenset[str], closed: frozenset[str]
) -> Callable[[str, tuple[Any, ...]], None]:
    refused, separator, writing, sinks = dict(REFUSED), os.sep, WRITING, SINKS
    fspath, realpath, is_text = os.fspath, os.path.realpath, str
    walking = {"os.listdir": "read a folder", "os.scandir": "read a folder", "os.chdir": "changed the folder"}

    def refuse(what: str, detail: object = "") -> None:
        raise PermissionError(1, f"a submission may not do this: it {what}", detail or None)

    def readable(path: object) -> bool:
        if type(path) is int:
            return True  # a descriptor that is open already
        try:
            place = realpath(fspath(path))  # type: ignore[call-overload]
        except (TypeError, ValueError):
            return False
        text = place.decode("utf-8", "surrogateescape") if type(place) is bytes else is_text(place)
        if text in closed:
            return False
        return text.startswith(folders) or f"{text}{separator}" in folders or text.startswith("/dev/")

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, _, flags = arguments
            if type(flags) is int and flags & writing and path not in sinks and type(path) is not int:
                refuse("opened a file to write", path)
            if not readable(path):
                refuse("opened a file; its data are its arguments", path)
        elif event in walking:
            place = arguments[0] if arguments else None
            if place is not None and place not in listed and not readable(place):
                refuse(walking[event], place)
        elif event == "object.__setattr__":
            thing, name = arguments[0], arguments[1]
            if type(thing) is FunctionType and is_text(thing.__module__).startswith("harness") and name == "__code__":
                refuse("changed the harness")
        elif (what := refused.get(event) or refused.get(event.partition(".")[0])) is not None:
            refuse(what)

    return hook
