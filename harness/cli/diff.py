"""`seqgrade diff`: what another suite, rubric, seed or submission did to each score."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli.options import friendly
from harness.grading.attempts import attempt_of, compared, last_attempt
from harness.grading.store import Store
from harness.reports.console import console
from harness.reports.diff import print_diff


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False), metavar="DIR")
@click.option("--from", "before", type=int, metavar="N", help="The attempt to begin with.  [default: the one before]")
@click.option("--to", "after", type=int, metavar="N", help="The attempt to end with.  [default: the last]")
@friendly
def diff(folder: Path, before: int | None, after: int | None) -> None:
    """Compare two attempts in DIR: scores that changed, and the checks that made them change."""
    with Store(folder) as store:
        new = attempt_of(store, folder, after) if after is not None else last_attempt(store, folder)
        old = attempt_of(store, folder, before) if before is not None else last_attempt(store, folder, new.number)
    print_diff(console(), old, new, compared(old, new))
