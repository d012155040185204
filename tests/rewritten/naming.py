"""Naming: what the diagnosis makes of each rewritten mutant."""

from __future__ import annotations

from functools import cache

import torch

from harness.corpus import open_corpus
from harness.grading.suite import suite
from harness.judge.diagnosis import Diagnoser
from harness.judge.mutant import freedoms
from harness.judge.oracle import Oracle
from harness.judge.subject import InProcess
from harness.judge.trial import Bench
from harness.plugins import load_source

from .rewriting import Rewritten, all_rewritten

SEED = 0
NAMED, UNNAMED, WRONG, FREE = "named", "unnamed", "wrong", "not comparable"


@cache
def diagnoser() -> Diagnoser:
    """One for all twins of a process."""
    torch.set_num_threads(1)
    return Diagnoser(suite(), Oracle(), SEED, open_corpus())


def fates(component: str) -> list[tuple[str, str]]:
    """What became of each twin of a component: its mutant's name, and one of the words above."""
    own = [one for one in all_rewritten() if one.original.component == component]
    return [(one.mutant, fate(one)) for one in own]


def fate(one: Rewritten) -> str:
    """Whether a twin is named as the mutant that it is."""
    component, known = one.original.component, diagnoser()
    if freedoms().get(component, ...) is None:
        return FREE
    subject = InProcess(load_source(one.source()))
    bench = Bench(subject, known.oracle, seed=SEED, corpus=known.corpus)
    verdicts = {check.name: check.judge(bench).verdict for check in suite() if check.component == component}
    found = known.diagnose(component, subject, verdicts)
    if found is None or not found.ids:
        return UNNAMED
    return NAMED if found.ids == (one.mutant,) else WRONG
