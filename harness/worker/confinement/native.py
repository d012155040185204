"""Native code: function pointers, which ctypes would make of any address, taken away where a rule is about kernels.

No wall: a program that corrupts memory on purpose needs no ctypes.
"""

from __future__ import annotations

import _ctypes
import contextlib
import ctypes
from typing import Any

from harness.worker.confinement import kernel

TYPES = ("_CFuncPtr", "CDLL", "PyDLL")
MAKERS = ("CFUNCTYPE", "PYFUNCTYPE")
PRIMITIVES = ("CFuncPtr", "dlopen", "dlsym", "call_function", "call_cdeclfunction")


class NoFunction:
    """Stands for a type of functions: modules that only declare some can be imported, and no instance made."""

    def __init__(self, *values: Any, **named: Any) -> None:
        raise PermissionError(1, "a submission may not do this: it made a function of an address")


def forget_function_pointers() -> None:
    """Leave no name that leads to making a function of an address, or to the C library's own."""
    for name in TYPES:
        setattr(ctypes, name, NoFunction)
    for name in MAKERS:
        setattr(ctypes, name, lambda *values, **named: NoFunction)
    for name in ("cdll", "pydll", "pythonapi"):
        setattr(ctypes, name, None)
    for name in PRIMITIVES:
        with contextlib.suppress(AttributeError):
            delattr(_ctypes, name)
    kernel._libc = None
