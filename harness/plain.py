"""Plain data: None, bool, int, float, str, list, tuple, dict and tensors, of exactly these types.

`to_plain` takes a snapshot of whatever an implementation returned. Subclasses (`OrderedDict`,
`nn.Parameter`, `np.float64`, a tensor subclass) are read through the base type's own methods, so that
nothing they override is ever called; anything else becomes an `Opaque` that only knows its type's name.
"""

from __future__ import annotations

import builtins
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import torch

Plain: TypeAlias = Any
"""None | bool | int | float | str | list | tuple | dict | torch.Tensor | Opaque, all the way down."""

MAX_DEPTH = 24
MAX_TENSOR_BYTES = 64 * 2**20
MAX_ITEMS = 2**21  # a corpus of 173 428 characters, each index a 0-d tensor, comes to three quarters of it
TENSOR_ITEMS = 8  # a tensor, however small, takes the room of about that many numbers

_MODULE, _QUALNAME, _MRO = (type.__dict__[name] for name in ("__module__", "__qualname__", "__mro__"))


class NotPlainError(Exception):
    """A value that cannot be written down: too deep, too large, or circular."""


@dataclass(frozen=True)
class Opaque:
    """What stands for an object that is not plain data: the name of its type."""

    type_name: str


def class_names(kind: type) -> list[str]:
    """The full names of a class and its bases (`builtins.ValueError`), whatever its metaclass says."""
    return [_full_name(base) for base in _MRO.__get__(kind)]


def _full_name(kind: type) -> str:
    module = _MODULE.__get__(kind)
    name = f"{module if type(module) is str else '?'}.{str.__str__(_QUALNAME.__get__(kind))}"
    if name in _BUILTINS and _BUILTINS[name] is not kind:
        return f"?.{name}"  # a class that only goes by that name
    return name


_BUILTINS = {f"builtins.{name}": value for name, value in vars(builtins).items() if isinstance(value, type)}


def type_name(value: object) -> str:
    """The name a person knows a type by: `list`, `numpy.ndarray`, `torch.Tensor`."""
    if issubclass(type(value), torch.Tensor):
        return "torch.Tensor"
    return _full_name(type(value)).removeprefix("builtins.")


def to_plain(value: Any, devices: set[str] | None = None) -> Plain:
    """Copy `value` into plain data; the devices of its tensors are added to `devices`.

    Raises NotPlainError for data that contain themselves, are deeper than MAX_DEPTH, have more than
    MAX_ITEMS items, or tensors above MAX_TENSOR_BYTES.
    """
    return _Copier(devices).copy(value, 0)


_ATOMS = frozenset({type(None), bool, int, float, str, Opaque})


class _Copier:
    """One snapshot: how much it holds so far, and which containers it is inside of."""

    def __init__(self, devices: set[str] | None) -> None:
        self.devices = devices
        self.items = 0
        self.bytes = 0
        self.inside: set[int] = set()

    def copy(self, value: Any, depth: int) -> Plain:
        kind = type(value)  # isinstance would ask `__class__`, which an object may override
        if kind in _ATOMS:
            return value
        if issubclass(kind, torch.Tensor):
            return self.tensor(value)
        if not issubclass(kind, (list, tuple, dict)):
            return _plain_scalar(value)
        if id(value) in self.inside:
            raise NotPlainError("the result contains itself")
        if depth > MAX_DEPTH:
            raise NotPlainError(f"the result is nested more than {MAX_DEPTH} levels deep")
        self.inside.add(id(value))
        copied = self.mapping(value, depth) if issubclass(kind, dict) else self.sequence(value, depth)
        self.inside.remove(id(value))
        return copied

    def count(self, items: int) -> None:
        self.items += items
        if self.items > MAX_ITEMS:
            raise NotPlainError(f"the result has more than {MAX_ITEMS} items")

    def sequence(self, value: Any, depth: int) -> Plain:
        base: type[Any] = list if issubclass(type(value), list) else tuple
        items = list(base.__iter__(value))
        self.count(len(items))
        if set(map(type, items)) <= {int, str, float}:  # long corpora: no call an item
            return base(items)
        return base([self.copy(item, depth + 1) for item in items])

    def mapping(self, value: Any, depth: int) -> Plain:
        items = list(dict.items(value))
        self.count(2 * len(items))
        pairs = [(key if type(key) is str else self.copy(key, depth + 1), self.copy(item, depth + 1))
                 for key, item in items]  # fmt: skip
        try:
            return dict(pairs)
        except TypeError as error:  # a hashable subclass of list or dict
            raise NotPlainError("the result has a dict whose keys are no plain data") from error

    def tensor(self, value: torch.Tensor) -> Plain:
        self.count(TENSOR_ITEMS)
        if torch._C._dispatch_keys(value).has(torch._C.DispatchKey.Python):
            return Opaque(f"{_full_name(type(value))} with a __torch_dispatch__ of its own")
        try:
            with torch._C.DisableTorchFunctionSubclass(), torch.no_grad():
                return self.base_tensor(torch.Tensor.detach(value))  # a base tensor, whatever the subclass was
        except (RuntimeError, NotImplementedError):  # torch's words for a tensor without readable elements
            return Opaque("torch.Tensor that cannot be read")

    def base_tensor(self, data: torch.Tensor) -> Plain:
        if data.layout is not torch.strided or data.is_quantized or data.device.type not in ("cpu", "cuda"):
            return Opaque(f"torch.Tensor of layout {data.layout} on device {data.device}")
        if _end_in_storage(data) > data.untyped_storage().nbytes():  # its memory was taken away, or never given
            return Opaque("torch.Tensor beyond its storage")
        size = data.numel() * data.element_size()
        if size > MAX_TENSOR_BYTES:
            raise NotPlainError(f"a tensor of shape {tuple(data.shape)} is larger than 64 MB")
        self.bytes += size
        if self.bytes > MAX_TENSOR_BYTES:
            raise NotPlainError("the tensors of the result are larger than 64 MB together")
        if self.devices is not None:
            self.devices.add(str(data.device))
        copy = torch.empty(data.shape, dtype=data.dtype, device="cpu")  # of its own memory, whatever the strides were
        return copy.copy_(data.resolve_conj().resolve_neg())


def _end_in_storage(data: torch.Tensor) -> int:
    """The byte after the last that an element of a tensor takes in its storage."""
    if not data.numel():
        return 0
    last = sum(int(size - 1) * int(stride) for size, stride in zip(data.shape, data.stride(), strict=True))
    return int(data.storage_offset() + last + 1) * data.element_size()


def _plain_scalar(value: Any) -> Plain:
    kind = type(value)
    if issubclass(kind, np.bool_):
        return bool(np.bool_.__bool__(value))
    if issubclass(kind, int):
        return int.__int__(value)
    if issubclass(kind, np.integer):
        return int(np.integer.__int__(value))
    if issubclass(kind, float):
        return float.__float__(value)
    if issubclass(kind, str):
        return str.__str__(value)
    return Opaque(type_name(value))
