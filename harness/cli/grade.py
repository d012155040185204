"""`seqgrade grade`: a grader's run. One record a submission, and a summary table."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import click

from harness.cli.options import NOT_RUN_EXIT, build_exam, exam_options, feedback_option, friendly, isolation_options
from harness.grading.executors import executor_of
from harness.grading.gathering import Found, gather
from harness.grading.isolation import said, workers_for
from harness.grading.record import Record, record_path, write_record
from harness.grading.run import Run
from harness.grading.seed import Seed
from harness.grading.store import Store
from harness.plugins import find
from harness.reports.console import console
from harness.reports.feedback import Feedback
from harness.reports.progress import progress_over
from harness.reports.student import write_feedback
from harness.reports.summary import print_summary

STOPPED_EXIT = 130
UNPACKED = ".unpacked"
"""The folder under --out for what archives hold; no submission has that name."""


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH...")
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="DIR", help="Where records go.")
@click.option("--jobs", type=click.IntRange(1), help="Submissions at a time.  [default: one a core, one on CUDA]")
@click.option(
    "--executor",
    metavar="NAME[:WHERE]",
    default="local",
    show_default=True,
    help="Where submissions are judged: local, dask:ADDRESS (a cluster), or another plugin.",
)
@click.option(
    "--resume/--fresh",
    default=True,
    show_default=True,
    help="Judge only what is missing or stale in DIR; or all anew.",
)
@click.option("--only", metavar="NAME", multiple=True, help="Only this submission; repeatable.")
@click.option(
    "--diagnose/--no-diagnose", default=True, show_default=True, help="Look for the known mistake behind each failure."
)
@feedback_option
@exam_options
@isolation_options
@click.pass_context
@friendly
def grade(
    context: click.Context,
    paths: tuple[Path, ...],
    out: Path,
    jobs: int | None,
    executor: str,
    resume: bool,
    only: tuple[str, ...],
    diagnose: bool,
    feedback: str,
    seed: Seed,
    device: str,
    rubric: Path | None,
    corpus: str | None,
    in_process: bool,
    require_isolation: str | None,
) -> None:
    """Grade submissions: files, package folders, folders and archives of these, exports of Gradescope, Canvas, Moodle.

    Writes for each DIR/<submission>/grade.json, the record, and feedback.txt, what its author may see of it, and
    prints a summary table. A submission that cannot be loaded gets a record that says so, with 0 points.
    Submissions run confined, and what they print is dropped. Verdicts are kept in DIR as they arrive: run it again
    after a crash or a change, and only what is missing or stale is judged.
    """
    if in_process:
        raise click.UsageError(
            "--in-process is for debugging one's own code (`seqgrade check`); grades come from workers"
        )
    judging = executor_of(executor, jobs)
    for path in paths:
        find(path)  # what is not there is told before anything is written
    records: list[Record] = []
    with workers_for(device, False, require_isolation) as workers:
        exam = replace(build_exam(seed, device, rubric, corpus), echo=False)
        exam = exam if diagnose else replace(exam, diagnoser=None)
        with Store(out) as store:
            chosen = _chosen(_gathered(paths, out / UNPACKED), paths, only)
            run, where = Run(exam, store, workers, judging), said(workers)
            with _told_if_stopped(out), progress_over(len(chosen), "grading") as advance:
                for name, record in run.grade(chosen, fresh=not resume):
                    place = record_path(out, name, device)
                    write_record(record, place)
                    write_feedback(record, place, Feedback(feedback))
                    records.append(record)
                    advance(_fate(record))
    order = [one.name for one in chosen]
    records.sort(key=lambda record: order.index(record.submission))
    print_summary(console(), records, out)
    for one in chosen:
        for note in one.notes:
            click.echo(f"{one.name}: {note}", err=True)
    click.echo(where)
    context.exit(NOT_RUN_EXIT if any(record.score is None for record in records) else 0)


@contextmanager
def _told_if_stopped(out: Path) -> Iterator[None]:
    """On Ctrl-C, say what is kept."""
    try:
        yield
    except KeyboardInterrupt:
        click.echo(f"stopped: every verdict so far is kept in {out}; run the same command again to go on", err=True)
        raise SystemExit(STOPPED_EXIT) from None


def _fate(record: Record) -> str:
    """What progress counts a submission as."""
    if record.score is None:
        return "without a score"
    if record.error is not None:
        return "not loaded"
    return "" if record.full else "below full marks"


def _gathered(paths: tuple[Path, ...], into: Path) -> list[Found]:
    try:
        return gather(paths, into)
    except OSError as error:
        raise click.UsageError(
            f"{into}: archives cannot be unpacked there ({error.strerror}); choose another --out"
        ) from error


def _chosen(found: list[Found], paths: tuple[Path, ...], names: tuple[str, ...]) -> list[Found]:
    """The submissions of the given names, or all."""
    if not found:
        raise click.UsageError(f"there is no submission in {', '.join(map(str, paths))}: no .py file, no package")
    known = [one.name for one in found]
    for name in names:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            advice = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(known)}"
            raise click.UsageError(f"--only: there is no submission named {name!r}; {advice}")
    return [one for one in found if not names or one.name in names]
