"""What several commands share: options, the exam they describe, and errors as a user meets them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import click
import torch

from harness.corpus import CorpusError, open_corpus
from harness.grading.exam import Exam
from harness.grading.executors import ExecutorError
from harness.grading.isolation import IsolationError
from harness.grading.record import RecordError
from harness.grading.rubric import RubricError, default_rubric, read_rubric
from harness.grading.seed import Seed, SeedError, seed_of
from harness.grading.store import StoreError
from harness.grading.suite import suite
from harness.judge.oracle import Oracle
from harness.judge.subject import InfrastructureError
from harness.plugins import LoadError
from harness.reports.feedback import Feedback
from harness.worker.levels import Level

F = TypeVar("F", bound=Callable[..., Any])
NOT_RUN_EXIT = 3


class SeedType(click.ParamType):  # type: ignore[type-arg]  # generic in newer versions only
    """A grading seed."""

    name = "N|FILE"

    def convert(self, value: Any, param: click.Parameter | None, context: click.Context | None) -> Seed:
        try:
            return value if isinstance(value, Seed) else seed_of(value)
        except SeedError as error:
            self.fail(str(error), param, context)


def exam_options(command: F) -> F:
    """`--seed`, `--device`, `--rubric` and `--corpus`."""
    for option in reversed(
        [
            click.option(
                "--seed",
                "--grading-seed",
                type=SeedType(),
                default="0",
                show_default=True,
                help="Seed of all cases: a number, or the file of a secret, which no record tells.",
            ),
            click.option("--device", type=click.Choice(["cpu", "cuda"]), default="cpu", show_default=True),
            click.option("--rubric", type=click.Path(path_type=Path), metavar="FILE", help="Points, in TOML."),
            click.option("--corpus", metavar="PATH", help="The book's timemachine.txt."),
        ]
    ):
        command = option(command)
    return command


def isolation_options(command: F) -> F:
    """`--in-process` and `--require-isolation`."""
    levels = click.Choice([level.value for level in Level])
    require = click.option(
        "--require-isolation", type=levels, metavar="LEVEL", help="Refuse to run with less (`seqgrade doctor`)."
    )
    debugging = click.option("--in-process", is_flag=True, help="Run the code in this process, to debug one's own.")
    return debugging(require(command))


def feedback_option(command: F) -> F:
    """`--feedback`."""
    return click.option(
        "--feedback",
        type=click.Choice([level.value for level in Feedback]),
        default=Feedback.FULL.value,
        show_default=True,
        help="What the author sees: everything; failed claims and hints, no cases; points.",
    )(command)


def build_exam(seed: Seed, device: str, rubric: Path | None, corpus: str | None) -> Exam:
    """The exam that the options describe. Raises RubricError and CorpusError."""
    torch.set_num_threads(1)  # more threads than one only fight one another on tensors this small
    checks = suite()
    points = read_rubric(rubric, checks) if rubric else default_rubric(checks)
    chosen = tuple(one for one in checks if one.id in points.checks)
    exam = Exam(chosen, points, seed.value, device, open_corpus(corpus), Oracle())
    return replace(exam, seed_name=seed.name).diagnosing()


def friendly(command: F) -> F:
    """Turn the errors that a user can meet into a message and exit code 2."""

    @functools.wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except (LoadError, RubricError, CorpusError, RecordError, IsolationError, StoreError, ExecutorError) as error:
            raise click.UsageError(str(error)) from error
        except InfrastructureError as error:
            click.echo(f"Error: {error}", err=True)
            raise SystemExit(NOT_RUN_EXIT) from error

    return wrapped  # type: ignore[return-value]
