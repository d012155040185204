"""Runs: every submission of a class, graded as far as the store lacks it. Its records are views of the store."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import msgspec

from harness.grading.exam import Exam
from harness.grading.executors import Executor
from harness.grading.gathering import Found
from harness.grading.grade import judge_check, record_of
from harness.grading.opening import Submission
from harness.grading.record import Record
from harness.grading.setting import name_of, setting_of
from harness.grading.store import Store
from harness.grading.task import EXPLAINED, LOST, OPENED, VERDICT, WHOLE, Message, Task
from harness.judge.diagnosis import Diagnosis
from harness.judge.verdict import Outcome, Verdict
from harness.judge.workers import Workers
from harness.plugins import LoadError, Source, read


@dataclass
class Work:
    """One distinct submission: the names under which it was handed in, the checks that it lacked, what is known."""

    source: Source
    names: list[str]
    missing: list[str]
    outcomes: dict[str, Outcome]
    findings: dict[str, str] = field(default_factory=dict)

    @property
    def done(self) -> bool:
        """Whether nothing is left to do, not even to explain."""
        return not self.missing and WHOLE in self.findings

    @property
    def task(self) -> Task:
        """What a judge gets of it."""
        return Task(self.names[0], self.source, tuple(self.missing), dict(self.outcomes))


class Run:
    """A class graded by one exam into one store, by an executor; `workers` are this machine's."""

    def __init__(self, exam: Exam, store: Store, workers: Workers, executor: Executor) -> None:
        self.exam, self.store, self.workers, self.executor = exam, store, workers, executor
        self.isolation = workers.level.value
        self.facts = setting_of(exam, self.isolation)
        self.setting = name_of(self.facts)
        self._found: dict[str, Found] = {}

    def grade(self, found: Sequence[Found], fresh: bool) -> Iterator[tuple[str, Record]]:
        """Grade submissions and yield each one's record when it is done."""
        self._found = {one.name: one for one in found}
        self.store.setting(self.facts, self.setting)
        attempt = self._attempt
        works, unreadable = self._works(found, fresh)
        for name, submission in unreadable.items():
            outcomes = {one.id: judge_check(self.exam, submission, one) for one in self.exam.checks}
            record = record_of(self.exam, submission, outcomes, 0.0)
            yield self._entered(attempt, name, record)
        for work in [work for work in works if work.done]:
            yield from self._done(attempt, work)
        waiting = [work for work in works if not work.done]
        for index, message in self.executor.run(self.exam, self.workers, [work.task for work in waiting]):
            if message is None:
                yield from self._done(attempt, waiting[index])
            else:
                self._hear(waiting[index], message)

    @cached_property
    def _attempt(self) -> int:
        """The number of this run's attempt: one, however often it grades."""
        return self.store.begin(self.setting, msgspec.json.encode(self.exam.rubric).decode())

    def _works(self, found: Sequence[Found], fresh: bool) -> tuple[list[Work], dict[str, Submission]]:
        """The distinct submissions, and those that cannot even be read."""
        works: dict[str, Work] = {}
        unreadable: dict[str, Submission] = {}
        for one in found:
            name, path = one.name, one.path
            try:
                if one.error is not None:
                    raise LoadError(one.error)
                source = read(path)
            except LoadError as error:
                unreadable[name] = Submission(name, path, None, None, str(error), isolation=self.isolation)
                continue
            if source.sha256 in works:
                works[source.sha256].names.append(name)
                continue
            if fresh:
                self.store.forget(source.sha256, self.setting)
            known = self.store.outcomes(source.sha256, self.setting)
            missing = [check.id for check in self.exam.checks if check.id not in known]
            findings = self.store.findings(source.sha256, self.setting)
            works[source.sha256] = Work(source, [name], missing, known, findings)
        return list(works.values()), unreadable

    def _hear(self, work: Work, message: Message) -> None:
        """In the parent: keep what a judge says. What was not run is not kept, so that the next run runs it."""
        kind, said = message
        sha256 = work.source.sha256
        if kind == VERDICT:
            check, outcome = said
            work.outcomes[check] = outcome
            if outcome.verdict is not Verdict.NOT_RUN:
                self.store.keep(sha256, self.setting, check, outcome)
        elif kind == LOST:
            for one in self.exam.checks:
                if one.id in work.missing:
                    work.outcomes.setdefault(one.id, Outcome(Verdict.NOT_RUN, f"{one.component}: {said}"))
        else:
            name, value = (f"{EXPLAINED}/{said[0]}", said[1]) if kind == EXPLAINED else (kind, said)
            work.findings[name] = msgspec.json.encode(value).decode()
            self.store.find(sha256, self.setting, name, work.findings[name])

    def _done(self, attempt: int, work: Work) -> Iterator[tuple[str, Record]]:
        error, problems, verdict = msgspec.json.decode(
            work.findings.get(OPENED, '[null,[],"error"]'), type=tuple[str | None, list[str], Verdict]
        )
        explained = {
            name.partition("/")[2]: msgspec.json.decode(told, type=Diagnosis)
            for name, told in work.findings.items()
            if name.startswith(f"{EXPLAINED}/")
        }
        seconds = sum(one.seconds for one in work.outcomes.values())
        for name in work.names:
            submission = Submission(
                name, self._found[name].path, work.source, None, error, tuple(problems), verdict, self.isolation
            )
            record = record_of(self.exam, submission, work.outcomes, seconds, explained)
            yield self._entered(attempt, name, record)

    def _entered(self, attempt: int, name: str, record: Record) -> tuple[str, Record]:
        record.origin, record.lms_id = self._found[name].origin, self._found[name].id
        self.store.enter(attempt, name, record.sha256, msgspec.json.encode(record).decode())
        return name, record
