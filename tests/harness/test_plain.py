"""Tests of the snapshot: exact types, nothing of the submission's called or believed, and an end to everything."""

from __future__ import annotations

import enum
from collections import Counter, OrderedDict, defaultdict, namedtuple
from typing import Any

import numpy as np
import pytest
import torch

from harness.plain import (
    MAX_DEPTH,
    MAX_ITEMS,
    MAX_TENSOR_BYTES,
    TENSOR_ITEMS,
    NotPlainError,
    Opaque,
    class_names,
    to_plain,
    type_name,
)

TRAPPED: list[str] = []
DANGEROUS = {"__init__", "__new__", "__class__", "__getattribute__", "__setattr__", "__del__", "__init_subclass__",
             "__subclasshook__", "__class_getitem__", "__getnewargs__", "__getstate__", "__dict__"}  # fmt: skip


def trap(base: type, *more: str) -> type:
    """A subclass of `base` that overrides every method, and notes each call."""

    def noting(name: str) -> Any:
        def method(*arguments: Any, **options: Any) -> Any:
            TRAPPED.append(name)
            raise AssertionError(f"{name} was called")

        return method

    names = {name for name in dir(base) if callable(getattr(base, name, None))} | set(more)
    return type(f"Trap{base.__name__}", (base,), {name: noting(name) for name in names - DANGEROUS})


@pytest.fixture(autouse=True)
def nothing_trapped() -> Any:
    """Every test here ends without a call of a trap."""
    TRAPPED.clear()
    yield
    assert TRAPPED == []


def same(actual: Any, expected: Any) -> bool:
    """Equal, and of the same exact types all the way down."""
    if type(actual) is not type(expected):
        return False
    if isinstance(actual, (list, tuple)):
        return len(actual) == len(expected) and all(map(same, actual, expected))
    if isinstance(actual, dict):
        return same(list(actual.items()), list(expected.items()))
    return bool(torch.equal(actual, expected) if isinstance(actual, torch.Tensor) else actual == expected)


# -- the contract's freedoms ------------------------------------------------------------------------------


class Colour(enum.IntEnum):
    RED = 3


Pair = namedtuple("Pair", "a b")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.int64(3), 3),
        (np.int8(-3), -3),
        (np.uint64(3), 3),
        (np.float64(0.5), 0.5),
        (np.bool_(True), True),
        (np.str_("a"), "a"),
        (Colour.RED, 3),
        (OrderedDict(b=1, a=2), {"b": 1, "a": 2}),
        (Counter("aab"), {"a": 2, "b": 1}),
        (defaultdict(list, a=[1]), {"a": [1]}),
        (Pair(1, [2]), (1, [2])),
        (torch.nn.Parameter(torch.ones(2)), torch.ones(2)),
        (torch.Size([2, 3]), (2, 3)),
        ([np.int64(1), "a", 2.0, None, True], [1, "a", 2.0, None, True]),
        ([1, "a", 2.0, np.int64(3)], [1, "a", 2.0, 3]),
        ({(np.int64(1), "a"): (np.float64(2.0),)}, {(1, "a"): (2.0,)}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_subclasses_become_their_base(value: Any, expected: Any) -> None:
    """Subclasses of plain types and NumPy's scalars are read as the plain types that the contract counts them as."""
    assert same(to_plain(value), expected)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (np.zeros(2), "numpy.ndarray"),
        (np.float32(1), "numpy.float32"),
        ({1}, "set"),
        (range(3), "range"),
        (1j, "complex"),
        (b"x", "bytes"),
        (len, "builtin_function_or_method"),
        ((i for i in ()), "generator"),
        (torch.nn.Linear(1, 1), "torch.nn.modules.linear.Linear"),
        (torch.ones(2, 2).to_sparse(), "torch.Tensor of layout torch.sparse_coo on device cpu"),
        (torch.empty(2, device="meta"), "torch.Tensor of layout torch.strided on device meta"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_everything_else_is_opaque(value: Any, name: str) -> None:
    """What is not plain data is known by its type's name alone."""
    assert to_plain(value) == Opaque(name)
    assert same(to_plain([value]), [Opaque(name)])


@pytest.mark.filterwarnings("ignore:torch.quantize_per_tensor")
def test_a_quantized_tensor_is_opaque() -> None:
    """Its elements are not what its memory holds."""
    quantized = torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.quint8)
    assert to_plain(quantized) == Opaque("torch.Tensor of layout torch.strided on device cpu")


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors")
def test_a_tensor_without_one_shape_is_opaque() -> None:
    """What torch itself cannot read is no tensor either."""
    assert to_plain(torch.nested.nested_tensor([torch.ones(1), torch.ones(2)])) == Opaque(
        "torch.Tensor that cannot be read"
    )


# -- nothing is called, nothing is believed ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("base", "content"),
    [
        (list, [1, "a"]), (tuple, (1, "a")), (dict, {"a": 1}), (OrderedDict, {"a": 1}),
        (str, "ab"), (int, 7), (float, 0.5),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)  # fmt: skip
def test_no_overridden_method_is_called(base: type, content: Any) -> None:
    """A subclass that overrides every method of its base is read as the base reads itself."""
    kind = trap(base, "__iter__", "__len__", "__int__", "__float__", "__str__", "__bool__", "__index__")
    value = OrderedDict.__new__(kind) if base is OrderedDict else base.__new__(kind, content)
    if issubclass(base, dict):
        dict.update(value, content)
    if base is list:
        list.extend(value, content)
    plain = to_plain(value)
    assert type(plain) in (list, tuple, dict, str, int, float)
    assert same(plain, content)


class LyingTensor(torch.Tensor):
    """A tensor whose every word is a lie."""

    shape = property(lambda self: TRAPPED.append("shape") or torch.Size([99]))
    dtype = property(lambda self: TRAPPED.append("dtype") or torch.int64)
    device = property(lambda self: TRAPPED.append("device") or torch.device("meta"))
    data = property(lambda self: TRAPPED.append("data") or torch.zeros(5))

    def detach(self) -> Any:
        TRAPPED.append("detach")
        return torch.zeros(7)

    clone = cpu = numpy = tolist = numel = resolve_conj = detach

    @classmethod
    def __torch_function__(cls, *arguments: Any) -> Any:
        TRAPPED.append("__torch_function__")
        return torch.zeros(8)


def test_a_lying_tensor_is_read_from_its_memory() -> None:
    """A tensor subclass's own shape, dtype and elements count, not what its methods say."""
    value = torch.tensor([1.0, 2.0]).as_subclass(LyingTensor)
    assert same(to_plain([value]), [torch.tensor([1.0, 2.0])])


def test_a_tensor_with_its_own_dispatch_is_opaque() -> None:
    """A subclass that answers torch's kernels itself has no elements of its own to read."""

    class Dispatching(torch.Tensor):
        @classmethod
        def __torch_dispatch__(cls, *arguments: Any) -> Any:
            TRAPPED.append("__torch_dispatch__")
            return torch.zeros(8)

    (opaque,) = to_plain([torch.ones(2).as_subclass(Dispatching)])
    assert opaque.type_name.endswith("Dispatching with a __torch_dispatch__ of its own")
    disguised = torch.ones(2).as_subclass(Dispatching)
    disguised.__class__ = torch.Tensor
    assert to_plain(disguised) == Opaque("torch.Tensor with a __torch_dispatch__ of its own")


def test_a_tensor_that_wraps_another_is_opaque() -> None:
    """torch's own wrappers have torch.Tensor's type, and elements that only torch's transformations reach."""
    seen: list[Any] = []
    torch.vmap(lambda row: seen.append(to_plain(row)) or row.sum())(torch.ones(2, 3))
    assert [*seen, to_plain(torch._to_functional_tensor(torch.ones(2)))] == 2 * [
        Opaque("torch.Tensor that cannot be read")
    ]


def test_a_metaclass_is_not_asked() -> None:
    """Neither for its hash nor whether it equals anything: a type is told by what it is."""

    class Meta(type):
        def __hash__(cls) -> int:
            TRAPPED.append("__hash__")
            return 1

        def __eq__(cls, other: object) -> bool:
            TRAPPED.append("__eq__")
            return True

    kinds = [Meta(base.__name__, (base,), {}) for base in (object, int, str, list, dict, tuple)]
    values = [kind() for kind in kinds]
    assert same(to_plain(values)[1:], [0, "", [], {}, ()])
    assert same(to_plain({"a": values[1:], values[1]: 1}), {"a": [0, "", [], {}, ()], 0: 1})


@pytest.mark.parametrize("kind", [torch.Tensor, list, dict, str, int, float, np.integer])
def test_an_object_that_claims_another_class_is_opaque(kind: type) -> None:
    """`__class__` is not asked: an object is what its type says."""

    class Claiming:
        @property
        def __class__(self) -> Any:
            TRAPPED.append("__class__")
            return kind

    assert to_plain(Claiming()).type_name.endswith("Claiming")


def test_a_type_that_lies_about_its_name_is_named_all_the_same() -> None:
    """A metaclass cannot put anything but a str into a name."""

    class Meta(type):
        def __getattribute__(cls, name: str) -> Any:
            TRAPPED.append(name)
            return 5

    strange = Meta("Strange", (), {"__module__": "builtins"})()
    assert to_plain(strange) == Opaque("Strange")
    TRAPPED.clear()  # Python itself asked for `__new__` and the like
    unnamed = type("Unnamed", (ValueError,), {"__module__": 5})
    assert type_name(unnamed()) == "?.Unnamed"
    assert class_names(unnamed)[:2] == ["?.Unnamed", "builtins.ValueError"]


# -- a snapshot, of its own memory ------------------------------------------------------------------------


def test_later_changes_do_not_reach_the_snapshot() -> None:
    """Tensors, lists and dicts that change after they were returned leave the snapshot as it was."""
    tensor, items = torch.zeros(3), [1, 2]
    value = {"t": tensor, "view": tensor[1:], "l": items, "nested": (items, [items])}
    plain = to_plain(value)
    tensor.fill_(9)
    items.append(3)
    value["new"] = items
    zeros = {"t": torch.zeros(3), "view": torch.zeros(2)}
    assert same(plain, {**zeros, "l": [1, 2], "nested": ([1, 2], [[1, 2]])})


def test_parts_of_a_snapshot_share_nothing() -> None:
    """One list that stands in two places becomes two lists."""
    items = [[0]]
    first, second = to_plain([items, items])
    first[0].append(1)
    assert second == [[0]]


@pytest.mark.parametrize(
    "tensor",
    [
        torch.arange(6.0).reshape(2, 3).T,
        torch.arange(6.0)[::2],
        torch.ones(1).expand(4),
        torch.tensor([1 + 2j]).conj(),
        torch.tensor([1 + 2j]).conj().imag,
        torch.ones(2, requires_grad=True) * 2,
        torch.tensor(3),
        torch.empty(0, 5),
        torch.zeros(2, 3, 4, 5).to(memory_format=torch.channels_last),
        torch.arange(9.0)[2:4],
        torch._efficientzerotensor(3),
        torch.zeros(2, dtype=torch.bfloat16),
    ],
    ids=[
        "turned",
        "strided",
        "expanded",
        "conjugate",
        "negative",
        "in a graph",
        "0-d",
        "empty",
        "channels last",
        "part",
        "zeros without memory",
        "bfloat16",
    ],
)
def test_tensors_become_contiguous_base_tensors(tensor: torch.Tensor) -> None:
    """Views, lazy conjugates and members of a graph become contiguous tensors of the same values."""
    plain = to_plain(tensor)
    assert type(plain) is torch.Tensor
    assert plain.is_contiguous()
    assert not plain.requires_grad
    assert not plain.is_conj()
    assert not plain.is_neg()
    assert same(plain, tensor.detach().clone())
    assert plain.untyped_storage().nbytes() == plain.nbytes
    assert plain.data_ptr() != tensor.data_ptr() or not tensor.numel()


def test_devices_of_all_tensors_are_noted() -> None:
    """The devices of tensors are gathered wherever they stand."""
    devices: set[str] = set()
    to_plain({"a": [(torch.ones(1),)]}, devices)
    assert devices == {"cpu"}
    devices.clear()
    to_plain(torch.ones(1, dtype=torch.complex64).conj(), devices)
    assert devices == {"cpu"}


# -- an end to everything ---------------------------------------------------------------------------------


def nested(depth: int) -> Any:
    value: Any = 0
    for _ in range(depth):
        value = [value]
    return value


def circular() -> Any:
    value: list[Any] = [1]
    value += [value] * 9
    return {"a": (value,)}


def shared() -> Any:
    value: Any = [1, None]
    for _ in range(MAX_DEPTH - 1):
        value = [value] * 9
    return value


class HashableList(list[int]):
    def __hash__(self) -> int:
        return 1


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (nested(MAX_DEPTH + 2), "the result is nested more than 24 levels deep"),
        (circular(), "the result contains itself"),
        ([0] * (MAX_ITEMS + 1), f"the result has more than {MAX_ITEMS} items"),
        (torch.zeros(1).expand(10**9, 10**3), "a tensor of shape (1000000000, 1000) is larger than 64 MB"),
        ([torch.zeros(1).expand(2**23)] * 3, "the tensors of the result are larger than 64 MB together"),
        ({HashableList(): 1}, "the result has a dict whose keys are no plain data"),
    ],
    ids=["deep", "circular", "long", "expanded", "many expanded", "keys"],
)
def test_what_has_no_end_is_refused(value: Any, message: str) -> None:
    """Deep, circular, exponentially shared and huge data are refused before they take time or memory."""
    with pytest.raises(NotPlainError) as refusal:
        to_plain(value)
    assert str(refusal.value) == message


def test_lists_that_share_their_parts_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nine times nine times nine … items, in a few lists: copied once each, they would fill any memory."""
    monkeypatch.setattr("harness.plain.MAX_ITEMS", 20_000)
    with pytest.raises(NotPlainError, match="the result has more than 20000 items"):
        to_plain(shared())


def test_the_deepest_and_the_longest_pass() -> None:
    """Data at the limits are copied whole."""
    assert same(to_plain(nested(MAX_DEPTH + 1)), nested(MAX_DEPTH + 1))
    assert len(to_plain([0] * MAX_ITEMS)) == MAX_ITEMS
    assert to_plain(torch.zeros(1).expand(2**24)).shape == (2**24,)


def test_the_limits_are_what_they_are() -> None:
    """Whoever moves one does so twice, here and there."""
    assert (MAX_DEPTH, MAX_ITEMS, MAX_TENSOR_BYTES, TENSOR_ITEMS) == (24, 2_097_152, 67_108_864, 8)


def within(levels: int, value: Any) -> Any:
    for _ in range(levels):
        value = [value]
    return value


def tuples(depth: int) -> Any:
    value: Any = 0
    for _ in range(depth):
        value = (value,)
    return value


def dicts(depth: int) -> Any:
    value: Any = 0
    for _ in range(depth):
        value = {0: value}
    return value


@pytest.mark.parametrize("levels", range(4))
def test_dicts_and_their_keys_are_levels_too(levels: int) -> None:
    """Wherever a dict stands, its keys and values are one level below it, and the deepest that passes is the same."""
    left = MAX_DEPTH + 1 - levels
    for make in (dicts, lambda depth: {tuples(depth - 1): 0}, lambda depth: {0: tuples(depth - 1)}):
        assert same(to_plain(within(levels, make(left))), within(levels, make(left)))
        with pytest.raises(NotPlainError, match="nested more than 24 levels"):
            to_plain(within(levels, make(left + 1)))


@pytest.mark.parametrize(
    ("value", "items"),
    [
        ([0] * 20, 20),
        (dict.fromkeys(range(10), 0), 20),
        ([{0: 0}, {1: 1}], 6),
        (torch.zeros(5), TENSOR_ITEMS),
        ([torch.zeros(5), torch.zeros(0)], 2 + 2 * TENSOR_ITEMS),
        (([1], [2, "a"], 3), 6),
    ],
)
def test_every_item_is_counted(value: Any, items: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """An item of a list is one, of a dict two, and a tensor takes the room of eight."""
    monkeypatch.setattr("harness.plain.MAX_ITEMS", items)
    to_plain(value)
    monkeypatch.setattr("harness.plain.MAX_ITEMS", items - 1)
    with pytest.raises(NotPlainError, match="the result has more than"):
        to_plain(value)


def test_all_tensors_together_may_have_64_megabytes() -> None:
    """And not a byte more."""
    half = torch.zeros(1, dtype=torch.uint8).expand(MAX_TENSOR_BYTES // 2)
    to_plain([half, half])
    with pytest.raises(NotPlainError, match="larger than 64 MB together"):
        to_plain([half, half, torch.zeros(1, dtype=torch.uint8)])


@pytest.mark.parametrize(
    ("shape", "stride", "offset", "elements"),
    [
        ((2, 3), (4, 1), 2, 9),
        ((2, 3), (4, 1), 3, 10),
        ((3,), (5,), 0, 11),
        ((2, 2, 2), (1, 7, 3), 1, 13),
        ((4,), (0,), 6, 7),
        ((), (), 4, 5),
        ((1, 6), (9, 1), 0, 6),
    ],
)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.uint8])
def test_a_tensor_is_read_up_to_the_last_byte_of_its_storage(
    shape: tuple[int, ...], stride: tuple[int, ...], offset: int, elements: int, dtype: torch.dtype
) -> None:
    """A view whose last element just fits is read; one byte less, and it is not."""
    whole = torch.arange(elements).to(dtype)
    view = whole.as_strided(shape, stride, offset)
    assert same(to_plain(view), view.clone())
    whole.untyped_storage().resize_(elements * dtype.itemsize - 1)
    assert to_plain(view) == Opaque("torch.Tensor beyond its storage")


def test_an_exception_that_only_goes_by_a_builtins_name_is_another() -> None:
    """A class that calls itself builtins.ValueError is none; a true subclass has the true one among its bases."""
    fake = type("ValueError", (Exception,), {"__module__": "builtins"})
    assert class_names(fake)[0] == "?.builtins.ValueError"
    assert "builtins.ValueError" not in class_names(fake)
    assert "builtins.ValueError" in class_names(type("Mine", (ValueError,), {}))


def test_a_tensor_beyond_its_storage_is_not_read() -> None:
    """Its memory was taken away: reading it would end the process."""
    gone = torch.zeros(4, 4)
    gone.untyped_storage().resize_(0)
    assert to_plain(gone) == Opaque("torch.Tensor beyond its storage")
    strided = torch.arange(6.0).as_strided((2, 2), (3, 1), 1)
    assert torch.equal(to_plain(strided), strided)
