"""The kill matrix: every mutant against every check of its component."""

from __future__ import annotations

import multiprocessing
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import cache

import torch

from harness.corpus import Corpus
from harness.grading.suite import suite
from harness.judge.check import Check
from harness.judge.mutant import Mutant, mutants
from harness.judge.oracle import Oracle
from harness.judge.trial import Bench
from harness.judge.verdict import Verdict


@dataclass(frozen=True)
class Row:
    """One mutant: the check that must kill it, and the checks that do."""

    mutant: str
    component: str
    named: str
    killers: tuple[str, ...]
    seconds: float

    @property
    def killed(self) -> bool:
        """Whether the check that it names kills it."""
        return self.named in self.killers


@dataclass(frozen=True)
class Matrix:
    """The rows of some mutants under one grading seed, in their order, and the names of their components' checks."""

    seed: int
    checks: dict[str, tuple[str, ...]]
    rows: tuple[Row, ...]
    seconds: float

    @property
    def survivors(self) -> list[Row]:
        """The mutants that no check kills."""
        return [row for row in self.rows if not row.killers]

    @property
    def misnamed(self) -> list[Row]:
        """The mutants that some check kills, though not the one they name."""
        return [row for row in self.rows if row.killers and not row.killed]

    @property
    def idle(self) -> list[str]:
        """The checks that kill nothing."""
        killers = {name for row in self.rows for name in row.killers}
        return [name for names in self.checks.values() for name in names if name not in killers]

    @property
    def alone(self) -> dict[str, list[str]]:
        """By check, the mutants that nothing else kills: what would go unseen without it."""
        found: dict[str, list[str]] = {}
        for row in self.rows:
            if len(row.killers) == 1:
                found.setdefault(row.killers[0], []).append(row.mutant)
        return found

    @property
    def clean(self) -> bool:
        """Whether every mutant dies at the check that it names, and every check kills one."""
        return not (self.survivors or self.misnamed or self.idle)


def kill_matrix(
    chosen: Sequence[Mutant],
    seed: int,
    corpus: Corpus,
    jobs: int,
    progress: Callable[[], None] = lambda: None,
) -> Matrix:
    """Judge mutants by all checks of their components, `jobs` at a time."""
    began = time.perf_counter()
    rows: dict[str, Row] = {}
    components = dict.fromkeys(one.component for one in chosen)
    checks = {name: tuple(one.name for one in _checks_of(name)) for name in components}
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    with ProcessPoolExecutor(jobs, context, _begin, (seed, corpus)) as pool:
        for done in as_completed([pool.submit(_row, one.id) for one in chosen]):
            row = done.result()
            rows[row.mutant] = row
            progress()
    return Matrix(seed, checks, tuple(rows[one.id] for one in chosen), round(time.perf_counter() - began, 2))


def choose(wanted: Iterable[str]) -> list[Mutant]:
    """The mutants of the named components; all of them, where none is named."""
    names = set(wanted)
    return [one for one in mutants() if not names or one.component in names]


@cache
def _checks_of(component: str) -> tuple[Check, ...]:
    return tuple(one for one in suite() if one.component == component)


@dataclass
class _Sitting:
    """What each process of the pool keeps."""

    seed: int
    corpus: Corpus
    oracle: Oracle


_sitting: list[_Sitting] = []


def _begin(seed: int, corpus: Corpus) -> None:
    torch.set_num_threads(1)
    _sitting[:] = [_Sitting(seed, corpus, Oracle())]


def _row(name: str) -> Row:
    (own,) = _sitting
    mutant = next(one for one in mutants() if one.id == name)
    began = time.perf_counter()
    bench = Bench(mutant.subject(), own.oracle, seed=own.seed, corpus=own.corpus)
    verdicts = {one.name: one.judge(bench).verdict for one in _checks_of(mutant.component)}
    killers = tuple(name for name, verdict in verdicts.items() if verdict is not Verdict.PASSED)
    return Row(name, mutant.component, mutant.killed_by, killers, round(time.perf_counter() - began, 4))
