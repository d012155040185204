"""`seqgrade corpus`: fetch the book's corpus once, verified by its hash."""

from __future__ import annotations

import click

from harness.cli.options import friendly
from harness.corpus import cached, download


@click.command()
@friendly
def corpus() -> None:
    """Fetch The Time Machine into the user's cache, where every later run finds it."""
    if cached().is_file():
        click.echo(f"already there: {cached()}")
        return
    click.echo(f"wrote {download()}")
