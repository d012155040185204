"""Tests of the decoder alone: each of its demands, met exactly and missed by one, and the words of the refusal."""

from __future__ import annotations

import json
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
    node: Any = ["n"]
    for _ in range(depth):
        if kind == "m":
            node = ["m", ["a"], [node]]
        elif kind == "d keys":
            node = ["d", ["l", [node]], ["l", [["n"]]]]
        elif kind == "d":
            node = ["d", ["l", [["n"]]], ["l", [node]]]
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
        (framed(["n"])[: HEAD.size - 1], "shorter than a frame's head"),
        (b"SQG0" + framed(["n"])[4:], "not a seqgrade frame"),
        (b"SQG2" + framed(["n"])[4:], "not a seqgrade frame"),
        (HEAD.pack(MAGIC, 0, 0, 0), "a malformed frame (JSONDecodeError)"),
        (HEAD.pack(MAGIC, MAX_HEADER + 1, 0, 0), "a frame above the caps"),
        (HEAD.pack(MAGIC, 0, MAX_PAYLOAD + 1, 0), "a frame above the caps"),
        (HEAD.pack(MAGIC, MAX_HEADER, MAX_PAYLOAD, 0), "a frame of the wrong length"),
        (framed(["n"]) + b"\0", "a frame of the wrong length"),
        (framed(["n"])[:-1], "a frame of the wrong length"),
        (framed(["n"], b"\0"), "payload that nothing refers to"),
        (framed(b"\xff"), "a malformed frame (UnicodeDecodeError)"),
    ],
)
def test_a_head_is_refused_by_its_fault(frame: bytes, message: str) -> None:
    """Too short, of another kind, too large, of another length than the frame, or with bytes left over."""
    assert refusal(frame) == message


def test_header_and_payload_are_told_apart_by_the_head() -> None:
    """Whatever stands in them; and the id is the head's."""
    assert decode_with_id(framed(["S", 2, 1, 0, 11], longs(3) + b'["n'))[0] == '["n'
    assert decode_with_id(framed(["n"], request_id=2**64 - 1)) == (None, 2**64 - 1)
    assert decode(framed(b'["s","\xed\xa0\x80"]')) == "\ud800"


# -- nodes ------------------------------------------------------------------------------------------------

ACCEPTED: list[tuple[Any, bytes, Any]] = [
    (["n"], b"", None),
    (["b", 0], b"", False),
    (["b", 1], b"", True),
    (["i", -(2**63)], b"", -(2**63)),
    (["i", 2**63 - 1], b"", 2**63 - 1),
    (["f", "0x1.8p+1"], b"", 3.0),
    (["s", ""], b"", ""),
    (["o", "set"], b"", Opaque("set")),
    (["l", []], b"", []),
    (["t", [["n"]]], b"", (None,)),
    (["m", [], []], b"", {}),
    (["m", ["b", "a"], [["i", 1], ["i", 2]]], b"", {"b": 1, "a": 2}),
    (["d", ["l", [["i", 1]]], ["l", [["s", "x"]]]], b"", {1: "x"}),
    (["I", 0, 0, 0, 0], b"", []),
    (["I", 0, 2, 0, 16], longs(1, -2), [1, -2]),
    (["I", 1, 1, 0, 8], longs(3), (3,)),
    (["F", 0, 1, 0, 8], struct.pack("<d", 0.5), [0.5]),
    (["S", 0, 2, 0, 19], longs(1, 2) + b"abc", ["a", "bc"]),
    (["S", 1, 2, 0, 17], longs(0, 1) + b"a", ("", "a")),
    (["S", 0, 1, 0, 11], longs(3) + b"\xed\xa0\x80", ["\ud800"]),
    (["S", 2, 1, 0, 9], longs(1) + b"a", "a"),
    (["z", 0, 0, [["l", []]]], b"", []),
    (["z", 0, 0, [["l", [["n"]]], ["l", [["i", 1]]]]], b"", [[None, 1]]),
    (["z", 0, 1, [["l", [["n"], ["n"]]], ["l", [["i", 1], ["i", 2]]]]], b"", [(None, 1), (None, 2)]),
    (["z", 1, 1, [["l", [["i", 1]]]]], b"", ((1,),)),
    (["l", [["I", 0, 1, 0, 8], ["I", 0, 1, 8, 8]]], longs(1, 2), [[1], [2]]),
]


@pytest.mark.parametrize(("node", "payload", "value"), ACCEPTED, ids=lambda part: repr(part)[:40])
def test_a_right_node_is_read(node: Any, payload: bytes, value: Any) -> None:
    """Every kind, with the least that it can hold and with a little more."""
    found = decode(framed(node, payload))
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
    assert decode(framed(["m", names, [["n"]] * 300])) == dict.fromkeys(names)


@pytest.mark.parametrize(
    ("node", "shape", "dtype"),
    [
        (["T", "uint8", [2, 4], 0, 8], (2, 4), torch.uint8),
        (["T", "int64", [], 0, 8], (), torch.int64),
        (["T", "float32", [0, MAX_PAYLOAD], 0, 0], (0, MAX_PAYLOAD), torch.float32),
        (["T", "bool", [1] * MAX_AXES, 0, 1], (1,) * MAX_AXES, torch.bool),
    ],
    ids=repr,
)
def test_a_right_tensor_is_read(node: Any, shape: tuple[int, ...], dtype: torch.dtype) -> None:
    """Of any shape that its bytes fit."""
    payload = bytes([1] * node[-1])
    found = decode(framed(node, payload))
    assert (found.shape, found.dtype) == (shape, dtype)
    assert found.reshape(-1).view(torch.uint8).tolist() == list(payload)


@pytest.mark.parametrize(
    ("node", "payload", "message"),
    [
        ([], b"", "a malformed node"),
        ({}, b"", "a malformed node"),
        ("n", b"", "a malformed node"),
        ({"n": 1}, b"", "a malformed node"),
        ([5], b"", "a malformed node"),
        ([["n"]], b"", "a malformed node"),
        (["?", "x"], b"", "an unknown kind of node"),
        (["p", "x"], b"", "an unknown kind of node"),
        (["?", 5], b"", "an unknown kind of node"),
        (["?"], b"", "an unknown kind of node"),
        (["n", 0], b"", "a malformed None"),
        (["b", True], b"", "a malformed bool"),
        (["b", 2], b"", "a malformed bool"),
        (["b", -1], b"", "a malformed bool"),
        (["b", 1.0], b"", "a malformed bool"),
        (["i", True], b"", "a malformed int"),
        (["i", 1.0], b"", "a malformed int"),
        (["i", "1"], b"", "a malformed int"),
        (["i", 2**63], b"", "a malformed int"),
        (["i", 2**64], b"", "a malformed int"),
        (["i", -(2**63) - 1], b"", "a malformed int"),
        (["f", 1.0], b"", "a malformed scalar"),
        (["f", "x"], b"", "a malformed frame (ValueError)"),
        (["f", "0x1p99999"], b"", "a malformed frame (OverflowError)"),
        (["s", None], b"", "a malformed scalar"),
        (["o", 5], b"", "a malformed scalar"),
        (["l"], b"", "a malformed frame (ValueError)"),
        (["l", {}], b"", "a malformed list"),
        (["l", "n"], b"", "a malformed list"),
        (["t", 5], b"", "a malformed list"),
        (["m", ["a"], []], b"", "a malformed dict"),
        (["m", [], [["n"]]], b"", "a malformed dict"),
        (["m", "a", [["n"]]], b"", "a malformed dict"),
        (["m", ["a"], "n"], b"", "a malformed dict"),
        (["m", {}, []], b"", "a malformed dict"),
        (["m", [], {}], b"", "a malformed dict"),
        (["m", [1], [["n"]]], b"", "a malformed dict"),
        (["m", ["a", 1], [["n"], ["n"]]], b"", "a malformed dict"),
        (["m", ["a", "a"], [["n"], ["n"]]], b"", "a dict with a key twice"),
        (["d", ["t", []], ["l", []]], b"", "a malformed dict"),
        (["d", ["l", []], ["t", []]], b"", "a malformed dict"),
        (["d", ["l", []], ["n"]], b"", "a malformed dict"),
        (["d", ["n"], ["l", []]], b"", "a malformed dict"),
        (["d", ["l", [["n"]]], ["l", []]], b"", "a malformed dict"),
        (["d", ["l", []], ["l", [["n"]]]], b"", "a malformed dict"),
        (["d", ["l", [["i", 1], ["b", 1]]], ["l", [["n"], ["n"]]]], b"", "a dict with a key twice"),
        (["d", ["l", [["l", []]]], ["l", [["n"]]]], b"", "a malformed frame (TypeError)"),
        (["T", "float32"], b"", "a malformed frame (TypeError)"),
        (["T", "qint8", [0], 0, 0], b"", "an unknown dtype"),
        (["T", 5, [0], 0, 0], b"", "an unknown dtype"),
        (["T", ["uint8"], [0], 0, 0], b"", "an unknown dtype"),
        (["T", "uint8", 0, 0, 0], b"", "a malformed shape"),
        (["T", "uint8", {}, 0, 1], b"\1", "a malformed shape"),
        (["T", "uint8", [1] * (MAX_AXES + 1), 0, 1], b"\1", "a malformed shape"),
        (["T", "uint8", [-1], 0, 0], b"", "a length or offset out of range"),
        (["T", "uint8", [True], 0, 1], b"\1", "a length or offset out of range"),
        (["T", "uint8", [1.0], 0, 1], b"\1", "a length or offset out of range"),
        (["T", "uint8", [0, MAX_PAYLOAD + 1], 0, 0], b"", "a length or offset out of range"),
        (["T", "uint8", [2], 0, 1], b"\1", "a tensor whose bytes do not fit its shape"),
        (["T", "uint8", [1], 0, 2], b"\1\1", "a tensor whose bytes do not fit its shape"),
        (["T", "int16", [2], 0, 2], b"\1\1", "a tensor whose bytes do not fit its shape"),
        (["T", "int16", [1], 0, 4], b"\1" * 4, "a tensor whose bytes do not fit its shape"),
        (["T", "float32", [0, MAX_PAYLOAD, MAX_PAYLOAD, MAX_PAYLOAD], 0, 0], b"", "a malformed frame (RuntimeError)"),
        (["T", "bool", [2], 0, 2], b"\1\2", "a bool tensor with other bytes than 0 and 1"),
        (["T", "uint8", [1], 1, 1], b"\1\1", "payload out of order"),
        (["T", "uint8", [2], 0, 2], b"\1", "payload out of order"),
        (["T", "uint8", [1], -1, 1], b"\1", "a length or offset out of range"),
        (["T", "uint8", [1], 0, -1], b"\1", "a length or offset out of range"),
        (["T", "uint8", [1], True, 1], b"\1\1", "a length or offset out of range"),
        (["l", [["T", "uint8", [1], 0, 1], ["T", "uint8", [1], 0, 1]]], b"\1\1", "payload out of order"),
        (["l", [["T", "uint8", [1], 0, 1], ["T", "uint8", [2], 1, 2]]], b"\1\1", "payload out of order"),
        (["T", "uint8", [1], 0, 1], b"\1\1", "payload that nothing refers to"),
        (["l", [["T", "uint8", [1], 0, 1], ["T", "uint8", [1], 1, 1]]], b"\1", "payload out of order"),
        (["I"], b"", "a malformed frame (IndexError)"),
        (["I", 0], b"", "a malformed frame (TypeError)"),
        (["I", -1, 0, 0, 0], b"", "a length or offset out of range"),
        (["I", 3, 0, 0, 0], b"", "a length or offset out of range"),
        (["I", 2, 1, 0, 8], longs(1), "a malformed string"),
        (["F", 2, 1, 0, 8], longs(1), "a malformed string"),
        (["I", 0, -1, 0, 0], b"", "a length or offset out of range"),
        (["I", 0, MAX_ITEMS + 1, 0, 0], b"", "too many items"),
        (["I", 0, 1, 0, 16], longs(1, 2), "packed numbers of the wrong length"),
        (["I", 0, 2, 0, 8], longs(1), "packed numbers of the wrong length"),
        (["F", 0, 1, 0, 7], b"\0" * 7, "packed numbers of the wrong length"),
        (["S", 0, 1, 0, 7], b"\0" * 7, "packed strings of the wrong length"),
        (["S", 0, 1, 0, 8], longs(1), "a string beyond its payload"),
        (["S", 0, 1, 0, 9], longs(-1) + b"a", "a string beyond its payload"),
        (["S", 0, 2, 0, 18], longs(1, 2) + b"ab", "a string beyond its payload"),
        (["S", 0, 1, 0, 10], longs(1) + b"ab", "strings that leave payload over"),
        (["S", 0, 0, 0, 1], b"a", "strings that leave payload over"),
        (["S", 0, 1, 0, 9], longs(1) + b"\xff", "a malformed frame (UnicodeDecodeError)"),
        (["S", 2, 2, 0, 16], longs(0, 0), "a malformed string"),
        (["S", 2, 0, 0, 0], b"", "a malformed string"),
        (["z", 2, 1, [["l", [["n"]]]]], b"", "a malformed string"),
        (["z", 0, 0, []], b"", "malformed columns"),
        (["z", 0, 0, {}], b"", "malformed columns"),
        (["z", 0, 0, {"n": 1}], b"", "malformed columns"),
        (["z", 0, 0, "n"], b"", "malformed columns"),
        (["z", 0], b"", "a malformed frame (ValueError)"),
        (["z", 0, 0, [["n"]]], b"", "ragged columns"),
        (["z", 0, 0, [["l", []], ["n"]]], b"", "ragged columns"),
        (["z", 0, 0, [["t", []]]], b"", "ragged columns"),
        (["z", 0, 0, [["s", ""]]], b"", "ragged columns"),
        (["z", 0, 0, [["l", []], ["l", [["n"]]]]], b"", "ragged columns"),
        (["z", 0, 0, [["l", [["n"]]], ["l", []]]], b"", "ragged columns"),
        (["z", 0, 2, [["l", []]]], b"", "a length or offset out of range"),
        (["z", 0, -1, [["l", []]]], b"", "a length or offset out of range"),
        (["k", 0, ["n"]], b"", "malformed tensors"),
        (["k", 0, ["l", []]], b"", "malformed tensors"),
        (["k", 0, ["T", "uint8", [], 0, 1]], b"\1", "malformed tensors"),
        (["k", 2, ["T", "uint8", [1], 0, 1]], b"\1", "a malformed string"),
        (["k", 0], b"", "a malformed frame (ValueError)"),
    ],
    ids=lambda part: repr(part)[:50],
)  # fmt: skip
def test_a_wrong_node_is_refused_by_its_fault(node: Any, payload: bytes, message: str) -> None:
    """Each demand in its own words, so that none hides behind another."""
    assert refusal(framed(node, payload)) == message


def test_packed_tensors_are_read_row_by_row() -> None:
    """As many tensors as the stack has rows, a list or a tuple of them."""
    rows = decode(framed(["k", 0, ["T", "uint8", [2, 3], 0, 6]], bytes(range(6))))
    assert [row.tolist() for row in rows] == [[0, 1, 2], [3, 4, 5]]
    assert type(decode(framed(["k", 1, ["T", "uint8", [1], 0, 1]], b"\1"))) is tuple
    assert decode(framed(["k", 0, ["T", "uint8", [0], 0, 0]])) == []


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
    node: Any = ["k", 0, ["T", "uint8", [0], 0, 0]]
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
        (lambda n: (["I", 0, n, 0, 8 * n], longs(*range(n))), 17),
        (lambda n: (["F", 0, n, 0, 8 * n], longs(*range(n))), 17),
        (lambda n: (["S", 0, n, 0, 8 * n], longs(*[0] * n)), 17),
        (lambda n: (["z", 0, 0, [["l", [["n"]] * n], ["l", [["n"]] * n]]], b""), 17),
        (lambda n: (["k", 0, ["T", "uint8", [n], 0, n]], bytes(n)), 17 // TENSOR_ITEMS),
        (lambda n: (["l", [["I", 0, 9, 0, 72], ["I", 0, n, 72, 8 * n]]], longs(*range(9 + n))), 8),
        (lambda n: (["z", 0, 0, [["I", 0, n, 0, 8 * n]]], longs(*range(n))), 8),
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
        assert refusal(framed(["T", name, [1], 0, dtype.itemsize], bytes(dtype.itemsize))) == ""
        assert refusal(framed(["T", name, [1], 0, dtype.itemsize + 1], bytes(dtype.itemsize + 1))) == (
            "a tensor whose bytes do not fit its shape"
        )


def test_the_largest_header_and_the_largest_payload_pass() -> None:
    """The caps are allowed themselves."""
    assert decode(framed(b'["n"]'.ljust(MAX_HEADER))) is None
    whole = decode(framed(["T", "uint8", [MAX_PAYLOAD], 0, MAX_PAYLOAD], bytes(MAX_PAYLOAD)))
    assert whole.shape == (MAX_PAYLOAD,)
