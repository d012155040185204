"""Precedents: how a check went on a case, answer by answer, so that the same answers need not be judged twice.

A check's body is a function of its case and of the answers that it gets: the same bytes to the same questions have the
same end. So is a diagnosis. So the questions are put to each submission, one after the other, as the body would put
them; as long as the answers have been heard before, nothing is built, decoded or compared. The first new one has the
body run, on the answers so far and live from there on, and how it ends becomes a precedent. A pass is thus always a
comparison that this judge has made of these very bytes.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from harness.contracts.observation import Observation, Request
from harness.judge.relay import Relay
from harness.judge.subject import EndedError, Question, Subject
from harness.units import components

MOST_BYTES = 128 * 2**20
"""What the questions and answers that are kept may take; from there on, no new precedents are made."""
NODE_BYTES = 600

T = TypeVar("T")
Told = tuple[Question, bytes | EndedError]


class UnrepeatableError(RuntimeError):
    """A body that is no function of the answers it gets: a fault of ours."""


@dataclass
class _Node:
    """A moment in a body's run: the question that comes next, and where each answer leads; or its end."""

    question: Question | None = None
    answers: dict[bytes, _Node] = field(default_factory=dict)
    end: Any = None


class Precedents:
    """What is known of one exam. Never of more than one: seed, limits and corpus decide too."""

    def __init__(self) -> None:
        self._roots: dict[Hashable, _Node] = {}
        self._questions: dict[bytes, Question] = {}
        self._bytes = 0

    def judge(self, key: Hashable, subject: Subject, body: Callable[[Subject], T]) -> T:
        """What `body(subject)` returns, which must not be changed. key: names the body, the case and the device."""
        told, node = self._followed(key, subject)
        if node is not None:
            known: T = node.end
            return known
        rehearsed = _Rehearsed(subject, told)
        end = body(rehearsed)
        if rehearsed.kept and self._bytes < MOST_BYTES:
            self._keep(key, rehearsed.heard, end)
        return end

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

    def _keep(self, key: Hashable, heard: list[tuple[Question, bytes]], end: object) -> None:
        node = self._roots.setdefault(key, _Node())
        for question, answer in heard:
            node.question = self._one(question)
            self._bytes += NODE_BYTES
            node = node.answers.setdefault(_digest(answer), _Node())
        node.end = end

    def _one(self, question: Question) -> Question:
        """The same question, kept once: most submissions are asked the same."""
        digest = _digest(question.frame)
        if digest not in self._questions:
            self._questions[digest] = question
            self._bytes += len(question.frame)
        return self._questions[digest]


class _Rehearsed(Relay):
    """A subject some of whose answers have been told already; it takes down what it is asked and answers."""

    def __init__(self, subject: Subject, told: list[Told]) -> None:
        super().__init__(subject)
        self._told = deque(told)
        self.heard: list[tuple[Question, bytes]] = []
        self.kept = True  # whether this may become a precedent

    def observe(self, request: Request) -> Observation:
        if components()[request.component].partner is not None:  # a conversation, not an answer
            self.kept = False
            return super().observe(request)
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
            return super().reply(question)
        asked, answer = self._told.popleft()
        if asked != question:
            raise UnrepeatableError(f"{question.component}: other questions than before on the same answers")
        if isinstance(answer, EndedError):
            raise answer
        return answer


def _digest(frame: bytes) -> bytes:
    return hashlib.sha256(frame).digest()
