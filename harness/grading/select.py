"""Selecting checks: by component, by name, by a `-k` expression as pytest has it."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterable

from harness.judge.check import Check
from harness.units import components, units


class SelectionError(Exception):
    """A selection that names nothing; the message says what there is."""


def select(
    checks: Iterable[Check], wanted: Iterable[str] = (), names: Iterable[str] = (), expression: str = ""
) -> tuple[Check, ...]:
    """The checks of the wanted components (all, if none is named), of the given test names, that match `-k`.

    Raises SelectionError where a name is unknown or nothing is left.
    """
    pool = list(checks)
    graded = [name for name in components() if any(one.component == name for one in pool)]
    chosen = [_known("component", name, graded) for name in wanted]
    tests = [_known("check", name.rpartition("::")[2], [one.name for one in pool]) for name in names]
    left = [one for one in pool if (not chosen or one.component in chosen) and (not tests or one.name in tests)]
    if expression:
        left = [one for one in left if matches(expression, one)]
    if not left:
        raise SelectionError("no check is left by this selection; `seqgrade list COMPONENT` shows the checks there are")
    return tuple(left)


def components_named(names: Iterable[str]) -> list[str]:
    """The components that names of units and of components stand for. Raises SelectionError on an unknown one."""
    found: list[str] = []
    for name in names:
        if name in units():
            found += units()[name].components
        else:
            found.append(_known("unit or component", name, [*units(), *components()]))
    return list(dict.fromkeys(found))


def _known(what: str, name: str, names: list[str]) -> str:
    if name in names:
        return name
    close = difflib.get_close_matches(name, names, n=1)
    advice = f"did you mean {close[0]!r}?" if close else "`seqgrade list` shows what there is"
    raise SelectionError(f"there is no {what} named {name!r}; {advice}")


def matches(expression: str, one: Check) -> bool:
    """Whether a check's id or component contains what a `-k` expression asks for (`gru and not gradients`).

    Raises SelectionError where the expression cannot be read.
    """
    try:
        tree = ast.parse(expression.strip(), mode="eval").body
    except SyntaxError as error:
        raise SelectionError(f"-k {expression!r} cannot be read; write names with and, or, not, ()") from error
    return _holds(tree, f"{one.id} {one.component}".lower(), expression)


def _holds(node: ast.expr, text: str, expression: str) -> bool:
    if isinstance(node, ast.BoolOp):
        parts = (_holds(value, text, expression) for value in node.values)
        return all(parts) if isinstance(node.op, ast.And) else any(parts)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return not _holds(node.operand, text, expression)
    if isinstance(node, ast.Name):
        return node.id.lower() in text
    raise SelectionError(f"-k {expression!r} cannot be read; write names with and, or, not, ()")
