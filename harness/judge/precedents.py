"""Precedents: how a check went on a case, answer by answer, so that the same answers need not be judged twice.

A check's body is a function of its case and of the answers that it gets: the same bytes to the same questions end in
the same ruling. So the questions are put to each submission, one after the other, as the body would put them; as long
as the answers have been heard before, nothing is built, decoded or compared. The first new one has the body run, on
the answers so far and live from there on, and how it ends becomes a precedent. A pass is thus always a comparison that
this judge has made of these very bytes.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

from harness.contracts.observation import Observation, Request
from harness.judge.subject import EndedError, Question, Subject
from harness.judge.verdict import Failure
from harness.plugins import Problem
from harness.units import components

MOST_BYTES = 128 * 2**20
"""What the questions and answers that are kept may take; from there on, no new precedents are made."""
NODE_BYTES = 600

Judging = Callable[[Subject], Failure | None]
Told = tuple[Question, bytes | EndedError]


@dataclass
class _Node:
    """A moment in a body's run: the question that comes next, and where each answer leads; or its end."""

    question: Question | None = None
    answers: dict[bytes, _Node] = field(default_factory=dict)
    failure: Failure | None = None


class Precedents:
    """What is known of the checks of one exam. Never of more than one: seed, limits and corpus decide too."""

    def __init__(self) -> None:
        self._roots: dict[Hashable, _Node] = {}
        self._questions: dict[bytes, Question] = {}
        self._bytes = 0

    def judge(self, key: Hashable, subject: Subject, body: Judging) -> Failure | None:
        """What `body(subject)` returns. key: names the check, the case and the device."""
        told, node = self._followed(key, subject)
        if node is not None:
            return node.failure and _copied(node.failure)
        rehearsed = _Rehearsed(subject, told)
        failure = body(rehearsed)
        if rehearsed.kept and self._bytes < MOST_BYTES:
            self._keep(key, rehearsed.heard, failure)
        return failure

    def _followed(self, key: Hashable, subject: Subject) -> tuple[list[Told], _Node | None]:
        """Ask what the body would ask, as far as that is known: what was told, and the end, if it came to one."""
        told: list[Told] = []
        node = self._roots.get(key)
        while node is not None and node.question is not None:
            try:
                answer = subject.reply(node.question)
            except EndedError as ended:
                told.append((node.question, ended))
                return told, None
            told.append((node.question, answer))
            node = node.answers.get(_digest(answer))
        return told, node

    def _keep(self, key: Hashable, heard: list[tuple[Question, bytes]], failure: Failure | None) -> None:
        node = self._roots.setdefault(key, _Node())
        for question, answer in heard:
            node.question = self._one(question)
            self._bytes += NODE_BYTES
            node = node.answers.setdefault(_digest(answer), _Node())
        node.failure = failure and _copied(failure)

    def _one(self, question: Question) -> Question:
        """The same question, kept once: most submissions are asked the same."""
        digest = _digest(question.frame)
        if digest not in self._questions:
            self._questions[digest] = question
            self._bytes += len(question.frame)
        return self._questions[digest]


class _Rehearsed:
    """A subject some of whose answers have been told already; it takes down what it is asked and answers."""

    def __init__(self, subject: Subject, told: list[Told]) -> None:
        self._subject, self._told = subject, deque(told)
        self.heard: list[tuple[Question, bytes]] = []
        self.kept = True  # whether this may become a precedent

    @property
    def name(self) -> str:
        return self._subject.name

    @property
    def isolation(self) -> str:
        return self._subject.isolation

    def implements(self, component: str) -> bool:
        return self._subject.implements(component)

    def problems_of(self, component: str) -> list[Problem]:
        return self._subject.problems_of(component)

    def observe(self, request: Request) -> Observation:
        if components()[request.component].partner is not None:  # a conversation, not an answer
            self.kept = False
            return self._subject.observe(request)
        question = Question.of(request)
        try:
            answer = self.reply(question)
            seen = self.read(question, answer)
        except EndedError:
            self.kept = False
            raise
        self.heard.append((question, answer))
        self.kept &= seen.out_of_time is None
        return seen

    def reply(self, question: Question) -> bytes:
        if not self._told:
            return self._subject.reply(question)
        asked, answer = self._told.popleft()
        if asked != question:
            raise RuntimeError(f"a check of {question.component} asks other questions than before on the same answers")
        if isinstance(answer, EndedError):
            raise answer
        return answer

    def read(self, question: Question, answer: bytes) -> Observation:
        return self._subject.read(question, answer)

    def isolate(self, component: str) -> bool:
        return self._subject.isolate(component)

    def cpu_seconds(self) -> float:
        return self._subject.cpu_seconds()

    def close(self) -> None:
        self._subject.close()


def _digest(frame: bytes) -> bytes:
    return hashlib.sha256(frame).digest()


def _copied(failure: Failure) -> Failure:
    """The same failure anew: an exception that has been raised keeps the frames that it went through alive."""
    copy = Failure(failure.headline, *failure.details, verdict=failure.verdict, hint=failure.hint)
    copy.output = failure.output
    return copy
