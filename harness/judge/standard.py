"""Checks that many components share, made to measure: each call makes one graded check."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import replace
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


def layouts(component: str, cases: SearchStrategy[Any], **options: Any) -> Callable[..., None]:
    """A check that arguments may lie in memory in any way: results are the reference's for strided tensors too."""

    def body(trial: Trial, case: Any) -> None:
        trial.agrees(case.arguments(), _drive(case), strided=True)

    claim = f"`{component}` takes tensors however they lie in memory, such as a transpose or a slice of another one."
    named = _named(f"test_{component}_takes_tensors_of_any_layout", claim, body, _caller())
    return check(component, cases, **{"count": 3, "hint": _LAYOUT_HINT, **options})(named)


def renewal(component: str, cases: SearchStrategy[Any], **options: Any) -> Callable[..., None]:
    """A check that nothing is kept from one call to the next: the same objects with other contents give other results,
    and an earlier result is the caller's. A case has a `seed`, and with the next seed the same shapes."""

    def body(trial: Trial, case: Any) -> None:
        others = replace(case, seed=case.seed + 1)
        trial.computes_anew(case.arguments(), others.arguments(), _drive(case))

    claim = f"`{component}` computes anew at each call, from what its arguments hold by then; earlier results stay."
    named = _named(f"test_{component}_computes_anew_at_each_call", claim, body, _caller())
    return check(component, cases, **{"count": 3, "hint": _RENEWAL_HINT, **options})(named)


_LAYOUT_HINT = (
    "view() demands contiguous memory, where reshape() takes any; as_strided() must be given the real strides."
)
_RENEWAL_HINT = "What is kept between two calls, and by what is it found again? The same tensor may hold other values."


def _drive(case: Any) -> dict[str, Any]:
    drive: dict[str, Any] = case.drive() if hasattr(case, "drive") else {}
    return drive


def _caller() -> Any:
    frame = inspect.currentframe()
    assert frame is not None
    assert frame.f_back is not None
    return frame.f_back.f_back
