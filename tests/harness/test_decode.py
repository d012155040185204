"""Tests of the decoder alone: each of its demands, met exactly and missed by one, and the words of the refusal."""

from __future__ import annotations

import json
import math
import struct
import sys
from typing import Any

import pytest
import torch

import harness.wire  # noqa: F401 - so that the decoder's module is there
from harness.plain import MAX_ITEMS, TENSOR_ITEMS, Opaque
from harness.wire import WireError, decode, decode_with_id, encode
from harness.wire.frame import DTYPES, HEAD, MAGIC, MAX_AXES, MAX_HEADER, MAX_NODES, MAX_PAYLOAD

DECODER = sys.modules["harness.wire.decode"]  # the package has a function of that name


def framed(node: Any, payload: bytes = b"", request_id: int = 7) -> bytes:
    """A frame around any header, whose head is right."""
    header = node if isinstance(node, bytes) else json.dumps(node).encode()
    return HEAD.pack(MAGIC, len(header), len(payload), request_id) + header + payload


def refusal(frame: bytes) -> str:
    """The words in which a frame is refused; an empty string where it is not."""
    try:
        decode(frame)
    except WireError as error:
        return str(error)
    return ""


def longs(*values: int) -> bytes:
    return struct.pack(f"<{len(values)}q", *values)


def nested(kind: str, depth: int) -> Any:
    """Nodes of one kind inside one another; the innermost, a None, is at `depth`."""
    node: Any = None
    for _ in range(depth):
        if kind == "m":
            node = ["m", ["a"], [node]]
        elif kind == "d keys":
            node = ["d", ["l", [node]], ["l", [None]]]
        elif kind == "d":
            node = ["d", ["l", [None]], ["l", [node]]]
        elif kind == "z":
            node = ["z", 0, 1, [["l", [node]]]]
        else:
            node = [kind, [node]]
    return node


# -- the head ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (b"", "shorter than a frame's head"),
        (framed(None)[: HEAD.size - 1], "shorter than a frame's head"),
        (b"SQG1" + framed(None)[4:], "not a seqgrade frame"),
        (b"SQG3" + framed(None)[4:], "not a seqgrade frame"),
        (HEAD.pack(MAGIC, 0, 0, 0), "a malformed frame (JSONDecodeError)"),
        (HEAD.pack(MAGIC, MAX_HEADER + 1, 0, 0), "a frame above the caps"),
        (HEAD.pack(MAGIC, 0, MAX_PAYLOAD + 1, 0), "a frame above the caps"),
        (HEAD.pack(MAGIC, MAX_HEADER, MAX_PAYLOAD, 0), "a frame of the wrong length"),
        (framed(None) + b"\0", "a frame of the wrong length"),
        (framed(None)[:-1], "a frame of the wrong length"),
        (framed(None, b"\0"), "payload that no node takes"),
        (framed(b"\xff"), "a malformed frame (UnicodeDecodeError)"),
        (framed(b"null "), "a header that goes on after its node"),
        (framed(b" null"), "a malformed frame (JSONDecodeError)"),
        (framed(b"null,1"), "a header that goes on after its node"),
    ],
)
def test_a_head_is_refused_by_its_fault(frame: bytes, message: str) -> None:
    """Too short, of another kind, too large, of another length than the frame, or with bytes left over."""
    assert refusal(frame) == message


def test_header_and_payload_are_told_apart_by_the_head() -> None:
    """Whatever stands in them; and the id is the head's."""
    assert decode_with_id(framed(["S", 2, 1, 11], longs(3) + b'["n'))[0] == '["n'
    assert decode_with_id(framed(None, request_id=2**64 - 1)) == (None, 2**64 - 1)
    assert decode(framed(b'"\xed\xa0\x80"')) == "\ud800"


# -- nodes ------------------------------------------------------------------------------------------------

ACCEPTED: list[tuple[Any, bytes, Any]] = [
    (None, b"", None),
    (False, b"", False),
    (True, b"", True),
    (0, b"", 0),
    (-(2**63), b"", -(2**63)),
    (2**63 - 1, b"", 2**63 - 1),
    (3.0, b"", 3.0),
    (-0.0, b"", -0.0),
    (b"NaN", b"", math.nan),
    (b"Infinity", b"", math.inf),
    (b"-Infinity", b"", -math.inf),
    (b"5e-324", b"", 5e-324),
    ("", b"", ""),
    ("n", b"", "n"),
    ("x" * 300, b"", "x" * 300),
    (["o", "set"], b"", Opaque("set")),
    (["l", []], b"", []),
    (["l", ["l", "t"]], b"", ["l", "t"]),
    (["t", [None]], b"", (None,)),
    (["m", [], []], b"", {}),
    (["m", ["b", "a"], [1, 2]], b"", {"b": 1, "a": 2}),
    (["d", ["l", [1]], ["l", ["x"]]], b"", {1: "x"}),
    (["I", 0, 0], b"", []),
    (["I", 0, 2], longs(1, -2), [1, -2]),
    (["I", 1, 1], longs(3), (3,)),
    (["F", 0, 1], struct.pack("<d", 0.5), [0.5]),
    (["F", 1, 1], struct.pack("<d", 0.5), (0.5,)),
    (["S", 0, 0, 0], b"", []),
    (["S", 0, 2, 19], longs(1, 2) + b"abc", ["a", "bc"]),
    (["S", 1, 2, 17], longs(0, 1) + b"a", ("", "a")),
    (["S", 0, 1, 11], longs(3) + b"\xed\xa0\x80", ["\ud800"]),
    (["S", 2, 1, 9], longs(1) + b"a", "a"),
    (["z", 0, 0, [["l", []]]], b"", []),
    (["z", 0, 0, [["l", [None]], ["l", [1]]]], b"", [[None, 1]]),
    (["z", 0, 1, [["l", [None, None]], ["l", [1, 2]]]], b"", [(None, 1), (None, 2)]),
    (["z", 1, 1, [["l", [1]]]], b"", ((1,),)),
    (["l", [["I", 0, 1], ["I", 0, 1]]], longs(1, 2), [[1], [2]]),
    (["m", ["b", "a"], [["I", 0, 1], ["t", [["I", 0, 2]]]]], longs(1, 2, 3), {"b": [1], "a": ([2, 3],)}),
    (["d", ["l", [["I", 1, 1]]], ["l", [["I", 0, 1]]]], longs(1, 2), {(1,): [2]}),
]


@pytest.mark.parametrize(("node", "payload", "value"), ACCEPTED, ids=lambda part: repr(part)[:40])
def test_a_right_node_is_read(node: Any, payload: bytes, value: Any) -> None:
    """Every kind, with the least that it can hold and with a little more."""
    found = decode(framed(node, payload))
    assert type(found) is type(value)
    assert encode(found) == encode(value)


@pytest.mark.parametrize(
    "value",
    [[*range(300)], dict.fromkeys(range(300)), {i: [None] for i in range(300)}, [(i, None) for i in range(300)]],
    ids=["I", "d", "d of lists", "z"],
)
def test_long_data_are_read(value: Any) -> None:
    """Longer than the numbers that Python keeps one object of each of."""
    assert decode(encode(value)) == value
    names = [str(name) for name in range(300)]
    assert decode(framed(["m", names, [None] * 300])) == dict.fromkeys(names)


@pytest.mark.parametrize(
    ("node", "shape", "dtype"),
    [
        (["T", "uint8", [2, 4]], (2, 4), torch.uint8),
        (["T", "uint8", [1, 1]], (1, 1), torch.uint8),
        (["T", "int64", []], (), torch.int64),
        (["T", "bfloat16", [3, 1]], (3, 1), torch.bfloat16),
        (["T", "float32", [0, MAX_PAYLOAD]], (0, MAX_PAYLOAD), torch.float32),
        (["T", "bool", [1] * MAX_AXES], (1,) * MAX_AXES, torch.bool),
        (["T", "bool", [3]], (3,), torch.bool),
    ],
    ids=repr,
)
def test_a_right_tensor_is_read(node: Any, shape: tuple[int, ...], dtype: torch.dtype) -> None:
    """Of any shape that its bytes fit."""
    payload = bytes([1] * (math.prod(shape) * dtype.itemsize))
    found = decode(framed(node, payload))
    assert (found.shape, found.dtype) == (shape, dtype)
    assert found.reshape(-1).view(torch.uint8).tolist() == list(payload)
    assert found.is_contiguous()
    assert found.untyped_storage().nbytes() == len(payload)


@pytest.mark.parametrize(
    ("node", "payload", "message"),
    [
        ([], b"", "a malformed node"),
        ({}, b"", "a malformed node"),
        ({"n": 1}, b"", "a malformed node"),
        (["l", [{}]], b"", "a malformed node"),
        ([5], b"", "a malformed node"),
        ([None], b"", "a malformed node"),
        ([["n"]], b"", "a malformed node"),
        ([{}], b"", "a malformed node"),
        (["?", "x"], b"", "an unknown kind of node"),
        (["p", "x"], b"", "an unknown kind of node"),
        (["?", 5], b"", "an unknown kind of node"),
        (["?"], b"", "an unknown kind of node"),
        (["n"], b"", "an unknown kind of node"),
        (["b", 1], b"", "an unknown kind of node"),
        (["i", 1], b"", "an unknown kind of node"),
        (["f", "0x1p4"], b"", "an unknown kind of node"),
        (["s", "x"], b"", "an unknown kind of node"),
        (2**63, b"", "an integer beyond 64 bits"),
        (2**64, b"", "an integer beyond 64 bits"),
        (-(2**63) - 1, b"", "an integer beyond 64 bits"),
        (["l", [2**63]], b"", "an integer beyond 64 bits"),
        (b"nan", b"", "a malformed frame (JSONDecodeError)"),
        (b"True", b"", "a malformed frame (JSONDecodeError)"),
        (["o", 5], b"", "a malformed type name"),
        (["o", None], b"", "a malformed type name"),
        (["o"], b"", "a malformed frame (ValueError)"),
        (["o", "a", "b"], b"", "a malformed frame (ValueError)"),
        (["l"], b"", "a malformed frame (ValueError)"),
        (["l", [], []], b"", "a malformed frame (ValueError)"),
        (["l", {}], b"", "a malformed list"),
        (["l", "n"], b"", "a malformed list"),
        (["t", 5], b"", "a malformed list"),
        (["m", ["a"], []], b"", "a malformed dict"),
        (["m", [], [None]], b"", "a malformed dict"),
        (["m", "a", [None]], b"", "a malformed dict"),
        (["m", ["a"], "n"], b"", "a malformed dict"),
        (["m", {}, []], b"", "a malformed dict"),
        (["m", [], {}], b"", "a malformed dict"),
        (["m", [1], [None]], b"", "a malformed dict"),
        (["m", ["a", 1], [None, None]], b"", "a malformed dict"),
        (["m", [[]], [None]], b"", "a malformed dict"),
        (["m", ["a", "a"], [None, None]], b"", "a dict with a key twice"),
        (["m", []], b"", "a malformed frame (ValueError)"),
        (["d", ["t", []], ["l", []]], b"", "a malformed dict"),
        (["d", ["l", []], ["t", []]], b"", "a malformed dict"),
        (["d", ["l", []], None], b"", "a malformed dict"),
        (["d", None, ["l", []]], b"", "a malformed dict"),
        (["d", "", ["l", []]], b"", "a malformed dict"),
        (["d", ["l", [None]], ["l", []]], b"", "a malformed dict"),
        (["d", ["l", []], ["l", [None]]], b"", "a malformed dict"),
        (["d", ["l", [1, True]], ["l", [None, None]]], b"", "a dict with a key twice"),
        (["d", ["l", [["l", []]]], ["l", [None]]], b"", "a malformed frame (TypeError)"),
        (["T", "float32"], b"", "a malformed frame (ValueError)"),
        (["T", "float32", [0], 0, 0], b"", "a malformed frame (ValueError)"),
        (["T", "qint8", [0]], b"", "an unknown dtype"),
        (["T", 5, [0]], b"", "an unknown dtype"),
        (["T", ["uint8"], [0]], b"", "an unknown dtype"),
        (["T", "uint8", 0], b"", "a malformed shape"),
        (["T", "uint8", {}], b"\1", "a malformed shape"),
        (["T", "uint8", [1] * (MAX_AXES + 1)], b"\1", "a malformed shape"),
        (["T", "uint8", [-1]], b"", "a size out of range"),
        (["T", "uint8", [-1, -1]], b"\1", "a size out of range"),
        (["T", "uint8", [True]], b"\1", "a size out of range"),
        (["T", "uint8", [1.0]], b"\1", "a size out of range"),
        (["T", "uint8", [0, MAX_PAYLOAD + 1]], b"", "a size out of range"),
        (["T", "uint8", [2]], b"\1", "payload that is not there"),
        (["T", "int16", [2]], b"\1\1", "payload that is not there"),
        (["T", "float32", [MAX_PAYLOAD, MAX_PAYLOAD]], b"", "payload that is not there"),
        (["T", "uint8", [1]], b"\1\1", "payload that no node takes"),
        (["T", "int16", [1]], b"\1" * 4, "payload that no node takes"),
        (["T", "uint8", [0]], b"\1", "payload that no node takes"),
        (["T", "float32", [0, MAX_PAYLOAD, MAX_PAYLOAD, MAX_PAYLOAD]], b"", "a malformed frame (RuntimeError)"),
        (["T", "bool", [2]], b"\1\2", "a bool tensor with other bytes than 0 and 1"),
        (["T", "bool", [3]], b"\1\xff\0", "a bool tensor with other bytes than 0 and 1"),
        (["l", [["T", "uint8", [1]], ["T", "uint8", [1]]]], b"\1", "payload that is not there"),
        (["l", [["T", "uint8", [1]], ["T", "uint8", [2]]]], b"\1\1", "payload that is not there"),
        (["l", [["T", "uint8", [1]], ["T", "uint8", [1]]]], b"\1\1\1", "payload that no node takes"),
        (["I"], b"", "a malformed frame (ValueError)"),
        (["I", 0], b"", "a malformed frame (ValueError)"),
        (["I", 0, 0, 0, 0], b"", "a malformed frame (ValueError)"),
        (["I", -1, 0], b"", "a number out of range"),
        (["I", 2, 1], longs(1), "a number out of range"),
        (["F", 2, 1], longs(1), "a number out of range"),
        (["F", True, 1], longs(1), "a number out of range"),
        (["I", 0, -1], b"", "a number out of range"),
        (["I", 0, True], longs(1), "a number out of range"),
        (["I", 0, 1.0], longs(1), "a number out of range"),
        (["I", 0, "1"], longs(1), "a number out of range"),
        (["S", 0, -1, 0], b"", "a number out of range"),
        (["S", 0, 0, -1], b"", "a number out of range"),
        (["S", 0, 0, False], b"", "a number out of range"),
        (["S", 0, 0, MAX_PAYLOAD], b"", "payload that is not there"),
        (["S", 0, 0, MAX_PAYLOAD + 1], b"", "a number out of range"),
        (["I", 0, MAX_ITEMS + 1], b"", "too many items"),
        (["I", 0, MAX_PAYLOAD], b"", "too many items"),
        (["I", 0, MAX_PAYLOAD + 1], b"", "a number out of range"),
        (["S", 0, MAX_PAYLOAD, 0], b"", "too many items"),
        (["S", 0, MAX_PAYLOAD + 1, 0], b"", "a number out of range"),
        (["I", 0, 1], longs(1, 2), "payload that no node takes"),
        (["I", 0, 2], longs(1), "payload that is not there"),
        (["F", 0, 1], b"\0" * 7, "payload that is not there"),
        (["S", 0, 1], longs(0), "a malformed frame (ValueError)"),
        (["S", 0, 1, 7], b"\0" * 7, "packed strings of the wrong length"),
        (["S", 0, 1, 7], b"\0" * 8, "packed strings of the wrong length"),
        (["S", 0, 1, 9], longs(1), "payload that is not there"),
        (["S", 0, 1, 8], longs(0) + b"a", "payload that no node takes"),
        (["S", 0, 1, 8], longs(1), "a string beyond its payload"),
        (["S", 0, 1, 9], longs(-1) + b"a", "a string beyond its payload"),
        (["S", 0, 2, 18], longs(1, 2) + b"ab", "a string beyond its payload"),
        (["S", 0, 2, 18], longs(3, -1) + b"ab", "a string beyond its payload"),
        (["S", 0, 1, 10], longs(1) + b"ab", "strings that leave payload over"),
        (["S", 0, 0, 1], b"a", "strings that leave payload over"),
        (["S", 0, 1, 9], longs(1) + b"\xff", "a malformed frame (UnicodeDecodeError)"),
        (["S", 2, 2, 16], longs(0, 0), "a malformed string"),
        (["S", 2, 0, 0], b"", "a malformed string"),
        (["S", 3, 1, 8], longs(0), "a number out of range"),
        (["S", True, 1, 8], longs(0), "a number out of range"),
        (["z", 2, 1, [["l", [None]]]], b"", "a number out of range"),
        (["z", 0, 0, []], b"", "malformed columns"),
        (["z", 0, 0, {}], b"", "malformed columns"),
        (["z", 0, 0, {"n": 1}], b"", "malformed columns"),
        (["z", 0, 0, "n"], b"", "malformed columns"),
        (["z", 0], b"", "a malformed frame (ValueError)"),
        (["z", 0, 0, [None]], b"", "ragged columns"),
        (["z", 0, 0, [["l", []], None]], b"", "ragged columns"),
        (["z", 0, 0, [["t", []]]], b"", "ragged columns"),
        (["z", 0, 0, [""]], b"", "ragged columns"),
        (["z", 0, 0, [["l", []], ["l", [None]]]], b"", "ragged columns"),
        (["z", 0, 0, [["l", [None]], ["l", []]]], b"", "ragged columns"),
        (["z", 0, 2, [["l", []]]], b"", "a number out of range"),
        (["z", 0, -1, [["l", []]]], b"", "a number out of range"),
        (["k", 0, None], b"", "malformed tensors"),
        (["k", 0, ["l", []]], b"", "malformed tensors"),
        (["k", 0, ["T", "uint8", []]], b"\1", "malformed tensors"),
        (["k", 2, ["T", "uint8", [1]]], b"\1", "a number out of range"),
        (["k", 0], b"", "a malformed frame (ValueError)"),
    ],
    ids=lambda part: repr(part)[:50],
)  # fmt: skip
def test_a_wrong_node_is_refused_by_its_fault(node: Any, payload: bytes, message: str) -> None:
    """Each demand in its own words, so that none hides behind another."""
    assert refusal(framed(node, payload)) == message


def test_packed_tensors_are_read_row_by_row() -> None:
    """As many tensors as the stack has rows, a list or a tuple of them."""
    rows = decode(framed(["k", 0, ["T", "uint8", [2, 3]]], bytes(range(6))))
    assert [row.tolist() for row in rows] == [[0, 1, 2], [3, 4, 5]]
    assert [row.untyped_storage().nbytes() for row in rows] == [3, 3]
    assert type(decode(framed(["k", 1, ["T", "uint8", [1]]], b"\1"))) is tuple
    assert decode(framed(["k", 0, ["T", "uint8", [0]]])) == []


def test_tensors_take_the_payload_in_the_order_of_their_nodes() -> None:
    """Depth first: keys before values, and each item with all that is in it before the next."""
    node = ["l", [["m", ["a", "b"], [["T", "uint8", [1]], ["l", [["T", "uint8", [2]]]]]], ["T", "uint8", []]]]
    first, last = decode(framed(node, bytes(range(4))))
    assert [first["a"].tolist(), first["b"][0].tolist(), last.tolist()] == [[0], [1, 2], 3]


@pytest.mark.parametrize("name", DTYPES)
def test_a_tensor_owns_its_memory(name: str) -> None:
    """Alone, with no more storage than it fills: writing to one changes neither another nor the frame."""
    item = DTYPES[name].itemsize
    frame = framed(["l", [["T", name, [2]], ["T", name, [2]], ["k", 0, ["T", name, [2]]]]], bytes(6 * item))
    one, other, stacked = decode(frame)
    tensors = [one, other, *stacked]
    assert [tensor.untyped_storage().nbytes() for tensor in tensors] == [2 * item, 2 * item, item, item]
    assert len({tensor.untyped_storage().data_ptr() for tensor in tensors}) == 4
    one.fill_(1)
    stacked[0].fill_(1)
    assert not other.any()
    assert not stacked[1].any()
    assert frame.endswith(bytes(6 * item))


# -- limits -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("above", [0, 1])
@pytest.mark.parametrize(
    ("kind", "levels"), [("l", 1), ("t", 1), ("m", 1), ("d", 2), ("d keys", 2), ("z", 2)], ids=lambda part: str(part)
)
def test_nodes_may_be_as_deep_as_that(kind: str, levels: int, above: int) -> None:
    """And no deeper, whatever they are: a dict by nodes, or a column, takes a level, and its sequence another."""

    def told(count: int) -> str:
        node = nested(kind, count)
        return refusal(framed(["l", [node]] if above else node))

    most = (MAX_NODES - above) // levels
    assert told(most) in ("", "a malformed frame (TypeError)")  # a dict is no key
    assert told(most + 1) == "data nested too deep"


def test_a_packed_tensor_is_a_level_too() -> None:
    """The stack is a node below its own."""
    node: Any = ["k", 0, ["T", "uint8", [0]]]
    for _ in range(MAX_NODES - 1):
        node = ["l", [node]]
    assert refusal(framed(node)) == ""
    assert refusal(framed(["l", [node]])) == "data nested too deep"


@pytest.fixture
def _seventeen(monkeypatch: pytest.MonkeyPatch) -> None:
    """A limit on items that a test can reach."""
    monkeypatch.setattr(DECODER, "MAX_ITEMS", 17)


@pytest.mark.usefixtures("_seventeen")
@pytest.mark.parametrize(
    ("make", "most"),
    [
        (lambda n: (["I", 0, n], longs(*range(n))), 17),
        (lambda n: (["F", 0, n], longs(*range(n))), 17),
        (lambda n: (["S", 0, n, 8 * n], longs(*[0] * n)), 17),
        (lambda n: (["z", 0, 0, [["l", [None] * n], ["l", [None] * n]]], b""), 17),
        (lambda n: (["k", 0, ["T", "uint8", [n]]], bytes(n)), 17 // TENSOR_ITEMS),
        (lambda n: (["l", [["I", 0, 9], ["I", 0, n]]], longs(*range(9 + n))), 8),
        (lambda n: (["z", 0, 0, [["I", 0, n]]], longs(*range(n))), 8),
    ],
    ids=["I", "F", "S", "z", "k", "together", "columns"],
)
def test_packed_items_are_counted(make: Any, most: int) -> None:
    """Wherever a few bytes stand for many things; all in one frame together."""
    assert refusal(framed(*make(most))) == ""
    assert refusal(framed(*make(most + 1))) == "too many items"


def test_every_dtype_has_its_size() -> None:
    """One element of each kind takes its bytes and no others."""
    for name, dtype in DTYPES.items():
        assert refusal(framed(["T", name, [1]], bytes(dtype.itemsize))) == ""
        assert refusal(framed(["T", name, [1]], bytes(dtype.itemsize - 1))) == "payload that is not there"
        assert refusal(framed(["T", name, [1]], bytes(dtype.itemsize + 1))) == "payload that no node takes"


def test_the_largest_header_and_the_largest_payload_pass() -> None:
    """The caps are allowed themselves."""
    assert decode(framed(b'["l",[' + b"]]".rjust(MAX_HEADER - 6))) == []
    whole = decode(framed(["T", "uint8", [MAX_PAYLOAD]], bytes(MAX_PAYLOAD)))
    assert whole.shape == (MAX_PAYLOAD,)
