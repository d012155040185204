"""Loading: a source becomes a plugin, with a pluggy manager of its own."""

from __future__ import annotations

import functools
import traceback
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pluggy

from harness.contracts.component import Component
from harness.markers import PROJECT, hookimpl, recording
from harness.plugins.importing import LOAD_SECONDS, import_source
from harness.plugins.source import LoadError, Source, read
from harness.plugins.vetting import Problem, vet
from harness.units import components

__all__ = ["LoadError", "Plugin", "load", "load_source"]


@dataclass(frozen=True)
class Plugin:
    """A loaded plugin: its source, its pluggy manager, the components it implements, its problems."""

    source: Source
    manager: pluggy.PluginManager
    implemented: frozenset[str]
    problems: tuple[Problem, ...]

    @property
    def name(self) -> str:
        return self.source.name

    @property
    def files(self) -> tuple[str, ...]:
        """The plugin's own files, as they appear in tracebacks."""
        return tuple(str(file) for file, _ in self.source.modules.values())

    def hook(self, component: str) -> Callable[..., Any]:
        """The pluggy hook of a component; call it with every argument by keyword."""
        caller: Callable[..., Any] = getattr(self.manager.hook, component)
        return caller

    def problems_of(self, component: str) -> list[Problem]:
        """What keeps this component from being graded, if anything does."""
        return [problem for problem in self.problems if problem.component == component]


def load(path: str | Path) -> Plugin:
    """Load the plugin at a path, or of a name under `submissions/`. Raises LoadError."""
    return load_source(read(path))


def load_source(source: Source, known: Mapping[str, Component] | None = None, seconds: float = LOAD_SECONDS) -> Plugin:
    """Load a plugin from its bytes. Raises LoadError where nothing of it can be graded.

    known: the components it may implement; by default, those of all installed units. seconds: of CPU time that
    importing it may take.
    """
    known = components() if known is None else known
    with recording() as decorated:
        modules, failed, exposed = import_source(source, lambda: len(decorated), seconds)
    # What `__init__` imports comes first; a stale copy beside it, which only we import, adds nothing to that.
    names = {_name(thing) for thing, _ in decorated[:exposed]}
    decorated = decorated[:exposed] + [one for one in decorated[exposed:] if _name(one[0]) not in names - {""}]
    if not decorated:
        raise LoadError(
            f"{source.path}: implements no hook; decorate its functions with @hookimpl (from harness import hookimpl)"
        )
    try:
        sound, problems = vet([(_outermost(thing, modules), options) for thing, options in decorated], known)
    except Exception as error:  # objects whose attributes raise or lie
        raise LoadError(
            f"{source.path}: its hooks cannot be read ({type(error).__name__}); decorate plain functions"
        ) from error
    problems += [_left_out(source, name, error) for name, error in failed.items()]
    manager = pluggy.PluginManager(PROJECT)
    if sound:  # pluggy refuses an empty namespace
        manager.add_hookspecs(type("Contracts", (), {name: staticmethod(known[name].spec) for name in sound}))
    adapters = {name: _adapter(function, known[name]) for name, function in sound.items()}
    manager.register(types.SimpleNamespace(**adapters), name=source.name)
    return Plugin(source, manager, frozenset(sound), tuple(problems))


def _name(thing: Any) -> str:
    try:
        return str(getattr(thing, "__name__", ""))
    except Exception:  # an attribute that raises is no name; vetting says what is wrong with the thing
        return ""


def _outermost(thing: Any, modules: list[types.ModuleType]) -> Any:
    """The module's own name for a decorated function, where another decorator wraps it from above."""
    name = getattr(thing, "__name__", None)
    for module in modules:
        candidate = vars(module).get(name) if name else None
        seen, steps = candidate, 0
        while seen is not None and seen is not thing and steps < 100:  # wrappers may go round in a circle
            seen, steps = getattr(seen, "__wrapped__", None), steps + 1
        if seen is thing and callable(candidate):
            return candidate
    return thing


def _left_out(source: Source, name: str, error: BaseException) -> Problem:
    fault = f"cannot be imported ({''.join(traceback.format_exception_only(error)).strip()})"
    mend = "mend it, or take it out of the package, whose other modules do without it"
    return Problem(str(source.modules[name][0]), 1, name, fault, mend)


def _adapter(function: Callable[..., Any], component: Component) -> Callable[..., Any]:
    """The function as pluggy should see it: the contract's signature, every argument passed by keyword.

    pluggy reads argument names through `__wrapped__`, and calls by position, in the contract's order.
    """

    @functools.wraps(component.spec)
    def call(*values: Any) -> Any:
        return function(**dict(zip(component.parameters, values, strict=True)))

    return hookimpl(call)
