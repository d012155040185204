"""The ambient state of a process that a hook may disturb: global random states, default dtype, its output."""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import io
import os
import random
import sys
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.utils import _device

MAX_OUTPUT = 2**20
FLOOD = 2**23
MT19937_BYTES = 4 * 624 + 4  # its key and its position


@dataclass(frozen=True)
class RandomStates:
    """A snapshot of the global random states of torch, numpy and random."""

    torch: torch.Tensor
    numpy: dict[str, Any]
    python: tuple[Any, ...]

    @staticmethod
    def now() -> RandomStates:
        """The states as they are."""
        return RandomStates(torch.get_rng_state(), _numpy_state(), _python_state())

    @staticmethod
    def seeded(seed: int) -> RandomStates:
        """Seed all three, and return the states.

        `torch.manual_seed` would note, where CUDA sleeps, to seed it some day: with the whole stack, for 1 ms.
        """
        torch.default_generator.manual_seed(seed)
        if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
            torch.cuda.manual_seed_all(seed)
        np.random.seed(seed)
        random.seed(seed)
        return RandomStates.now()

    def differing(self, other: RandomStates) -> list[str]:
        """The names of the packages whose states differ."""
        same = {
            "torch": torch.equal(self.torch, other.torch),
            "numpy": _same_numpy(self.numpy, other.numpy),
            "random": self.python is other.python or self.python == other.python,
        }
        return [name for name, unmoved in same.items() if not unmoved]

    def restore(self, names: list[str]) -> None:
        """Set the named packages back to this snapshot."""
        if "torch" in names:
            torch.set_rng_state(self.torch)
        if "numpy" in names:
            np.random.set_state(self.numpy)
        if "random" in names:
            random.setstate(self.python)

    def digests(self) -> dict[str, str]:
        """Each package's state in few letters."""
        version, words, spare = self.python
        states = {
            "torch": self.torch.numpy().tobytes(),
            "numpy": b"".join(b"%s=%s;" % (key.encode(), _written(value)) for key, value in _flat(self.numpy)),
            "random": array("Q", words).tobytes() + repr((version, spare)).encode(),
        }
        return {name: hashlib.sha256(state).hexdigest() for name, state in states.items()}


_numpy_seen: tuple[bytes, dict[str, Any]] | None = None


def _numpy_state() -> dict[str, Any]:
    """numpy's state; read anew only when its bytes in memory have changed, since reading takes 25 µs."""
    global _numpy_seen
    generator = np.random.mtrand._rand._bit_generator
    raw = (
        ctypes.string_at(generator.ctypes.state_address, MT19937_BYTES) if type(generator) is np.random.MT19937 else b""
    )
    if _numpy_seen is None or not raw or _numpy_seen[0] != raw:
        state = np.random.get_state(legacy=False)
        assert isinstance(state, dict)
        _numpy_seen = raw, state
    return _numpy_seen[1]


_python_seen: tuple[bytes, float | None, tuple[Any, ...]] | None = None


def _python_state() -> tuple[Any, ...]:
    """Python's state; like numpy's, read anew only when its bytes in memory have changed."""
    global _python_seen
    if not _IN_MEMORY:
        return random.getstate()
    raw, spare = _python_memory(), _python.gauss_next
    if _python_seen is None or _python_seen[:2] != (raw, spare):
        _python_seen = raw, spare, random.getstate()
    return _python_seen[2]


_python: Any = random.__dict__["_inst"]


def _python_memory() -> bytes:
    """What CPython keeps of the generator behind its object's head: the position, then the key."""
    return ctypes.string_at(id(_python) + object.__basicsize__, MT19937_BYTES)


def _readable() -> bool:
    """Whether the generator lies in memory as in the CPythons that are known."""
    if sys.implementation.name != "cpython" or type(_python).__basicsize__ < object.__basicsize__ + MT19937_BYTES:
        return False
    *key, position = _python.getstate()[1]
    return _python_memory() == array("I", [position, *key]).tobytes()


_IN_MEMORY = _readable()


def _flat(state: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in sorted(state.items()):
        if isinstance(value, dict):
            yield from _flat(value)
        else:
            yield key, value


def _written(value: Any) -> bytes:
    return value.tobytes() if isinstance(value, np.ndarray) else repr(value).encode()


def _same_numpy(one: dict[str, Any], other: dict[str, Any]) -> bool:
    if one is other:
        return True
    if one.keys() != other.keys() or one["bit_generator"] != other["bit_generator"]:
        return False
    if (one.get("has_gauss"), one.get("gauss")) != (other.get("has_gauss"), other.get("gauss")):
        return False
    return (
        repr(one["state"]) == repr(other["state"])
        if "key" not in one["state"]
        else (
            one["state"]["pos"] == other["state"]["pos"] and np.array_equal(one["state"]["key"], other["state"]["key"])
        )
    )


@contextlib.contextmanager
def global_state_kept() -> Iterator[RandomStates]:
    """Leave the global random states, and torch's and Python's settings, to the next case as they were.

    For code in the judge's own process: a setting that one submission makes must not reach the next.
    """
    kept = RandomStates.now()
    settings = [(read, read(), write) for read, write in _SETTINGS]
    try:
        yield kept
    finally:
        for read, value, write in settings:
            if read() != value:
                write(value)
        kept.restore(kept.differing(RandomStates.now()))


_SETTINGS: tuple[tuple[Callable[[], Any], Callable[[Any], Any]], ...] = (
    (torch.get_default_dtype, torch.set_default_dtype),
    (torch.is_grad_enabled, torch.set_grad_enabled),
    (torch.get_num_threads, torch.set_num_threads),
    (lambda: _determinism(), lambda modes: _be_deterministic(*modes)),
    (torch.is_anomaly_enabled, torch.autograd.set_detect_anomaly),
    (lambda: _device.CURRENT_DEVICE, torch.set_default_device),
    (np.geterr, lambda handling: np.seterr(**handling)),
    (sys.getrecursionlimit, sys.setrecursionlimit),
    (lambda: list(sys.path), lambda folders: sys.path.__setitem__(slice(None), folders)),
    (os.getcwd, os.chdir),
)
"""What code may set for the whole process: how to read it, and how to write it back."""


def _determinism() -> tuple[bool, bool, bool]:
    """Whether torch is deterministic, whether it only warns where it cannot be, whether fresh memory is filled."""
    return torch._C._get_deterministic_algorithms(), torch._C._get_deterministic_algorithms_warn_only(), _FILLING()


def _be_deterministic(mode: bool, warn_only: bool, filling: bool) -> None:
    """Set the three. `torch.use_deterministic_algorithms` would import torch's compiler, for half a second."""
    torch._C._set_deterministic_algorithms(mode, warn_only=warn_only)
    torch._C._set_deterministic_fill_uninitialized_memory(filling)


_FILLING: Callable[[], bool] = torch._C._get_deterministic_fill_uninitialized_memory


def same_results_for_same_work() -> None:
    """Have torch do the same work in the same way each time, as far as it can: memory that nobody has written to is
    full of nan (of the largest number, in integers), not of whatever was there, which is often what would be right."""
    _be_deterministic(True, True, True)


class OutputFloodError(BaseException):
    """A hook has printed more than FLOOD bytes. A BaseException, so that `except Exception` does not catch it."""


class Output(io.RawIOBase):
    """What a hook prints, up to MAX_OUTPUT bytes; it is stopped, once, at FLOOD. It outlives the stream that writes
    to it."""

    def __init__(self) -> None:
        self.kept = bytearray()
        self.size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        before, self.size = self.size, self.size + len(data)
        self.kept += bytes(data)[: MAX_OUTPUT - len(self.kept)]
        if before <= FLOOD < self.size:
            raise OutputFloodError(f"printed more than {FLOOD // 2**20} MB, the limit")
        return len(data)

    @property
    def text(self) -> str:
        """What was printed, undecodable bytes marked."""
        return bytes(self.kept).decode("utf-8", "replace")


@contextlib.contextmanager
def captured(output: Output) -> Iterator[None]:
    """Redirect standard output and error to `output`."""
    # A real text stream: hooks may write bytes to `sys.stdout.buffer`, reconfigure it, even close it.
    stream = io.TextIOWrapper(io.BufferedWriter(output), "utf-8", "backslashreplace", write_through=True)
    with contextlib.redirect_stdout(stream), contextlib.redirect_stderr(stream):
        yield
    with contextlib.suppress(ValueError, OutputFloodError):  # closed by the hook, or told already
        stream.flush()
