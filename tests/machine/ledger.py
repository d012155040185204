"""The ledger: the survivors that are known, each with the reason why no test can or need kill it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import msgspec

from .mutations import Key, Mutation

LEDGER = Path(__file__).with_name("survivors.toml")


class Survivor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of one file and the changes to it that survive for one reason.

    becomes: (operator, changed line, occurrence), see `Mutation`.
    """

    file: str
    line: str
    reason: str
    becomes: list[tuple[str, str, int]]

    def explained(self) -> list[Key]:
        """The mutations that this explains."""
        return [(self.file, operator, self.line, changed, nth) for operator, changed, nth in self.becomes]


class _Ledger(msgspec.Struct, forbid_unknown_fields=True):
    survivor: list[Survivor] = []


def survivors(path: Path = LEDGER) -> list[Survivor]:
    """The ledger. Raises msgspec.ValidationError where it has not its form, ValueError where a change is in it twice
    or has no reason."""
    found = msgspec.toml.decode(path.read_bytes(), type=_Ledger).survivor
    keys = [key for one in found for key in one.explained()]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise ValueError(f"explained twice: {twice[0]}")
    unexplained = [one.line for one in found if not one.reason.strip()]
    if unexplained:
        raise ValueError(f"no reason given: {unexplained[0]}")
    return found


def entries(mutations: Iterable[Mutation]) -> str:
    """Survivors as entries of the ledger, a line each, their reasons still to be found."""
    lines: dict[tuple[str, str], list[Mutation]] = {}
    for one in mutations:
        lines.setdefault((one.file, one.line), []).append(one)
    return "\n".join(_entry(file, line, found) for (file, line), found in lines.items())


def _entry(file: str, line: str, found: list[Mutation]) -> str:
    changes = [[one.operator, one.becomes, one.nth] for one in found]
    inside = "".join(f"    {_toml(change)},\n" for change in changes)
    return f'[[survivor]]\nfile = {_toml(file)}\nline = {_toml(line)}\nbecomes = [\n{inside}]\nreason = ""\n'


def _toml(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)  # a JSON string or list of them is one in TOML too
