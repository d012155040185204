"""A class's statistics as tables in the terminal, as JSON and as a picture."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.grading.statistics.classes import Statistics
from harness.grading.statistics.items import FEWEST, Item

SHOWN = 10
BAR = 40
LEGEND = (
    "passed: with every point, of those who handed it in; points: of what all could win; r: corrected item-total "
    f"correlation, – where fewer than {FEWEST} handed it in, or nothing varies"
)


def print_statistics(out: Console, found: Statistics, everything: bool = False) -> None:
    """Print the class, its components, its hardest checks (all with `everything`), who fails alike, and what is odd."""
    title = (found.assignment, found.device, f"{found.submissions} submission{'s' * (found.submissions != 1)}")
    out.print(Text(" · ".join(title), style="bold"))
    _print_scores(out, found)
    _print_items(out, "component", found.components, [one.id for one in found.components])
    _print_mistakes(out, found.components, None if everything else SHOWN)
    hardest = sorted((one for one in found.checks if one.submitted), key=_hardness)
    chosen = found.checks if everything else [one for one in hardest if one.passed < one.submitted][:SHOWN]
    _print_items(out, "check" if everything else "hardest checks", chosen, [short(one.id) for one in chosen])
    out.print(Text(LEGEND, style="dim"), soft_wrap=False)
    _print_ends(out, found, everything)
    _print_alike(out, found, None if everything else SHOWN)
    for flag in found.flags:
        out.print(Text(f"look at {short(flag.check)}: {flag.reason}", style="yellow"))


def short(check: str) -> str:
    """A check's name without its file."""
    return check.rpartition("::")[2]


def _hardness(one: Item) -> tuple[float, int]:
    return (one.pass_rate if one.pass_rate is not None else 1.0, -one.submitted)


def _print_scores(out: Console, found: Statistics) -> None:
    scores = found.scores
    if scores.mean is not None:
        quartiles = (scores.lower_quartile, scores.median, scores.upper_quartile)
        told = " · ".join(f"{one:.2f}" for one in quartiles if one is not None)
        out.print(Text(f"mean {scores.mean:.2f} of {scores.max_score:g} · quartiles {told}"))
        highest = max(scores.counts)
        for low, high, count in zip(scores.edges, scores.edges[1:], scores.counts, strict=False):
            bar = "█" * round(BAR * count / highest)
            out.print(Text(f"  {low:6.1f} to {high:6.1f}  {count:4}  {bar}".rstrip()))
    for what, names in (("could not be loaded", found.unloadable), ("no score", found.no_score)):
        if names:
            out.print(Text(f"{len(names)} {what}: {', '.join(names)}", style="yellow"), soft_wrap=False)


def _print_items(out: Console, title: str, items: Sequence[Item], names: Iterable[str]) -> None:
    if not items:
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column(title, overflow="fold")
    for heading in ("handed in", "passed", "points", "r"):
        table.add_column(heading, justify="right", no_wrap=True)
    for one, name in zip(items, names, strict=True):
        r = "–" if one.discrimination is None else f"{one.discrimination:.2f}"
        table.add_row(name, str(one.submitted), _percent(one.pass_rate), _percent(one.mean_share), r)
    out.print(table, soft_wrap=False)


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.0f} %"


def _print_mistakes(out: Console, components: Iterable[Item], limit: int | None) -> None:
    counts = [(count, name) for one in components for name, count in one.mistakes.items()]
    if counts:
        out.print(Text("known mistakes", style="bold"))
    for count, name in sorted(counts, key=lambda told: -told[0])[:limit]:
        out.print(Text(f"  {count:4}  {name}"))
    if limit is not None and len(counts) > limit:
        out.print(Text(f"  … and {len(counts) - limit} more (--all)"))


def _print_ends(out: Console, found: Statistics, everything: bool) -> None:
    for what, names, listed in (
        ("everybody fails", found.everybody_fails, True),
        ("nobody fails", found.nobody_fails, everything),
    ):
        if names:
            out.print(Text(f"{what}: {len(names)} check{'s' * (len(names) > 1)}{' (--all names them)' * (not listed)}"))
        for name in names if listed else []:
            out.print(Text(f"  {short(name)}"))


def _print_alike(out: Console, found: Statistics, limit: int | None) -> None:
    for names in found.equal:
        out.print(Text(f"the very same files: {', '.join(names)}", style="yellow"), soft_wrap=False)
    if found.alike:
        out.print(Text("the very same failures (for a human to look at; a misconception that many share does it too)"))
    for one in found.alike[:limit]:
        known = f", which is the known mistake {' and '.join(one.mistakes)}" if one.mistakes else ""
        out.print(Text(f"  {', '.join(one.submissions)}: {len(one.failures)} checks{known}"), soft_wrap=False)
    if limit is not None and len(found.alike) > limit:
        out.print(Text(f"  … and {len(found.alike) - limit} more groups (--all)"))


def statistics_json(found: Statistics) -> bytes:
    """All of it, as JSON."""
    return msgspec.json.format(msgspec.json.encode(found), indent=2)


def draw_statistics(found: Statistics, file: Path) -> None:
    """Draw the histogram of scores, and below it the pass rate of each component. Raises OSError and ValueError as
    matplotlib does."""
    from matplotlib.figure import Figure

    bars = max(len(found.components), 1)
    figure = Figure(figsize=(8, 3.4 + 0.22 * bars), layout="constrained")
    above, below = figure.subplots(2, 1, height_ratios=[2.6, 0.6 + 0.22 * bars])
    scores = found.scores
    above.stairs(scores.counts, scores.edges, fill=True, color="#7fa8d1")
    for value, style in ((scores.mean, "-"), (scores.median, "--")):
        if value is not None:
            above.axvline(value, color="#1f4e79", linestyle=style)
    above.set(
        xlim=(scores.edges[0], scores.edges[-1]),
        xlabel=f"score of {scores.max_score:g} (line: mean, dashed: median)",
        ylabel="submissions",
    )
    above.yaxis.get_major_locator().set_params(integer=True)
    names = [f"{one.id} ({one.submitted})" for one in found.components]
    below.barh(range(len(names)), [one.pass_rate or 0.0 for one in found.components], color="#7fa8d1")
    below.set_yticks(range(len(names)), names, fontsize=7)
    below.set(xlim=(0, 1), ylim=(len(names) - 0.4, -0.6), xlabel="passed, of those who handed it in (their number)")
    figure.suptitle(f"{found.assignment}: {found.submissions} submissions", fontsize=10)
    figure.savefig(file, dpi=150)
