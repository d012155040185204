"""The kill matrix as a table in the terminal, as JSON and as a picture."""

from __future__ import annotations

from pathlib import Path

import msgspec
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.grading.matrix import Matrix, Row
from harness.units import components

COLUMNS = 6


def print_matrix(out: Console, matrix: Matrix) -> None:
    """Print a row a component, then what is amiss, one by one."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("component", no_wrap=True)
    for title in ("mutants", "killed", "checks", "kill\nnothing", "kill what\nnothing else does", "seconds"):
        table.add_column(title, justify="right", no_wrap=True)
    for name in matrix.checks:
        table.add_row(*_component_row(matrix, name))
    out.print(table, soft_wrap=False)
    for row in matrix.survivors:
        out.print(Text(f"survives: {row.mutant} (should die at {row.named})", style="bold red"))
    for row in matrix.misnamed:
        out.print(Text(f"dies elsewhere: {row.mutant} survives {row.named}, dies at {row.killers[0]}", style="red"))
    for name in matrix.idle:
        out.print(Text(f"kills nothing: {name}", style="yellow"))
    killed = sum(row.killed for row in matrix.rows)
    share = 100 * killed / len(matrix.rows)
    style = "bold green" if matrix.clean else "bold"
    told = f"{killed} of {len(matrix.rows)} mutants ({share:.1f} %) die at the check that they name"
    out.print(Text(f"{told} · seed {matrix.seed} · {matrix.seconds:.0f} s", style=style))


def _component_row(matrix: Matrix, name: str) -> list[str | Text]:
    rows, checks = [row for row in matrix.rows if row.component == name], matrix.checks[name]
    killed, idle = sum(row.killed for row in rows), sum(check in matrix.idle for check in checks)
    alone = sum(check in matrix.alone for check in checks)
    return [
        name,
        str(len(rows)),
        Text(str(killed), style="green" if killed == len(rows) else "red"),
        str(len(checks)),
        Text(str(idle), style="yellow" if idle else "dim"),
        str(alone),
        f"{sum(row.seconds for row in rows):.1f}",
    ]


def matrix_json(matrix: Matrix) -> bytes:
    """The matrix, what is amiss in it, and what each check kills alone, as JSON."""
    data = {
        "seed": matrix.seed,
        "seconds": matrix.seconds,
        "checks": matrix.checks,
        "mutants": matrix.rows,
        "survivors": [row.mutant for row in matrix.survivors],
        "misnamed": [row.mutant for row in matrix.misnamed],
        "kill_nothing": matrix.idle,
        "killed_by_nothing_else": matrix.alone,
    }
    return msgspec.json.format(msgspec.json.encode(data), indent=2)


def draw_matrix(matrix: Matrix, file: Path) -> None:
    """Draw a heat map: a panel a component, a row a mutant, a column a check; dark where it kills, darkest where the
    mutant names it, red where a named check does not kill. Raises OSError and ValueError as matplotlib does."""
    from matplotlib.colors import ListedColormap
    from matplotlib.figure import Figure

    names = list(matrix.checks)
    columns = min(COLUMNS, len(names))
    lines = -(-len(names) // columns)
    figure = Figure(figsize=(2.6 * columns, 2.9 * lines + 0.6), layout="constrained")
    colours = ListedColormap(["#f2f2f2", "#7fa8d1", "#1f4e79", "#d62728"])
    for place, name in enumerate(names):
        rows = [row for row in matrix.rows if row.component == name]
        axes = figure.add_subplot(lines, columns, place + 1)
        cells = [[_shade(row, check) for check in matrix.checks[name]] for row in rows]
        axes.imshow(cells, cmap=colours, vmin=0, vmax=3, aspect="auto", interpolation="nearest")
        axes.set_title(f"{name}\n{sum(row.killed for row in rows)} of {len(rows)}", fontsize=8)
        axes.set_xticks([])
        axes.set_yticks([])
    killed = sum(row.killed for row in matrix.rows)
    figure.suptitle(
        f"Kill matrix of {', '.join(dict.fromkeys(components()[name].unit for name in names))}: {killed} of "
        f"{len(matrix.rows)} mutants die at the check that they name (dark); a row is a mutant, a column a check",
        fontsize=9,
        wrap=True,
    )
    figure.savefig(file, dpi=150)


def _shade(row: Row, check: str) -> int:
    if check == row.named:
        return 2 if row.killed else 3
    return 1 if check in row.killers else 0
