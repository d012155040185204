"""Grading seeds: a number that anybody may know, or a secret in a file, from which nobody can work out the cases."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

MAX_SEED = 2**32 - 1
LEAST_SECRET = 16
MOST_SECRET = 2**20


class SeedError(ValueError):
    """Neither a number nor a secret; the message says why, and how to make one."""


@dataclass(frozen=True)
class Seed:
    """`value` decides the cases; `name` is what records say of it: the number, or a fingerprint of the secret."""

    value: int
    name: int | str


def seed_of(text: str) -> Seed:
    """The seed that a number from 0 to 2**32 - 1 stands for, or the file of a secret. Raises SeedError."""
    if text.isdecimal():
        if int(text) > MAX_SEED:
            raise SeedError(f"{text}: a seed is a number from 0 to {MAX_SEED}, or the file of a secret")
        return Seed(int(text), int(text))
    return _secret(Path(text))


def _secret(file: Path) -> Seed:
    try:
        with file.open("rb") as opened:
            content = opened.read(MOST_SECRET).strip()
    except OSError as error:
        raise SeedError(
            f"{file}: is neither a number nor a file that can be read ({error.strerror}); "
            f"a secret can be made by `openssl rand -hex 32 > seed.txt`"
        ) from error
    if len(content) < LEAST_SECRET:
        raise SeedError(
            f"{file}: a secret of {len(content)} bytes can be guessed; it takes {LEAST_SECRET}: "
            "`openssl rand -hex 32 > seed.txt`"
        )
    value, name = (hashlib.sha256(use + content).digest() for use in (b"seqgrade cases\0", b"seqgrade name\0"))
    return Seed(int.from_bytes(value[:16], "big"), f"secret {name.hex()[:12]}")
