"""Tar archives, plain or compressed, as one stream that is counted while it is read."""

from __future__ import annotations

import bz2
import functools
import gzip
import lzma
import tarfile
from pathlib import Path
from typing import IO, Protocol, cast

from harness.grading.gathering.caps import Caps
from harness.grading.gathering.entries import Members, entry_of, readable, split
from harness.grading.gathering.found import GatherError

_OPENERS = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ\0": lzma.open}


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class _Counted:
    """A stream that ends with a GatherError where more comes out than may."""

    def __init__(self, stream: _Readable, packed: int, caps: Caps) -> None:
        self.stream, self.total = stream, 0
        self.most = min(caps.stream, max(caps.slack, packed * caps.ratio))

    def read(self, size: int) -> bytes:
        data = self.stream.read(size)
        self.total += len(data)
        if self.total > self.most:
            raise GatherError(f"unpacks to more than {self.most} bytes; leave data and environments out")
        return data


def members(path: Path, caps: Caps) -> Members:
    """Every entry that is no folder and no litter, in order, and how to open it before the next is asked for.

    Raises GatherError, and what tarfile and the decompressors raise on damage.
    """
    with _opened(path) as file:
        counted = _Counted(file, path.stat().st_size, caps)
        with tarfile.open(fileobj=counted, mode="r|", tarinfo=_info(caps), encoding="utf-8") as archive:  # type: ignore[call-overload]  # it takes anything with `read`
            for index, info in enumerate(archive):
                if index >= caps.entries:
                    raise GatherError(f"holds more than {caps.entries} entries; pack fewer files")
                name = readable(info.name.encode("utf-8", "surrogateescape"))
                if info.isdir() and not split(name):
                    continue  # the folder itself, `./`
                entry = entry_of(index, name, (info.size, info.size), None if info.isdir() else _kind(info), caps)
                if entry and (entry.fault or not info.isdir()):
                    yield entry, functools.partial(_content, archive, info)


def _opened(path: Path) -> IO[bytes]:
    with path.open("rb") as file:
        head = file.read(6)
    for magic, opener in _OPENERS.items():
        if head.startswith(magic):
            return cast(IO[bytes], opener(path, "rb"))  # type: ignore[operator]  # three functions of one signature
    return path.open("rb")


def _info(caps: Caps) -> type[tarfile.TarInfo]:
    """Headers that refuse an oversized long name or attribute block, which tarfile would read into memory whole."""

    class Info(tarfile.TarInfo):
        @classmethod
        def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> tarfile.TarInfo:  # type: ignore[override]
            info = super().frombuf(buf, encoding, errors)
            plain = (*tarfile.REGULAR_TYPES, tarfile.DIRTYPE, tarfile.LNKTYPE, tarfile.SYMTYPE)
            if info.size < 0 or (info.type not in plain and info.size > caps.header):
                raise GatherError(f"has a header of {info.size} bytes, and {caps.header} are allowed; pack it again")
            return info

    return Info


def _kind(info: tarfile.TarInfo) -> str | None:
    """What an entry is where it is no plain file."""
    if info.issym() or info.islnk():
        return "a symbolic link" if info.issym() else "a hard link"
    if info.ischr() or info.isblk() or info.isfifo():
        return "a pipe" if info.isfifo() else "a device"
    if info.sparse is not None or info.type not in (tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE):
        return "no plain file (sparse, or of a kind of its own)"
    return None


def _content(archive: tarfile.TarFile, info: tarfile.TarInfo) -> IO[bytes]:
    content = archive.extractfile(info)
    if content is None:
        raise GatherError("has no content; pack the folder again")
    return content
