"""Checks: graded tests. One claim about one component, judged on a plan of cases."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from hypothesis.strategies import SearchStrategy

from harness.judge.oracle import ReferenceSubject
from harness.judge.plan import draw, seed_of, shrink
from harness.judge.printable import printable
from harness.judge.spec import Spec
from harness.judge.subject import InfrastructureError
from harness.judge.trial import Bench, Trial
from harness.judge.verdict import Failure, Outcome, Verdict
from harness.units import components

Body = Callable[..., None]
MAX_PRINTED = 4000


@dataclass(frozen=True)
class Check:
    """One graded test. See `check` for the meaning of the fields."""

    component: str
    body: Body
    strategy: SearchStrategy[Any] | None
    count: int
    examples: tuple[Spec, ...]
    weight: float
    hint: str
    shrinks: bool

    @property
    def name(self) -> str:
        """The test function's name."""
        return self.body.__name__

    @cached_property
    def id(self) -> str:
        """The check's name in records and rubrics: `tests/test_gated.py::test_…`."""
        file = Path(self.body.__code__.co_filename)
        return f"{file.parent.name}/{file.name}::{self.name}"

    @property
    def claim(self) -> str:
        """One sentence that is true of every right implementation."""
        return " ".join((inspect.getdoc(self.body) or "").split())

    def plan(self, grading_seed: int) -> list[Spec]:
        """The cases of this check under a grading seed: the explicit ones, then those that Hypothesis draws."""
        return list(self.examples) + _drawn(self, grading_seed)

    def judge(self, bench: Bench, only: Spec | None = None) -> Outcome:
        """The verdict for the bench's subject; `only` judges one given case instead of the plan."""
        began, before = time.process_time(), bench.subject.cpu_seconds()
        outcome = self._judge(bench, only)
        spent = time.process_time() - began + bench.subject.cpu_seconds() - before
        return Outcome(**{**vars(outcome), "seconds": round(spent, 4)})

    def _judge(self, bench: Bench, only: Spec | None) -> Outcome:
        problems = bench.subject.problems_of(self.component)
        if problems:
            return Outcome(Verdict.ERROR, "\n".join(map(str, problems)))
        if not bench.subject.implements(self.component):
            return Outcome(Verdict.NOT_SUBMITTED, f"{self.component}: not submitted")
        if self.strategy is None and not self.examples:
            return self._outcome(self._confirmed(bench, None), None)
        plan = [only] if only is not None else self.plan(bench.seed)
        for case in plan:
            failure = self._confirmed(bench, case)
            if failure:
                if only is None and self.shrinks and failure.verdict in (Verdict.FAILED, Verdict.ERROR):
                    case, failure = self._simplest(bench, case, failure)
                return self._outcome(failure, case)
        return Outcome(Verdict.PASSED)

    def _confirmed(self, bench: Bench, case: Spec | None) -> Failure | None:
        """Why the check fails on a case, where no other component of the submission can have had a hand in it."""
        failure = self._failure(bench, case)
        if failure and failure.verdict is not Verdict.NOT_SUBMITTED and bench.subject.isolate(self.component):
            return self._failure(bench, case)
        return failure

    def _failure(self, bench: Bench, case: Spec | None) -> Failure | None:
        """Why the check fails on a case."""
        if bench.precedents is None:
            return self._tried(bench, case)
        key = self.id, case, bench.device, bench.seed
        return bench.precedents.judge(key, bench.subject, lambda told: self._tried(replace(bench, subject=told), case))

    def _tried(self, bench: Bench, case: Spec | None) -> Failure | None:
        trial = Trial(bench, components()[self.component])
        try:
            self.body(trial) if case is None else self.body(trial, case)
        except Failure as failure:
            failure.output = "".join(trial.printed)[-MAX_PRINTED:]
            failure.__context__ = None  # which, like the traceback, keeps all that it went through alive
            return failure.with_traceback(None)
        except InfrastructureError:
            raise
        except Exception as error:
            return self._unjudgeable(bench, case, error)
        return None

    def _unjudgeable(self, bench: Bench, case: Spec | None, error: Exception) -> Failure:
        """The body stumbled. If it runs through on the reference, it was over a result of a form that no
        contract allows, which fails; if not, the fault is ours, and the error goes on its way."""
        if isinstance(bench.subject, ReferenceSubject):
            raise error
        known = replace(bench, subject=ReferenceSubject(bench.oracle), device="cpu")
        if self._tried(known, case) is not None:
            raise error
        found = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        return Failure(f"{self.component}: the result has not the form that the contract promises ({found})")

    def _simplest(self, bench: Bench, case: Spec, failure: Failure) -> tuple[Spec, Failure]:
        if self.strategy is None or case in self.examples:
            return case, failure
        found = {case: failure}

        def fails(candidate: Spec) -> bool:
            finding = self._failure(bench, candidate)
            if finding is None or finding.verdict is not failure.verdict:
                return False
            found[candidate] = finding
            return True

        seed = seed_of(bench.seed, self.component, self.name)
        simplest = shrink(self.strategy, fails, case, seed, self.count)
        return simplest, found[simplest]

    def _outcome(self, failure: Failure | None, case: Spec | None) -> Outcome:
        if failure is None:
            return Outcome(Verdict.PASSED)
        own = self.hint if failure.verdict is Verdict.FAILED else ""  # an exception has causes of its own
        hint = failure.hint if failure.hint is not None else own
        if failure.verdict is Verdict.NOT_SUBMITTED:
            return Outcome(failure.verdict, failure.headline)
        words, replay = (case.describe(), case.to_json()) if case is not None else ("", "")
        message, output = printable(failure.message), printable(failure.output)
        return Outcome(failure.verdict, message, hint, words, replay, output)


@lru_cache(maxsize=4096)
def _drawn(one: Check, grading_seed: int) -> list[Any]:
    if one.strategy is None:
        return []
    return draw(one.strategy, one.count, seed_of(grading_seed, one.component, one.name))


def check(
    component: str,
    cases: SearchStrategy[Any] | None = None,
    *,
    count: int = 10,
    examples: Sequence[Spec] = (),
    weight: float = 1.0,
    hint: str = "",
    shrinks: bool = True,
) -> Callable[[Body], Callable[..., None]]:
    """Make a graded check of `body(trial, case)`, or of `body(trial)` where there are no cases.

    component: the one it grades. cases: a Hypothesis strategy of specs; count: how many to draw.
    examples: cases always judged first. weight: its share of the component's points. hint: one line of help
    for a student whose work fails it. shrinks: whether a failing case is made simpler (not for long runs).

    The body's docstring is the claim that reports print. pytest sees a test that takes the fixture `bench`.
    """

    def declare(body: Body) -> Callable[..., None]:
        one = Check(component, body, cases, count, tuple(examples), weight, hint, shrinks)

        def test(bench: Any) -> None:
            bench.judge(one)

        test.__name__ = test.__qualname__ = body.__name__
        test.__doc__ = body.__doc__
        test.__module__ = body.__module__
        test.__dict__["check"] = one
        return test

    return declare
