"""Writing down what a step of an observer gave: its value, or what it raised."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def bases_of(error: BaseException) -> list[str]:
    """The qualified names of an exception's classes, so that a judge can ask `is it a ValueError?`."""
    return [f"{kind.__module__}.{kind.__qualname__}" for kind in type(error).__mro__]


def attempt(step: Callable[..., Any], *arguments: Any) -> dict[str, Any]:
    """`{"value": step(*arguments)}`, or `{"raised": [class names]}` where it raised an exception."""
    try:
        return {"value": step(*arguments)}
    except Exception as error:
        return {"raised": bases_of(error)}
