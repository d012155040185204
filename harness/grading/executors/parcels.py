"""Parcels: what a run sends to judges on other machines, and what comes back, as bytes of msgpack.

Nothing is pickled. Both ends decode into the types that they expect, and nothing else.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from harness.grading.exam import Exam
from harness.grading.recipe import Recipe, recipe_of
from harness.grading.remote import frames
from harness.grading.setting import name_of, setting_of
from harness.grading.task import EXPLAINED, OPENED, VERDICT, WHOLE, Message, Task
from harness.judge.diagnosis import Diagnosis
from harness.judge.verdict import Outcome, Verdict

SAID: dict[str, Any] = {
    OPENED: tuple[str | None, list[str], Verdict],
    VERDICT: tuple[str, Outcome],
    EXPLAINED: tuple[str, Diagnosis],
    WHOLE: None,
}
"""What belongs to each kind of message."""


@dataclass(frozen=True)
class Terms:
    """What a judge must have (suite, versions, isolation), the setting that must come of it, and the exam's recipe.
    The recipe is a parcel in the parcel: only an equal seqgrade need understand it."""

    suite: str
    versions: dict[str, str]
    isolation: str
    setting: str
    recipe: bytes

    def unpacked_recipe(self) -> Recipe:
        """The recipe. Raises msgspec.DecodeError."""
        recipe: Recipe = unpacked(self.recipe, Recipe)
        return recipe


def terms_of(exam: Exam, isolation: str) -> Terms:
    """The terms on which an exam is held, nowhere with less isolation."""
    facts = setting_of(exam, isolation)
    return Terms(facts["suite"], facts["versions"], isolation, name_of(facts), packed(recipe_of(exam)))


def packed(thing: Any) -> bytes:
    """Terms, a recipe or a task as bytes."""
    return msgspec.msgpack.encode(thing, enc_hook=_plain)


def unpacked(parcel: bytes, kind: Any) -> Any:
    """What was packed. Raises msgspec.DecodeError where it is not of the kind."""
    return msgspec.msgpack.decode(parcel, type=kind, dec_hook=_of_plain)


def unpacked_task(parcel: bytes) -> Task:
    """The task. Raises msgspec.DecodeError."""
    task: Task = unpacked(parcel, Task)
    return task


def packed_message(message: Message) -> bytes:
    """A message as bytes."""
    kind, said = message
    return packed((kind, packed(said)))


def unpacked_messages(told: bytes) -> Iterator[Message]:
    """The messages that a judge told, frame by frame. Raises msgspec.DecodeError, KeyError."""
    for frame in frames(io.BytesIO(told)):
        kind, said = unpacked(frame, tuple[str, bytes])
        yield kind, unpacked(said, SAID[kind])


def digest(parcel: bytes) -> str:
    """A name for a parcel."""
    return hashlib.sha256(parcel).hexdigest()[:16]


def _plain(thing: Any) -> bytes:
    if isinstance(thing, Path):
        return os.fsencode(thing)
    raise NotImplementedError(type(thing))


def _of_plain(kind: type, plain: Any) -> Path:
    if kind is Path and isinstance(plain, bytes):
        return Path(os.fsdecode(plain))
    raise NotImplementedError(kind)
