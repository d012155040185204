"""Importing a plugin's modules from their bytes, under names that cannot clash with anything."""

from __future__ import annotations

import contextlib
import importlib.abc
import importlib.machinery
import importlib.util
import io
import itertools
import linecache
import sys
import traceback
import types
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from harness.contracts.ambient import global_state_kept
from harness.limits import OutOfTimeError, cpu_limit
from harness.plugins.source import LoadError, Source, decoded

LOAD_SECONDS = 20.0
EXTRA_SECONDS = 5.0
"""For the modules that nobody imports but us; the package is graded without those that take longer."""
_numbers = itertools.count(1)


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds and executes the modules of one source, and no others."""

    def __init__(self, root: str, source: Source) -> None:
        self.root = root
        self.source = source

    def inside(self, fullname: str) -> str | None:
        if fullname == self.root:
            return ""
        if fullname.startswith(f"{self.root}."):
            return fullname.removeprefix(f"{self.root}.")
        return None

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        name = self.inside(fullname)
        if name is None:
            return None
        if name not in self.source.modules:
            folder = any(other.startswith(f"{name}.") for other in self.source.modules)  # one without __init__.py
            return importlib.machinery.ModuleSpec(fullname, None, is_package=True) if folder else None
        file = self.source.modules[name][0]
        package = self.source.is_package and file.name == "__init__.py"
        spec = importlib.machinery.ModuleSpec(fullname, self, origin=str(file), is_package=package)
        spec.has_location = True
        return spec

    def exec_module(self, module: types.ModuleType) -> None:
        name = self.inside(module.__name__) or ""
        file, content = self.source.modules[name]
        text = decoded(file, content)
        # linecache gives tracebacks and inspect.getsource the very text that runs.
        linecache.cache[str(file)] = (len(text), None, io.StringIO(text).readlines(), str(file))
        exec(compile(text, str(file), "exec", dont_inherit=True), module.__dict__)


@contextmanager
def _findable(finder: _Finder) -> Iterator[None]:
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


@contextmanager
def _quiet() -> Iterator[None]:
    """Prints and warnings at import are nobody's fault and nobody's business."""
    sink = io.StringIO()
    with warnings.catch_warnings(), contextlib.redirect_stdout(sink), contextlib.redirect_stderr(sink):
        warnings.simplefilter("ignore")
        yield


def import_source(
    source: Source, mark: Callable[[], int], seconds: float = LOAD_SECONDS
) -> tuple[list[types.ModuleType], dict[str, BaseException], int]:
    """Import every module of a source, its `__init__` first, so that relative imports inside functions find
    theirs. Returns the modules, by name what came out of those that `__init__` does without, and what `mark`
    gave between the two.

    Raises LoadError with the submission's own traceback, and none of ours.
    """
    stem = "".join(c if c.isalnum() else "_" for c in source.name)
    root = f"seqgrade_plugin_{next(_numbers)}_{stem}"
    files = {str(file) for file, _ in source.modules.values()}
    with _findable(_Finder(root, source)):
        try:
            with cpu_limit(seconds), _quiet(), global_state_kept():
                first = importlib.import_module(root)
                exposed = mark()
            with cpu_limit(EXTRA_SECONDS), _quiet(), global_state_kept():
                others, failed = _import_others(root, source)
                return [first, *others], failed, exposed
        except (LoadError, KeyboardInterrupt):
            raise
        except OutOfTimeError as error:
            raise LoadError(
                f"{source.path}: importing it took more than {seconds:g} s of CPU time; keep training and other long "
                "work inside functions"
            ) from error
        except BaseException as error:  # SystemExit and its kind are the submission's doing as well
            alone = isinstance(error, ImportError) and "relative import" in str(error) and not source.is_package
            mend = f"\nIt is part of a package: load the folder {source.path.parent} instead." if alone else ""
            raise LoadError(f"{source.path}: cannot be imported\n{_own_traceback(error, files)}{mend}") from error


def _import_others(root: str, source: Source) -> tuple[list[types.ModuleType], dict[str, BaseException]]:
    modules, failed = [], {}
    for name in sorted(set(source.modules) - {"", "__main__"}):
        try:
            modules.append(importlib.import_module(f"{root}.{name}"))
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # whatever it is, the package does without this module
            failed[name] = error
    return modules, failed


def _own_traceback(error: BaseException, files: set[str]) -> str:
    """The traceback as Python prints it, cut to the submission's frames."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename in files]
    lines = ["Traceback (most recent call last):\n", *traceback.format_list(frames)] if frames else []
    return "".join([*lines, *traceback.format_exception_only(error)]).rstrip()
