"""`seqgrade grade`: a grader's run. One record a submission, and a summary table."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from harness.cli.options import NOT_RUN_EXIT, build_exam, exam_options, feedback_option, friendly, isolation_options
from harness.grading.grade import judge_submission
from harness.grading.isolation import said, workers_for
from harness.grading.names import distinct_names, expand
from harness.grading.opening import open_submission
from harness.grading.record import Record, record_path, write_record
from harness.plugins import find
from harness.reports.console import console
from harness.reports.feedback import Feedback
from harness.reports.progress import progress_over
from harness.reports.student import write_feedback
from harness.reports.summary import print_summary


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH...")
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="DIR", help="Where records go.")
@feedback_option
@exam_options
@isolation_options
@click.pass_context
@friendly
def grade(
    context: click.Context,
    paths: tuple[Path, ...],
    out: Path,
    feedback: str,
    seed: int,
    device: str,
    rubric: Path | None,
    corpus: str | None,
    in_process: bool,
    require_isolation: str | None,
) -> None:
    """Grade submissions: files, package folders, or folders of these.

    Writes for each DIR/<submission>/grade.json, the record, and feedback.txt, what its author may see of it, and
    prints a summary table. A submission that cannot be loaded gets a record that says so, with 0 points.
    Submissions run confined, and what they print is dropped.
    """
    if in_process:
        raise click.UsageError(
            "--in-process is for debugging one's own code (`seqgrade check`); grades come from workers"
        )
    submissions = distinct_names(expand([find(path) for path in paths]))
    if not submissions:
        raise click.UsageError(f"there is no submission in {', '.join(map(str, paths))}: no .py file, no package")
    records: list[Record] = []
    with workers_for(device, False, require_isolation) as workers:
        exam = replace(build_exam(seed, device, rubric, corpus), echo=False)
        with progress_over(len(submissions) * len(exam.checks), "grading") as advance:
            for name, path in submissions.items():
                submission = open_submission(path, name, workers, exam.rubric.limits)
                record = judge_submission(exam, submission, lambda one, outcome: advance())
                place = record_path(out, name, device)
                write_record(record, place)
                write_feedback(record, place, Feedback(feedback))
                records.append(record)
        where = said(workers)
    print_summary(console(), records, out)
    click.echo(where)
    context.exit(NOT_RUN_EXIT if any(record.score is None for record in records) else 0)
