"""Operators of ours beside cosmic-ray's: what matters in this code and what it lacks.

cosmic-ray 8.7 changes arithmetic, comparisons, numbers, booleans and loops; it knows no `@`, no `in`, no transpose,
and takes no statement away. Each operator works on parso's tree, as its own do.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import parso
from cosmic_ray.operators.operator import Example, Operator


class ReplaceMatMulWithMul(Operator):
    """`a @ b` becomes `a * b`."""

    def mutation_positions(self, node: Any) -> Iterator[tuple[Any, Any]]:
        if node.type == "operator" and node.value == "@" and node.parent.type == "term":
            yield node.start_pos, node.end_pos

    def mutate(self, node: Any, index: int) -> Any:
        node.value = "*"
        return node

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return (Example("x @ y", "x * y"),)


class RemoveTranspose(Operator):
    """`a.T` becomes `a`."""

    def mutation_positions(self, node: Any) -> Iterator[tuple[Any, Any]]:
        if node.type == "trailer" and node.get_code().strip() == ".T":
            yield node.start_pos, node.end_pos

    def mutate(self, node: Any, index: int) -> Any:
        return None  # cosmic-ray takes the node away

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return (Example("x.T @ y", "x @ y"),)


class ReplaceInWithNotIn(Operator):
    """`a in b` becomes `a not in b`, and the other way round."""

    def mutation_positions(self, node: Any) -> Iterator[tuple[Any, Any]]:
        if node.type == "comparison":
            for one in node.children[1::2]:
                if one.get_code().split() in (["in"], ["not", "in"]):
                    yield one.start_pos, one.end_pos

    def mutate(self, node: Any, index: int) -> Any:
        memberships = [i for i in range(1, len(node.children), 2) if "in" in node.children[i].get_code().split()]
        place = memberships[index]
        other = " in" if "not" in node.children[place].get_code().split() else " not in"
        node.children[place] = parso.parse(other)
        return node

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return (Example("x in y", "x not in y"),)


class RemoveStatement(Operator):
    """A statement that is called for what it does, a `raise` or an `x += 1`, becomes `pass`."""

    def mutation_positions(self, node: Any) -> Iterator[tuple[Any, Any]]:
        if node.type == "simple_stmt" and _acts(node.children[0]):
            yield node.start_pos, node.end_pos

    def mutate(self, node: Any, index: int) -> Any:
        node.children[0] = parso.parse(_indent(node) + "pass")
        return node

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return (Example("f(x)\n", "pass\n"),)


def _acts(node: Any) -> bool:
    if node.type == "expr_stmt":
        changed, how = node.children[:2]
        return changed.type in ("power", "atom_expr") or (how.type == "operator" and how.value != "=")
    return node.type in ("raise_stmt", "power", "atom_expr")


def _indent(node: Any) -> str:
    """What stands before a statement on its line, comments above it included."""
    return str(node.get_first_leaf().prefix)


OURS: tuple[type[Operator], ...] = (ReplaceMatMulWithMul, RemoveTranspose, ReplaceInWithNotIn, RemoveStatement)
