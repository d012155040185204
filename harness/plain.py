"""Plain data: None, bool, int, float, str, list, tuple, dict and tensors, of exactly these types.

`to_plain` takes a snapshot of whatever an implementation returned. Subclasses (`OrderedDict`,
`nn.Parameter`, `np.float64`, a tensor subclass) are read through the base type's own methods, so that
nothing they override is ever called; anything else becomes an `Opaque` that only knows its type's name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import torch

Plain: TypeAlias = Any
"""None | bool | int | float | str | list | tuple | dict | torch.Tensor | Opaque, all the way down."""

MAX_DEPTH = 24
MAX_TENSOR_BYTES = 64 * 2**20


class NotPlainError(Exception):
    """A value that cannot be written down: too deep, too large, or circular."""


@dataclass(frozen=True)
class Opaque:
    """What stands for an object that is not plain data: the name of its type."""

    type_name: str


def type_name(value: object) -> str:
    """The name a person knows a type by: `list`, `numpy.ndarray`, `torch.Tensor`."""
    kind = type(value)
    if isinstance(value, torch.Tensor):
        return "torch.Tensor"
    module = kind.__module__
    return kind.__qualname__ if module == "builtins" else f"{module}.{kind.__qualname__}"


def to_plain(value: Any, devices: set[str] | None = None, depth: int = 0) -> Plain:
    """Copy `value` into plain data; the devices of its tensors are added to `devices`.

    Raises NotPlainError for data deeper than MAX_DEPTH or a tensor above MAX_TENSOR_BYTES.
    """
    if value is None or type(value) in (bool, int, float, str, Opaque):
        return value
    if depth > MAX_DEPTH:
        raise NotPlainError(f"the result is nested more than {MAX_DEPTH} levels deep, or contains itself")
    if isinstance(value, torch.Tensor):
        return _plain_tensor(value, devices)
    if isinstance(value, (list, tuple)):
        return _plain_sequence(value, devices, depth)
    if isinstance(value, dict):
        return {
            to_plain(key, devices, depth + 1): to_plain(item, devices, depth + 1) for key, item in dict.items(value)
        }
    return _plain_scalar(value)


def _plain_scalar(value: Any) -> Plain:
    if isinstance(value, np.bool_):
        return bool(value)
    if isinstance(value, int):
        return int.__int__(value)
    if isinstance(value, np.integer):
        return int(np.integer.__int__(value))
    if isinstance(value, float):
        return float.__float__(value)
    if isinstance(value, str):
        return str.__str__(value)
    return Opaque(type_name(value))


def _plain_sequence(value: Any, devices: set[str] | None, depth: int) -> Plain:
    base: type[Any] = list if isinstance(value, list) else tuple
    items = list(base.__iter__(value))
    if set(map(type, items)) <= {int, str, float}:  # long corpora: no call an item
        return base(items)
    return base(to_plain(item, devices, depth + 1) for item in items)


def _plain_tensor(value: torch.Tensor, devices: set[str] | None) -> Plain:
    with torch._C.DisableTorchFunctionSubclass(), torch.no_grad():
        data = torch.Tensor.detach(value)
        if data.layout is not torch.strided or data.is_quantized or data.device.type not in ("cpu", "cuda"):
            return Opaque(f"torch.Tensor of layout {data.layout} on device {data.device}")
        if data.numel() * data.element_size() > MAX_TENSOR_BYTES:
            raise NotPlainError(f"a tensor of shape {tuple(data.shape)} is larger than 64 MB")
        if devices is not None:
            devices.add(str(data.device))
        data = data.resolve_conj().resolve_neg().cpu()
        copy = torch.empty(data.shape, dtype=data.dtype)  # a base tensor, whatever the subclass was
        return copy.copy_(data.as_subclass(torch.Tensor))
