"""Refusing: kernels that raise, registered in torch's dispatcher for good, and the proof that they do."""

from __future__ import annotations

import contextlib
import ctypes
import os
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import torch

from harness.contracts.component import ForbiddenError, refusals


def refuser(said: str) -> Callable[..., NoReturn]:
    """A function that refuses. Each place gets one of its own: torch's compiler tells functions apart by identity."""

    def refuse(*values: Any, **named: Any) -> NoReturn:
        refusals.append(said)
        raise ForbiddenError(said)

    return refuse


def demand_refusal(use: Callable[[], Any]) -> None:
    try:
        use()
    except ForbiddenError:
        return
    raise RuntimeError("this torch allows what it was told to refuse")


class Registrar:
    """Registers kernels for operators of any namespace, and takes what undoes them out of Python's reach."""

    def __init__(self) -> None:
        self._libraries: dict[str, Any] = {}
        self._silence = contextlib.ExitStack()

    def __enter__(self) -> Callable[[str, str, Any], None]:
        self._silence.enter_context(_nothing_on_stderr())
        return self._register

    def _register(self, name: str, key: str, kernel: Any) -> None:
        namespace = name.partition("::")[0]
        if namespace not in self._libraries:
            self._libraries[namespace] = torch._C._dispatch_library("IMPL", namespace, "", __file__, 1)
        self._libraries[namespace].impl(name, key, kernel, False)

    def __exit__(self, *error: object) -> None:
        self._silence.close()
        for library in self._libraries.values():
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(library))  # kept for ever, by nothing that Python can find
        self._libraries.clear()


@contextlib.contextmanager
def _nothing_on_stderr() -> Iterator[None]:
    """torch warns about each kernel that is replaced, from C++ straight to descriptor 2."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
