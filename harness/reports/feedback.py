"""Feedback: how much of a record its author is shown."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from harness.grading.record import CheckRecord, Record


class Feedback(StrEnum):
    """The levels: everything; which claims fail, with diagnosis and hint but no case and no value; points alone."""

    FULL = "full"
    CLAIMS = "claims"
    SCORE = "score"


def cut(record: Record, level: Feedback) -> Record:
    """The record without what the level keeps back. Verdicts and points stay; what kept a file or a hook from
    loading stays too, since its author can see that without us."""
    if level is Feedback.FULL:
        return record
    refused = set(record.problems)
    return msgspec.structs.replace(
        record,
        components={name: item if level is Feedback.CLAIMS else msgspec.structs.replace(item, mistakes=[])
                    for name, item in record.components.items()},
        checks=[one if one.message in refused or record.error or one.verdict == "not_run" else _cut(one, level)
                for one in record.checks],
    )  # fmt: skip


def _cut(one: CheckRecord, level: Feedback) -> CheckRecord:
    bare = msgspec.structs.replace(one, message="", case="", output="", replay="")
    if level is Feedback.CLAIMS:
        return bare
    return msgspec.structs.replace(bare, claim="", hint="", diagnosis=None)
