"""Plain data to a frame."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from harness.plain import MAX_ITEMS, TENSOR_ITEMS, Opaque, Plain
from harness.wire.frame import (
    DTYPES,
    HEAD,
    LONG_STRING,
    MAGIC,
    MAX_AXES,
    MAX_HEADER,
    MAX_LEVELS,
    MAX_PAYLOAD,
    PACK_FROM,
    WireError,
)

_WRITER = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)


def encode(value: Plain, request_id: int = 0) -> bytes:
    """Write plain data as one frame. Raises WireError where it does not fit the caps."""
    encoder = _Encoder()
    try:
        header = _WRITER.encode(encoder.node(value, 0))
        raw = header.encode("utf-8", "surrogatepass")
    except RecursionError as error:
        raise WireError("data nested too deep") from error
    if len(raw) > MAX_HEADER:
        raise WireError(f"the structure takes {len(raw)} bytes, more than {MAX_HEADER}")
    if encoder.items > MAX_ITEMS:
        raise WireError(f"the data have {encoder.items} items, more than {MAX_ITEMS}")
    if encoder.size > MAX_PAYLOAD:
        raise WireError(f"the data take {encoder.size} bytes, more than {MAX_PAYLOAD}")
    return b"".join([HEAD.pack(MAGIC, len(raw), encoder.size, request_id), raw, *encoder.parts])


class _Encoder:
    """Builds the header's nodes and gathers the payload."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.size = 0
        self.items = 0

    def store(self, data: bytes) -> list[int]:
        place = [self.size, len(data)]
        self.parts.append(data)
        self.size += len(data)
        return place

    def node(self, value: Plain, depth: int) -> list[Any]:
        if depth > MAX_LEVELS:
            raise WireError("data nested too deep")
        kind = type(value)
        if kind is str and len(value) < LONG_STRING:
            return ["s", value]
        if kind is list or kind is tuple:
            return self.sequence(value, depth)
        if kind is dict:
            if len(value) < PACK_FROM and all(type(key) is str and len(key) < LONG_STRING for key in value):
                return ["m", list(value), [self.node(item, depth + 1) for item in value.values()]]
            return ["d", self.sequence(list(value), depth), self.sequence(list(value.values()), depth)]
        if kind is torch.Tensor:
            return self.tensor(value)
        return self.scalar(value)

    def scalar(self, value: Plain) -> list[Any]:
        kind = type(value)
        if value is None:
            return ["n"]
        if kind is bool:
            return ["b", int(value)]
        if kind is int:
            if not -(2**63) <= value < 2**63:
                raise WireError("an integer beyond 64 bits")
            return ["i", value]
        if kind is float:
            return ["f", value.hex()]
        if kind is str:
            return ["S", 2, 1, *self.strings([value])]
        if kind is Opaque:
            return ["o", value.type_name]
        raise WireError(f"{kind.__qualname__} is not plain data")

    def tensor(self, value: torch.Tensor) -> list[Any]:
        name = _dtype_name(value)
        if name not in DTYPES:
            raise WireError(f"a tensor of dtype {value.dtype}")
        if value.ndim > MAX_AXES or max(value.shape, default=0) > MAX_PAYLOAD:
            raise WireError(f"a tensor of shape {tuple(value.shape)}")
        flat = value.detach().contiguous().reshape(-1)
        raw = flat.view(torch.uint8).numpy().tobytes() if flat.numel() else b""
        return ["T", name, list(value.shape), *self.store(raw)]

    def strings(self, items: Sequence[str]) -> list[int]:
        self.items += len(items)
        encoded = [item.encode("utf-8", "surrogatepass") for item in items]
        lengths = np.array([len(item) for item in encoded], dtype="<i8").tobytes()
        return self.store(lengths + b"".join(encoded))

    def sequence(self, items: list[Any] | tuple[Any, ...], depth: int) -> list[Any]:
        container = int(type(items) is tuple)
        if len(items) >= PACK_FROM:
            packed = self.packed(items, container, depth)
            if packed is not None:
                return packed
        return ["lt"[container], [self.node(item, depth + 1) for item in items]]

    def packed(self, items: Any, container: int, depth: int) -> list[Any] | None:
        kinds = set(map(type, items))
        if len(kinds) != 1:
            return None
        kind = kinds.pop()
        if kind is not str:
            self.items += len(items) * (TENSOR_ITEMS if kind is torch.Tensor else 1)
        if kind is int and max(items) < 2**63 and min(items) >= -(2**63):
            return ["I", container, len(items), *self.store(np.array(items, dtype="<i8").tobytes())]
        if kind is float:
            return ["F", container, len(items), *self.store(np.array(items, dtype="<f8").tobytes())]
        if kind is str:
            return ["S", container, len(items), *self.strings(items)]
        if kind is torch.Tensor and len({(item.dtype, item.shape) for item in items}) == 1:
            if _dtype_name(items[0]) not in DTYPES:
                return None  # torch cannot stack every dtype; the tensor's own node says which it is
            return ["k", container, self.tensor(torch.stack(list(items)))]
        if kind in (list, tuple) and len({len(item) for item in items}) == 1 and len(items[0]) > 0:
            columns = [list(column) for column in zip(*items, strict=True)]
            nodes = [self.sequence(column, depth + 2) for column in columns]
            return ["z", container, int(kind is tuple), nodes]
        return None


def _dtype_name(tensor: torch.Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")
