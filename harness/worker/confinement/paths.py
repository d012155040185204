"""What a worker may read: Python's own files and shared libraries, less what must stay hidden."""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from pathlib import Path

SYSTEM = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache", "/usr/share/zoneinfo")
DEVICES = (Path("/dev/null"), Path("/dev/zero"), Path("/dev/urandom"), Path("/dev/random"))


def roots() -> list[Path]:
    """The folders that imports and the dynamic loader need, outermost only. Folders that an editable install
    or PYTHONPATH adds are not among them: a checkout holds the reference."""
    python = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    given = [*python, os.path.join(sys.base_prefix, "lib"), *SYSTEM]
    found = {Path(os.path.realpath(path)) for path in given if os.path.exists(path)}
    return sorted(path for path in found if not any(other in path.parents for other in found))


def without(hidden: Sequence[Path], root: Path) -> Iterator[Path]:
    """The largest subtrees of `root` that hold nothing hidden."""
    if root in hidden or any(path in root.parents for path in hidden):
        return
    if not any(root in path.parents for path in hidden):
        yield root
        return
    with os.scandir(root) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            if not entry.is_symlink():
                yield from without(hidden, Path(entry.path))


def traces(project: str) -> list[Path]:
    """What installing left beside Python's packages that tells where a project's checkout is."""
    folders = {Path(os.path.realpath(sysconfig.get_path(name))) for name in ("purelib", "platlib")}
    patterns = ("*.pth", "__editable__*", f"{project}-*.dist-info", f"{project}-*.egg-info")
    return [path for folder in folders for pattern in patterns for path in folder.glob(pattern)]


def readable(hidden: Sequence[Path]) -> list[Path]:
    """Every subtree that a worker may read."""
    return [part for root in roots() for part in without(hidden, root)]


def listed(hidden: Sequence[Path]) -> list[Path]:
    """The folders around what is hidden: imports list them, to find what lies beside it."""
    places = roots()
    return sorted({folder for path in hidden for folder in path.parents if inside(folder, places)})


def keep_importable() -> None:
    """Leave on `sys.path` only what lies in the readable roots, and forget the finders of the rest."""
    places = roots()
    sys.path[:] = [entry for entry in sys.path if entry and inside(Path(os.path.realpath(entry)), places)]
    sys.meta_path[:] = [finder for finder in sys.meta_path if not _editable(finder)]
    sys.path_importer_cache.clear()


def inside(path: Path, folders: Sequence[Path]) -> bool:
    """Whether a path is one of the folders or lies in one."""
    return any(folder == path or folder in path.parents for folder in folders)


def _editable(finder: object) -> bool:
    return "editable" in f"{type(finder).__module__} {getattr(finder, '__module__', '')}"


def open_to_all(folders: Sequence[Path]) -> bool:
    """Whether any user can reach and read these folders, parents included."""
    return all(
        folder.stat().st_mode & 0o5 and all(parent.stat().st_mode & 0o1 for parent in folder.parents)
        for folder in folders
    )
