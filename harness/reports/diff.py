"""What became of each score between two attempts, in the terminal."""

from __future__ import annotations

from datetime import datetime

from rich.console import Console
from rich.text import Text

from harness.grading.attempts import Attempt, Change

SHOWN = 5


def print_diff(out: Console, old: Attempt, new: Attempt, changes: list[Change]) -> None:
    """Print every change, a submission each, with the first checks behind it."""
    setting = "" if old.setting == new.setting else ", under another setting (seed, suite, versions, limits or level)"
    out.print(
        Text(f"attempt {old.number} ({_when(old)}) to attempt {new.number} ({_when(new)}){setting}", style="bold")
    )
    for change in changes:
        style = "green" if (change.after or 0) > (change.before or 0) else "red"
        again = ", another submission" if change.resubmitted else ""
        out.print(Text(f"  {change.name}: {_score(change.before)} to {_score(change.after)}{again}", style=style))
        for name, before, after in change.checks[:SHOWN]:
            out.print(Text(f"      {name.partition('::')[2]}: {before} to {after}"))
        if len(change.checks) > SHOWN:
            out.print(Text(f"      … and {len(change.checks) - SHOWN} more checks"))
    same = len(old.records.keys() | new.records.keys()) - len(changes)
    out.print(Text(f"{len(changes)} changed, {same} as before"))


def _when(attempt: Attempt) -> str:
    return datetime.fromtimestamp(attempt.at).strftime("%Y-%m-%d %H:%M")


def _score(score: float | None) -> str:
    return "no score" if score is None else f"{score:.2f}"
