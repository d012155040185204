"""Runs: every submission of a class, graded as far as the store lacks it. Its records are views of the store."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec

from harness.grading.exam import Exam
from harness.grading.gathering import Found
from harness.grading.grade import diagnoses, judge_check, record_of
from harness.grading.judges import Message, share_out
from harness.grading.opening import Submission, open_submission
from harness.grading.record import Record
from harness.grading.setting import name_of, setting_of
from harness.grading.store import Store
from harness.judge.check import Check
from harness.judge.diagnosis import Diagnosis
from harness.judge.subject import InfrastructureError
from harness.judge.verdict import Outcome, Verdict
from harness.judge.workers import Workers
from harness.plugins import LoadError, Source, read
from harness.units import components
from harness.worker.rules import kind_of

VERDICT, OPENED, EXPLAINED, WHOLE, LOST = "verdict", "opened", "explained", "whole", "lost"


@dataclass
class Task:
    """One distinct submission: the names under which it was handed in, and the checks that it still lacks."""

    source: Source
    names: list[str]
    path: Path
    missing: list[Check]
    outcomes: dict[str, Outcome]
    findings: dict[str, str] = field(default_factory=dict)

    @property
    def done(self) -> bool:
        """Whether nothing is left to do, not even to explain."""
        return not self.missing and WHOLE in self.findings


@dataclass(frozen=True)
class _Desk:
    """What a judge of a run works with."""

    workers: Workers
    exam: Exam

    def share(self) -> _Desk:
        kinds = {kind_of(components()[one.component].rules) for one in self.exam.checks}
        return replace(self, workers=self.workers.share(kinds))

    def leave(self) -> None:
        self.workers.leave()

    def close(self) -> None:
        self.workers.close()


class Run:
    """A class graded by one exam into one store, in those workers."""

    def __init__(self, exam: Exam, store: Store, workers: Workers, jobs: int) -> None:
        self.exam, self.store, self.jobs = exam, store, jobs
        self.desk, self.isolation = _Desk(workers, exam), workers.level.value
        self.facts = setting_of(exam, self.isolation)
        self.setting = name_of(self.facts)
        self._found: dict[str, Found] = {}

    def grade(self, found: Sequence[Found], fresh: bool) -> Iterator[tuple[str, Record]]:
        """Grade submissions and yield each one's record when it is done."""
        self._found = {one.name: one for one in found}
        self.store.setting(self.facts, self.setting)
        attempt = self.store.begin(self.setting, msgspec.json.encode(self.exam.rubric).decode())
        tasks, unreadable = self._tasks(found, fresh)
        for name, submission in unreadable.items():
            outcomes = {one.id: judge_check(self.exam, submission, one) for one in self.exam.checks}
            record = record_of(self.exam, submission, outcomes, 0.0)
            yield self._entered(attempt, name, record)
        for task in [task for task in tasks if task.done]:
            yield from self._done(attempt, task)
        waiting = [task for task in tasks if not task.done]
        self._prepare(waiting)
        for index, message in share_out(waiting, self._work, self.jobs, self.desk):
            if message is None:
                yield from self._done(attempt, waiting[index])
            else:
                self._hear(waiting[index], message)

    def _tasks(self, found: Sequence[Found], fresh: bool) -> tuple[list[Task], dict[str, Submission]]:
        """The distinct submissions, and those that cannot even be read."""
        tasks: dict[str, Task] = {}
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
            if source.sha256 in tasks:
                tasks[source.sha256].names.append(name)
                continue
            if fresh:
                self.store.forget(source.sha256, self.setting)
            known = self.store.outcomes(source.sha256, self.setting)
            missing = [check for check in self.exam.checks if check.id not in known]
            findings = self.store.findings(source.sha256, self.setting)
            tasks[source.sha256] = Task(source, [name], path, missing, known, findings)
        return list(tasks.values()), unreadable

    def _prepare(self, tasks: Sequence[Task]) -> None:
        """Do once, before judges are forked, what each of them would do."""
        if min(self.jobs, len(tasks)) > 1:
            missing = {one.id for task in tasks for one in task.missing}
            self.exam.rehearse([one for one in self.exam.checks if one.id in missing])
            texts = {content for task in tasks for _, content in task.source.modules.values()}
            with suppress(InfrastructureError):  # told where it is met again
                self.desk.workers.warm_for(texts)

    def _work(self, desk: _Desk, task: Task) -> Iterator[Message]:
        """In a judge: open a submission, judge what it lacks, explain what failed."""
        opened = open_submission(task.path, task.names[0], desk.workers, self.exam.rubric.limits)
        yield OPENED, (opened.error, list(opened.problems), opened.verdict)
        outcomes = dict(task.outcomes)
        try:
            for one in task.missing:
                outcomes[one.id] = outcome = judge_check(self.exam, opened, one)
                yield VERDICT, (one.id, outcome)
            for name, diagnosis in diagnoses(self.exam, opened, outcomes).items():
                yield EXPLAINED, (name, diagnosis)
            if not any(one.verdict is Verdict.NOT_RUN for one in outcomes.values()):
                yield WHOLE, None
        finally:
            if opened.subject is not None:
                opened.subject.close()

    def _hear(self, task: Task, message: Message) -> None:
        """In the parent: keep what a judge says. What was not run is not kept, so that the next run runs it."""
        kind, said = message
        sha256 = task.source.sha256
        if kind == VERDICT:
            check, outcome = said
            task.outcomes[check] = outcome
            if outcome.verdict is not Verdict.NOT_RUN:
                self.store.keep(sha256, self.setting, check, outcome)
        elif kind == LOST:
            for one in task.missing:
                task.outcomes.setdefault(one.id, Outcome(Verdict.NOT_RUN, f"{one.component}: {said}"))
        else:
            name, value = (f"{EXPLAINED}/{said[0]}", said[1]) if kind == EXPLAINED else (kind, said)
            task.findings[name] = msgspec.json.encode(value).decode()
            self.store.find(sha256, self.setting, name, task.findings[name])

    def _done(self, attempt: int, task: Task) -> Iterator[tuple[str, Record]]:
        error, problems, verdict = msgspec.json.decode(
            task.findings.get(OPENED, '[null,[],"error"]'), type=tuple[str | None, list[str], Verdict]
        )
        explained = {
            name.partition("/")[2]: msgspec.json.decode(told, type=Diagnosis)
            for name, told in task.findings.items()
            if name.startswith(f"{EXPLAINED}/")
        }
        seconds = sum(one.seconds for one in task.outcomes.values())
        for name in task.names:
            submission = Submission(
                name, self._found[name].path, task.source, None, error, tuple(problems), verdict, self.isolation
            )
            record = record_of(self.exam, submission, task.outcomes, seconds, explained)
            yield self._entered(attempt, name, record)

    def _entered(self, attempt: int, name: str, record: Record) -> tuple[str, Record]:
        record.origin, record.lms_id = self._found[name].origin, self._found[name].id
        self.store.enter(attempt, name, record.sha256, msgspec.json.encode(record).decode())
        return name, record
