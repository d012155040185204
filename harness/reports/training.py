"""Training as one watches it: a bar while it goes on, the figures afterwards, a picture and a generated text."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from harness.training.checkpoint import Row
from harness.training.recipe import Recipe

Tell = Callable[[int, float, float, float], None]
"""`tell(epoch, train perplexity, validation perplexity, tokens a second)`."""


@contextmanager
def training_bar(done: int, epochs: int, what: str) -> Iterator[Tell]:
    """Show a bar of epochs with perplexities and speed while the block runs; nothing where standard error is no
    terminal."""
    if not sys.stderr.isatty():
        yield lambda *_: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[told]}"))
    # It is drawn between epochs only: within one, in process, standard error is the code's that is trained.
    with Progress(
        *columns, TimeRemainingColumn(), console=Console(stderr=True), auto_refresh=False, transient=True
    ) as bar:
        task = bar.add_task(what, total=epochs, completed=done, told="")
        bar.refresh()

        def tell(epoch: int, train: float, val: float, speed: float) -> None:
            told = f"perplexity {train:.2f}, held out {val:.2f}  {speed:,.0f} tokens/s"
            bar.update(task, completed=epoch, told=told, refresh=True)

        yield tell


def print_origins(out: Console, origins: dict[str, str]) -> None:
    """Say whose each part is, a line each."""
    width = max(map(len, origins))
    for name, origin in origins.items():
        out.print(Text(f"  {name:<{width}}  {origin}"))


def print_history(out: Console, history: list[Row], most: int = 10) -> None:
    """Print the perplexities of some epochs, evenly spread, the first and the last among them."""
    step = max(1, -(-len(history) // most))
    rows = [row for row in history if row.epoch % step == 0 or row is history[0] or row is history[-1]]
    out.print(Text("  epoch   train  held out  largest gradient", style="bold"))
    for row in rows:
        out.print(Text(f"  {row.epoch:>5}  {row.train:>6.2f}  {row.val:>8.2f}  {max(row.norms):>16.2f}"))


def draw_training(history: list[Row], recipe: Recipe, whose: str, file: Path) -> None:
    """Draw the perplexities by epoch and, below, each batch's gradient norm before clipping, with the threshold.

    Raises OSError and ValueError as matplotlib does.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 6), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True)
    epochs = [row.epoch for row in history]
    above.plot(epochs, [row.train for row in history], label="train")
    above.plot(epochs, [row.val for row in history], label="held out", linestyle="--")
    above.set_ylabel("perplexity")
    above.set_yscale("log")
    above.yaxis.set_major_formatter("{x:g}")
    above.yaxis.set_minor_formatter("{x:g}")
    above.grid(alpha=0.3, which="both")
    above.legend()
    places = [row.epoch - 1 + (i + 1) / len(row.norms) for row in history for i in range(len(row.norms))]
    below.plot(places, [norm for row in history for norm in row.norms], linewidth=0.8, color="#555555")
    below.axhline(recipe.max_norm, linestyle=":", color="#d62728", label=f"clipped to {recipe.max_norm:g}")
    below.set_xlabel("epoch")
    below.set_ylabel("gradient norm before clipping")
    below.set_yscale("symlog", linthresh=1e-3)
    below.grid(alpha=0.3)
    below.legend()
    figure.suptitle(
        f"{recipe.model} of {whose}: {recipe.num_hiddens} hidden units, {recipe.num_steps} steps, batches of "
        f"{recipe.batch_size}, learning rate {recipe.learning_rate:g}, seed {recipe.seed}",
        fontsize=9,
        wrap=True,
    )
    figure.savefig(file, dpi=120)
