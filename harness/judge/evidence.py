"""Evidence: the cases on which a failing component and its mutants are compared.

They are what the reference is asked when it sits the component's checks, so that they are the same for every
submission of a class, go on after a submission's first failure, and hold nothing that a submission chose.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, zip_longest

from harness.contracts.observation import Observation, Request
from harness.corpus import Corpus
from harness.judge.asking import Bench
from harness.judge.check import Check
from harness.judge.oracle import Oracle, ReferenceSubject
from harness.wire import encode

LONG = 0.02
"""Seconds that make a case a long one. The order decides how long a diagnosis takes, never what it says."""


class _Listening(ReferenceSubject):
    """The reference, which notes what it is asked and answers from memory."""

    def __init__(self, oracle: Oracle) -> None:
        super().__init__(oracle)
        self.asked: list[Request] = []

    def observe(self, request: Request) -> Observation:
        self.asked.append(request)
        return self.oracle.observe(request)


def evidence(checks: Sequence[Check], oracle: Oracle, seed: int, corpus: Corpus | None) -> list[Request]:
    """Every different request of the checks under a grading seed: each check's first, then each one's second, and
    so on, so that the first few have something of every check; long ones last, which few suspects live to see."""
    asked: list[list[Request]] = []
    for one in checks:
        subject = _Listening(oracle)
        one.judge(Bench(subject, oracle, seed=seed, corpus=corpus))
        asked.append(subject.asked)
    rounds = chain.from_iterable(zip_longest(*asked))
    distinct = {encode(request.plain()): request for request in rounds if request is not None}
    return sorted(distinct.values(), key=lambda request: oracle.observe(request).seconds > LONG)
