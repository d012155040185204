"""Archives: listing one, and unpacking chosen entries of it, each submission on its own account."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from harness.grading.gathering import tars, zips
from harness.grading.gathering.caps import Caps
from harness.grading.gathering.entries import Entry, Members, is_archive, key, shown
from harness.grading.gathering.found import GatherError

_CHUNK = 2**16
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_FOREIGN = {b"Rar!": "a RAR", b"7z\xbc\xaf": "a 7-Zip", b"<": "an HTML or XML"}


def members(path: Path, caps: Caps) -> Members:
    """The entries of an archive, whatever its suffix says it is. Raises GatherError where it cannot be read."""
    try:
        yield from (zips if _is_zip(path) else tars).members(path, caps)
    except GatherError as error:
        raise GatherError(f"{path}: {error}") from error
    except Exception as error:  # zipfile, tarfile and the decompressors raise a dozen kinds on damaged input
        raise GatherError(f"{path}: cannot be unpacked ({said(error)}); download or pack it again") from error


def _is_zip(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(6)
    for magic, kind in _FOREIGN.items():
        if head.startswith(magic):
            raise GatherError(f"is {kind} file whatever its name says; hand in .py, .zip or .tar.gz")
    return head.startswith(_ZIP)


def said(error: Exception) -> str:
    """An exception as one line."""
    return " ".join(f"{error}".split())[:200] or type(error).__name__


@dataclass(frozen=True)
class Target:
    """Where an entry goes, and on whose account."""

    account: int
    root: Path
    inside: tuple[str, ...]


@dataclass
class _Account:
    """What one submission has taken so far, the names in it, and what is wrong with it."""

    sizes: Counter[str] = field(default_factory=Counter)
    names: dict[str, tuple[tuple[str, ...], bool | None]] = field(default_factory=dict)
    fault: str | None = None


def unpack(path: Path, targets: Mapping[int, Target], caps: Caps) -> dict[int, str]:
    """Write the entries of these indices, and return what is wrong with accounts, by number.

    A fault of one account stops that account; a fault of the archive, those that still wait for an entry.
    """
    accounts = {target.account: _Account() for target in targets.values()}
    waiting = Counter(target.account for target in targets.values())
    total = 0
    try:
        for entry, opener in members(path, caps):
            target = targets.get(entry.index)
            if target is None:
                continue
            account = accounts[target.account]
            if account.fault is None:
                try:
                    total += _write(entry, opener, target, account, caps)
                except GatherError as error:
                    account.fault = f"{path}: {shown(entry.name)} {error}"
            waiting[target.account] -= 1
            if total > caps.total:
                raise GatherError(f"{path}: unpacks to more than {caps.total} bytes; split it")
    except GatherError as error:
        for number, account in accounts.items():
            account.fault = account.fault or (str(error) if waiting[number] else None)
    return {number: account.fault for number, account in accounts.items() if account.fault}


def _write(entry: Entry, opener: Callable[[], IO[bytes]], target: Target, account: _Account, caps: Caps) -> int:
    """Check an entry against its account, write its file, and return its size. Raises GatherError."""
    if entry.fault:
        raise GatherError(entry.fault)
    _enter(target.inside, account)
    if not wanted(target.inside[-1], caps):
        return 0
    account.sizes["files"] += 1
    if account.sizes["files"] > caps.files:
        raise GatherError(f"is one file more than {caps.files}; leave environments and data out")
    nested = is_archive(target.inside[-1])
    most = caps.nested if nested else min(caps.file, caps.bytes - account.sizes["bytes"])
    file = target.root.joinpath(*target.inside)
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("xb") as output:
        size = 0
        for chunk in _chunks(opener, entry, most, caps):
            size += len(chunk)
            output.write(chunk)
    account.sizes["bytes"] += 0 if nested else size
    return size


def wanted(name: str, caps: Caps) -> bool:
    """Whether a file is written at all: source, and archives that may hold some. Nothing else is ever unpacked."""
    return name.endswith(caps.source) or is_archive(name)


def _enter(inside: tuple[str, ...], account: _Account) -> None:
    """Note a path and its folders. Raises GatherError where another has its name, or one that differs in case only."""
    for depth in range(1, len(inside) + 1):
        parts = inside[:depth]
        is_file = depth == len(inside)
        before, was_file = account.names.get(key(parts), (parts, None))
        if before != parts:
            raise GatherError(f"differs from {'/'.join(before)!r} in case only; rename one of them")
        if was_file and is_file:
            raise GatherError("is there twice; hand in one of them")
        if was_file is not None and was_file != is_file:
            raise GatherError("is a file and a folder at once; rename one of them")
        account.names[key(parts)] = (parts, is_file)


def _chunks(opener: Callable[[], IO[bytes]], entry: Entry, most: int, caps: Caps) -> Iterable[bytes]:
    """An entry's content, counted while it is read. Raises GatherError at the first byte too many, or on damage."""
    size = 0
    try:
        with opener() as content:
            while chunk := content.read(_CHUNK):
                size += len(chunk)
                if size > most:
                    raise GatherError(f"is larger than {most} bytes; keep data out of what is handed in")
                if size > max(caps.slack, caps.ratio * entry.packed):
                    raise GatherError(f"unpacks to more than {caps.ratio} times its size, like a bomb; hand in source")
                yield chunk
        if size != entry.size:
            raise GatherError(f"gives {size} bytes, and its header says {entry.size}; pack the folder again")
    except (GatherError, GeneratorExit):
        raise
    except Exception as error:  # see `members`
        raise GatherError(f"cannot be unpacked ({said(error)}); pack the folder again") from error


def content(entry: Entry, opener: Callable[[], IO[bytes]], caps: Caps) -> bytes:
    """An entry's whole content, for what is small. Raises GatherError."""
    try:
        return b"".join(_chunks(opener, entry, caps.metadata, caps))
    except GatherError as error:
        raise GatherError(f"{shown(entry.name)} {error}") from error
