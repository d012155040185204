"""`seqgrade mutants`: the check suite on trial, every mutant against every check."""

from __future__ import annotations

import os
from pathlib import Path

import click
import torch

from harness.cli.options import friendly
from harness.corpus import open_corpus
from harness.grading.matrix import Matrix, choose, kill_matrix
from harness.grading.seed import MAX_SEED
from harness.grading.select import SelectionError, components_named
from harness.reports.console import console
from harness.reports.matrix import draw_matrix, matrix_json, print_matrix
from harness.reports.progress import progress_over


@click.command()
@click.argument("names", nargs=-1, metavar="[UNIT|COMPONENT]...")
@click.option("--seed", type=click.IntRange(0, MAX_SEED), default=0, show_default=True, help="Seed of all cases.")
@click.option("--jobs", type=click.IntRange(1), help="Processes at a time.  [default: one a core]")
@click.option("--json", "report", type=click.Path(path_type=Path, dir_okay=False), help="Write the matrix as JSON.")
@click.option("--plot", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Draw it (.png, .svg).")
@click.option("--corpus", metavar="PATH", help="The book's timemachine.txt.")
@click.pass_context
@friendly
def mutants(
    context: click.Context,
    names: tuple[str, ...],
    seed: int,
    jobs: int | None,
    report: Path | None,
    plot: Path | None,
    corpus: str | None,
) -> None:
    """Judge every mutant (the reference with one bug) by every check of its component.

    Exits with 1 where a mutant survives the check that it names, or a check kills nothing.
    """
    try:
        chosen = choose(components_named(names))
    except SelectionError as error:
        raise click.UsageError(str(error)) from error
    torch.set_num_threads(1)
    with progress_over(len(chosen), "judging mutants") as advance:
        matrix = kill_matrix(chosen, seed, open_corpus(corpus), jobs or os.cpu_count() or 1, advance)
    print_matrix(console(), matrix)
    for file, write in ((report, _write_json), (plot, draw_matrix)):
        if file is not None:
            try:
                write(matrix, file)
            except (OSError, ValueError) as error:
                raise click.UsageError(f"{file}: cannot be written: {error}") from error
    context.exit(0 if matrix.clean else 1)


def _write_json(matrix: Matrix, file: Path) -> None:
    file.write_bytes(matrix_json(matrix))
