"""What a person reads about one failed check: claim, finding, case, hint, replay."""

from __future__ import annotations

from pathlib import Path

from harness.grading.grade import Exam, replay_command
from harness.judge.check import Check
from harness.judge.verdict import Outcome


def failure_lines(one: Check, outcome: Outcome, exam: Exam, path: Path) -> list[str]:
    """The lines of a failure, most telling first; nothing in them needs knowledge of the check's code."""
    lines = [f"claim:  {one.claim}", *outcome.message.splitlines()]
    if outcome.case:
        lines.append(f"case:   {outcome.case}")
    if outcome.output.strip():
        lines += ["your prints:", *(f"  | {line}" for line in outcome.output.splitlines()[:20])]
    if outcome.hint:
        lines.append(f"hint:   {outcome.hint}")
    lines.append(f"replay: {replay_command(path, one, outcome, exam)}")
    return lines
