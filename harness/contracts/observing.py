"""Observing: run one hook on one case and write down all that a judge may ask about.

This code runs beside the implementation, never in a judge's decision: it calls the hook, takes
vector-Jacobian products, and notes which arguments changed, whether global random state moved, what was
printed, warned and raised. Only plain data leave it.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import random
import time
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

import numpy as np
import torch

from harness.contracts.attempts import bases_of
from harness.contracts.component import Component, Hook, Observed
from harness.contracts.results import WrongKind
from harness.limits import OutOfTimeError, cpu_limit
from harness.plain import Opaque, Plain, class_names, to_plain
from harness.wire import WireError, encode

MAX_OUTPUT = 2**20


@dataclass(frozen=True)
class Request:
    """One case for one component, as plain data.

    arguments: by name, plain; a `generator` is given as its seed. drive: what an observer needs besides.
    device: where tensors go first. cotangent_seed: take vector-Jacobian products with the cotangents that
    this seed gives. global_seed: seed the global random states first. cpu_seconds: the budget.
    """

    component: str
    arguments: Mapping[str, Plain]
    drive: Mapping[str, Plain] = field(default_factory=dict)
    device: str = "cpu"
    cotangent_seed: int | None = None
    global_seed: int | None = None
    cpu_seconds: float | None = None

    def plain(self) -> dict[str, Plain]:
        """The request as plain data, for the wire."""
        return {**vars(self), "arguments": dict(self.arguments), "drive": dict(self.drive)}


@dataclass(frozen=True)
class Raised:
    """An exception that came out of a hook: its classes, its message, the submission's own frames."""

    bases: list[str]
    message: str
    frames: list[str]

    @property
    def kind(self) -> str:
        """The exception's own class name."""
        return self.bases[0].removeprefix("builtins.")

    def is_a(self, exception: type[BaseException]) -> bool:
        """Whether it is that exception or a subclass of it."""
        return f"{exception.__module__}.{exception.__qualname__}" in self.bases


@dataclass(frozen=True)
class Observation:
    """What one implementation did on one case, as plain data."""

    result: Plain = None
    raised: Raised | None = None
    out_of_time: float | None = None
    gradients: dict[str, torch.Tensor | None] | None = None
    changed: list[str] = field(default_factory=list)
    moved: list[str] = field(default_factory=list)
    drawn: str = ""
    devices: list[str] = field(default_factory=list)
    warned: list[str] = field(default_factory=list)
    output: str = ""
    seconds: float = 0.0

    def plain(self) -> dict[str, Plain]:
        """The observation as plain data, for the wire."""
        return {**vars(self), "raised": asdict(self.raised) if self.raised else None}

    @staticmethod
    def of_plain(data: Plain) -> Observation:
        """Read what came over the wire. Raises TypeError where it is not an observation, field by field."""
        if type(data) is not dict or set(data) != {one.name for one in fields(Observation)}:
            raise TypeError("not the fields of an observation")
        for name, fits in _FITTING.items():
            if not fits(data[name]):
                raise TypeError(f"{name} is not what an observation has there")
        raised = data["raised"]
        return Observation(**{**data, "raised": Raised(**raised) if raised else None})

    def frame(self, request_id: int = 0) -> bytes:
        """The observation as a frame. One that does not fit the wire's caps becomes one that says so:
        what cannot be sent is the submission's fault."""
        try:
            return encode(self.plain(), request_id)
        except WireError as error:
            raised = Raised(bases_of(error), f"the result cannot be written down: {error}", [])
            told = replace(self, result=None, gradients=None, raised=raised, warned=[], output=self.output[:1000])
            return encode(told.plain(), request_id)


def _are_texts(value: Plain) -> bool:
    return type(value) is list and set(map(type, value)) <= {str}


def _is_raised(value: Plain) -> bool:
    if type(value) is not dict or set(value) != {"bases", "message", "frames"}:
        return value is None
    lists = _are_texts(value["bases"]) and len(value["bases"]) > 0 and _are_texts(value["frames"])
    return lists and type(value["message"]) is str


def _are_gradients(value: Plain) -> bool:
    if type(value) is not dict:
        return value is None
    return set(map(type, value)) <= {str} and set(map(type, value.values())) <= {torch.Tensor, type(None)}


_FITTING: dict[str, Callable[[Plain], bool]] = {
    "raised": _is_raised,
    "out_of_time": lambda value: value is None or type(value) in (int, float),
    "gradients": _are_gradients,
    **dict.fromkeys(("changed", "moved", "devices", "warned"), _are_texts),
    **dict.fromkeys(("drawn", "output"), lambda value: type(value) is str),
    "seconds": lambda value: type(value) is float,
}


def observe(component: Component, hook: Hook, request: Request, files: tuple[str, ...] = ()) -> Observation:
    """Run `hook` on the request's case and return what was seen, as plain data.

    files: the submission's own files; only their frames are kept of a traceback.
    """
    if request.device != "cpu":
        _exact_float32()
    with _global_state_kept(), torch.enable_grad():
        return _observe(component, hook, request, files)


def _observe(component: Component, hook: Hook, request: Request, files: tuple[str, ...]) -> Observation:
    differentiate = request.cotangent_seed is not None
    arguments = {k: _live(v, request.device, differentiate) for k, v in request.arguments.items()}
    drive = {k: _live(v, request.device, differentiate) for k, v in request.drive.items()}
    leaves = dict(_leaves({**arguments, **drive})) if differentiate else {}
    if "generator" in arguments:
        arguments["generator"] = torch.Generator().manual_seed(arguments["generator"])
    _seed_globally(request.global_seed)
    before, states = _fingerprints(request.arguments), _random_states()
    seen: dict[str, Any] = {}
    devices: set[str] = set()
    began = time.process_time()
    output = _Output()
    budget = request.cpu_seconds or component.cpu_seconds
    with warnings.catch_warnings(record=True) as warned, _captured(output):
        warnings.simplefilter("always")
        try:
            with cpu_limit(budget):
                value = component.observer(hook, arguments, drive)
                observed = value if isinstance(value, Observed) else Observed(value)
                seen["result"] = to_plain(observed.value, devices)
                if differentiate:
                    leaves.update(observed.leaves)
                    gradients = _vector_jacobian_products(component, observed.value, leaves, request)
                    seen["gradients"] = to_plain(gradients, devices)
        except (KeyboardInterrupt, MemoryError):
            raise
        except OutOfTimeError:
            seen = {"out_of_time": budget}
        except WrongKind as finding:
            seen["gradients"] = None  # the judge names the wrong kind from the result itself
            seen.setdefault("result", Opaque(str(finding)))
        except BaseException as error:  # SystemExit, pytest's and Hypothesis's own: the submission's doing
            seen = {"raised": _raised(error, files)}
    after = {name: _fingerprint(arguments[name]) for name in before}
    now = _random_states()
    return Observation(
        **seen,
        changed=[name for name in before if after[name] != before[name]],
        moved=[name for name in states if now[name] != states[name]],
        drawn=hashlib.sha1(now["torch"]).hexdigest(),
        devices=sorted(devices),
        warned=[f"{item.category.__name__}: {_printed(item.message)}"[:500] for item in warned[:20]],
        output=bytes(output.kept).decode("utf-8", "replace"),
        seconds=time.process_time() - began,
    )


def _exact_float32() -> None:
    """TF32 off, before each call: torch's recurrent modules use it by default and a hand-written product
    does not, so that two right results would differ by 1e-3. Only this older pair of switches is safe to mix."""
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False


def _live(value: Plain, device: str, differentiate: bool) -> Any:
    """Plain data as live arguments: fresh tensors on the device, leaves of a graph where asked for."""
    if isinstance(value, torch.Tensor):
        tensor = value.detach().clone().to(device)
        return tensor.requires_grad_(differentiate and tensor.is_floating_point())
    if isinstance(value, (list, tuple)):
        return type(value)(_live(item, device, differentiate) for item in value)
    if isinstance(value, dict):
        return {key: _live(item, device, differentiate) for key, item in value.items()}
    return value


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, torch.Tensor]]:
    """Every floating-point tensor among live arguments, by path: `inputs`, `params.W_xh`, `state[0]`."""
    if isinstance(value, torch.Tensor):
        if value.is_floating_point():
            yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, (list, tuple)):
        for i, item in enumerate(value):
            yield from _leaves(item, f"{path}[{i}]")


def cotangents(tensors: list[torch.Tensor], seed: int) -> list[torch.Tensor]:
    """Random cotangents for the given results: N(0, 1), rounded to float32, one draw a result in order."""
    generator = torch.Generator().manual_seed(seed)
    drawn = [torch.randn(tensor.shape, generator=generator) for tensor in tensors]
    return [one.to(tensor) for one, tensor in zip(drawn, tensors, strict=True)]


def _vector_jacobian_products(
    component: Component, value: Any, leaves: dict[str, torch.Tensor], request: Request
) -> dict[str, torch.Tensor | None]:
    assert request.cotangent_seed is not None
    canonical = component.result.canonical(value, "result")
    results = [tensor for _, tensor in component.result.tensors(canonical, "result")]
    weights = cotangents(results, request.cotangent_seed)
    total = sum((result * weight).sum() for result, weight in zip(results, weights, strict=True))
    if not isinstance(total, torch.Tensor) or not total.requires_grad:
        return dict.fromkeys(leaves)
    found = torch.autograd.grad(total, list(leaves.values()), allow_unused=True)
    dense = [one.to_dense() if one is not None and one.layout is torch.sparse_coo else one for one in found]
    return dict(zip(leaves, dense, strict=True))


def _fingerprints(arguments: Mapping[str, Plain]) -> dict[str, bytes]:
    return {name: _fingerprint(value) for name, value in arguments.items() if name != "generator"}


def _fingerprint(value: Any) -> bytes:
    """The bytes of an argument, which change when its values, shape, dtype or structure change."""
    try:
        return encode(to_plain(value))
    except Exception:  # whatever a hook put into it that cannot be written down: it has changed
        return b"no longer plain data"


def _random_states() -> dict[str, Any]:
    name, keys, *rest = np.random.get_state(legacy=True)
    return {
        "torch": torch.get_rng_state().numpy().tobytes(),
        "numpy": (name, np.asarray(keys).tobytes(), *rest),
        "random": random.getstate(),
    }


def _seed_globally(seed: int | None) -> None:
    if seed is not None:
        torch.manual_seed(seed)
        np.random.seed(seed)
        random.seed(seed)


@contextlib.contextmanager
def _global_state_kept() -> Iterator[None]:
    """Leave the global random states, and torch's default dtype, to the next case as they were."""
    kept = torch.get_rng_state(), np.random.get_state(), random.getstate()
    dtype = torch.get_default_dtype()
    try:
        yield
    finally:
        torch.set_default_dtype(dtype)
        torch.set_rng_state(kept[0])
        np.random.set_state(kept[1])
        random.setstate(kept[2])


class _Output(io.RawIOBase):
    """What a hook prints, up to MAX_OUTPUT bytes. It outlives the stream that writes to it."""

    def __init__(self) -> None:
        self.kept = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.kept += bytes(data)[: MAX_OUTPUT - len(self.kept)]
        return len(data)


@contextlib.contextmanager
def _captured(output: _Output) -> Iterator[None]:
    # A real text stream: hooks may write bytes to `sys.stdout.buffer`, reconfigure it, even close it.
    stream = io.TextIOWrapper(io.BufferedWriter(output), "utf-8", "backslashreplace", write_through=True)
    with contextlib.redirect_stdout(stream), contextlib.redirect_stderr(stream):
        yield
    with contextlib.suppress(ValueError):  # closed by the hook
        stream.flush()


def _printed(thing: object) -> str:
    """`str(thing)`, by code that may be the submission's and may do anything."""
    try:
        with cpu_limit(0.2):
            return str.__str__(str(thing))
    except KeyboardInterrupt:
        raise
    except BaseException as inner:  # one that cannot be printed must not hide which one it is
        return f"(its message cannot be printed: {class_names(type(inner))[0].rpartition('.')[2]})"


def _raised(error: BaseException, files: tuple[str, ...]) -> Raised:
    frames = [
        f"{frame.filename}:{frame.lineno}, in {frame.name}: {frame.line or ''}".rstrip(": ")
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename in files
    ]
    return Raised(bases_of(error), _printed(error)[:4000], frames[-10:])
