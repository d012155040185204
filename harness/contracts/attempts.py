"""Writing down what a step of an observer gave: its value, or what it raised."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.plain import class_names


def bases_of(error: BaseException) -> list[str]:
    """The qualified names of an exception's classes, so that a judge can ask `is it a ValueError?`."""
    return class_names(type(error))


def attempt(step: Callable[..., Any], *arguments: Any) -> dict[str, Any]:
    """`{"value": step(*arguments)}`, or `{"raised": [class names]}` where it raised an exception."""
    try:
        return {"value": step(*arguments)}
    except Exception as error:
        return {"raised": bases_of(error)}
