"""Entries of archives: their names, taken apart and vetted before anything is read."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO

from harness.grading.gathering.caps import Caps

NOTEBOOK = ".ipynb"
ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tbz", ".tar.xz", ".txz")
FOREIGN = (".rar", ".7z", ".gz", ".bz2", ".xz", ".zst")
_JUNK = ("__macosx", "__pycache__")
_OWN = "pack the folder again with your own files only"


@dataclass(frozen=True)
class Entry:
    """One entry: its name as written, its parts (with a `fault`, the sound ones it begins with), its header's sizes."""

    index: int
    name: str
    parts: tuple[str, ...]
    packed: int
    size: int
    fault: str | None = None


Members = Iterator[tuple[Entry, Callable[[], IO[bytes]]]]


def is_archive(name: str) -> bool:
    """Whether a file of this name is an archive that can be read."""
    return name.lower().endswith(ARCHIVES)


def stem(name: str) -> str:
    """A file's name without `.py`, or an archive's suffix; a folder's whole name."""
    for suffix in sorted((*ARCHIVES, *FOREIGN, ".py", NOTEBOOK), key=len, reverse=True):
        if name.lower().endswith(suffix) and len(name) > len(suffix):
            return name[: -len(suffix)]
    return name


def is_junk(parts: tuple[str, ...]) -> bool:
    """Whether this is litter of systems and tools: hidden files, `__MACOSX`, `__pycache__`."""
    return any(part.startswith(".") or part.lower() in _JUNK for part in parts)


def key(parts: tuple[str, ...]) -> str:
    """What two names have in common where some file system takes them for one."""
    return unicodedata.normalize("NFC", "/".join(parts)).casefold()


def readable(raw: bytes) -> str:
    """A name's text: UTF-8, else Latin-1, which reads anything."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def split(name: str) -> tuple[str, ...]:
    """A name's parts; Windows' separators count as such."""
    return tuple(part for part in name.replace("\\", "/").split("/") if part not in ("", "."))


def escape(name: str) -> str | None:
    """How a name would lead out of its folder, or deceive: the fault and its mend; None for an honest one."""
    if any(unicodedata.category(character) == "Cc" for character in name):
        return "has a control character in its name; rename it"
    if name.startswith(("/", "\\")) or re.match(r"[A-Za-z]:", name):
        return "has an absolute path; pack the folder from inside, with relative paths"
    if ".." in split(name):
        return "leads out of its folder ('..'); pack the folder from inside"
    return None if split(name) else "has no name; pack the folder again"


def too_long(parts: tuple[str, ...], caps: Caps) -> str | None:
    """What is too long about a path, and the mend, or None."""
    if len(parts) > caps.depth:
        return f"lies {len(parts)} folders deep, and {caps.depth} are allowed; {_OWN}"
    longest = max(len(part.encode("utf-8", "surrogatepass")) for part in parts)
    if longest > caps.name:
        return f"has a name of {longest} bytes, and {caps.name} are allowed; rename it"
    whole = sum(len(part.encode("utf-8", "surrogatepass")) + 1 for part in parts)
    if whole > caps.path:
        return f"has a path of {whole} bytes, and {caps.path} are allowed; {_OWN}"
    return None


def entry_of(index: int, name: str, sizes: tuple[int, int], kind: str | None, caps: Caps) -> Entry | None:
    """An entry, vetted; None for litter. sizes: packed and not. kind: what it is where it is no plain file."""
    fault, parts = escape(name), split(name)
    if fault is None and is_junk(parts):
        return None
    fault = fault or too_long(parts, caps) or (kind and f"is {kind}; {_OWN}")
    if fault is None:
        return Entry(index, name, parts, *sizes)
    sound = []
    for part in () if name.startswith(("/", "\\")) else parts:
        if escape(part) or too_long((part,), caps):
            break
        sound.append(part)
    return Entry(index, name, tuple(sound), *sizes, fault)


def shown(name: str) -> str:
    """A name as a message quotes it: one line, no longer than it takes to find it."""
    text = ascii(name) if any(unicodedata.category(one)[0] == "C" for one in name) else repr(name)
    return text if len(text) <= 90 else f"{text[:60]}…{text[-20:]}"
