"""Judging mutants of the reference: by the graded checks of every component that the change can reach."""

from __future__ import annotations

import ast
from dataclasses import replace
from functools import cache
from pathlib import Path

from harness.corpus import open_corpus
from harness.grading.suite import suite
from harness.judge.check import Check
from harness.judge.oracle import Oracle, ReferenceSubject
from harness.judge.subject import InProcess, Subject
from harness.judge.trial import Bench
from harness.judge.verdict import Verdict
from harness.plugins import load_source, read
from harness.units import Unit, units

from .mutations import ROOT, Mutation


class ReferenceJudge:
    """The graded checks of one unit, the cheapest first, as they judge a submission."""

    def __init__(self, file: str) -> None:
        self.file = ROOT / file
        self.unit = _unit_of(self.file)
        self.checks: list[Check] = []

    def prepare(self) -> None:
        """Ask the reference itself every question, which fills the oracle's memory for the children to come.

        Raises RuntimeError where the reference does not pass.
        """
        costs: dict[Check, float] = {}
        for one in suite():
            if one.component in self.unit.components:
                plain = replace(one, shrinks=False)  # no one reads the failing case
                outcome = plain.judge(_bench(ReferenceSubject(_oracle())))
                if outcome.verdict is not Verdict.PASSED:
                    raise RuntimeError(f"the reference itself does not pass {one.id}: {outcome.message}")
                costs[plain] = outcome.seconds
        self.checks = sorted(costs, key=lambda one: costs[one])

    def survives(self, mutation: Mutation) -> bool:
        """Whether no check fails on the mutant."""
        text = mutation.text.encode("utf-8")
        source = replace(read(self.file), name="mutant", path=Path("<mutant>"), modules={"": (Path("<mutant>"), text)})
        bench = _bench(InProcess(load_source(source)))
        within = reached(self.file.read_text(encoding="utf-8"), mutation.within) & set(self.unit.components)
        return all(one.judge(bench).verdict is Verdict.PASSED for one in self.checks if one.component in within)


def reached(text: str, name: str) -> set[str]:
    """The top-level names of a module that use one of its names, at whatever remove; all of them for no name."""
    uses = {
        node.name: {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
        for node in ast.parse(text).body
        if isinstance(node, (ast.FunctionDef, ast.ClassDef))
    }
    if not name:
        return set(uses)
    found, ahead = {name}, [name]
    while ahead:
        used = ahead.pop()
        new = {user for user, names in uses.items() if used in names} - found
        found |= new
        ahead += new
    return found


def _bench(subject: Subject) -> Bench:
    return Bench(subject, _oracle(), corpus=open_corpus())


@cache
def _oracle() -> Oracle:
    return Oracle()


def _unit_of(file: Path) -> Unit:
    for unit in units().values():
        if unit.reference.resolve() == file:
            return unit
    raise RuntimeError(f"{file} is no unit's reference")
