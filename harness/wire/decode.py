"""A frame back to plain data, trusting nothing in it."""

from __future__ import annotations

import json
import math
import struct
from typing import Any

import numpy as np
import torch

from harness.plain import MAX_ITEMS, TENSOR_ITEMS, Opaque, Plain
from harness.wire.frame import DTYPES, HEAD, MAGIC, MAX_AXES, MAX_HEADER, MAX_NODES, MAX_PAYLOAD, WireError


def decode(frame: bytes) -> Plain:
    """Read one frame back into plain data. Raises WireError, and only that, on anything else."""
    return decode_with_id(frame)[0]


def decode_with_id(frame: bytes) -> tuple[Plain, int]:
    """Read one frame: the value and its request id. Raises WireError, and only that."""
    try:
        magic, header_length, payload_length, request_id = HEAD.unpack_from(frame)
    except struct.error as error:
        raise WireError("shorter than a frame's head") from error
    _demand(magic == MAGIC, "not a seqgrade frame")
    _demand(header_length <= MAX_HEADER and payload_length <= MAX_PAYLOAD, "a frame above the caps")
    _demand(len(frame) == HEAD.size + header_length + payload_length, "a frame of the wrong length")
    header = frame[HEAD.size : HEAD.size + header_length]
    try:
        tree = json.loads(header.decode("utf-8", "surrogatepass"))
        decoder = _Decoder(frame[HEAD.size + header_length :])
        value = decoder.node(tree, 0)
    except WireError:
        raise
    except (ValueError, TypeError, KeyError, IndexError, OverflowError, RecursionError, RuntimeError,
            MemoryError) as error:  # fmt: skip
        # json, numpy and torch each refuse malformed input in their own words; here they are one.
        raise WireError(f"a malformed frame ({type(error).__name__})") from error
    _demand(decoder.used == payload_length, "payload that nothing refers to")
    return value, request_id


def _demand(condition: bool, fault: str) -> None:
    if not condition:
        raise WireError(fault)


def _natural(value: Any, most: int = MAX_PAYLOAD) -> int:
    _demand(type(value) is int and 0 <= value <= most, "a length or offset out of range")
    return int(value)


_SCALARS = frozenset("nbifso")


class _Decoder:
    """Reads the header's nodes; the payload must be used up in order, without gaps or overlaps."""

    def __init__(self, payload: bytes) -> None:
        self.payload = payload
        self.used = 0
        self.items = 0

    def count(self, items: int) -> None:
        """Packed items take a few bytes each, or none, in a frame, and far more in memory."""
        self.items += items
        _demand(self.items <= MAX_ITEMS, "too many items")

    def load(self, offset: Any, length: Any) -> bytes:
        start, size = _natural(offset), _natural(length)
        _demand(start == self.used and start + size <= len(self.payload), "payload out of order")
        self.used += size
        return self.payload[start : start + size]

    def node(self, node: Any, depth: int) -> Plain:
        if type(node) is not list or not node or type(node[0]) is not str:
            raise WireError("a malformed node")
        if depth > MAX_NODES:
            raise WireError("data nested too deep")
        kind, *rest = node
        if kind in _SCALARS:
            return self.scalar(kind, *rest)
        if kind == "T":
            return self.tensor(*rest)
        if kind in ("l", "t"):
            (items,) = rest
            _demand(type(items) is list, "a malformed list")
            values = [self.node(item, depth + 1) for item in items]
            return values if kind == "l" else tuple(values)
        if kind == "m":
            names, nodes = rest
            _demand(type(names) is list and type(nodes) is list and len(names) == len(nodes), "a malformed dict")
            _demand(all(type(name) is str for name in names), "a malformed dict")
            return self.together(names, [self.node(item, depth + 1) for item in nodes])
        if kind == "d":
            keys, values_node = rest
            return self.mapping(keys, values_node, depth)
        if kind in ("I", "F", "S", "z", "k"):
            return self.packed(kind, rest, depth)
        raise WireError("an unknown kind of node")

    def scalar(self, kind: str, *rest: Any) -> Plain:
        if kind == "n":
            _demand(not rest, "a malformed None")
            return None
        (value,) = rest
        if kind == "i":
            _demand(type(value) is int and -(2**63) <= value < 2**63, "a malformed int")
            return value
        if kind == "b":
            _demand(type(value) is int and value in (0, 1), "a malformed bool")
            return bool(value)
        _demand(type(value) is str, "a malformed scalar")
        return value if kind == "s" else float.fromhex(value) if kind == "f" else Opaque(value)

    def mapping(self, keys: Any, values: Any, depth: int) -> Plain:
        names, items = self.node(keys, depth + 1), self.node(values, depth + 1)
        _demand(type(names) is list and type(items) is list and len(names) == len(items), "a malformed dict")
        return self.together(names, items)

    def together(self, names: list[Any], items: list[Any]) -> Plain:
        result = dict(zip(names, items, strict=True))
        _demand(len(result) == len(names), "a dict with a key twice")
        return result

    def tensor(self, name: Any, shape: Any, offset: Any, length: Any) -> torch.Tensor:
        _demand(type(name) is str and name in DTYPES, "an unknown dtype")
        _demand(type(shape) is list and len(shape) <= MAX_AXES, "a malformed shape")
        sizes = [_natural(size) for size in shape]
        dtype = DTYPES[name]
        raw = self.load(offset, length)
        _demand(math.prod(sizes) * dtype.itemsize == len(raw), "a tensor whose bytes do not fit its shape")
        if not raw:
            return torch.empty(sizes, dtype=dtype)
        if dtype is torch.bool:
            _demand(max(raw) <= 1, "a bool tensor with other bytes than 0 and 1")
        return torch.frombuffer(bytearray(raw), dtype=dtype).reshape(sizes)

    def packed(self, kind: str, rest: list[Any], depth: int) -> Plain:
        container = _natural(rest[0], most=2)
        items: list[Any]
        if kind == "z":
            _, inner, columns = rest
            _demand(type(columns) is list and len(columns) > 0, "malformed columns")
            values = [self.node(column, depth + 1) for column in columns]
            _demand(all(type(v) is list and len(v) == len(values[0]) for v in values), "ragged columns")
            self.count(len(values[0]))
            rows = zip(*values, strict=True)
            items = list(rows) if _natural(inner, most=1) else [list(row) for row in rows]
        elif kind == "k":
            _, node = rest
            stacked = self.node(node, depth + 1)
            _demand(type(stacked) is torch.Tensor and stacked.ndim > 0, "malformed tensors")
            self.count(TENSOR_ITEMS * len(stacked))
            items = [row.clone() for row in stacked]
        else:
            items = self.numbers_or_strings(kind, *rest[1:])
        if container == 2:
            _demand(kind == "S" and len(items) == 1, "a malformed string")
            return items[0]
        return tuple(items) if container else items

    def numbers_or_strings(self, kind: str, count: Any, offset: Any, length: Any) -> list[Any]:
        size = _natural(count)
        self.count(size)
        raw = self.load(offset, length)
        if kind != "S":
            _demand(len(raw) == 8 * size, "packed numbers of the wrong length")
            values: list[Any] = np.frombuffer(raw, dtype="<i8" if kind == "I" else "<f8").tolist()
            return values
        _demand(len(raw) >= 8 * size, "packed strings of the wrong length")
        lengths = np.frombuffer(raw[: 8 * size], dtype="<i8").tolist()
        ends, text = 8 * size, []
        for one in lengths:
            _demand(0 <= one <= len(raw) - ends, "a string beyond its payload")
            text.append(raw[ends : ends + one].decode("utf-8", "surrogatepass"))
            ends += one
        _demand(ends == len(raw), "strings that leave payload over")
        return text
