"""A frame back to plain data, trusting nothing in it."""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np
import torch

from harness.plain import MAX_ITEMS, TENSOR_ITEMS, Opaque, Plain
from harness.wire.frame import DTYPES, HEAD, MAGIC, MAX_AXES, MAX_HEADER, MAX_NODES, MAX_PAYLOAD, WireError

_READER = json.JSONDecoder()
_ELEMENTS = {
    name: torch.empty(0, dtype=torch.int16 if dtype is torch.bfloat16 else dtype).numpy().dtype
    for name, dtype in DTYPES.items()
}
"""NumPy's names of the dtypes; for bfloat16, which it lacks, one of as many bytes."""


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
    begin = HEAD.size + header_length
    _demand(len(frame) == begin + payload_length, "a frame of the wrong length")
    try:
        header = frame[HEAD.size : begin].decode("utf-8", "surrogatepass")
        tree, end = _READER.raw_decode(header)
        _demand(end == len(header), "a header that goes on after its node")
        decoder = _Decoder(memoryview(frame)[begin:])
        value = decoder.node(tree, 0)
    except WireError:
        raise
    except (ValueError, TypeError, KeyError, IndexError, OverflowError, RecursionError, RuntimeError,
            MemoryError) as error:  # fmt: skip
        # json, numpy and torch each refuse malformed input in their own words; here they are one.
        raise WireError(f"a malformed frame ({type(error).__name__})") from error
    _demand(decoder.used == payload_length, "payload that no node takes")
    return value, request_id


def _demand(condition: bool, fault: str) -> None:
    if not condition:
        raise WireError(fault)


def _natural(value: Any, most: int) -> int:
    _demand(type(value) is int and 0 <= value <= most, "a number out of range")
    return int(value)


def _contained(items: list[Any], container: Any) -> Plain:
    return tuple(items) if _natural(container, 1) else items


def _together(names: list[Any], items: list[Any]) -> Plain:
    result = dict(zip(names, items, strict=True))
    if len(result) != len(names):
        raise WireError("a dict with a key twice")
    return result


class _Decoder:
    """Reads the header's nodes, each of which takes its payload where the one before it ended."""

    def __init__(self, payload: memoryview) -> None:
        self.payload = payload
        self.used = 0
        self.items = 0

    def count(self, items: int) -> None:
        """Packed items take a few bytes each, or none, in a frame, and far more in memory."""
        self.items += items
        _demand(self.items <= MAX_ITEMS, "too many items")

    def take(self, size: int) -> memoryview:
        begin = self.used
        self.used = end = begin + size
        if end > len(self.payload):
            raise WireError("payload that is not there")
        return self.payload[begin:end]

    def node(self, node: Any, depth: int) -> Plain:
        if depth > MAX_NODES:
            raise WireError("data nested too deep")
        kind = type(node)
        if kind is list:
            if not node or type(node[0]) is not str:
                raise WireError("a malformed node")
            read = _KINDS.get(node[0])
            if read is None:
                raise WireError("an unknown kind of node")
            return read(self, node, depth)
        if kind is int and not -(2**63) <= node < 2**63:
            raise WireError("an integer beyond 64 bits")
        if kind is dict:
            raise WireError("a malformed node")
        return node

    def opaque(self, node: list[Any], depth: int) -> Plain:
        _, name = node
        _demand(type(name) is str, "a malformed type name")
        return Opaque(name)

    def sequence(self, node: list[Any], depth: int) -> Plain:
        kind, items = node
        if type(items) is not list:
            raise WireError("a malformed list")
        values = [self.node(item, depth + 1) for item in items]
        return values if kind == "l" else tuple(values)

    def small_dict(self, node: list[Any], depth: int) -> Plain:
        _, names, nodes = node
        if type(names) is not list or type(nodes) is not list or len(names) != len(nodes):
            raise WireError("a malformed dict")
        for name in names:
            if type(name) is not str:
                raise WireError("a malformed dict")
        return _together(names, [self.node(item, depth + 1) for item in nodes])

    def any_dict(self, node: list[Any], depth: int) -> Plain:
        _, keys, values = node
        names, items = self.node(keys, depth + 1), self.node(values, depth + 1)
        _demand(type(names) is list and type(items) is list and len(names) == len(items), "a malformed dict")
        return _together(names, items)

    def tensor(self, node: list[Any], depth: int) -> Plain:
        _, name, shape = node
        if type(name) is not str or name not in DTYPES:
            raise WireError("an unknown dtype")
        if type(shape) is not list or len(shape) > MAX_AXES:
            raise WireError("a malformed shape")
        element = _ELEMENTS[name]
        size = element.itemsize
        for axis in shape:
            if type(axis) is not int or not 0 <= axis <= MAX_PAYLOAD:
                raise WireError("a size out of range")
            size *= axis
        if not size:
            return torch.empty(shape, dtype=DTYPES[name])
        own = bytearray(self.take(size))
        if name == "bool" and own.translate(None, b"\0\1"):
            raise WireError("a bool tensor with other bytes than 0 and 1")
        tensor = torch.from_numpy(np.ndarray(shape, element, own))
        return tensor.view(torch.bfloat16) if name == "bfloat16" else tensor

    def numbers(self, node: list[Any], depth: int) -> Plain:
        kind, container, count = node
        self.count(_natural(count, MAX_PAYLOAD))
        values = struct.unpack(f"<{count}{'q' if kind == 'I' else 'd'}", self.take(8 * count))
        return values if _natural(container, 1) else list(values)

    def strings(self, node: list[Any], depth: int) -> Plain:
        _, container, count, length = node
        self.count(_natural(count, MAX_PAYLOAD))
        raw = self.take(_natural(length, MAX_PAYLOAD))
        end = 8 * count
        _demand(end <= len(raw), "packed strings of the wrong length")
        texts = []
        for size in struct.unpack(f"<{count}q", raw[:end]):
            begin, end = end, end + size
            _demand(begin <= end <= len(raw), "a string beyond its payload")
            texts.append(str(raw[begin:end], "utf-8", "surrogatepass"))
        _demand(end == len(raw), "strings that leave payload over")
        if _natural(container, 2) < 2:
            return _contained(texts, container)
        _demand(count == 1, "a malformed string")
        return texts[0]

    def columns(self, node: list[Any], depth: int) -> Plain:
        _, container, inner, nodes = node
        _demand(type(nodes) is list and len(nodes) > 0, "malformed columns")
        columns = [self.node(column, depth + 1) for column in nodes]
        _demand(all(type(one) is list and len(one) == len(columns[0]) for one in columns), "ragged columns")
        self.count(len(columns[0]))
        rows = zip(*columns, strict=True)
        return _contained(list(rows) if _natural(inner, 1) else [list(row) for row in rows], container)

    def stack(self, node: list[Any], depth: int) -> Plain:
        _, container, below = node
        stacked = self.node(below, depth + 1)
        _demand(type(stacked) is torch.Tensor and stacked.ndim > 0, "malformed tensors")
        self.count(TENSOR_ITEMS * len(stacked))
        return _contained([row.clone() for row in stacked], container)


_KINDS = {
    "o": _Decoder.opaque,
    "l": _Decoder.sequence,
    "t": _Decoder.sequence,
    "m": _Decoder.small_dict,
    "d": _Decoder.any_dict,
    "T": _Decoder.tensor,
    "I": _Decoder.numbers,
    "F": _Decoder.numbers,
    "S": _Decoder.strings,
    "z": _Decoder.columns,
    "k": _Decoder.stack,
}
