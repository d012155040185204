"""Make machine-made mutants and judge them: `python -m tests.machine [FILE...] --jobs 2`.

Exits with 1 where a mutant survives that the ledger does not explain, or where the ledger explains what is not made
any more, or is killed by now.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import Protocol

import click
from rich.console import Console
from rich.table import Table

from harness.reports.progress import progress_over

from .forks import Ended, in_children
from .ledger import entries, survivors
from .mutations import ROOT, Mutation, mutations, unchanged
from .own import JUDGED, OwnJudge
from .reference import ReferenceJudge


class Judge(Protocol):
    """Whoever says whether a mutant survives."""

    def prepare(self) -> None: ...

    def survives(self, mutation: Mutation) -> bool: ...


def all_files() -> list[str]:
    """Every file whose mutants are judged: the reference's, then the harness's."""
    return [f"reference/{file.name}" for file in sorted((ROOT / "reference").glob("[!_]*.py"))] + [*JUDGED]


def judge_of(file: str) -> Judge:
    """Who judges a file's mutants."""
    return OwnJudge(file) if file in JUDGED else ReferenceJudge(file)


@click.command()
@click.argument("files", nargs=-1, type=click.Choice(all_files()), metavar="[FILE]...")
@click.option("--jobs", default=2, show_default=True, help="How many mutants to judge at a time.")
@click.option("--every", default=1, show_default=True, help="Judge only each N-th mutant: a sample.")
def main(files: Sequence[str], jobs: int, every: int) -> None:
    """Judge the machine-made mutants of FILEs (of all, where none is named)."""
    began, console = time.monotonic(), Console()
    known = {key for one in survivors() for key in one.explained()}
    table = Table("file", "made", "killed", "explained", "unexplained", "stale", "seconds a mutant")
    alive: list[Mutation] = []
    stale: list[str] = []
    for file in files or all_files():
        made = mutations(file)
        outcomes = judged(file, made[::every], jobs)
        lived = [one for one in made if one in outcomes and outcomes[one].code == 0]
        possible = {one.key for one in made if one not in outcomes or outcomes[one].code == 0}
        gone = {key for key in known if key[0] == file} - possible
        new = [one for one in lived if one.key not in known]
        alive += new
        stale += [f"{file}: {key[2]}  →  {key[3]}  ({key[1]}, {key[4]})" for key in sorted(gone)]
        seconds = sum(ended.seconds for ended in outcomes.values()) / max(len(outcomes), 1)
        counts = (len(outcomes), len(outcomes) - len(lived), len(lived) - len(new), len(new), len(gone))
        table.add_row(file, *map(str, counts), f"{seconds:.2f}")
        click.echo(f"{file}: {counts[0]} made, {counts[1]} killed", err=True)
    console.print(table)
    console.print(f"{time.monotonic() - began:.0f} s with {jobs} jobs")
    if stale:
        click.echo("\nExplained, but not made any more, or killed by now:\n" + "\n".join(stale))
    if alive:
        click.echo("\nSurvivors without an explanation, as entries for tests/machine/survivors.toml:\n")
        click.echo(entries(alive))
    sys.exit(1 if stale or alive else 0)


def judged(file: str, made: list[Mutation], jobs: int) -> dict[Mutation, Ended]:
    """How each mutant's trial ended. Raises ClickException where the file as it is does not live."""
    judge = judge_of(file)
    judge.prepare()
    for _, ended in in_children([unchanged(file)], judge.survives, 1):
        if ended.code != 0:
            raise click.ClickException(f"{file} is judged wrong as it is (exit status {ended.code})")
    outcomes: dict[Mutation, Ended] = {}
    with progress_over(len(made), file) as advance:
        for one, ended in in_children(made, judge.survives, jobs):
            outcomes[one] = ended
            advance()
    return outcomes


if __name__ == "__main__":
    main()
