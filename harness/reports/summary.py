"""The grader's summary: a row a submission, a column a unit."""

from __future__ import annotations

from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.grading.record import Record
from harness.units import components

WIDEST = 1000


def print_summary(out: Console, records: list[Record], folder: Path) -> None:
    """Print a table of all records, and where they are. Where the units make it too wide, it does without them."""
    units = list(dict.fromkeys(components()[name].unit for record in records for name in record.components))
    table = _table(records, units)
    wide = out.measure(table, options=out.options.update(width=WIDEST)).maximum > out.width
    out.print(_table(records, []) if wide else table, soft_wrap=False)
    if wide:
        out.print(Text("the points by unit take a wider terminal; records have them", style="dim"))
    for record in records:
        if record.error:
            out.print(Text(f"{record.submission}: {record.error.splitlines()[0]}", style="red"))
        if record.problems:
            more = f" (and {len(record.problems) - 1} more)" if len(record.problems) > 1 else ""
            out.print(Text(f"{record.submission}: {record.problems[0]}{more}", style="yellow"))
    out.print(Text(f"{len(records)} record{'s' * (len(records) > 1)}: {folder}/<submission>/grade.json"))


def _table(records: list[Record], units: list[str]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("submission", no_wrap=True)
    for unit in units:
        table.add_column(f"{unit}\n{_worth(records, unit):g}", justify="right", no_wrap=True)
    for title in (f"score\n{max(record.max_score for record in records):g}", "failed\nchecks", "seconds\n"):
        table.add_column(title, justify="right", no_wrap=True)
    for record in records:
        table.add_row(*_row(record, units))
    return table


def _worth(records: list[Record], unit: str) -> float:
    own = records[0].components.items()
    return sum(item.max_score for name, item in own if components()[name].unit == unit)


def _row(record: Record, units: list[str]) -> list[str | Text]:
    cells: list[str | Text] = [record.submission]
    for unit in units:
        own = [item for name, item in record.components.items() if components()[name].unit == unit]
        if own and all(item.status == "not_submitted" for item in own):
            cells.append(Text("–", style="dim"))
            continue
        won, worth = sum(item.score for item in own), sum(item.max_score for item in own)
        cells.append(Text(f"{won:.1f}", style="green" if won == worth else "red"))
    fails = sum(one.verdict not in ("passed", "not_submitted", "not_run") for one in record.checks)
    score = "no score" if record.score is None else f"{record.score:.2f}"
    return [*cells, score, str(fails), f"{record.seconds:.1f}"]
