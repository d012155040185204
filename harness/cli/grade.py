"""`seqgrade grade`: a grader's run. One record a submission, and a summary table."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli.options import NOT_RUN_EXIT, build_exam, exam_options, friendly
from harness.grading.grade import judge_submission, open_submission
from harness.grading.names import distinct_names, expand
from harness.grading.record import Record, record_path, write_record
from harness.plugins import find
from harness.reports.console import console
from harness.reports.progress import progress_over
from harness.reports.summary import print_summary


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH...")
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="DIR", help="Where records go.")
@exam_options
@click.pass_context
@friendly
def grade(
    context: click.Context,
    paths: tuple[Path, ...],
    out: Path,
    seed: int,
    device: str,
    rubric: Path | None,
    corpus: str | None,
) -> None:
    """Grade submissions: files, package folders, or folders of these.

    Writes DIR/<submission>/grade.json for each and prints a summary table. A submission that cannot be
    loaded gets a record that says so, with 0 points.
    """
    submissions = distinct_names(expand([find(path) for path in paths]))
    if not submissions:
        raise click.UsageError(f"there is no submission in {', '.join(map(str, paths))}: no .py file, no package")
    exam = build_exam(seed, device, rubric, corpus)
    records: list[Record] = []
    with progress_over(len(submissions) * len(exam.checks), "grading") as advance:
        for name, path in submissions.items():
            record = judge_submission(exam, open_submission(path, name), lambda one, outcome: advance())
            write_record(record, record_path(out, name, device))
            records.append(record)
    print_summary(console(), records, out)
    context.exit(NOT_RUN_EXIT if any(record.score is None for record in records) else 0)
