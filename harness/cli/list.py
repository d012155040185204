"""`seqgrade list`: the contracts, readable in a terminal."""

from __future__ import annotations

import click
from rich.console import Console
from rich.text import Text

from harness.contracts.component import Component
from harness.grading.select import SelectionError, components_named
from harness.grading.suite import suite
from harness.reports.console import console
from harness.units import components, units


@click.command("list")
@click.argument("name", required=False, metavar="[UNIT|COMPONENT]")
def list_contracts(name: str | None) -> None:
    """Show the units and their components; one unit; or one component's whole contract and its checks."""
    out = console()
    try:
        components_named([name] if name else [])
    except SelectionError as error:
        raise click.UsageError(str(error)) from error
    if name is None or name in units():
        for unit in units().values():
            if name in (None, unit.name):
                _print_unit(out, unit.name, list(unit.components.values()))
        out.print(Text("\n`seqgrade list COMPONENT` shows a contract and its checks.", style="dim"))
    else:
        _print_component(out, components()[name])


def signature(item: Component) -> str:
    """A component's signature as a student writes it."""
    return f"{item.name}({', '.join(item.parameters)})"


def _print_unit(out: Console, name: str, items: list[Component]) -> None:
    worth = sum(item.points for item in items)
    out.print(Text(f"\n{name} · {worth:g} points", style="bold"))
    for item in items:
        out.print(Text.assemble("  ", (signature(item), "cyan")))
        out.print(Text(f"      {item.contract.splitlines()[0]}"))


def _print_component(out: Console, item: Component) -> None:
    out.print(Text(f"{signature(item)} · unit {item.unit} · {item.points:g} points", style="bold"))
    out.print(Text(f"\n{item.contract}"))
    for rule in sorted(item.rules):
        out.print(Text(f"\nRule: {rule}, by what the hook does when it runs (not enforced with --in-process)."))
    out.print(Text("\nChecks", style="bold"))
    for one in suite():
        if one.component == item.name:
            out.print(Text.assemble((f"  {one.name}\n", "cyan"), f"      {one.claim}"))
