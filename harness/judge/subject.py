"""Subjects: the one face behind which a plugin is observed, wherever it runs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Protocol

from harness.contracts.attempts import bases_of
from harness.contracts.component import Component
from harness.contracts.observation import Observation, Raised, Request
from harness.contracts.observing import observe
from harness.contracts.partner import Ask
from harness.judge.verdict import Verdict
from harness.plain import Plain
from harness.plugins import Plugin, Problem
from harness.training.steps import component_of, hook_of
from harness.wire import decode, encode
from harness.worker.levels import IN_PROCESS
from harness.worker.messages import OBSERVE

MOST_RECALLED = 32 * 2**20


class EndedError(Exception):
    """The process that held a submission ended, or was ended, in the middle of something: what that earns, and
    what is said about it."""

    def __init__(self, verdict: Verdict, headline: str, *details: str) -> None:
        super().__init__(headline)
        self.verdict, self.headline, self.details = verdict, headline, details


class InfrastructureError(Exception):
    """Template or machine failed, not the submission: no verdict and no score; it is safe to run again."""


@dataclass(frozen=True)
class Question:
    """A request as it goes over the wire: its frame without a number, and its budget."""

    component: str
    frame: bytes
    cpu_seconds: float

    @staticmethod
    def of(request: Request) -> Question:
        """The question of a request that has a budget."""
        assert request.cpu_seconds is not None
        return Question(request.component, encode({"kind": OBSERVE, "request": request.plain()}), request.cpu_seconds)


class Subject(Protocol):
    """A plugin as the judge sees it: what it implements, and observations of it. Plain data, no objects."""

    @property
    def name(self) -> str: ...

    @property
    def isolation(self) -> str:
        """The level of confinement, for the record."""

    def implements(self, component: str) -> bool: ...

    def problems_of(self, component: str) -> list[Problem]:
        """What keeps a component from being graded, if anything does."""

    def observe(self, request: Request) -> Observation:
        """Run one case. Whatever the implementation does is in the observation, or in the EndedError that is raised
        where its process did not survive it. Raises InfrastructureError where nothing can be said."""

    def reply(self, question: Question) -> bytes:
        """The frame that answers a question to a component without a partner. Raises as `observe` does."""

    def recall(self, question: Question) -> bytes | None:
        """The frame that `reply` gave to this very question the last time, if that is still known."""

    def read(self, question: Question, answer: bytes) -> Observation:
        """The observation in a frame that `reply` gave. Raises EndedError where there is none in it."""

    def isolate(self, component: str) -> bool:
        """Let the component be observed where no other has been since it was last replaced. Whether that makes a
        difference: if so, a failure is worth asking about again."""

    def cpu_seconds(self) -> float:
        """CPU time that it has taken in processes other than this one."""

    def close(self) -> None:
        """Let go of the plugin."""


class Memory:
    """What a subject has answered, by question, as far as MOST_RECALLED bytes hold it."""

    def __init__(self) -> None:
        self._answers: dict[bytes, bytes] = {}
        self._bytes = 0

    def keep(self, question: Question, answer: bytes) -> bytes:
        """Remember an answer, and give it."""
        if self._bytes < MOST_RECALLED:
            self._answers[question.frame] = answer
            self._bytes += len(question.frame) + len(answer)
        return answer

    def recall(self, question: Question) -> bytes | None:
        """The last answer to a question."""
        return self._answers.get(question.frame)


class InProcess:
    """A subject in this very process: for the reference, for tests, and for debugging one's own code.

    What it observes crosses the wire all the same, so that only plain data reach a check. It cannot
    enforce rules: those are process-wide and final, and need a worker that serves only such components.
    """

    isolation = IN_PROCESS

    def __init__(self, plugin: Plugin) -> None:
        self.plugin = plugin
        self._memory = Memory()

    @property
    def name(self) -> str:
        return self.plugin.name

    def implements(self, component: str) -> bool:
        return component in self.plugin.implemented

    def problems_of(self, component: str) -> list[Problem]:
        return self.plugin.problems_of(component)

    def observe(self, request: Request) -> Observation:
        component: Component = component_of(request.component)
        partner = component.partner(request.arguments, request.drive) if component.partner else None

        def ask(question: Plain) -> Plain:
            assert partner is not None
            return decode(encode(partner.answer(decode(encode(question)))))

        seen = self._seen(component, decode(encode(request.plain())), ask)
        written = Observation.of_plain(decode(seen.frame()))
        return replace(written, notes=partner and partner.notes(), seconds=seen.seconds)

    def reply(self, question: Question) -> bytes:
        arrived: Any = decode(question.frame)
        seen = self._seen(component_of(question.component), arrived["request"], None)
        return self._memory.keep(question, seen.frame())

    def recall(self, question: Question) -> bytes | None:
        return self._memory.recall(question)

    def read(self, question: Question, answer: bytes) -> Observation:
        return Observation.of_plain(decode(answer))

    def _seen(self, component: Component, arrived: Any, ask: Ask | None) -> Observation:
        try:
            return observe(component, hook_of(self.plugin, component), Request(**arrived), self.plugin.files, ask)
        except MemoryError as error:  # a worker would end here; this process can go on
            return Observation(raised=Raised(bases_of(error), str(error), []))

    def isolate(self, component: str) -> bool:
        return False

    def cpu_seconds(self) -> float:
        return 0.0

    def close(self) -> None:
        pass
