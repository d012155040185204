"""Caps: how much an archive may hold. What honest work reaches is far below each."""

from __future__ import annotations

from dataclasses import dataclass

from harness.plugins.source import MAX_FILE


@dataclass(frozen=True)
class Caps:
    """Limits on one archive (`entries`, `stream`, `total`) and on one submission (the others); sizes in bytes.

    `stream`: what decompressing a tar may give, read or skipped. `total`: what one archive may write.
    `ratio`: out of compressed bytes, once more than `slack` came out. `nested`: an archive inside an archive.
    `source`: the suffixes of what is unpacked, beside archives.
    """

    entries: int = 50_000
    stream: int = 2**30
    total: int = 2**31
    files: int = 2_000
    bytes: int = 2**26
    file: int = MAX_FILE
    nested: int = 2**28
    metadata: int = 2**25
    ratio: int = 200
    slack: int = 2**20
    depth: int = 20
    name: int = 200
    path: int = 1_000
    header: int = 2**16
    directory: int = 2**23
    source: tuple[str, ...] = (".py",)
