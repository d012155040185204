"""Observing: run one hook on one case and write down all that a judge may ask about.

This code runs beside the implementation, never in a judge's decision: it calls the hook, takes
vector-Jacobian products, and notes what became of the arguments and of global random state, what was
printed, warned and raised. Only plain data leave it.
"""

from __future__ import annotations

import time
import traceback
import warnings
from typing import Any

import torch

from harness.contracts.ambient import Output, RandomStates, captured, global_state_kept, same_results_for_same_work
from harness.contracts.attempts import bases_of
from harness.contracts.component import CPU_SECONDS, Component, Hook, Observed, refusals
from harness.contracts.differentiating import leaves_of, vector_jacobian_products
from harness.contracts.live import afterwards, live_arguments, live_drive, renew
from harness.contracts.observation import Observation, Raised, Request
from harness.contracts.partner import ASK, Ask
from harness.contracts.results import WrongKind
from harness.limits import OutOfTimeError, cpu_limit
from harness.plain import Opaque, Plain, class_names, to_plain


def observe(
    component: Component, hook: Hook, request: Request, files: tuple[str, ...] = (), ask: Ask | None = None
) -> Observation:
    """Run `hook` on the request's case and return what was seen, as plain data.

    files: the submission's own files; only their frames are kept of a traceback. ask: the way to the component's
    partner, where it has one.
    """
    if request.device != "cpu":
        _exact_float32()
    with global_state_kept(), torch.enable_grad():
        same_results_for_same_work()
        if request.global_seed is not None:
            RandomStates.seeded(request.global_seed)
        return _observe(component, hook, request, files, ask)


def _observe(
    component: Component, hook: Hook, request: Request, files: tuple[str, ...], ask: Ask | None
) -> Observation:
    differentiate = request.cotangent_seed is not None
    arguments = live_arguments(request)
    drive = live_drive(request)
    leaves = dict(leaves_of({**arguments, **drive})) if differentiate else {}
    if component.partner:
        drive[ASK] = ask
    seen: dict[str, Any] = {}
    refusals.clear()
    devices: set[str] = set()
    began, output = time.process_time(), Output()
    budget = request.cpu_seconds or component.cpu_seconds or CPU_SECONDS
    with warnings.catch_warnings(record=True) as warned, captured(output):
        warnings.simplefilter("always")
        try:
            with cpu_limit(budget):
                observed = _value(component.observer(hook, arguments, drive))
                seen["result"] = to_plain(observed.value, devices)
                if request.cotangent_seed is not None:
                    leaves.update(observed.leaves)
                    products = vector_jacobian_products(component, observed.value, leaves, request.cotangent_seed)
                    seen["gradients"] = to_plain(products, devices)
                if request.again is not None:
                    seen |= _again(component, hook, request, arguments, drive)
        except KeyboardInterrupt:
            raise
        except OutOfTimeError as error:
            seen = {"out_of_time": budget, "raised": _raised(error, files)}  # which tells where it was
        except WrongKind as finding:
            seen["gradients"] = None  # the judge names the wrong kind from the result itself
            seen.setdefault("result", Opaque(str(finding)))
        except BaseException as error:  # SystemExit, pytest's and Hypothesis's own: the submission's doing
            seen = {"raised": _raised(error, files)}
    return Observation(
        **seen,
        arguments=afterwards(arguments) if request.global_seed is not None else None,
        states=RandomStates.now().digests() if request.global_seed is not None else {},
        devices=sorted(devices),
        warned=[f"{item.category.__name__}: {_printed(item.message)}"[:500] for item in warned[:20]],
        output=output.text,
        refused=refusals[0] if refusals else "",
        seconds=time.process_time() - began,
    )


def _again(
    component: Component, hook: Hook, request: Request, arguments: dict[str, Any], drive: dict[str, Any]
) -> dict[str, Plain]:
    """Call the hook with the same objects, of other contents, and then with others, of the first contents: what the
    former gives, and what the latter leaves of that."""
    assert request.again is not None
    renew(arguments, request.again, request.device)
    second = _value(component.observer(hook, arguments, drive)).value
    written = to_plain(second)
    component.observer(hook, live_arguments(request), drive)
    return {"again": written, "kept": to_plain(second)}


def _value(seen: Any) -> Observed:
    return seen if isinstance(seen, Observed) else Observed(seen)


def _exact_float32() -> None:
    """TF32 off, before each call: torch's recurrent modules use it by default and a hand-written product
    does not, so that two right results would differ by 1e-3. Only this older pair of switches is safe to mix."""
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False


def _printed(thing: object) -> str:
    """`str(thing)`, by code that may be the submission's and may do anything."""
    try:
        with cpu_limit(0.2):
            # Half of a surrogate pair is no text that a record could hold.
            return str.__str__(str(thing)).encode("utf-8", "backslashreplace").decode()
    except KeyboardInterrupt:
        raise
    except BaseException as inner:  # one that cannot be printed must not hide which one it is
        return f"(its message cannot be printed: {class_names(type(inner))[0].rpartition('.')[2]})"


def _raised(error: BaseException, files: tuple[str, ...]) -> Raised:
    trace = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in trace if frame.filename in files]
    told = [f"{frame.filename}:{frame.lineno}, in {frame.name}: {frame.line or ''}".rstrip(": ") for frame in own]
    by_hand = bool(own) and trace[-1] is own[-1] and (own[-1].line or "").startswith("raise")
    return Raised(bases_of(error), _printed(error)[:4000], told[-10:], by_hand)
