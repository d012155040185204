"""Importing a suite's own modules (checks, cases, mutants) by path."""

from __future__ import annotations

import importlib
import importlib.machinery
import sys
from pathlib import Path
from types import ModuleType


def import_beside(file: Path) -> ModuleType:
    """Import a file of a suite's package folder, under a name of our own, so that a `tests` package of
    the user's cannot come between; relative imports inside the folder work."""
    folder, parts = file.parent, [file.stem]
    while (folder / "__init__.py").is_file() and (folder.parent / "__init__.py").is_file():
        parts.insert(0, folder.name)
        folder = folder.parent
    root = f"seqgrade_suite_{abs(hash(str(folder)))}"
    if root not in sys.modules:
        package = ModuleType(root)
        package.__path__ = [str(folder)]
        package.__spec__ = importlib.machinery.ModuleSpec(root, None, is_package=True)
        sys.modules[root] = package
    return importlib.import_module(".".join([root, *parts]))
