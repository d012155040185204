"""Plain data to a frame."""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

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

_WRITER = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, check_circular=False)
_NAMES = {dtype: name for name, dtype in DTYPES.items()}


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
    size = sum(map(len, encoder.parts))
    if size > MAX_PAYLOAD:
        raise WireError(f"the data take {size} bytes, more than {MAX_PAYLOAD}")
    return b"".join([HEAD.pack(MAGIC, len(raw), size, request_id), raw, *encoder.parts])


class _Encoder:
    """Builds the header's nodes and gathers the payload."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.items = 0

    def node(self, value: Plain, depth: int) -> Any:
        if depth > MAX_LEVELS:
            raise WireError("data nested too deep")
        kind = type(value)
        if kind is Tensor:
            return self.tensor(value)
        if kind is str:
            return value if len(value) < LONG_STRING else ["S", 2, 1, self.strings([value])]
        if kind is dict:
            return self.mapping(value, depth)
        if kind is list or kind is tuple:
            return self.sequence(value, depth)
        if kind is int:
            if not -(2**63) <= value < 2**63:
                raise WireError("an integer beyond 64 bits")
            return value
        if value is None or kind is float or kind is bool:
            return value
        if kind is Opaque:
            return ["o", value.type_name]
        raise WireError(f"{kind.__qualname__} is not plain data")

    def tensor(self, value: Tensor) -> list[Any]:
        name = _NAMES.get(value.dtype)
        if name is None:
            raise WireError(f"a tensor of dtype {value.dtype}")
        empty = not value.numel()
        if value.ndim > MAX_AXES or value.nbytes > MAX_PAYLOAD or (empty and max(value.shape) > MAX_PAYLOAD):
            raise WireError(f"a tensor of shape {tuple(value.shape)}")
        bits = value.view(torch.int16) if name == "bfloat16" else value  # NumPy has no bfloat16
        array = bits.numpy(force=True)
        self.parts.append(array.tobytes())
        return ["T", name, array.shape]

    def mapping(self, value: dict[Any, Any], depth: int) -> list[Any]:
        if len(value) < PACK_FROM:
            for key in value:
                if type(key) is not str or len(key) >= LONG_STRING:
                    break
            else:
                return ["m", list(value), [self.node(item, depth + 1) for item in value.values()]]
        return ["d", self.sequence(list(value), depth), self.sequence(list(value.values()), depth)]

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
            self.items += len(items) * (TENSOR_ITEMS if kind is Tensor else 1)
        if kind is int or kind is float:
            self.parts.append(_packed_numbers("q" if kind is int else "d", items))
            return ["I" if kind is int else "F", container, len(items)]
        if kind is str:
            return ["S", container, len(items), self.strings(items)]
        if kind is Tensor and len({(item.dtype, item.shape) for item in items}) == 1:
            if items[0].dtype not in _NAMES:
                return None  # torch cannot stack every dtype; the tensor's own node says which it is
            return ["k", container, self.tensor(torch.stack(list(items)))]
        if kind in (list, tuple) and len({len(item) for item in items}) == 1 and len(items[0]) > 0:
            columns = [list(column) for column in zip(*items, strict=True)]
            nodes = [self.sequence(column, depth + 2) for column in columns]
            return ["z", container, int(kind is tuple), nodes]
        return None

    def strings(self, items: Sequence[str]) -> int:
        """Store strings behind their lengths. Returns how many bytes they take together."""
        self.items += len(items)
        encoded = [item.encode("utf-8", "surrogatepass") for item in items]
        data = _packed_numbers("q", list(map(len, encoded))) + b"".join(encoded)
        self.parts.append(data)
        return len(data)


def _packed_numbers(code: str, numbers: Sequence[float]) -> bytes:
    try:
        return struct.pack(f"<{len(numbers)}{code}", *numbers)
    except struct.error as error:
        raise WireError("an integer beyond 64 bits") from error
