"""Exams: what every submission of a run is graded by."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import torch

from harness.corpus import Corpus
from harness.grading.rubric import Rubric
from harness.grading.suite import suite
from harness.judge.check import Check
from harness.judge.diagnosis import Diagnoser
from harness.judge.oracle import Oracle, ReferenceSubject
from harness.judge.precedents import Precedents
from harness.judge.subject import Subject
from harness.judge.trial import Bench


@dataclass(frozen=True)
class Exam:
    """What every submission of a run is graded by: checks, rubric, seed, device, corpus, oracle;
    a diagnoser, where failures are to be explained."""

    checks: tuple[Check, ...]
    rubric: Rubric
    seed: int
    device: str
    corpus: Corpus
    oracle: Oracle
    echo: bool = True  # whether records hold what submissions printed: with hidden cases, they should not
    diagnoser: Diagnoser | None = None
    seed_name: int | str | None = None  # what records say of the seed, where they may not say all
    precedents: Precedents = field(default_factory=Precedents, compare=False)

    @property
    def seed_told(self) -> int | str:
        """The seed, or what may be known of a secret one."""
        return self.seed if self.seed_name is None else self.seed_name

    def only(self, checks: tuple[Check, ...]) -> Exam:
        """This exam cut down to some of its checks: the points are theirs."""
        points = {one.id: self.rubric.checks[one.id] for one in checks}
        worth: dict[str, float] = {}
        for one in checks:
            worth[one.component] = worth.get(one.component, 0.0) + points[one.id]
        return replace(self, checks=checks, rubric=replace(self.rubric, components=worth, checks=points))

    def diagnosing(self) -> Exam:
        """This exam, with a diagnosis of each component that fails."""
        return replace(self, diagnoser=Diagnoser(suite(), self.oracle, self.seed, self.corpus))

    def rehearse(self, checks: Iterable[Check]) -> None:
        """Have the reference sit checks, so that their cases, and what they compare with, are at hand."""
        bench = replace(self.bench(ReferenceSubject(self.oracle)), device="cpu")
        for one in checks:
            one.judge(bench)

    def bench(self, subject: Subject) -> Bench:
        """The bench on which a subject sits this exam."""
        limits = self.rubric.limits
        return Bench(subject, self.oracle, self.device, self.seed, self.corpus, limits, self.precedents)


def unavailable(device: str) -> str | None:
    """Why checks cannot run on a device here; None where they can."""
    if device == "cuda" and not torch.cuda.is_available():
        return "there is no CUDA device here, or this torch was built without CUDA; `seqgrade doctor` says which"
    return None
