"""Similar submissions in the terminal, and as JSON."""

from __future__ import annotations

import msgspec
from rich.console import Console
from rich.text import Text

from harness.grading.similarity.pairs import Pair, Similarity
from harness.grading.similarity.passages import Passage
from harness.judge.printable import printable

SHOWN = 5


def print_similarity(out: Console, found: Similarity, everything: bool = False) -> None:
    """Print each pair with its passages (the longest five, or all), then the groups."""
    for pair in found.pairs:
        _print_pair(out, pair, None if everything else SHOWN)
    for group in found.groups:
        if len(group) > 2:
            out.print(Text(printable(f"group of {len(group)}: {', '.join(group)}")), soft_wrap=False)
    for name, why in found.not_compared.items():
        out.print(Text(printable(f"not compared: {name}: {why}"), style="yellow"), soft_wrap=False)
    count = f"{len(found.pairs)} pair{'s' * (len(found.pairs) != 1)} of {found.submissions} submissions"
    out.print(Text(f"{count} from {100 * found.threshold:.0f} % on; {found.note}", style="bold"), soft_wrap=False)


def _print_pair(out: Console, pair: Pair, limit: int | None) -> None:
    sides = ((pair.first, pair.first_share), (pair.second, pair.second_share))
    told = " · ".join(f"{name} {100 * share:.0f} %" for name, share in sides)
    out.print(Text(printable(f"{told} · {pair.symbols} symbols"), style="bold"))
    for one in pair.passages[:limit]:
        out.print(Text(printable(f"  {_lines(one)}")))
    if limit is not None and len(pair.passages) > limit:
        out.print(Text(f"  … and {len(pair.passages) - limit} shorter passages (--all)"))


def _lines(one: Passage) -> str:
    sides = ((one.first_file, one.first_lines), (one.second_file, one.second_lines))
    return " = ".join(f"{file}:{first}-{last}" for file, (first, last) in sides) + f"  ({one.symbols})"


def similarity_json(found: Similarity) -> bytes:
    """All of it, as JSON."""
    return msgspec.json.format(msgspec.json.encode(found), indent=2)
