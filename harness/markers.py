"""The two decorators: `hookspec` marks a contract, `hookimpl` marks an implementation of one.

`hookimpl` is pluggy's marker, which besides notes every object it decorates while a plugin is being
loaded: a second definition of one hook overwrites the first in its module, so only the moment of
decoration can see both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar, overload

import pluggy

F = TypeVar("F", bound=Callable[..., Any])

PROJECT = "seqgrade"

hookspec = pluggy.HookspecMarker(PROJECT)
_pluggy_hookimpl = pluggy.HookimplMarker(PROJECT)
_decorated: ContextVar[list[Any] | None] = ContextVar("decorated", default=None)


@contextmanager
def recording() -> Iterator[list[Any]]:
    """Collect every object that `hookimpl` decorates inside the block, in order."""
    noted: list[Any] = []
    token = _decorated.set(noted)
    try:
        yield noted
    finally:
        _decorated.reset(token)


@overload
def hookimpl(function: F) -> F: ...
@overload
def hookimpl(function: None = None, **options: Any) -> Callable[[F], F]: ...
def hookimpl(function: Any = None, **options: Any) -> Any:
    """Mark a function as the implementation of the component of the same name.

    Use it bare (`@hookimpl`) or called (`@hookimpl()`); pluggy's options are for other plugin systems
    and the loader refuses them.
    """
    if function is None:
        return lambda decorated: _mark(decorated, options)
    return _mark(function, options)


def _mark(function: Any, options: dict[str, Any]) -> Any:
    noted = _decorated.get()
    if noted is not None:
        noted.append((function, tuple(options)))
    try:
        return _pluggy_hookimpl(**options)(function) if options else _pluggy_hookimpl(function)
    except (TypeError, AttributeError, RuntimeError):
        # An object that takes no attributes, or an option pluggy does not know: the loader, which has
        # the object and its options from the note above, names the fault with file and line.
        return function
