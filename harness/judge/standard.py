"""Checks that many components share, made to measure: each call makes one graded check."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from hypothesis.strategies import SearchStrategy

from harness.judge.check import Body, check
from harness.judge.trial import Trial


def _named(name: str, claim: str, body: Body, module_of: Any) -> Body:
    """`body` as if it had been written in the caller's module under that name."""
    body.__name__ = body.__qualname__ = name
    body.__doc__ = claim
    body.__module__ = module_of.f_globals["__name__"]
    body.__code__ = body.__code__.replace(co_filename=module_of.f_code.co_filename, co_name=name)
    return body


def purity(component: str, cases: SearchStrategy[Any], **options: Any) -> Callable[..., None]:
    """A check that arguments and global random state are left alone. Cases give `arguments()`, and
    `drive()` where the component's observer needs one."""

    def body(trial: Trial, case: Any) -> None:
        trial.is_pure(case.arguments(), _drive(case))

    claim = f"`{component}` leaves its arguments and all global random state alone."
    named = _named(f"test_{component}_leaves_arguments_and_random_state_alone", claim, body, _caller())
    return check(component, cases, **{"count": 4, **options})(named)


def agreement(
    component: str, cases: SearchStrategy[Any], claim: str, suffix: str, **options: Any
) -> Callable[..., None]:
    """A check that results equal the float64 reference's in type, dtype, device, shape and value."""

    def body(trial: Trial, case: Any) -> None:
        trial.agrees(case.arguments(), _drive(case))

    named = _named(f"test_{component}_{suffix}", claim, body, _caller())
    return check(component, cases, **options)(named)


def gradients(component: str, cases: SearchStrategy[Any], **options: Any) -> Callable[..., None]:
    """A check that vector-Jacobian products equal the float64 reference's for every floating argument."""

    def body(trial: Trial, case: Any) -> None:
        trial.gradients_agree(case.arguments(), _drive(case))

    claim = f"The gradients of `{component}` reach every floating-point argument and are right."
    named = _named(f"test_{component}_gradients_reach_every_argument", claim, body, _caller())
    return check(component, cases, **{"count": 6, **options})(named)


def _drive(case: Any) -> dict[str, Any]:
    drive: dict[str, Any] = case.drive() if hasattr(case, "drive") else {}
    return drive


def _caller() -> Any:
    frame = inspect.currentframe()
    assert frame is not None
    assert frame.f_back is not None
    return frame.f_back.f_back
