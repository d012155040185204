"""`seqgrade train`: a language model one can watch, made of a submission's components or the reference's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
import torch

from harness.cli.options import friendly, isolation_options
from harness.corpus import open_corpus
from harness.grading.isolation import said, workers_for
from harness.grading.job import Job, JobError, TextFile, opened
from harness.grading.lesson import Lesson
from harness.judge.reading import TrainingError, UnfitError
from harness.plugins import find
from harness.reports.console import console
from harness.reports.training import draw_training, print_history, print_origins, training_bar
from harness.training.checkpoint import CheckpointError
from harness.training.models import MODELS
from harness.training.recipe import MAX_SEED, SAMPLING
from harness.training.steps import BUDGET
from harness.worker.levels import Level

F = TypeVar("F", bound=Callable[..., Any])
PLOT = "training.png"


def recipe_options(command: F) -> F:
    """The options that make a recipe; what is left out is the book's, or the checkpoint's."""
    sizes = click.IntRange(1)
    for option in reversed(
        [
            click.option("--model", type=click.Choice(list(MODELS)), help="What is trained.  [default: rnn]"),
            click.option("--num-hiddens", type=sizes, help="Hidden units.  [default: 32]"),
            click.option("--num-layers", type=sizes, help="Layers of --model deep.  [default: 2]"),
            click.option("--num-steps", type=sizes, help="Tokens of a window.  [default: 32]"),
            click.option("--batch-size", type=sizes, help="Windows of a batch.  [default: 1024]"),
            click.option(
                "--lr",
                "learning_rate",
                type=click.FloatRange(0, min_open=True),
                help="Learning rate.  [default: 1; LSTM and GRU 4]",
            ),
            click.option(
                "--clip",
                "max_norm",
                type=click.FloatRange(0, min_open=True),
                help="Largest norm of the gradients.  [default: 1]",
            ),
            click.option(
                "--sampling",
                type=click.Choice(list(SAMPLING)),
                help="How the text is cut: overlapping windows, disjoint ones at random, or in order with the state "
                "carried on.  [default: windows]",
            ),
            click.option(
                "--num-train",
                type=click.IntRange(0),
                help="Windows trained on, from the beginning; 0: all.  [default: 10000, as in the book]",
            ),
            click.option("--num-val", type=sizes, help="Windows held out behind them.  [default: 5000]"),
            click.option("--seed", type=click.IntRange(0, MAX_SEED), help="Of weights and batches.  [default: 0]"),
            click.option("--device", type=click.Choice(["cpu", "cuda"]), help="[default: cpu]"),
        ]
    ):
        command = option(command)
    return command


@click.command()
@click.argument("submission", required=False, type=click.Path(path_type=Path))
@recipe_options
@click.option("--epochs", type=click.IntRange(1), help="Epochs in all.  [default: 100; LSTM and GRU 50]")
@click.option("--corpus", metavar="PATH", help="Any text in UTF-8.  [default: The Time Machine, where it is at hand]")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="Where checkpoints go.")
@click.option("--resume", is_flag=True, help="Go on from the checkpoint in DIR.")
@click.option("--generate", "prefix", metavar="PREFIX", default="it has", show_default=True, help="Begins the sample.")
@click.option("--num-preds", type=click.IntRange(1), default=60, show_default=True, help="Characters of the sample.")
@click.option(
    "--epoch-seconds", type=click.FloatRange(0, min_open=True), default=BUDGET, show_default=True,
    help="CPU time that an epoch may take.",
)  # fmt: skip
@isolation_options
@click.pass_context
@friendly
def train(
    context: click.Context,
    /,
    submission: Path | None,
    epochs: int | None,
    corpus: str | None,
    out: Path | None,
    resume: bool,
    prefix: str,
    num_preds: int,
    epoch_seconds: float,
    in_process: bool,
    require_isolation: str | None,
    **given: Any,
) -> None:
    """Train a character language model on The Time Machine by the book's recipe, and watch it.

    It is made of a submission's components, in a confined process; of the reference's, where none is given. What a
    submission lacks is filled in, and said; the recurrent model must be its own. With --out, DIR gets a checkpoint
    after each epoch, training.json with all figures, and training.png. The figures are the code's own word, and no
    part of any grade.
    """
    torch.set_num_threads(1)
    if resume and out is None:
        raise click.UsageError("--resume goes on from a checkpoint: say where it is with --out DIR")
    place = find(submission) if submission is not None else None
    chosen = {name: value for name, value in given.items() if value is not None}
    job: Job | None = None
    try:
        job = Job.of(chosen, epochs, out, resume)
        text = TextFile.at(corpus) if corpus else TextFile.of(open_corpus(None))
        required = require_isolation if place is not None else None  # the reference needs none
        with job.locked(), workers_for(job.recipe.device, in_process or place is None, required) as workers:
            learner = opened(place, workers)
            if place is not None and (workers is None or workers.level != Level.FULL):
                click.echo(said(workers), err=True)
            try:
                _train(job, Lesson(job, learner, text, prefix, epoch_seconds), num_preds)
            finally:
                learner.subject.close()
    except (JobError, CheckpointError, UnfitError) as error:
        raise click.UsageError(str(error)) from error
    except (TrainingError, KeyboardInterrupt) as error:
        click.echo(f"Error: {error}" if isinstance(error, TrainingError) else "interrupted", err=True)
        if job is not None and (note := job.last_whole()):
            click.echo(note, err=True)
        context.exit(1)


def _train(job: Job, lesson: Lesson, num_preds: int) -> None:
    show = console()
    recipe = job.recipe
    show.print(lesson.headline, markup=False)
    print_origins(show, lesson.origins)
    for note in lesson.notes:
        click.echo(note, err=True)
    with training_bar(lesson.done, job.epochs, f"training {recipe.model}") as tell:
        for epoch in lesson.epochs():
            tell(epoch.number, epoch.train, epoch.val, epoch.tokens / epoch.seconds)
    print_history(show, lesson.history)
    if lesson.seconds:
        show.print(f"  {lesson.tokens / lesson.seconds:,.0f} tokens/s, {lesson.seconds:.1f} s in all", markup=False)
    show.print(f"\n{lesson.sample(num_preds)}", markup=False)
    if job.out is not None:
        _draw(job, lesson)


def _draw(job: Job, lesson: Lesson) -> None:
    assert job.out is not None
    file = job.out / PLOT
    try:
        draw_training(lesson.history, job.recipe, lesson.name, file)
    except (OSError, ValueError) as error:
        raise JobError(f"{file}: cannot be written: {error}") from error
    click.echo(f"\nwrote {file}, {lesson.told_file} and the checkpoint of epoch {lesson.done}")
