"""`seqgrade similar`: submissions that share so much that a human should look."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from harness.cli.options import friendly
from harness.grading.similarity.handed import handed_in, read_all, starter
from harness.grading.similarity.pairs import THRESHOLD, similarity
from harness.reports.console import console
from harness.reports.progress import progress_over
from harness.reports.similarity import print_similarity, similarity_json


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="DIR|PATH...")
@click.option("--starter", "given", multiple=True, type=click.Path(path_type=Path, exists=True), metavar="PATH",
              help="Code that everybody was given, beside the course's template; repeatable.")  # fmt: skip
@click.option("--threshold", type=click.FloatRange(0, 1, min_open=True), default=THRESHOLD, show_default=True,
              metavar="SHARE", help="Tell of pairs from this share on.")  # fmt: skip
@click.option("--all", "everything", is_flag=True, help="Every passage of a pair, not the longest five.")
@click.option("--json", "report", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write JSON.")
@friendly
def similar(
    paths: tuple[Path, ...], given: tuple[Path, ...], threshold: float, everything: bool, report: Path | None
) -> None:
    """Tell which submissions are nearly the same, for a human to look at: no verdict, and no part of a grade.

    PATHs are what `seqgrade grade` takes, and notebooks; a DIR that it wrote stands for what was graded there last.
    Names, layout, comments, docstrings, literals and the order of functions do not count, nor does what everybody has.
    """
    with tempfile.TemporaryDirectory(prefix="seqgrade-") as folder:
        found = handed_in(paths, Path(folder) / "unpacked")
        if not found:
            raise click.UsageError(f"there is no submission in {', '.join(map(str, paths))}: nothing to compare")
        with progress_over(len(found), "reading") as advance:
            works, unread = read_all(found, advance)
        told = similarity(works, starter(given), threshold, unread)
    print_similarity(console(), told, everything)
    if report is not None:
        try:
            report.write_bytes(similarity_json(told))
        except OSError as error:
            raise click.UsageError(f"{report}: cannot be written: {error}") from error
