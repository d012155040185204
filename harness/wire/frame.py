"""The wire: plain data to bytes and back, by a format that can express nothing else.

A frame is a fixed head (magic, lengths, request id), a JSON header that gives the structure, and a
payload that holds tensors and long lists raw. The decoder trusts nothing: every node and length
is checked, and whatever is wrong with a frame, it raises `WireError` and nothing else.

None, bools, ints of 64 bits, floats (NaN and Infinity as Python's json writes them) and short strings
are nodes as they stand in the header. Every other node is a JSON list whose first item is its kind;
a JSON object is no node at all:

    o      type name (Opaque)
    l / t  list / tuple: a list of nodes
    d      dict, as two sequence nodes: keys, values
    m      a small dict whose keys are short strings: the keys as they are, a list of nodes
    T      tensor: dtype, shape
    I F    list (container 0) or tuple (1) of ints / floats, packed: container, count
    S      the same of strings, or (2) one long string: container, count, length in bytes
    z      sequence of equally long sequences, stored by columns: container, that of a row, nodes
    k      sequence of tensors of one dtype and shape, stored as one: container, node

What a node's data take of the payload follows from the node, and where they are from its place: nodes take their
data one after the other, depth first, and the last takes the last byte.
"""

from __future__ import annotations

import struct

import torch

from harness.plain import MAX_DEPTH, MAX_TENSOR_BYTES

MAGIC = b"SQG2"
HEAD = struct.Struct(">4sIQQ")
_ID = struct.Struct(">Q")
_ID_AT = HEAD.size - _ID.size
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
    number: int = _ID.unpack_from(frame, _ID_AT)[0]
    return number


def numbered(frame: bytes, request_id: int) -> bytes:
    """The same frame under another request id."""
    return frame[:_ID_AT] + _ID.pack(request_id) + frame[HEAD.size :]
