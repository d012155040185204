"""What a submission may use: the rubric's defaults, and what it or a contract says of single components."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from harness.contracts.component import CPU_SECONDS, Component
from harness.limits import WALL
from harness.plugins.importing import LOAD_SECONDS

MEMORY_MB = 2048


def spent_in_words(seconds: float, cpu: bool) -> str:
    """What is said of a call that used up its CPU seconds, or, waiting, WALL times as many of wall time."""
    if cpu:
        return f"used {seconds:g} s of CPU time, the limit"
    return f"took {WALL} times as long as its {seconds:g} s of CPU time: it waits for something"


@dataclass(frozen=True)
class Limits:
    """CPU seconds of one call and of the import, megabytes of memory beyond what Python and torch take.

    `by_component` overrides; without it a contract's own budget (training) comes before the default.
    """

    cpu_seconds: float = CPU_SECONDS
    load_seconds: float = LOAD_SECONDS
    memory_mb: int = MEMORY_MB
    cpu_by_component: Mapping[str, float] = field(default_factory=dict)
    memory_by_component: Mapping[str, int] = field(default_factory=dict)

    def cpu_of(self, component: Component) -> float:
        """The budget of one call, in seconds of CPU time."""
        return self.cpu_by_component.get(component.name, component.cpu_seconds or self.cpu_seconds)

    def memory_of(self, component: Component) -> int:
        """The budget of memory, in megabytes."""
        return self.memory_by_component.get(component.name, self.memory_mb)
