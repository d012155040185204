"""`seqgrade grade`: a grader's run. One record a submission, and a summary table."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import click

from harness.cli.changes import arrivals, files_below
from harness.cli.intake import Writing, fate, gathered, take_in
from harness.cli.options import NOT_RUN_EXIT, build_exam, exam_options, feedback_option, friendly, isolation_options
from harness.grading.executors import executor_of
from harness.grading.gathering import Found
from harness.grading.isolation import said, workers_for
from harness.grading.record import Record
from harness.grading.run import Run
from harness.grading.seed import Seed
from harness.grading.store import Store
from harness.plugins import find
from harness.reports.console import console
from harness.reports.feedback import Feedback
from harness.reports.progress import progress_over
from harness.reports.summary import print_summary

STOPPED_EXIT = 130


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
@click.option("--watch", is_flag=True, help="Stay, and grade what is handed in as it comes, until Ctrl-C.")
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
    watch: bool,
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
    after a crash or a change, and only what is missing or stale is judged. With --watch it stays, everything loaded,
    and writes the record of each submission that comes or changes within a moment.
    """
    if in_process:
        raise click.UsageError(
            "--in-process is for debugging one's own code (`seqgrade check`); grades come from workers"
        )
    judging = executor_of(executor, jobs)
    for path in paths:
        find(path)  # what is not there is told before anything is written
    with workers_for(device, False, require_isolation) as workers:
        exam = replace(build_exam(seed, device, rubric, corpus), echo=False)
        exam = exam if diagnose else replace(exam, diagnoser=None)
        with Store(out) as store:
            seen = files_below(paths, out)
            chosen = _chosen(gathered(paths, out), paths, only, none=watch)
            writing = Writing(Run(exam, store, workers, judging), out, Feedback(feedback))
            where = said(workers)
            with _told_if_stopped(out), progress_over(len(chosen), "grading") as advance:
                for record in writing.graded(chosen, fresh=not resume):
                    advance(fate(record))
            _print(writing.records, chosen, out, where)
            if watch:
                exam.rehearse(exam.checks)
                click.echo(f"waiting for work in {', '.join(map(str, paths))}; Ctrl-C ends")
                with suppress(KeyboardInterrupt):  # what is in flight then is judged the next time
                    for found in arrivals(paths, out, known=seen):
                        take_in(writing, paths, only, {file for file in found if found[file] != seen.get(file)})
                        seen = found
                _print(writing.records, chosen, out, where)
    context.exit(NOT_RUN_EXIT if any(record.score is None for record in writing.records.values()) else 0)


def _print(records: dict[str, Record], chosen: list[Found], out: Path, where: str) -> None:
    """The summary, what is to be known of single submissions, and how they were confined."""
    if not records:
        return
    order = [one.name for one in chosen]
    known = sorted(
        records.values(), key=lambda one: order.index(one.submission) if one.submission in order else len(order)
    )
    print_summary(console(), known, out)
    for one in chosen:
        for note in one.notes:
            click.echo(f"{one.name}: {note}", err=True)
    click.echo(where)


@contextmanager
def _told_if_stopped(out: Path) -> Iterator[None]:
    """On Ctrl-C, say what is kept."""
    try:
        yield
    except KeyboardInterrupt:
        click.echo(f"stopped: every verdict so far is kept in {out}; run the same command again to go on", err=True)
        raise SystemExit(STOPPED_EXIT) from None


def _chosen(found: list[Found], paths: tuple[Path, ...], names: tuple[str, ...], none: bool) -> list[Found]:
    """The submissions of the given names, or all; `none`: there may be none yet."""
    if none and (not found or names):
        return [one for one in found if one.name in names or not names]
    if not found:
        raise click.UsageError(f"there is no submission in {', '.join(map(str, paths))}: no .py file, no package")
    known = [one.name for one in found]
    for name in names:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            advice = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(known)}"
            raise click.UsageError(f"--only: there is no submission named {name!r}; {advice}")
    return [one for one in found if not names or one.name in names]
