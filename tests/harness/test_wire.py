"""Tests of the wire: what is sent arrives as it was, and nothing but plain data can arrive."""

from __future__ import annotations

import json
import math
import random
import struct
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.plain import MAX_DEPTH, MAX_ITEMS, Opaque
from harness.wire import WireError, decode, decode_with_id, encode
from harness.wire.frame import DTYPES, HEAD, LONG_STRING, MAGIC, MAX_HEADER, MAX_PAYLOAD, PACK_FROM

FIXED = settings(derandomize=True, database=None, deadline=None, max_examples=150)

texts = st.text(st.characters(), max_size=12) | st.text(st.characters(categories=["Cs"]), max_size=3)
integers = st.integers(-(2**63), 2**63 - 1)
scalars = st.none() | st.booleans() | integers | st.floats() | texts | st.builds(Opaque, texts)
shapes = st.lists(st.integers(0, 3), max_size=3)


def made(name: str, shape: list[int], seed: int) -> torch.Tensor:
    """A tensor of random bits, nan and infinities among them."""
    dtype = DTYPES[name]
    raw = random.Random(seed).randbytes(math.prod(shape) * dtype.itemsize)
    if not raw:
        return torch.empty(shape, dtype=dtype)
    bits = bytearray(byte % 2 for byte in raw) if dtype is torch.bool else bytearray(raw)
    return torch.frombuffer(bits, dtype=dtype).reshape(shape)


tensors = st.builds(made, st.sampled_from(sorted(DTYPES)), shapes, st.integers(0, 999))
keys = scalars | st.tuples(integers, texts) | st.lists(st.tuples(integers), max_size=2).map(tuple)
plain = st.recursive(
    scalars | tensors,
    lambda inner: (
        st.lists(inner, max_size=4) | st.lists(inner, max_size=4).map(tuple) | st.dictionaries(keys, inner, max_size=4)
    ),
    max_leaves=12,
)


@st.composite
def packed(draw: Any) -> Any:
    """Sequences long enough to be packed: numbers, strings, tensors of one shape, and rows of these."""
    size = draw(st.integers(PACK_FROM, PACK_FROM + 3))
    name, shape = draw(st.sampled_from(sorted(DTYPES))), draw(shapes)
    cell = draw(
        st.sampled_from(
            [integers, st.floats(), texts, scalars, st.builds(made, st.just(name), st.just(shape), integers)]
        )
    )
    item = draw(st.sampled_from([cell, st.tuples(cell, texts), st.lists(cell, min_size=2, max_size=2), st.tuples()]))
    items = draw(st.lists(item, min_size=size, max_size=size))
    return draw(st.sampled_from([items, tuple(items), {"items": items}]))


def identical(one: Any, other: Any) -> bool:
    """Whether two plain values are the same, type by type and bit by bit."""
    if type(one) is not type(other):
        return False
    if isinstance(one, torch.Tensor):
        bits = [tensor.reshape(-1).view(torch.uint8).tolist() if tensor.numel() else [] for tensor in (one, other)]
        return one.dtype == other.dtype and one.shape == other.shape and bits[0] == bits[1]
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(identical, one, other))
    if isinstance(one, dict):
        return identical(list(one.items()), list(other.items()))
    if isinstance(one, float):
        return struct.pack("d", one) == struct.pack("d", other) or (math.isnan(one) and math.isnan(other))
    return bool(one == other)


def framed(node: Any, payload: bytes = b"") -> bytes:
    """A frame whose head is right, around any header."""
    header = node if isinstance(node, bytes) else json.dumps(node).encode()
    return HEAD.pack(MAGIC, len(header), len(payload), 7) + header + payload


# -- round trips ------------------------------------------------------------------------------------------


@FIXED
@given(plain)
def test_plain_data_arrive_as_they_were(value: Any) -> None:
    """Any plain data come back the same in type, order and bits."""
    assert identical(decode(encode(value)), value)


@FIXED
@given(packed())
def test_packed_sequences_arrive_as_they_were(value: Any) -> None:
    """Long sequences, which are packed, come back the same too."""
    assert identical(decode(encode(value)), value)


@pytest.mark.parametrize("shape", [(), (0,), (1,), (0, 3), (2, 3)], ids=str)
@pytest.mark.parametrize("name", sorted(DTYPES))
def test_every_dtype_and_shape_arrives(name: str, shape: tuple[int, ...]) -> None:
    """Tensors of every dtype, 0-d and empty ones included, arrive, strided or not."""
    tensor = made(name, list(shape), 3)
    assert identical(decode(encode(tensor)), tensor)
    assert identical(decode(encode([tensor] * PACK_FROM)), [tensor] * PACK_FROM)
    turned = tensor.T if tensor.ndim == 2 else tensor
    assert identical(decode(encode(turned)), turned.contiguous())


@pytest.mark.parametrize(
    "value",
    [
        "x" * (LONG_STRING - 1),
        "x" * LONG_STRING,
        "é\ud800" * 40_000,
        "\ud83d\ude00",
        "\x00\u2028\"\\",
        [math.inf, -math.inf, math.nan, -0.0],
        [math.inf, -math.inf, math.nan, -0.0, 5e-324, 1.0, 2.0, 3.0],
        [-(2**63), 2**63 - 1] * 4,
        [True] * 9,
        [None] * 9,
        [0, True] * 5,
        {(1, "a"): 1, (): 2, None: 3, 2.5: 4, True: 5},
        [((1, 2), 3)] * 20,
        [[[1.0]]] * 9,
        [()] * 9,
        [(1, 2)] * 8 + [(1,)],
    ],
    ids=lambda value: repr(value)[:30],
)  # fmt: skip
def test_borders_arrive(value: Any) -> None:
    """Strings and lists on either side of being packed, surrogates, infinities, the ends of 64 bits."""
    assert identical(decode(encode(value)), value)


@pytest.mark.parametrize("wrap", [lambda v: [v], lambda v: (v,), lambda v: {"a": v}], ids="ltd")
def test_the_deepest_plain_data_arrive(wrap: Any) -> None:
    """What `to_plain` lets pass, one level more for the observation around it, can be sent and read."""
    value: Any = 0
    for _ in range(MAX_DEPTH + 2):
        value = wrap(value)
    assert identical(decode(encode(value)), value)


def test_a_request_id_travels_with_the_frame() -> None:
    """The id comes back beside the value."""
    assert decode_with_id(encode("x", request_id=2**40)) == ("x", 2**40)


def test_decoded_tensors_have_memory_of_their_own() -> None:
    """Tensors that were packed together do not share memory afterwards."""
    first, *others = decode(encode([torch.zeros(2)] * PACK_FROM))
    first.fill_(1)
    assert all(not bool(other.any()) for other in others)


# -- what cannot be sent ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (2**63, "an integer beyond 64 bits"),
        ([2**63] * 9, "an integer beyond 64 bits"),
        ({1, 2}, "set is not plain data"),
        (torch.nn.Parameter(torch.zeros(1)), "Parameter is not plain data"),
        (torch.zeros(1, dtype=torch.uint16), "a tensor of dtype torch.uint16"),
        ([torch.zeros(1).to(torch.float8_e4m3fn)] * 9, "a tensor of dtype torch.float8_e4m3fn"),
        (torch.zeros([1] * 17), f"a tensor of shape {(1,) * 17}"),
        (torch.zeros(0, 2**40), "a tensor of shape (0, 1099511627776)"),
        (torch.zeros(1).expand(2**24 + 1), "a tensor of shape (16777217,)"),
        ([None] * 14_000, "the structure takes 70007 bytes, more than 65536"),
        ([torch.zeros(2**25 + 1, dtype=torch.uint8)] * 2, "the data take 67108866 bytes, more than 67108864"),
        ([0] * (MAX_ITEMS + 1), f"the data have {MAX_ITEMS + 1} items, more than {MAX_ITEMS}"),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)  # fmt: skip
def test_what_cannot_be_sent_is_refused_by_name(value: Any, message: str) -> None:
    """Whatever the decoder would refuse, the encoder refuses, and says why."""
    with pytest.raises(WireError) as refusal:
        encode(value)
    assert str(refusal.value) == message


def test_data_too_deep_are_refused() -> None:
    """Data one level deeper than an observation's result may be, and endless data, are refused."""
    value: Any = 0
    for _ in range(MAX_DEPTH + 3):
        value = [value]
    endless: list[Any] = []
    endless.append(endless)
    for one in (value, endless):
        with pytest.raises(WireError, match="data nested too deep"):
            encode(one)


# -- what is no frame -------------------------------------------------------------------------------------

SAMPLES: list[Any] = [
    None,
    {"a": [1, 2.5, "x", None, True], ("t", 1): Opaque("a.B")},
    torch.arange(6.0).reshape(2, 3),
    [list(range(9)), [0.5] * 9, ["word"] * 9, "y" * 300],
    [((1, 2), torch.zeros(2, 2, dtype=torch.bool))] * 9,
    {"result": (torch.zeros(3, 0), [{}]), "raised": None, "output": "z" * 20},
]


def survives(frame: bytes) -> None:
    """Decode: a WireError is an answer, and so is a value, which then is plain data that can be sent again."""
    try:
        value = decode(frame)
    except WireError:
        return
    encode(value)


@pytest.mark.parametrize("sample", SAMPLES, ids=range(len(SAMPLES)))
def test_every_truncation_is_refused(sample: Any) -> None:
    """No prefix of a frame is a frame, nor is one with a byte too many."""
    frame = encode(sample)
    for cut in [frame[:i] for i in range(len(frame))] + [frame + b"\0"]:
        with pytest.raises(WireError):
            decode(cut)


@pytest.mark.parametrize("sample", SAMPLES, ids=range(len(SAMPLES)))
def test_mutated_frames_are_refused_or_plain(sample: Any) -> None:
    """Whatever a few changed bytes make of a frame, nothing but WireError comes of it."""
    rng = random.Random(1)
    frame = encode(sample)
    for _ in range(600):
        mutated = bytearray(frame)
        for _ in range(rng.randint(1, 4)):
            mutated[rng.randrange(len(mutated))] = rng.choice(
                [0, 1, 255, rng.randrange(256), rng.choice(b'[]",0-9ltdz')]
            )
        survives(bytes(mutated))


@pytest.mark.parametrize("sample", SAMPLES, ids=range(len(SAMPLES)))
def test_mutated_headers_are_refused_or_plain(sample: Any) -> None:
    """The same for changes of the header alone, with lengths that fit, so that they reach every node."""
    rng = random.Random(2)
    frame = encode(sample)
    _, length, _, _ = HEAD.unpack_from(frame)
    header, payload = frame[HEAD.size : HEAD.size + length], frame[HEAD.size + length :]
    parts = [
        b"[",
        b"]",
        b",",
        b"0",
        b"-1",
        b"9",
        b"1e9",
        b"NaN",
        b"null",
        b"true",
        b'"k"',
        b'"z"',
        b'"T"',
        b"{}",
        b"\xff",
    ]
    for _ in range(600):
        i, j = sorted(rng.randrange(len(header) + 1) for _ in range(2))
        j = min(j, i + rng.randint(0, 4))
        survives(framed(header[:i] + rng.choice(parts) + header[j:], payload))


def grown(rng: random.Random, depth: int) -> Any:
    """A random header: nodes of the right kinds with arguments of any kind."""
    leaf = [
        0,
        1,
        2,
        -1,
        8,
        16,
        2**26,
        2**63,
        10**30,
        0.5,
        math.inf,
        math.nan,
        None,
        True,
        "float32",
        "bool",
        -0.0,
        "inf",
    ]
    if depth > 4 or rng.random() < 0.3:
        return rng.choice([*leaf, "nan", "x" * 9, [], {}, ["n"], [3], [0, 3], [3, 0], ["T", "bool", [8, 1]]])
    kind = rng.choice(["o", "l", "t", "m", "d", "T", "I", "F", "S", "z", "k", "?"])
    return [kind, *(grown(rng, depth + 1) for _ in range(rng.choice([0, 1, 1, 2, 3, 4, 4])))]


def test_random_headers_are_refused_or_plain() -> None:
    """Headers of random nodes raise nothing but WireError."""
    rng = random.Random(3)
    for _ in range(6000):
        survives(framed(grown(rng, 0), bytes(rng.choice([0, 0, 8, 64]))))


def test_random_bytes_are_refused() -> None:
    """Random bytes, with and without a right head, are no frame."""
    rng = random.Random(4)
    for size in [*range(40), *(rng.randrange(300) for _ in range(1500))]:
        for frame in (rng.randbytes(size), MAGIC + rng.randbytes(size), framed(rng.randbytes(size), rng.randbytes(9))):
            with pytest.raises(WireError):
                decode(frame)


@pytest.mark.parametrize(
    "node",
    [
        ["T", "float32", [0, 2**62]],
        ["T", "float32", [0] + [2**26] * 15],
        ["T", "float32", [1] * 17],
        ["T", "float32", [-1, 0]],
        ["T", "float32", [0, True]],
        ["T", "float32", [0.0]],
        ["T", "float32", [2**26, 2**26]],
        ["T", "qint8", [0]],
        ["T", "float32", [0], 0, 0],
        ["k", 0, ["T", "float32", [2**26, 0]]],
        ["k", 0, ["T", "float32", [MAX_ITEMS // 8 + 1, 0]]],
        ["k", 2, ["T", "float32", [1, 0]]],
        ["I", 0, 2**60],
        ["I", 0, 2**26],
        ["S", 2, 2, 0],
        2**63,
        -(2**63) - 1,
        ["i", 1],
        ["b", 1],
        ["f", 1.0],
        ["f", "0x1p4"],
        ["s", "x"],
        ["d", ["l", [["l", []]]], ["l", [None]]],
        ["d", ["l", [1, True]], ["l", [None, None]]],
        ["d", ["t", []], ["l", []]],
        ["z", 0, 0, []],
        ["z", 0, 0, [["l", []], ["l", [None]]]],
        ["z", 0, 2, [["l", []]]],
        ["n"],
        ["n", 0],
        ["o", 5],
        ["x", "y"],
        [],
        [5],
        {},
        {"l": []},
        ["l", [{}]],
    ],
    ids=lambda node: json.dumps(node)[:60],
)  # fmt: skip
def test_malformed_nodes_are_refused(node: Any) -> None:
    """Zero-byte tensors of huge dimensions, a few bytes that stand for millions of tensors, wrong types."""
    with pytest.raises(WireError):
        decode(framed(node))


@pytest.mark.parametrize(
    "header",
    [
        b"[" * 60_000,
        b'["l",[' * 5_000 + b"null" + b"]]" * 5_000,
        b"9" * 60_000,
        b"-" + b"9" * 60_000,
        b'["I",0,' + b"9" * 60_000 + b"]",
        b'["l",[' + b"9" * 60_000 + b"]]",
        b'"\xff"',
        b'"\n"',
        b"null null",
        b"\xef\xbb\xbfnull",
        b'{"a":' * 9_000,
        b"",
    ],
    ids=lambda header: repr(header[:20]),
)
def test_hostile_json_is_refused(header: bytes) -> None:
    """Deep JSON, 60 000-digit integers, bytes that are no text."""
    with pytest.raises(WireError):
        decode(framed(header))


def test_a_frame_above_the_caps_is_refused_by_its_head() -> None:
    """The head alone says that a frame is too long; nothing of it has to be read."""
    for header, payload in [(MAX_HEADER + 1, 0), (0, MAX_PAYLOAD + 1), (2**32 - 1, 2**64 - 1)]:
        with pytest.raises(WireError, match="a frame above the caps"):
            decode(HEAD.pack(MAGIC, header, payload, 0))


@pytest.mark.parametrize(
    "node",
    [
        ["l", [["T", "uint8", [4]], ["T", "uint8", [5]]]],
        ["l", [["T", "uint8", [4]], ["T", "uint8", [3]]]],
        ["l", [["T", "uint8", [8]], ["T", "uint8", [1]]]],
        ["T", "uint8", [4]],
        ["T", "uint8", [9]],
        ["T", "bool", [8]],
        ["S", 0, 1, 8],
        ["S", 0, 0, 0],
        ["S", 0, 0, 8],
        ["I", 0, 2],
        ["I", 0, 0],
        None,
    ],
    ids=json.dumps,
)
def test_payload_is_used_once_in_order_and_whole(node: Any) -> None:
    """No two nodes share payload, none skips any, and none is left over."""
    with pytest.raises(WireError):
        decode(framed(node, b"\2" * 8))
