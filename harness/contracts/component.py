"""A component: one hookspec, the kind of its result, and how to observe it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import ModuleType
from typing import Any, TypeVar

import torch

from harness.contracts.partner import PartnerMaker
from harness.contracts.results import Kind
from harness.markers import hookspec

F = TypeVar("F", bound=Callable[..., Any])
Hook = Callable[..., Any]
Observer = Callable[[Hook, dict[str, Any], dict[str, Any]], Any]

CPU_SECONDS = 5.0
"""The budget of one call where neither contract nor rubric says otherwise."""

NO_RECURRENT_KERNELS = "no recurrent kernels"
NO_AUTOGRAD = "no autograd"


class ForbiddenError(RuntimeError):
    """Raised where a hook uses what its component's rule, or its confinement, forbids."""


refusals: list[str] = []
"""What this process has been refused: code may swallow a ForbiddenError, or rewrap it."""


@dataclass(frozen=True)
class Observed:
    """What an observer saw: the `value` to write down and, for gradients, leaf tensors of its own
    (a module's weights, say) beside those of the arguments."""

    value: Any
    leaves: Mapping[str, torch.Tensor] = field(default_factory=dict)


@dataclass(frozen=True)
class Component:
    """One thing to implement. See `component` for the meaning of the fields."""

    name: str
    unit: str
    spec: Hook
    result: Kind
    points: float
    observer: Observer
    gradients: bool
    rules: frozenset[str]
    may_change: frozenset[str]
    may_draw: bool
    cpu_seconds: float | None
    partner: PartnerMaker | None

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        """The contract's argument names, in the contract's order."""
        return tuple(inspect.signature(self.spec).parameters)

    @property
    def contract(self) -> str:
        """The docstring: one sentence, Shapes, Conventions, Raises, Source."""
        return inspect.getdoc(self.spec) or ""


def call_hook(hook: Hook, arguments: dict[str, Any], drive: dict[str, Any]) -> Any:
    """The plain observer: call the hook, the result is what is seen."""
    return hook(**arguments)


def component(
    result: Kind,
    *,
    points: float = 1.0,
    observer: Observer = call_hook,
    gradients: bool = False,
    rules: tuple[str, ...] = (),
    may_change: tuple[str, ...] = (),
    may_draw: bool = False,
    cpu_seconds: float | None = None,
    partner: PartnerMaker | None = None,
) -> Callable[[F], F]:
    """Declare a hookspec stub as a component.

    result: the kind of what the observer returns. points: its worth in the default rubric. observer: called
    beside the implementation as `observer(hook, arguments, drive)`. gradients: whether the results are
    differentiable by contract. rules: means it may not use. may_change: arguments it may mutate.
    may_draw: whether it may draw from the global random state. cpu_seconds: the budget of one call; by default,
    the rubric's. partner: makes what answers the observer's questions in the judge.
    """

    def declare(spec: F) -> F:
        record = Component(
            name=spec.__name__,
            unit=spec.__module__.rpartition(".")[2],
            spec=spec,
            result=result,
            points=points,
            observer=observer,
            gradients=gradients,
            rules=frozenset(rules),
            may_change=frozenset(may_change),
            may_draw=may_draw,
            cpu_seconds=cpu_seconds,
            partner=partner,
        )
        spec.__dict__["component"] = record
        return hookspec(firstresult=True)(spec)

    return declare


def components_of(module: ModuleType) -> dict[str, Component]:
    """The components that a contract module declares, by name, in the order of the file."""
    declared = (getattr(value, "component", None) for value in vars(module).values())
    return {item.name: item for item in declared if isinstance(item, Component)}
