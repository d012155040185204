"""The student's report: a line a component, then every failure with its reason."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path

from rich.console import Console
from rich.text import Text

from harness.grading.exam import Exam
from harness.grading.record import CheckRecord, Record, write_whole
from harness.judge.check import Check
from harness.judge.verdict import Outcome, Verdict
from harness.reports.console import PLAIN_WIDTH
from harness.reports.failure import failure_lines, record_lines
from harness.reports.feedback import Feedback, cut
from harness.units import components

STYLES = {"passed": "green", "not_submitted": "dim", "not_run": "yellow"}
SAME = "(What you computed is, on every case, what this mistake gives.)"
MARKS = {"passed": "✔", "not_submitted": "–", "not_run": "?"}


def print_report(out: Console, whole: Record, limit: int | None = 3, level: Feedback = Feedback.FULL) -> None:
    """Print a record for its author; `limit` failures a component, None for all."""
    record = cut(whole, level)
    limit = None if level is Feedback.CLAIMS else limit  # a line each
    title = (record.submission, record.assignment, f"seed {record.seed}", record.device, record.isolation)
    out.print(Text(" · ".join(title), style="bold"))
    if record.error:
        out.print(Text(record.error, style="red"))
    for problem in record.problems:
        out.print(Text(problem, style="red"))
    if not record.error:
        _print_components(out, record)
    refused = set(record.problems)  # told above, and the same for every check
    if not record.error and level is not Feedback.SCORE:
        for name in record.components:
            own = [one for one in record.checks if one.component == name]
            _print_failures(out, [one for one in own if one.message not in refused], limit)
    _print_score(out, record)


def write_feedback(record: Record, place: Path, level: Feedback) -> None:
    """Write the report beside the record at `place`: `grade.json`'s is `feedback.txt`. Raises RecordError."""
    page = io.StringIO()
    print_report(Console(file=page, highlight=False, width=PLAIN_WIDTH, soft_wrap=True), record, level=level)
    file = place.with_name(place.stem.replace("grade", "feedback") + ".txt")
    write_whole(file, page.getvalue().encode("utf-8", "backslashreplace"))


def _print_components(out: Console, record: Record) -> None:
    unit = ""
    width = max(map(len, record.components), default=0)
    for name, item in record.components.items():
        if (own := components()[name].unit) != unit:
            unit = own
            out.print(Text(f"\n{unit}", style="bold"))
        verdicts = [one.verdict for one in record.checks if one.component == name]
        out.print(_component_line(name.ljust(width), verdicts, item.score, item.max_score))


def _component_line(name: str, verdicts: list[str], score: float, worth: float) -> Text:
    kind = verdicts[0] if len(set(verdicts)) == 1 else "failed"
    style, mark = STYLES.get(kind, "red"), MARKS.get(kind, "✘")
    said = f"{verdicts.count('passed')} of {len(verdicts)} checks" if kind in ("passed", "failed") else ""
    said = said or {"not_submitted": "not submitted", "not_run": "not run"}.get(kind, f"0 of {len(verdicts)} checks")
    return Text.assemble((f"  {mark} {name}  ", style), f"{said:<16} {score:6.2f} / {worth:g}")


def _print_failures(out: Console, checks: list[CheckRecord], limit: int | None) -> None:
    whole = len({one.verdict for one in checks}) == 1  # told in the component's own line
    failed = [one for one in checks if one.verdict not in STYLES or (one.verdict != Verdict.PASSED and not whole)]
    distinct: dict[str, CheckRecord] = {}  # one exception, raised in every check, is told once
    for one in failed:
        same = one.message.split("\n")[0] if one.verdict != Verdict.FAILED and one.message else one.id
        distinct.setdefault(same, one)
    explained = _print_diagnosis(out, failed)
    shown = list(distinct.values())[: 1 if limit and explained else limit]
    for one in shown:
        out.print()
        _print_lines(out, f"✘ {one.component}: {one.verdict}", record_lines(one))
    if len(distinct) > len(shown):
        out.print(Text(f"  … and {len(failed) - len(shown)} more checks of {checks[0].component} fail (--all)"))
    elif len(failed) > len(shown):
        out.print(Text(f"  … and {len(failed) - len(shown)} more checks of {checks[0].component} fail the same way"))


def _print_diagnosis(out: Console, failed: list[CheckRecord]) -> bool:
    """What the failures of a component come from, where that is known: once, before them."""
    known = next((one for one in failed if one.diagnosis), None)
    if known is None or known.diagnosis is None:
        return False
    out.print()
    said = [*known.diagnosis.splitlines(), SAME, *(f"hint:   {line}" for line in known.hint.splitlines())]
    _print_lines(out, f"✘ {known.component}: diagnosis", said)
    return True


def _print_lines(out: Console, title: str, lines: Iterable[str]) -> None:
    out.print(Text(title, style="bold red"))
    for line in lines:
        out.print(Text(f"  {line}", style="cyan" if line.startswith(("hint:", "replay:")) else ""))


def _print_score(out: Console, record: Record) -> None:
    out.print()
    if record.score is None:
        reason = next((one.message for one in record.checks if one.verdict == Verdict.NOT_RUN), "not run")
        out.print(Text(f"No score: {reason}", style="yellow"))
        return
    style = "bold green" if record.full else "bold"
    out.print(Text(f"Score {record.score:.2f} / {record.max_score:g}", style=style))


def print_one(out: Console, one: Check, outcome: Outcome, exam: Exam, path: Path) -> None:
    """Print the outcome of a single check, as a replay does."""
    if outcome.verdict is Verdict.PASSED:
        out.print(Text(f"✔ {one.component}: passed: {one.claim}", style="green"))
        return
    _print_lines(out, f"✘ {one.component}: {outcome.verdict}", failure_lines(one, outcome, exam, path))
