"""Have the rewritten mutants diagnosed, and count: `python -m tests.rewritten [UNIT|COMPONENT]... --jobs 2`.

Exits with 1 where one is named wrongly, or fewer than nine in ten of those that can be compared are named.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import click
from rich.console import Console
from rich.table import Table

from harness.grading.select import SelectionError, components_named
from harness.reports.progress import progress_over

from .naming import FREE, NAMED, UNNAMED, WRONG, fates
from .rewriting import all_rewritten

LEAST = 0.9


@click.command()
@click.argument("names", nargs=-1, metavar="[UNIT|COMPONENT]...")
@click.option("--jobs", default=2, show_default=True, help="How many components at a time.")
def main(names: Sequence[str], jobs: int) -> None:
    """Diagnose the rewritten mutants of units or components (of all, where none is named)."""
    try:
        wanted = components_named(names)
    except SelectionError as error:
        raise click.UsageError(str(error)) from error
    known = dict.fromkeys(one.original.component for one in all_rewritten())
    chosen = [name for name in known if not wanted or name in wanted]
    told: dict[str, list[tuple[str, str]]] = {}
    with ProcessPoolExecutor(jobs, get_context("spawn")) as pool, progress_over(len(chosen), "diagnosing") as advance:
        for name, found in zip(chosen, pool.map(fates, chosen), strict=True):
            told[name] = found
            advance()
    sys.exit(_told(told))


def _told(told: dict[str, list[tuple[str, str]]]) -> int:
    """Print what became of all, and give the exit code."""
    table = Table("component", "twins", "named", "unnamed", "wrong")
    total: dict[str, int] = defaultdict(int)
    for name, found in told.items():
        counts = {word: sum(fate == word for _, fate in found) for word in (NAMED, UNNAMED, WRONG, FREE)}
        table.add_row(name, str(len(found)), *(str(counts[word]) for word in (NAMED, UNNAMED, WRONG)))
        for word, count in counts.items():
            total[word] += count
    console = Console(soft_wrap=True)
    console.print(table)
    for found in told.values():
        for mutant, word in found:
            if word in (UNNAMED, WRONG):
                console.print(f"{word}: {mutant}")
    twins = sum(total.values())
    share = total[NAMED] / max(1, twins - total[FREE])
    console.print(
        f"{total[NAMED]} of {twins} are named, {total[NAMED] / twins:.1%}; of the {twins - total[FREE]} that can be "
        f"compared, {share:.1%}; {total[WRONG]} wrongly"
    )
    return int(total[WRONG] > 0 or share < LEAST)


if __name__ == "__main__":
    main()
