"""The oracle: the reference, observed once a case and remembered."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import torch

from harness.contracts.observation import Observation, Request
from harness.judge.subject import InProcess, Question
from harness.plain import Plain
from harness.plugins import Problem, load
from harness.units import unit_of
from harness.wire import encode

REMEMBERED = 20_000


class Oracle:
    """The reference of every unit, on the CPU. Its observations are kept for the rest of the class."""

    def __init__(self) -> None:
        self._subjects: dict[str, InProcess] = {}
        self._seen: dict[bytes, Observation] = {}

    def subject(self, component: str) -> InProcess:
        """The reference that implements a component. Raises RuntimeError where the unit brings none."""
        if component not in self._subjects:
            unit = unit_of(component)
            plugin = load(unit.reference)
            if plugin.problems or component not in plugin.implemented:
                faults = "; ".join(map(str, plugin.problems)) or f"{unit.reference} does not implement it"
                raise RuntimeError(f"the reference of {component} is unusable: {faults}")
            for name in unit.components:
                self._subjects[name] = InProcess(plugin)
        return self._subjects[component]

    def observe(self, request: Request) -> Observation:
        """The reference's observation of a case. Raises RuntimeError if the reference itself fails on it."""
        key = hashlib.sha256(encode(request.plain())).digest()
        if key not in self._seen:
            seen = self.subject(request.component).observe(request)
            if seen.out_of_time is not None:
                raise RuntimeError(f"the reference of {request.component} ran out of time")
            if len(self._seen) >= REMEMBERED:
                self._seen.clear()
            self._seen[key] = seen
        return self._seen[key]


class ReferenceSubject:
    """The reference of all units as one subject: what plain `pytest` runs every check against."""

    name = "reference"
    isolation = InProcess.isolation

    def __init__(self, oracle: Oracle) -> None:
        self.oracle = oracle

    def implements(self, component: str) -> bool:
        return True

    def problems_of(self, component: str) -> list[Problem]:
        return []

    def observe(self, request: Request) -> Observation:
        return self.oracle.subject(request.component).observe(request)

    def reply(self, question: Question) -> bytes:
        return self.oracle.subject(question.component).reply(question)

    def recall(self, question: Question) -> bytes | None:
        return None

    def read(self, question: Question, answer: bytes) -> Observation:
        return self.oracle.subject(question.component).read(question, answer)

    def isolate(self, component: str) -> bool:
        return False

    def cpu_seconds(self) -> float:
        return 0.0

    def close(self) -> None:
        pass


def in_float64(arguments: Mapping[str, Plain]) -> dict[str, Plain]:
    """Arguments with every floating-point tensor cast up, values unchanged."""
    return {name: _cast(value) for name, value in arguments.items()}


def _cast(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return value.double() if value.is_floating_point() else value
    if isinstance(value, (list, tuple)):
        return type(value)(_cast(item) for item in value)
    if isinstance(value, dict):
        return {key: _cast(item) for key, item in value.items()}
    return value
