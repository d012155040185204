"""Diagnosis: the known mistake whose observations equal a submission's on all of the evidence.

A mistake is named only where it alone explains everything that was seen; where several do, what they have in common
is said, or nothing. It is never a guess, it costs nothing where all passes, and it decides no verdict.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from harness.contracts.observation import Observation
from harness.corpus import Corpus
from harness.judge.bank import Lineup, Suspect
from harness.judge.check import Check
from harness.judge.evidence import evidence
from harness.judge.mutant import Mutant, freedoms
from harness.judge.oracle import Oracle
from harness.judge.precedents import Precedents, UnrepeatableError
from harness.judge.relay import Relay
from harness.judge.subject import EndedError, Question, Subject
from harness.judge.trial import Bench
from harness.judge.verdict import Verdict

FIRST = 24
"""How many pieces of evidence are looked at before two mistakes at once are thought of."""
BUDGET = 30.0
"""Seconds after which a slow submission's component goes without a diagnosis."""

Answer = Callable[[int], Observation]


@dataclass(frozen=True)
class Diagnosis:
    """What a component does wrong: the mutants that show it (none, where several known ones do the same and only their
    hint can be given), what a student is told, and where to look."""

    ids: tuple[str, ...]
    text: str
    hint: str = ""

    @property
    def told(self) -> str:
        """The text and the hint."""
        return f"{self.text}\n{self.hint}".strip()


def of_mistakes(mistakes: Sequence[Mutant]) -> Diagnosis:
    """The diagnosis of one mistake, or of two at once."""
    told = [_sentence(one) for one in mistakes]
    text = "\n".join(["Two mistakes at once:", *told] if len(told) > 1 else told)
    return Diagnosis(tuple(one.id for one in mistakes), text, "\n".join(dict.fromkeys(one.hint for one in mistakes)))


def of_fault(error: Exception) -> Diagnosis:
    """What is said where a fault of ours kept us from a diagnosis."""
    ours = "No diagnosis: a fault of the judge, not of the submission; please report it"
    return Diagnosis((), f"{ours}: {type(error).__name__}: {error}")


def _sentence(one: Mutant) -> str:
    """A mistake; where it is another's convention, whose it is."""
    named = not one.convention or one.convention in one.misconception
    return one.misconception if named else f"This is {one.convention}. {one.misconception}"


@dataclass
class Diagnoser:
    """The lineups of a class, by component: made when first needed, and kept."""

    checks: Sequence[Check]
    oracle: Oracle
    seed: int
    corpus: Corpus | None
    _lineups: dict[str, Lineup] = field(default_factory=dict)
    _precedents: Precedents = field(default_factory=Precedents)

    def diagnose(
        self, component: str, subject: Subject, verdicts: Mapping[str, Verdict], device: str = "cpu"
    ) -> Diagnosis | None:
        """What a component that fails shows, if that is known. Raises InfrastructureError.

        verdicts: of the checks that were judged, by name. They matter where randomness is drawn freely: what relates
        several draws, only checks see.
        """
        if freedoms().get(component, ...) is None:
            return None
        lineup = self._lineup(component)

        def body(told: Subject) -> Diagnosis | None:
            return self._diagnosed(lineup, _Answers(lineup, told, device), verdicts)

        key = component, device, tuple(sorted(verdicts.items())) if lineup.drawn else ()
        try:
            return self._precedents.judge(key, _Recalling(subject), body)
        except UnrepeatableError:  # suspects that ran out of time, and did not before
            return body(_Recalling(subject))
        except (EndedError, _TooSlowError):
            return None

    def _diagnosed(self, lineup: Lineup, answers: _Answers, verdicts: Mapping[str, Verdict]) -> Diagnosis | None:
        alive = _consistent(lineup, lineup.singles, answers)
        if lineup.drawn:
            alive = [one for one in alive if self._fails_alike(lineup, one, verdicts)]
        if not alive and not lineup.drawn:
            first = [answers(i) for i in range(min(FIRST, len(lineup.evidence)))]
            alive = _consistent(lineup, lineup.pairs(first), answers)
            alive = [one for one in alive if _both_show(lineup, one, answers)]
        return _concluded(alive)

    def _fails_alike(self, lineup: Lineup, suspect: Suspect, verdicts: Mapping[str, Verdict]) -> bool:
        """Whether a suspect fails the very checks that the submission fails, of those that were judged."""
        own = [one for one in self.checks if one.name in verdicts and one.component == lineup.component]
        failed = lineup.failed(suspect, own, Bench(suspect.subject, self.oracle, "cpu", self.seed, self.corpus))
        return all((one.name in failed) == (verdicts[one.name] is not Verdict.PASSED) for one in own)

    def _lineup(self, component: str) -> Lineup:
        if component not in self._lineups:
            own = [one for one in self.checks if one.component == component]
            self._lineups[component] = Lineup(
                component, evidence(own, self.oracle, self.seed, self.corpus), self.oracle
            )
        return self._lineups[component]


class _TooSlowError(Exception):
    """Asking on would take longer than a diagnosis is worth."""


class _Recalling(Relay):
    """A subject that is not asked again what its checks have asked."""

    def reply(self, question: Question) -> bytes:
        return self.recall(question) or super().reply(question)


class _Answers:
    """A submission's observations of the evidence, each asked for once."""

    def __init__(self, lineup: Lineup, subject: Subject, device: str) -> None:
        self._lineup, self._subject, self._device = lineup, subject, device
        self._seen: dict[int, Observation] = {}
        self._began = time.monotonic()

    def __call__(self, index: int) -> Observation:
        if index not in self._seen:
            if time.monotonic() - self._began > BUDGET:
                raise _TooSlowError
            request = self._lineup.evidence[index]
            self._seen[index] = self._subject.observe(replace(request, device=self._device))
        return self._seen[index]


def _consistent(lineup: Lineup, suspects: list[Suspect], answers: Answer) -> list[Suspect]:
    """The suspects that did on all of the evidence what the submission did; none where it did nothing wrong, unless
    that may show between draws alone."""
    alive, wrong = suspects, False
    for index, request in enumerate(lineup.evidence):
        if not alive:
            return []
        seen = answers(index)
        wrong = wrong or lineup.drawn or lineup.wrong(index, seen)
        alive = [one for one in alive if lineup.alike(index, seen, one.observe(index, request))]
        if seen.out_of_time is not None:
            return alive  # once is telling, and costs its whole budget
    seeding = lineup.seeding(answers)
    return [one for one in alive if wrong and lineup.seeding(lineup.answers_of(one)) == seeding]


def _both_show(lineup: Lineup, pair: Suspect, answers: Answer) -> bool:
    """Whether neither of two mistakes would do alone, exceptions left aside that the contract does not ask for: these
    are often a matter of style."""
    alone = [one for one in lineup.singles if one.members[0] in pair.members]
    telling = [
        i for i, request in enumerate(lineup.evidence) if not answers(i).raised or lineup.oracle.observe(request).raised
    ]
    return all(any(not lineup.alike(i, answers(i), lineup.answers_of(one)(i)) for i in telling) for one in alone)


def _concluded(alive: list[Suspect]) -> Diagnosis | None:
    """The one explanation; of several, only a hint that they share: not a mistake that pairs of them share, since a
    mistake that is in no bank may look like each of these pairs."""
    if len(alive) == 1:
        return of_mistakes(alive[0].members)
    hints = {one.hint for suspect in alive for one in suspect.members}
    known = "It does exactly what a known kind of mistake does."
    return Diagnosis((), known, hints.pop()) if len(hints) == 1 and "" not in hints else None
