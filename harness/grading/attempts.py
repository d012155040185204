"""Attempts: what was graded in a run directory at one time, and how two of them differ."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from harness.grading.record import SCHEMA, Record, RecordError
from harness.grading.store import FILE, Store, StoreError


@dataclass(frozen=True)
class Attempt:
    """One attempt: its number, when it was (seconds since 1970), its setting, its records as JSON by submission."""

    number: int
    at: float
    setting: str
    records: dict[str, str]


@dataclass(frozen=True)
class Change:
    """A submission whose record differs: its scores (None where it has none, or was not there), whether its files
    changed, and the checks whose verdict changed, as (check, before, after)."""

    name: str
    before: float | None
    after: float | None
    resubmitted: bool
    checks: tuple[tuple[str, str, str], ...]


def attempt_of(store: Store, folder: Path, number: int) -> Attempt:
    """The attempt of that number. Raises StoreError, naming those there are."""
    for known, at, setting in store.attempts():
        if known == number:
            return Attempt(number, at, setting, store.records(number))
    there = ", ".join(str(known) for known, _, _ in store.attempts()) or "none"
    raise StoreError(f"{folder}: has no attempt {number}; there are: {there}")


def last_attempt(store: Store, folder: Path, before: int | None = None) -> Attempt:
    """The last attempt, or the last before another. Raises StoreError where there is none."""
    numbers = [number for number, _, _ in store.attempts() if before is None or number < before]
    if not numbers:
        what = "no attempt yet; grade something into it" if before is None else f"no attempt before {before}"
        raise StoreError(f"{folder}: has {what}")
    return attempt_of(store, folder, numbers[-1])


def attempt_in(folder: Path, number: int | None = None, device: str | None = None) -> Attempt:
    """The attempt of that number in a run directory, or the last, or the last on a device.

    Raises StoreError where nothing was graded there; it makes no store, as opening one would.
    """
    if not (folder / FILE).is_file():
        raise StoreError(f"{folder}: nothing was graded there (no {FILE}); give the --out of `seqgrade grade`")
    with Store(folder) as store:
        if number is not None:
            return attempt_of(store, folder, number)
        attempt = last_attempt(store, folder)
        while device is not None and _device(attempt) != device:
            try:
                attempt = last_attempt(store, folder, attempt.number)
            except StoreError as error:
                raise StoreError(f"{folder}: has no attempt on {device}; grade with --device {device}") from error
        return attempt


def _device(attempt: Attempt) -> str:
    """The device of an attempt: one for all of its records."""
    return msgspec.json.decode(next(iter(attempt.records.values())), type=_OnDevice).device


class _OnDevice(msgspec.Struct):
    device: str = ""


def records_of(attempt: Attempt, folder: Path) -> Iterator[Record]:
    """The records of an attempt, one at a time. Raises RecordError where one is malformed or of another schema."""
    for name, told in attempt.records.items():
        where = f"{folder}: the record of {name} in attempt {attempt.number}"
        try:
            record = msgspec.json.decode(told, type=Record)
        except msgspec.MsgspecError as error:
            raise RecordError(f"{where} cannot be read ({error}); grade it again") from error
        if record.schema != SCHEMA:
            raise RecordError(f"{where} is of schema {record.schema}, and this seqgrade reads {SCHEMA}; grade it again")
        yield record


def compared(old: Attempt, new: Attempt) -> list[Change]:
    """The submissions of either attempt whose scores, files or verdicts differ."""
    changes = []
    for name in dict.fromkeys([*old.records, *new.records]):
        before, after = _read(old, name), _read(new, name)
        change = Change(
            name,
            before.score if before else None,
            after.score if after else None,
            before is not None and after is not None and before.sha256 != after.sha256,
            _changed(before, after),
        )
        if change.before != change.after or change.resubmitted or change.checks:
            changes.append(change)
    return changes


def _read(attempt: Attempt, name: str) -> Record | None:
    told = attempt.records.get(name)
    return msgspec.json.decode(told, type=Record) if told is not None else None


def _changed(before: Record | None, after: Record | None) -> tuple[tuple[str, str, str], ...]:
    if before is None or after is None:
        return ()
    old = {one.id: one.verdict for one in before.checks}
    new = {one.id: one.verdict for one in after.checks}
    ids = dict.fromkeys([*old, *new])
    return tuple((name, old.get(name, "–"), new.get(name, "–")) for name in ids if old.get(name) != new.get(name))
