"""`seqgrade check`: a student's run. What passes, what fails and why."""

from __future__ import annotations

import time
from pathlib import Path

import click

from harness.cli.changes import changes, until_interrupted
from harness.cli.options import NOT_RUN_EXIT, build_exam, exam_options, feedback_option, friendly, isolation_options
from harness.grading.exam import Exam, unavailable
from harness.grading.grade import judge_check, judge_submission
from harness.grading.isolation import said, workers_for
from harness.grading.opening import Submission, open_submission
from harness.grading.seed import Seed
from harness.grading.select import SelectionError, select
from harness.judge.spec import from_json
from harness.judge.verdict import Outcome, Verdict
from harness.plugins import find
from harness.reports.console import console
from harness.reports.feedback import Feedback
from harness.reports.progress import progress_over
from harness.reports.student import print_one, print_report
from harness.worker.levels import Level


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("-k", "expression", metavar="EXPR", default="", help="Only checks that match, as in pytest.")
@click.option("--component", "wanted", metavar="NAME", multiple=True, help="Only this component; repeatable.")
@click.option("--check", "names", metavar="NAME", multiple=True, help="Only this check; repeatable.")
@click.option("--case", metavar="JSON", help="Judge one check on one case, as a replay line gives it.")
@click.option("--all", "everything", is_flag=True, help="Show every failure, not the first three of a component.")
@click.option("--watch", is_flag=True, help="Check again whenever a file is saved, until Ctrl-C.")
@feedback_option
@exam_options
@isolation_options
@click.pass_context
@friendly
def check(
    context: click.Context,
    path: Path,
    expression: str,
    wanted: tuple[str, ...],
    names: tuple[str, ...],
    case: str | None,
    everything: bool,
    watch: bool,
    feedback: str,
    seed: Seed,
    device: str,
    rubric: Path | None,
    corpus: str | None,
    in_process: bool,
    require_isolation: str | None,
) -> None:
    """Check one submission: a .py file, a package folder, or a name under submissions/.

    Exits with 0 only at full marks. Hooks that raise NotImplementedError count as not submitted.
    """
    if watch and case is not None:
        raise click.UsageError("--watch checks a submission, and --case one case: leave one of them out")
    place = find(path)
    with workers_for(device, in_process, require_isolation) as workers:
        exam = build_exam(seed, device, rubric, corpus)
        try:
            exam = exam.only(select(exam.checks, wanted, names, expression))
        except SelectionError as error:
            raise click.UsageError(str(error)) from error
        if watch:
            exam.rehearse(exam.checks)
        for _ in until_interrupted(changes(place)) if watch else [None]:
            began = time.perf_counter()
            submission = open_submission(place, None, workers, exam.rubric.limits)
            if submission.isolation != Level.FULL:
                click.echo(said(workers), err=True)
            if case is not None:
                context.exit(_replay(exam, submission, case))
            with progress_over(len(exam.checks), f"checking {submission.name}") as advance:
                record = judge_submission(exam, submission, lambda one, outcome: advance(_fate(outcome)))
            if watch:
                click.clear()
            print_report(console(), record, None if everything else 3, Feedback(feedback))
            if watch:
                click.echo(f"{time.perf_counter() - began:.2f} s · waiting for {place} to be saved; Ctrl-C ends")
    if watch:
        return
    if record.score is None:
        context.exit(NOT_RUN_EXIT)
    context.exit(0 if record.full else 1)


def _fate(outcome: Outcome) -> str:
    """What progress counts a check as."""
    return "" if outcome.verdict is Verdict.PASSED else outcome.verdict.value.replace("_", " ")


def _replay(exam: Exam, submission: Submission, case: str) -> int:
    if len(exam.checks) != 1:
        raise click.UsageError("--case needs exactly one check: name it with --check")
    (one,) = exam.checks
    try:
        spec = from_json(case, {type(drawn) for drawn in one.plan(exam.seed)})
    except ValueError as error:
        raise click.UsageError(f"--case: {error}") from error
    outcome = judge_check(exam, submission, one, spec)
    if outcome.verdict is Verdict.NOT_RUN and unavailable(exam.device) is None:
        raise click.UsageError(f"--case: this case cannot be built or judged\n{outcome.message.splitlines()[-1]}")
    print_one(console(), one, outcome, exam, submission.path)
    return 0 if outcome.verdict is Verdict.PASSED else 1
