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
from torch import Tensor

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
    if issubclass(type(value), Tensor):
        return "torch.Tensor"
    return _full_name(type(value)).removeprefix("builtins.")


def to_plain(value: Any, devices: set[str] | None = None) -> Plain:
    """Copy `value` into plain data; the devices of its tensors are added to `devices`.

    Raises NotPlainError for data that contain themselves, are deeper than MAX_DEPTH, have more than
    MAX_ITEMS items, or tensors above MAX_TENSOR_BYTES.
    """
    return _Copier(devices).copy(value, 0)


_detach, _clone, _dispatch_keys = Tensor.detach, Tensor.clone, torch._C._dispatch_keys
_BaseMethods = torch._C.DisableTorchFunctionSubclass
_PYTHON_KEY = torch._C.DispatchKey.Python
_ORDINARY_KEYS = _dispatch_keys(torch.empty(0))
"""Those of a strided tensor in main memory that nothing wraps: not quantized, not nested, no lazy conjugate."""


class _Copier:
    """One snapshot: how much it holds so far, and which containers it is inside of."""

    def __init__(self, devices: set[str] | None) -> None:
        self.devices = devices
        self.items = 0
        self.bytes = 0
        self.inside: set[int] = set()

    def copy(self, value: Any, depth: int) -> Plain:
        kind = type(value)  # isinstance would ask `__class__`, and a set of types a metaclass's `__hash__`
        if kind is Tensor:
            return self.tensor(value)
        if kind is str or kind is int or kind is float or value is None or kind is bool or kind is Opaque:
            return value
        if kind is list or issubclass(kind, list):
            return self.container(value, list, depth)
        if kind is dict or issubclass(kind, dict):
            return self.container(value, dict, depth)
        if kind is tuple or issubclass(kind, tuple):
            return self.container(value, tuple, depth)
        return self.tensor(value) if issubclass(kind, Tensor) else _plain_scalar(value)

    def container(self, value: Any, base: type[Any], depth: int) -> Plain:
        number = id(value)
        if number in self.inside:
            raise NotPlainError("the result contains itself")
        if depth > MAX_DEPTH:
            raise NotPlainError(f"the result is nested more than {MAX_DEPTH} levels deep")
        self.inside.add(number)
        if base is dict:
            copied: Any = self.mapping(value, depth + 1)
        else:
            copied = self.items_of(list(base.__iter__(value)), depth + 1)
        self.inside.remove(number)
        return tuple(copied) if base is tuple else copied

    def items_of(self, items: list[Any], depth: int) -> list[Plain]:
        self.count(len(items))
        return [  # long corpora: no call an item
            item if (kind := type(item)) is int or kind is str or kind is float else self.copy(item, depth)
            for item in items
        ]

    def mapping(self, value: dict[Any, Any], depth: int) -> dict[Any, Plain]:
        items = list(dict.items(value))
        self.count(2 * len(items))
        pairs = [(key if type(key) is str else self.copy(key, depth), self.copy(item, depth)) for key, item in items]
        try:
            return dict(pairs)
        except TypeError as error:  # a hashable subclass of list or dict
            raise NotPlainError("the result has a dict whose keys are no plain data") from error

    def count(self, items: int) -> None:
        self.items += items
        if self.items > MAX_ITEMS:
            raise NotPlainError(f"the result has more than {MAX_ITEMS} items")

    def tensor(self, value: Tensor) -> Plain:
        self.count(TENSOR_ITEMS)
        keys = _dispatch_keys(value)
        ordinary = keys == _ORDINARY_KEYS
        if not ordinary and keys.has(_PYTHON_KEY):  # whatever its type is by now: `__class__` can be set
            return Opaque(f"{_full_name(type(value))} with a __torch_dispatch__ of its own")
        try:
            with _BaseMethods():
                data = _detach(value)  # a base tensor, whatever the subclass was, and in no graph
            return self.base_tensor(data, ordinary)
        except (RuntimeError, NotImplementedError):  # torch's words for a tensor without readable elements
            return Opaque("torch.Tensor that cannot be read")

    def base_tensor(self, data: Tensor, ordinary: bool) -> Plain:
        if not ordinary and not _strided(data):
            return Opaque(f"torch.Tensor of layout {data.layout} on device {data.device}")
        if _end_in_storage(data) > data.untyped_storage().nbytes():  # its memory was taken away, or never given
            return Opaque("torch.Tensor beyond its storage")
        size = data.nbytes
        if size > MAX_TENSOR_BYTES:
            raise NotPlainError(f"a tensor of shape {tuple(data.shape)} is larger than 64 MB")
        self.bytes += size
        if self.bytes > MAX_TENSOR_BYTES:
            raise NotPlainError("the tensors of the result are larger than 64 MB together")
        if self.devices is not None:
            self.devices.add("cpu" if ordinary else str(data.device))
        if ordinary:  # of its own memory, whatever the strides were
            return _clone(data, memory_format=torch.contiguous_format)
        copy = torch.empty(data.shape, dtype=data.dtype, device="cpu")
        return copy.copy_(data.resolve_conj().resolve_neg())


def _strided(data: Tensor) -> bool:
    return data.layout is torch.strided and not data.is_quantized and data.device.type in ("cpu", "cuda")


def _end_in_storage(data: Tensor) -> int:
    """The byte after the last that an element of a tensor takes in its storage."""
    if not data.numel():
        return 0
    if data.is_contiguous():
        last = data.numel() - 1
    else:
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
