"""Requests and observations: what the judge asks of a subject, and what it gets back. Plain data, both."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace

import torch

from harness.contracts.attempts import bases_of
from harness.plain import Plain
from harness.wire import WireError, encode


@dataclass(frozen=True)
class Request:
    """One case for one component, as plain data.

    arguments: by name, plain; a `generator` is given as its seed. drive: what an observer needs besides.
    device: where tensors go first. cotangent_seed: take vector-Jacobian products with the cotangents that
    this seed gives. global_seed: seed the global random states first, and write down afterwards what they and
    the arguments have become. cpu_seconds: the budget. strided: lay tensors out in memory as a transpose or a slice
    leaves them. again: call the hook once more, with the same objects, which by then have these contents, and a
    third time, with new objects of the first contents.
    """

    component: str
    arguments: Mapping[str, Plain]
    drive: Mapping[str, Plain] = field(default_factory=dict)
    device: str = "cpu"
    cotangent_seed: int | None = None
    global_seed: int | None = None
    cpu_seconds: float | None = None
    strided: bool = False
    again: Mapping[str, Plain] | None = None

    def plain(self) -> dict[str, Plain]:
        """The request as plain data, for the wire, which is spared what is left at its default."""
        optional = {name: value for name, value in vars(self).items() if value is not None}
        optional["arguments"] = dict(self.arguments)
        if self.drive:
            optional["drive"] = dict(self.drive)
        else:
            del optional["drive"]
        if self.device == "cpu":
            del optional["device"]
        if not self.strided:
            del optional["strided"]
        return optional


@dataclass(frozen=True)
class Raised:
    """An exception that came out of a hook: its classes, its message, the submission's own frames, and whether a
    `raise` of its own was the cause."""

    bases: list[str]
    message: str
    frames: list[str]
    by_hand: bool = False

    @property
    def kind(self) -> str:
        """The exception's own class name."""
        return self.bases[0].removeprefix("builtins.")

    def is_a(self, exception: type[BaseException]) -> bool:
        """Whether it is that exception or a subclass of it."""
        return f"{exception.__module__}.{exception.__qualname__}" in self.bases


@dataclass(frozen=True)
class Observation:
    """What one implementation did on one case, as plain data.

    arguments: what they were afterwards, and states: digests of the global random states then, both only where
    the request gave a global seed. Whether that is a change, the judge decides. again: the second call's result, and
    kept: what it is after a third one, where the request asked for these. seconds: not on the wire, but where time ran
    out. notes: the partner's, added by the judge.
    """

    result: Plain = None
    again: Plain = None
    kept: Plain = None
    raised: Raised | None = None
    out_of_time: float | None = None
    gradients: dict[str, torch.Tensor | None] | None = None
    arguments: dict[str, Plain] | None = None
    states: dict[str, str] = field(default_factory=dict)
    devices: list[str] = field(default_factory=list)
    warned: list[str] = field(default_factory=list)
    output: str = ""
    refused: str = ""
    seconds: float = 0.0
    notes: Plain = None

    def plain(self) -> dict[str, Plain]:
        """The observation as plain data, for the wire, which is spared what is left at its default."""
        given = {name: value for name, value in vars(self).items() if value is not None and name != "notes"}
        for name in _OFTEN_EMPTY:
            if not given[name]:
                del given[name]
        if self.out_of_time is None:
            del given["seconds"]  # which differ each time, where nothing else does
        return {**given, "raised": asdict(self.raised)} if self.raised else given

    @staticmethod
    def of_plain(data: Plain) -> Observation:
        """Read what came over the wire. Raises TypeError where it is not an observation, field by field."""
        if type(data) is not dict or not data.keys() <= _NAMES:
            raise TypeError("not the fields of an observation")
        for name, value in data.items():
            if name in _FITTING and not _FITTING[name](value):
                raise TypeError(f"{name} is not what an observation has there")
        raised = data.get("raised")
        return Observation(**{**data, "raised": Raised(**raised) if raised else None})

    def frame(self, request_id: int = 0) -> bytes:
        """The observation as a frame. One that does not fit the wire's caps becomes one that says so:
        what cannot be sent is the submission's fault."""
        try:
            return encode(self.plain(), request_id)
        except WireError as error:
            raised = Raised(bases_of(error), f"the result cannot be written down: {error}", [])
            told = replace(self, result=None, gradients=None, arguments=None, raised=raised, warned=[],
                           output=self.output[:1000])  # fmt: skip
            return encode(told.plain(), request_id)


_NAMES = frozenset(one.name for one in fields(Observation)) - {"notes"}
_OFTEN_EMPTY = ("states", "devices", "warned", "output", "refused")


def _are_texts(value: Plain) -> bool:
    return type(value) is list and set(map(type, value)) <= {str}


def _is_raised(value: Plain) -> bool:
    if type(value) is not dict or set(value) != {"bases", "message", "frames", "by_hand"}:
        return value is None
    lists = _are_texts(value["bases"]) and len(value["bases"]) > 0 and _are_texts(value["frames"])
    return lists and type(value["message"]) is str and type(value["by_hand"]) is bool


def _are_gradients(value: Plain) -> bool:
    if type(value) is not dict:
        return value is None
    return set(map(type, value)) <= {str} and set(map(type, value.values())) <= {torch.Tensor, type(None)}


_FITTING: dict[str, Callable[[Plain], bool]] = {
    "raised": _is_raised,
    "out_of_time": lambda value: value is None or type(value) in (int, float),
    "gradients": _are_gradients,
    **dict.fromkeys(("devices", "warned"), _are_texts),
    **dict.fromkeys(("output", "refused"), lambda value: type(value) is str),
    "arguments": lambda value: value is None or (type(value) is dict and _are_texts(list(value))),
    "states": lambda value: type(value) is dict and _are_texts([*value, *value.values()]),
    "seconds": lambda value: type(value) is float,
}
