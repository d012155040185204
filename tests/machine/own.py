"""Judging mutants of the harness itself: by its own fast tests, which see the changed module in place of the real."""

from __future__ import annotations

import importlib.abc
import importlib.util
import os
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, SourceFileLoader
from types import CodeType, ModuleType

import pytest
import torch

from .mutations import ROOT, Mutation

JUDGED: dict[str, tuple[str, ...]] = {
    "harness/judge/compare.py": ("compare",),
    "harness/judge/tolerances.py": ("compare",),
    "harness/judge/purity.py": ("purity",),
    "harness/judge/trial.py": ("trial", "compare"),
    "harness/contracts/results.py": ("results",),
    "harness/contracts/kinds.py": ("results",),
    "harness/wire/decode.py": ("decode", "wire"),
    "harness/plain.py": ("plain",),
}
"""Each file, and the tests (`tests/harness/test_<name>.py`) that are to find what is wrong with it, in this order."""

PYTEST = [
    *("-x", "-q", "--tb=no", "--assert=plain", "-m", "not slow"),
    *(f"-pno:{name}" for name in ("cacheprovider", "xdist", "unraisableexception", "hypothesispytest")),
]
"""Nothing that takes time and tells us nothing; Hypothesis's plugin wants to be loaded before Hypothesis is used."""


class OwnJudge:
    """The harness's own tests of one of its modules."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.module = file.removesuffix(".py").replace("/", ".")
        self.tests = [str(ROOT / "tests" / "harness" / f"test_{name}.py") for name in JUDGED[file]]

    def prepare(self) -> None:
        """Import what takes long."""
        torch.unravel_index(torch.tensor(0), (1,))  # imports sympy, a second
        importlib.import_module("hypothesis.strategies")

    def survives(self, mutation: Mutation) -> bool:
        """Whether no test fails with the changed module. Only for a child: this process would keep it."""
        os.chdir(ROOT)
        sys.dont_write_bytecode = True
        for name in list(sys.modules):
            if name.split(".")[0] in ("harness", "tests") and not name.startswith(__package__):
                del sys.modules[name]
        sys.meta_path.insert(0, _Changed(self.module, str(ROOT / self.file), mutation.text))
        return pytest.main([*PYTEST, *self.tests]) == pytest.ExitCode.OK


class _Changed(importlib.abc.MetaPathFinder):
    """Finds one module, and gives it another text."""

    def __init__(self, name: str, path: str, text: str) -> None:
        self.name, self.path, self.text = name, path, text

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self.name:
            return None
        loader = _Loader(self.name, self.path)
        loader.text = self.text
        return importlib.util.spec_from_file_location(fullname, self.path, loader=loader)


class _Loader(SourceFileLoader):
    text: str

    def get_code(self, fullname: str) -> CodeType:
        return compile(self.text, self.path, "exec", dont_inherit=True)
