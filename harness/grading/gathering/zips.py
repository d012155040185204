"""Zip archives, entry by entry, with nothing believed that a header says."""

from __future__ import annotations

import functools
import io
import stat
import zipfile
from pathlib import Path

from harness.grading.gathering.caps import Caps
from harness.grading.gathering.entries import Members, entry_of
from harness.grading.gathering.found import GatherError

_ENCRYPTED, _UTF8 = 0x1, 0x800
_HEADER = 30  # bytes of a local header before the name
_KINDS = {stat.S_IFLNK: "a symbolic link", stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket"}


class _Bounded(io.FileIO):
    """A file that never reads more at once than it may: zipfile reads the whole directory, of any size, in one."""

    def __init__(self, path: Path, most: int) -> None:
        super().__init__(path)
        self.most = most

    def read(self, size: int | None = -1) -> bytes:
        if size is not None and size > self.most:
            raise GatherError(f"its directory takes {size} bytes, and {self.most} are allowed; pack fewer files")
        return super().read(self.most if size is None or size < 0 else size) or b""


def members(path: Path, caps: Caps) -> Members:
    """Every entry that is no folder and no litter, in order, and how to open it. Raises GatherError, and what zipfile
    raises on damage."""
    with _Bounded(path, caps.directory) as file, zipfile.ZipFile(file) as archive:
        infos = archive.infolist()
        if len(infos) > caps.entries:
            raise GatherError(f"holds {len(infos)} entries, and {caps.entries} are allowed; pack fewer files")
        _refuse_overlaps(infos)
        for index, info in enumerate(infos):
            name = _name(info)
            folder = name.endswith(("/", "\\"))
            entry = entry_of(index, name, (info.compress_size, info.file_size), None if folder else _kind(info), caps)
            if entry and (entry.fault or not folder):
                yield entry, functools.partial(archive.open, info)


def _name(info: zipfile.ZipInfo) -> str:
    """The whole name, past any null byte; without the UTF-8 flag, many tools write UTF-8 all the same."""
    if info.flag_bits & _UTF8:
        return info.orig_filename
    raw = info.orig_filename.encode("cp437", "replace")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return info.orig_filename


def _kind(info: zipfile.ZipInfo) -> str | None:
    """What an entry is where it is no plain, readable file."""
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return _KINDS.get(kind, "a device")
    if info.flag_bits & _ENCRYPTED:
        return "encrypted, and there is no password"
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return f"compressed by method {info.compress_type}, which is not plain zip"
    return None


def _refuse_overlaps(infos: list[zipfile.ZipInfo]) -> None:
    """Entries that share bytes make bombs: a few kilobytes stand for many files. Raises GatherError."""
    end, before = 0, ""
    for info in sorted(infos, key=lambda one: one.header_offset):
        if info.header_offset < end:
            raise GatherError(f"its entries {before!r} and {info.filename!r} overlap; pack the folder again")
        end = info.header_offset + _HEADER + len(info.orig_filename) + info.compress_size
        before = info.filename
