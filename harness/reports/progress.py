"""Progress of long work: a bar on standard error, and nothing at all where that is no terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

Advance = Callable[..., None]
"""`advance()`: a step is done; `advance("not loaded")`: one that did not go well, and what it is counted as."""


@contextmanager
def progress_over(total: int, what: str) -> Iterator[Advance]:
    """Show a bar of `total` steps, their rate and the time left, while the block runs; call what it yields after each
    step."""
    if not sys.stderr.isatty():
        yield lambda fate="": None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn())
    with Progress(*columns, _Fates(), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=total, fates={})
        fates: dict[str, int] = {}

        def advance(fate: str = "") -> None:
            if fate:
                fates[fate] = fates.get(fate, 0) + 1
            bar.update(task, advance=1, fates=fates)

        yield advance


class _Rate(ProgressColumn):
    """Steps a second, or a minute where they are slow."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        if speed is None:
            return Text("")
        return Text(f"{speed:.1f}/s" if speed >= 1 else f"{60 * speed:.1f}/min")


class _Fates(ProgressColumn):
    """How many steps did not go well."""

    def render(self, task: Task) -> Text:
        told = [f"{count} {fate}" for fate, count in task.fields["fates"].items()]
        return Text(", ".join(told), style="yellow", no_wrap=True)
