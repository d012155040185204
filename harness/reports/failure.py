"""What a person reads about one failed check: claim, finding, case, hint, replay."""

from __future__ import annotations

from pathlib import Path

from harness.grading.exam import Exam
from harness.grading.grade import replay_command
from harness.grading.record import CheckRecord
from harness.judge.check import Check
from harness.judge.verdict import Outcome, Verdict

PRINTED = 20


def failure_lines(one: Check, outcome: Outcome, exam: Exam, path: Path) -> list[str]:
    """The lines of a failure, most telling first; nothing in them needs knowledge of the check's code."""
    if outcome.verdict is Verdict.NOT_SUBMITTED:
        return [outcome.message]
    replay = replay_command(path, one, outcome, exam)
    return _lines(one.claim, outcome.message, outcome.case, outcome.output, outcome.hint, replay)


def record_lines(one: CheckRecord) -> list[str]:
    """The same lines from a record; a hint that belongs to a diagnosis stands with that."""
    hint = "" if one.diagnosis else one.hint
    return _lines(one.claim, one.message, one.case, one.output, hint, one.replay)


def _lines(claim: str, message: str, case: str, output: str, hint: str, replay: str) -> list[str]:
    lines = [f"claim:  {claim}"] if claim else []
    lines += message.splitlines()
    if case:
        lines.append(f"case:   {case}")
    if output.strip():
        printed = output.splitlines()
        lines += ["your prints:" if len(printed) <= PRINTED else f"your last {PRINTED} lines of print:"]
        lines += [f"  | {line}" for line in printed[-PRINTED:]]
    if hint:
        lines.append(f"hint:   {hint}")
    if replay:
        lines.append(f"replay: {replay}")
    return lines
