"""The wire: plain data to bytes and back, by a format that can express nothing else.

A frame is a fixed head (magic, lengths, request id), a JSON header that gives the structure, and a
payload that holds tensors and long lists raw. The decoder trusts nothing: every node, length and
offset is checked, and whatever is wrong with a frame, it raises `WireError` and nothing else.

A node is a JSON list whose first item is its kind:

    n None · b bool · i int · f float (as hex) · s str · o type name (Opaque)
    l / t  list / tuple of nodes · d dict, as two sequence nodes: keys, values
    m      a small dict whose keys are short strings: the keys as they are, a list of nodes
    T      tensor: dtype, shape, offset, bytes
    I F S  list (or, lower bound 1, tuple) of ints / floats / strings, packed
    z      sequence of equally long sequences, stored by columns
    k      sequence of tensors of one dtype and shape, stored as one
"""

from __future__ import annotations

import struct

import torch

from harness.plain import MAX_DEPTH, MAX_TENSOR_BYTES

MAGIC = b"SQG1"
HEAD = struct.Struct(">4sIQQ")
MAX_HEADER = 64 * 2**10
MAX_PAYLOAD = MAX_TENSOR_BYTES
MAX_AXES = 16
MAX_LEVELS = MAX_DEPTH + 2  # of the encoder's data: a result, inside an observation
MAX_NODES = 2 * MAX_LEVELS + 2  # of the decoder's nodes: a dict takes two a level
PACK_FROM = 8
LONG_STRING = 256
DTYPES = {
    str(dtype).removeprefix("torch."): dtype
    for dtype in (
        torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int16,
        torch.int8, torch.uint8, torch.bool, torch.complex64, torch.complex128,
    )
}  # fmt: skip


class WireError(Exception):
    """A value that cannot be sent, or bytes that are no frame."""


def number_of(frame: bytes) -> int:
    """The request id in a frame's head."""
    number: int = HEAD.unpack_from(frame)[-1]
    return number


def numbered(frame: bytes, request_id: int) -> bytes:
    """The same frame under another request id."""
    magic, header, payload, _ = HEAD.unpack_from(frame)
    return HEAD.pack(magic, header, payload, request_id) + frame[HEAD.size :]
