"""A confined subject: one submission, observed in workers of its own, whatever it does there."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from harness.contracts.component import Component, ForbiddenError
from harness.contracts.observation import Observation, Request
from harness.judge.endings import KilledError, broke_protocol, capped, end_in_words, printable_loaded
from harness.judge.limits import Limits, spent_in_words
from harness.judge.subject import EndedError, InfrastructureError, Memory, Question
from harness.judge.verdict import Verdict
from harness.judge.worker import SpentError, Worker
from harness.judge.workers import MEGABYTE, Workers
from harness.plain import Plain
from harness.plugins import LoadError, Problem, Source
from harness.plugins.importing import EXTRA_SECONDS
from harness.training.steps import component_of
from harness.wire import WireError, decode, encode
from harness.worker.channel import ClosedError
from harness.worker.messages import LOAD, OBSERVE, Loaded, plain_source
from harness.worker.rules import FREE, kind_of

T = TypeVar("T")
MARGIN, SURPLUS = 1.25, 1.0
"""A worker ends a call itself at its budget, which tells where it was; the judge ends the worker a little later."""
KILLS = 3
"""How often a worker may be killed by neither the judge nor itself before that is called the submission's doing."""


class Confined:
    """A subject in confined workers: one a kind, replaced whenever one has ended."""

    def __init__(self, source: Source, workers: Workers, limits: Limits) -> None:
        self._source, self._workers, self._limits = source, workers, limits
        self._held: dict[tuple[str, int], Worker] = {}
        self._message = {"kind": LOAD, "source": plain_source(source), "seconds": limits.load_seconds}
        self._texts = [content for _, content in source.modules.values()]
        self._loaded: Loaded | None = None
        self._keys: dict[str, tuple[str, int]] = {}
        self._spent = 0.0
        self._memory = Memory()
        self._served: dict[tuple[str, int], set[str]] = {}  # the components that each worker has been asked for

    def load(self) -> Loaded:
        """Import the submission in a free worker. Raises LoadError, EndedError and InfrastructureError."""
        try:
            encode(self._message)
        except WireError as error:
            raise LoadError(f"{self._source.path}: is too large: {error}; a submission is a few small files") from error
        self._unkilled(lambda: self._worker(FREE, self._limits.memory_mb))
        return self._known

    @property
    def name(self) -> str:
        return self._source.name

    @property
    def isolation(self) -> str:
        return self._workers.level.value

    @property
    def _known(self) -> Loaded:
        return self._loaded or Loaded()

    def implements(self, component: str) -> bool:
        return component in self._known.implemented

    def problems_of(self, component: str) -> list[Problem]:
        return [problem for problem in self._known.problems if problem.component == component]

    def observe(self, request: Request) -> Observation:
        component = component_of(request.component)
        if request.cpu_seconds is None:
            request = replace(request, cpu_seconds=self._limits.cpu_of(component))
        if component.partner is None:
            question = Question.of(request)
            return self.read(question, self.reply(question))
        answer, notes = self._unkilled(lambda: self._conversation(component, request))
        return replace(self._read(component, answer), notes=notes)

    def reply(self, question: Question) -> bytes:
        component = component_of(question.component)
        return self._memory.keep(question, self._unkilled(lambda: self._reply(component, question)))

    def recall(self, question: Question) -> bytes | None:
        return self._memory.recall(question)

    def read(self, question: Question, answer: bytes) -> Observation:
        component = component_of(question.component)
        try:
            return self._read(component, decode(answer))
        except WireError as error:
            raise self._broken(component, error) from None

    def isolate(self, component: str) -> bool:
        key = self._key(component_of(component))
        if self._served.get(key, set()) <= {component}:
            return False
        if key in self._held:
            self._end(key)
        self._served.pop(key)
        return True

    def cpu_seconds(self) -> float:
        return self._spent + sum(worker.cpu_seconds() for worker in self._held.values())

    def close(self) -> None:
        with contextlib.suppress(InfrastructureError):  # gone with their template
            while self._held:
                self._end(next(iter(self._held)))

    def _unkilled(self, step: Callable[[], T]) -> T:
        """Run a step; again, if its worker was killed from outside: that is nobody's fault the first times."""
        try:
            for _ in range(KILLS):
                with contextlib.suppress(KilledError):
                    return step()
        except InfrastructureError:
            self._held.clear()
            raise
        said = f"its process was killed by the system, {KILLS} times: most likely for want of memory"
        raise EndedError(Verdict.OUT_OF_MEMORY, said)

    def _key(self, component: Component) -> tuple[str, int]:
        name = component.name
        if name not in self._keys:
            self._keys[name] = kind_of(component.rules), self._limits.memory_of(component)
        return self._keys[name]

    def _serving(self, component: Component) -> tuple[tuple[str, int], Worker]:
        """The worker that a component is observed in, and its key."""
        key = self._key(component)
        worker = self._worker(*key)
        self._served[key].add(component.name)
        return key, worker

    def _reply(self, component: Component, question: Question) -> bytes:
        key, worker = self._serving(component)
        seconds = question.cpu_seconds
        return self._told(key, lambda: worker.reply(question.frame, MARGIN * seconds + SURPLUS), seconds)

    def _conversation(self, component: Component, request: Request) -> tuple[Plain, Plain]:
        """What a component with a partner answers, and the partner's notes."""
        key, worker = self._serving(component)
        assert component.partner is not None
        assert request.cpu_seconds is not None
        partner, seconds = component.partner(request.arguments, request.drive), request.cpu_seconds
        message = {"kind": OBSERVE, "request": request.plain()}
        answer = self._told(key, lambda: worker.ask(message, MARGIN * seconds + SURPLUS, partner), seconds)
        return answer, partner.notes()

    def _read(self, component: Component, answer: Plain) -> Observation:
        try:
            seen = capped(Observation.of_plain(answer))
        except TypeError as error:
            raise self._broken(component, error) from None
        if seen.out_of_time is not None:
            self._end(self._key(component))  # stopped anywhere, it may have left anything half done
        return seen

    def _broken(self, component: Component, error: Exception) -> EndedError:
        """What a component is told whose worker does not keep to the protocol. It ends."""
        self._end(self._key(component))
        return EndedError(Verdict.PROTOCOL, broke_protocol(error))

    def _worker(self, kind: str, memory: int) -> Worker:
        """The worker of a kind, with the submission loaded."""
        key = kind, memory
        if key in self._held and not self._held[key].stale:
            return self._held[key]
        self._served[key] = set()
        worker = self._held[key] = self._workers.take(kind, memory * MEGABYTE, self._texts)
        seconds = self._limits.load_seconds
        budget = MARGIN * (seconds + EXTRA_SECONDS) + SURPLUS
        answer = self._told(key, lambda: worker.ask(self._message, budget), seconds, "while it was imported: ")
        try:
            loaded = printable_loaded(Loaded.of_plain(answer))
        except TypeError as error:
            self._end(key)
            raise EndedError(Verdict.PROTOCOL, broke_protocol(error)) from None
        if self._loaded is None:
            self._loaded = loaded
        elif loaded.error:
            self._end(key)
            refused = any(word in loaded.error for word in (ForbiddenError.__name__, PermissionError.__name__))
            verdict = Verdict.FORBIDDEN if refused else Verdict.ERROR
            where = "again" if kind == FREE else f"where its rule holds: {kind}"
            raise EndedError(verdict, f"cannot be imported {where}", loaded.error)
        return worker

    def _told(self, key: tuple[str, int], ask: Callable[[], T], limit: float, when: str = "") -> T:
        """What `ask` gets from the worker of a key."""
        worker = self._held[key]
        try:
            return ask()
        except SpentError as spent:
            self._end(key)
            text = spent_in_words(limit, cpu=spent.clock == "CPU")
            raise EndedError(Verdict.TIMEOUT, f"{when}{text}") from None
        except WireError as error:
            self._end(key)
            raise EndedError(Verdict.PROTOCOL, f"{when}{broke_protocol(error)}") from None
        except ClosedError:
            ending = self._held.pop(key).end(gently=True)
            self._spent += ending.cpu_seconds
            verdict, text = end_in_words(ending, worker.confined)
            raise EndedError(verdict, f"{when}{text}") from None

    def _end(self, key: tuple[str, int]) -> None:
        """End the worker of a key, if there is one: what is recalled may have cost it its life already."""
        if worker := self._held.pop(key, None):
            self._spent += worker.end().cpu_seconds
