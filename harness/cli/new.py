"""`seqgrade new`: a template with every hook, its contract, and nothing implemented yet."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import click

from harness.template import package_files, single_file
from harness.units import units


@click.command()
@click.argument("name", type=click.Path(path_type=Path))
@click.option("--unit", "chosen", multiple=True, metavar="UNIT", help="Only this unit's hooks; repeatable.")
def new(name: Path, chosen: tuple[str, ...]) -> None:
    """Write a template: a package folder NAME, or a single file where NAME ends in .py."""
    unknown = [unit for unit in chosen if unit not in units()]
    if unknown:
        raise click.UsageError(f"there is no unit named {unknown[0]!r}; units: {', '.join(units())}")
    stem = name.name.removesuffix(".py")
    if not stem.isidentifier():
        raise click.UsageError(f"{name.name!r} is no name for a Python module; use letters, digits and _")
    if name.exists():
        raise click.UsageError(f"{name} exists already and is left as it is; choose another name")
    if stem == name.name and importlib.util.find_spec(stem) is not None:
        raise click.UsageError(f"{stem!r} is the name of an installed package; choose another name")
    wanted = [units()[unit] for unit in chosen] or None
    try:
        if name.suffix == ".py":
            files = {name: single_file(wanted)}
        else:
            files = {name / file: text for file, text in package_files(wanted).items()}
        for path, text in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise click.UsageError(f"{name}: cannot be written ({error.strerror})") from error
    click.echo(f"wrote {name} ({len(files)} file{'s' if len(files) > 1 else ''}); next: seqgrade check {name}")
