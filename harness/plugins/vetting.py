"""Vetting: every way in which pluggy would misread an implementation in silence is refused by name."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.contracts.component import Component


@dataclass(frozen=True)
class Problem:
    """A fault in one decorated object: where it is, which hook it concerns, what is wrong, how to mend it."""

    file: str
    line: int
    hook: str
    fault: str
    mend: str
    component: str | None = None

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.hook}: {self.fault}; {self.mend}"


def vet(
    decorated: Sequence[tuple[Any, tuple[str, ...]]], known: Mapping[str, Component]
) -> tuple[dict[str, Any], list[Problem]]:
    """Sort decorated objects into sound implementations by name and problems.

    decorated: (object, names of the options given to `hookimpl`), in the order of decoration.
    """
    sound: dict[str, Any] = {}
    problems: list[Problem] = []
    by_name: dict[str, list[Any]] = {}
    for thing, options in decorated:
        name = _name(thing)
        twins = by_name.setdefault(name, [])
        if any(thing is twin for twin in twins):
            continue
        twins.append(thing)
        faults = list(_faults(thing, name, options, known))
        if faults:
            problems += [_problem(thing, name, known, fault, mend) for fault, mend in faults]
        else:
            sound[name] = thing
    for name, twins in by_name.items():
        if len(twins) > 1 and name in known:
            sound.pop(name, None)
            lines = " and ".join(str(_line(twin)) for twin in twins)
            problems.append(
                _problem(twins[-1], name, known, f"is implemented {len(twins)} times (lines {lines})",
                         "keep one implementation and delete or rename the others")
            )  # fmt: skip
    broken = {problem.component for problem in problems}
    return {name: hook for name, hook in sound.items() if name not in broken}, problems


def _faults(
    thing: Any, name: str, options: tuple[str, ...], known: Mapping[str, Component]
) -> Iterator[tuple[str, str]]:
    if inspect.isclass(thing):
        yield (
            "is a class, and hooks are functions",
            (f"write `@hookimpl def {_snake(name)}(...)` at the top level and use the class inside it"),
        )
    elif not callable(thing) or not hasattr(_original(thing), "__name__"):
        yield (
            f"is of type {type(thing).__name__}, and hooks are functions",
            ("put @hookimpl on top of a plain function that calls it"),
        )
    elif options:
        yield (
            f"@hookimpl was given {', '.join(options)}",
            "write a bare @hookimpl; these options are not used here",
        )
    elif name not in known:
        close = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
        wrapped = "<locals>" in str(getattr(thing, "__qualname__", ""))
        other = "a decorator needs functools.wraps" if wrapped else "`seqgrade list` shows every hook name"
        advice = f"did you mean {close[0]!r}?" if close else other
        yield "is not the name of a hook", advice
    else:
        yield from _signature_faults(thing, known[name])


def _signature_faults(thing: Any, component: Component) -> Iterator[tuple[str, str]]:
    wanted = component.parameters
    header = f"the contract's signature is `def {component.name}({', '.join(wanted)})`"
    try:
        parameters = inspect.signature(_original(thing)).parameters
    except (TypeError, ValueError):
        yield "its signature cannot be read", f"put @hookimpl on top of a plain function; {header}"
        return
    if "self" in parameters:
        yield "is a method", "move it out of its class to the top level of the file"
        return
    for parameter in parameters.values():
        where = f"argument {parameter.name!r}"
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            stars = "*" if parameter.kind is parameter.VAR_POSITIONAL else "**"
            yield (
                f"takes {stars}{parameter.name}",
                f"name every argument (a decorator needs functools.wraps); {header}",
            )
        elif parameter.name not in wanted:
            close = difflib.get_close_matches(parameter.name, wanted, n=1, cutoff=0.6)
            yield (
                f"{where} is not in the contract",
                f"did you mean {close[0]!r}? {header}" if close else header,
            )
        elif parameter.default is not parameter.empty:
            yield f"{where} has a default", "remove the default; the harness passes every argument"
        elif parameter.kind is parameter.POSITIONAL_ONLY:
            yield (
                f"{where} is positional-only",
                "remove the `/`; the harness passes every argument by keyword",
            )
    for missing in [name for name in wanted if name not in parameters]:
        yield f"argument {missing!r} is missing", f"add it, even where it is not used; {header}"


def _problem(thing: Any, name: str, known: Mapping[str, Component], fault: str, mend: str) -> Problem:
    component = name if name in known else None
    if component is None and inspect.isclass(thing) and _snake(name) in known:
        component = _snake(name)
    return Problem(_file(thing), _line(thing), name, fault, mend, component)


def _original(thing: Any) -> Any:
    """What name, signature and place are read from: for a function under torch.jit.script, which has none of
    these itself, the Python function that it was made of."""
    return getattr(thing, "_torchdynamo_inline", thing)


def _name(thing: Any) -> str:
    name = getattr(_original(thing), "__name__", None)
    return name if type(name) is str else type(thing).__name__


def _code(thing: Any) -> Any:
    try:
        innermost = inspect.unwrap(_original(thing))
    except ValueError:  # wrappers that go round in a circle
        innermost = thing
    return getattr(innermost, "__code__", None)


def _file(thing: Any) -> str:
    code = _code(thing)
    if code is not None:
        return str(code.co_filename)
    try:
        return str(inspect.getsourcefile(thing) or "?")
    except TypeError:
        return "?"


def _line(thing: Any) -> int:
    code = _code(thing)
    if code is not None:
        return int(code.co_firstlineno)
    try:
        return inspect.getsourcelines(thing)[1]
    except (OSError, TypeError):
        return 0


def _snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() and i else c.lower() for i, c in enumerate(name))
