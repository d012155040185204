"""The bank of known mistakes: every mutant, alone or two at a time, observed on the evidence once a class."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import combinations

from harness.contracts.observation import Observation, Request
from harness.judge.check import Check
from harness.judge.likeness import alike
from harness.judge.mutant import Edit, Mutant, edited, freedoms, mutants
from harness.judge.oracle import Oracle
from harness.judge.subject import InProcess
from harness.judge.trial import Bench
from harness.judge.verdict import Verdict
from harness.plugins import LoadError, load_source
from harness.units import components, unit_of
from harness.wire import encode


class Suspect:
    """One mutant, or several at once, in a component: what a submission may turn out to have done."""

    def __init__(self, members: tuple[Mutant, ...], edits: tuple[Edit, ...]) -> None:
        self.members, self._edits = members, edits
        self._subject: InProcess | None = None
        self._seen: dict[int, Observation] = {}
        self._spent: Observation | None = None

    @property
    def slow(self) -> bool:
        """Whether it has run out of time."""
        return self._spent is not None

    @property
    def name(self) -> str:
        """Its members' names."""
        return " and ".join(one.id for one in self.members)

    def observe(self, index: int, request: Request) -> Observation:
        """What it does on a piece of evidence, remembered by the evidence's index. One that ran out of time once is
        taken to do so from then on: each time costs the whole budget."""
        if index not in self._seen:
            self._seen[index] = self._spent or self.subject.observe(request)
            self._spent = self._seen[index] if self._seen[index].out_of_time is not None else None
        return self._seen[index]

    @cached_property
    def fits(self) -> bool:
        """Whether its edits give code that can be loaded; two mutants' edits may exclude one another."""
        try:
            return bool(self.subject)
        except (ValueError, LoadError):
            return False

    @property
    def subject(self) -> InProcess:
        """It, loaded. Raises ValueError where the edits do not fit together."""
        if self._subject is None:
            component = self.members[0].component
            plugin = load_source(edited(unit_of(component).reference, self._edits, self.name))
            if component not in plugin.implemented:
                raise ValueError(f"{self.name}: the edited reference does not implement it")
            self._subject = InProcess(plugin)
        return self._subject


@dataclass
class Lineup:
    """The suspects of one component, and the evidence they are observed on."""

    component: str
    evidence: list[Request]
    oracle: Oracle
    singles: list[Suspect] = field(init=False)
    _pairs: dict[frozenset[str], Suspect | None] = field(default_factory=dict)
    _wrong: dict[tuple[str, int], bool] = field(default_factory=dict)

    _failed: dict[tuple[str, str], bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        own = [one for one in mutants() if one.component == self.component]
        self.singles = [Suspect((one,), one.edits) for one in own]

    @cached_property
    def drawn(self) -> bool:
        """Whether randomness is drawn: some mistakes show between draws alone, and the frequencies of two mistakes at
        once are too easily those of another one."""
        return any("generator" in request.arguments for request in self.evidence)

    def failed(self, suspect: Suspect, checks: Sequence[Check], bench: Bench) -> set[str]:
        """The names of those checks that a suspect does not pass, each judged once a class."""
        found = set()
        for one in checks:
            key = suspect.name, one.name
            if key not in self._failed:
                self._failed[key] = one.judge(bench).verdict is not Verdict.PASSED
            found |= {one.name} if self._failed[key] else set()
        return found

    def alike(self, index: int, one: Observation, other: Observation) -> bool:
        """Whether two observations of a piece of evidence are the same."""
        return alike(components()[self.component], self.evidence[index], one, other, freedoms().get(self.component))

    def seeding(self, answer: Callable[[int], Observation]) -> list[set[str]]:
        """For each case that is asked under two global seeds, the random states that are the same after both: code
        that draws from a global state moves it, code that seeds it leaves it where its own seed says."""
        return [_common(answer(i).states, answer(j).states) for i, j in self._twice]

    def answers_of(self, suspect: Suspect) -> Callable[[int], Observation]:
        """A suspect's observation of each piece of evidence."""
        return lambda index: suspect.observe(index, self.evidence[index])

    @cached_property
    def _twice(self) -> list[tuple[int, int]]:
        """The pieces of evidence that differ in their global seed alone."""
        places: dict[bytes, list[int]] = {}
        for index, request in enumerate(self.evidence):
            if request.global_seed is not None:
                places.setdefault(encode(replace(request, global_seed=None).plain()), []).append(index)
        return [(found[0], found[1]) for found in places.values() if len(found) > 1]

    def wrong(self, index: int, seen: Observation) -> bool:
        """Whether an observation is not the reference's."""
        return not self.alike(index, seen, self.oracle.observe(self.evidence[index]))

    def pairs(self, seen: Sequence[Observation]) -> list[Suspect]:
        """Two mutants at once that could do what a submission did on the first pieces of evidence. Where it is wrong,
        one of them must be, and each must be somewhere; and if one of them alone is in some places, it must be as the
        submission is in one of these (not in all: where one mistake hides another, a third may uncover it). Slow ones
        are left out."""
        needed = {i for i, one in enumerate(seen) if self.wrong(i, one)}
        where = {one.name: {i for i in needed if self._is_wrong(one, i)} for one in self.singles}
        found = []
        for one, other in combinations([one for one in self.singles if not one.slow], 2):
            first, second = where[one.name], where[other.name]
            if needed == first | second and first and second:
                known = self._explains(one, first - second, seen) and self._explains(other, second - first, seen)
                pair = self._pair(one.members[0], other.members[0]) if known else None
                found += [pair] if pair else []
        return found

    def _explains(self, suspect: Suspect, where: set[int], seen: Sequence[Observation]) -> bool:
        """Whether a suspect does what a submission did on one of those pieces of evidence, if there are any."""
        return not where or any(self.alike(i, seen[i], suspect.observe(i, self.evidence[i])) for i in where)

    def _is_wrong(self, suspect: Suspect, index: int) -> bool:
        key = suspect.members[0].id, index
        if key not in self._wrong:
            self._wrong[key] = self.wrong(index, suspect.observe(index, self.evidence[index]))
        return self._wrong[key]

    def _pair(self, one: Mutant, other: Mutant) -> Suspect | None:
        """Both edits at once, in whichever order they fit; None where they are edits of the same text."""
        key = frozenset({one.id, other.id})
        if key not in self._pairs:
            self._pairs[key] = None
            for first, second in ((one, other), (other, one)):
                suspect = Suspect((one, other), (*first.edits, *second.edits))
                if suspect.fits:
                    self._pairs[key] = suspect
                    break
        return self._pairs[key]


def _common(one: dict[str, str], other: dict[str, str]) -> set[str]:
    return {name for name in one if one[name] == other.get(name)}
