"""Mutations: every change that an operator can make to a file, and how it is named without line numbers."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.operators.operator import Operator
from cosmic_ray.plugins import get_operator, operator_names

from .operators import OURS
from .pointless import POINTLESS_OPERATORS, meaning

ROOT = Path(__file__).resolve().parents[2]
Key = tuple[str, str, str, str, int]


@dataclass(frozen=True)
class Mutation:
    """One change to one file: the first line that it changes, what becomes of it, and the whole text with it.

    nth: which it is among those of the same file, operator, line and outcome (a line may stand in two places, and
    an operator find two places on a line). within: the function or class at the top level that it lies in.
    """

    file: str
    operator: str
    line: str
    becomes: str
    nth: int
    within: str = field(compare=False)
    text: str = field(compare=False, repr=False)

    @property
    def key(self) -> Key:
        """What the ledger knows it by."""
        return self.file, self.operator, self.line, self.becomes, self.nth

    def __str__(self) -> str:
        return f"{self.file}: {self.line}  →  {self.becomes}  ({self.operator}, {self.nth})"


def mutations(file: str) -> list[Mutation]:
    """Every mutation of a file, given by its path below the root, in the order of its statements."""
    text = (ROOT / file).read_text(encoding="utf-8")
    found: list[Mutation] = []
    times: Counter[tuple[str, str, str]] = Counter()
    for name, above, begin, end in _statements(text):
        whole = above + text[begin:end]
        for operator, piece in _changes(whole):
            old, new = _first_difference(whole, piece)
            times[operator, old, new] += 1
            changed = text[:begin] + piece.removeprefix(above) + text[end:]
            found.append(Mutation(file, operator, old, new, times[operator, old, new], name, changed))
    return found


def unchanged(file: str) -> Mutation:
    """The file as it is: whoever judges it must let it live."""
    return Mutation(file, "", "", "", 0, "", (ROOT / file).read_text(encoding="utf-8"))


def _statements(text: str) -> Iterator[tuple[str, str, int, int]]:
    """The top-level statements and, of classes, the statements inside, for a small piece is changed fast: the
    top-level name, what to write above it so that it can be parsed alone, where it begins and ends in the text."""
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    for node in ast.parse(text).body:
        name = getattr(node, "name", "")
        inside = node.body if isinstance(node, ast.ClassDef) else [node]
        for one in inside:
            first = min([one.lineno, *(decorator.lineno for decorator in getattr(one, "decorator_list", ()))])
            assert one.end_lineno is not None
            yield name, "" if one is node else "class _:\n", starts[first - 1], starts[one.end_lineno]


def _changes(piece: str) -> Iterator[tuple[str, str]]:
    """(operator, changed piece) for each change that means something, and something new."""
    seen = {meaning(piece), None}
    nodes = list(ast_nodes(get_ast(piece)))
    for name, operator in _operators().items():
        places = sum(1 for node in nodes for _ in operator.mutation_positions(node))
        for occurrence in range(places):
            changed = mutate_code(piece, operator, occurrence)
            what = meaning(changed)
            if what not in seen:
                seen.add(what)
                yield name, changed


@cache
def _operators() -> dict[str, Operator]:
    """cosmic-ray's operators by name, then ours. Those that take arguments put in random numbers: not those."""
    theirs = [get_operator(name) for name in operator_names()]
    usable = [one for one in (*theirs, *OURS) if not one.arguments()]
    return {one.__name__: one() for one in usable if one.__name__ not in POINTLESS_OPERATORS}


def _first_difference(old: str, new: str) -> tuple[str, str]:
    for one, other in zip(old.splitlines(), new.splitlines(), strict=False):
        if one != other:
            return _plain(one), _plain(other)
    raise ValueError("no line differs")


def _plain(line: str) -> str:
    return " ".join(line.split())
