"""`seqgrade stats`: what a class found hard, and what its checks tell apart."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from harness.cli.options import friendly
from harness.grading.attempts import attempt_in, records_of
from harness.grading.statistics.classes import Statistics, statistics
from harness.reports.console import console
from harness.reports.statistics import draw_statistics, print_statistics, statistics_json


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False), metavar="DIR")
@click.option("--attempt", "number", type=int, metavar="N", help="Which attempt.  [default: the last]")
@click.option("--device", type=click.Choice(["cpu", "cuda"]), help="The last attempt on this device.")
@click.option("--all", "everything", is_flag=True, help="Every check and every group, not the first ten.")
@click.option("--json", "report", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write JSON.")
@click.option("--plot", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Draw it (.png, .svg).")
@friendly
def stats(
    folder: Path, number: int | None, device: str | None, everything: bool, report: Path | None, plot: Path | None
) -> None:
    """Tell what the class in DIR found hard, from what was graded there; runs no student code."""
    found = statistics(records_of(attempt_in(folder, number, device), folder))
    print_statistics(console(), found, everything)
    for file, write in ((report, _write_json), (plot, draw_statistics)):
        if file is not None:
            _written(found, file, write)


def _written(found: Statistics, file: Path, write: Callable[[Statistics, Path], None]) -> None:
    try:
        write(found, file)
    except (OSError, ValueError) as error:
        raise click.UsageError(f"{file}: cannot be written: {error}") from error


def _write_json(found: Statistics, file: Path) -> None:
    file.write_bytes(statistics_json(found))
