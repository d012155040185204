"""Relays: subjects that hand on what is asked of them to another one. The base of those that do something beside."""

from __future__ import annotations

from harness.contracts.observation import Observation, Request
from harness.judge.subject import Question, Subject
from harness.plugins import Problem


class Relay:
    """A subject that is another one."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject

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
        return self._subject.observe(request)

    def reply(self, question: Question) -> bytes:
        return self._subject.reply(question)

    def recall(self, question: Question) -> bytes | None:
        return self._subject.recall(question)

    def read(self, question: Question, answer: bytes) -> Observation:
        return self._subject.read(question, answer)

    def isolate(self, component: str) -> bool:
        return self._subject.isolate(component)

    def cpu_seconds(self) -> float:
        return self._subject.cpu_seconds()

    def close(self) -> None:
        self._subject.close()
