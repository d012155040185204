"""Changes on disk: of a submission, as its author saves it, and of a class, as work is handed in."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
LOOK_SECONDS = 0.1
SETTLED_SECONDS = 0.05
"""Between two looks at a class: what is the same at both has been copied whole."""
State = dict[Path, tuple[int, int]]


def changes(path: Path, wait: Callable[[float], None] = time.sleep) -> Iterator[None]:
    """Yield at once, and then each time that a file of the submission has been saved, added or taken away. While there
    is none, as when an editor puts a new file in the place of the old one, nothing is yielded."""
    known: State = {}
    while True:
        if (found := _state(path)) != known and found:
            known = found
            yield
        else:
            wait(LOOK_SECONDS)


def arrivals(
    paths: Sequence[Path], but: Path, wait: Callable[[float], None] = time.sleep, known: State | None = None
) -> Iterator[State]:
    """Yield the state of all files below some paths each time that something has come, gone or been saved there since
    `known`, once it is the same at two looks in a row: what is being copied is not yet there. but: a folder in which
    nothing counts."""
    before = known = files_below(paths, but) if known is None else known
    while True:
        wait(SETTLED_SECONDS)
        found = files_below(paths, but)
        if found == before and found != known:
            known = found
            yield found
        before = found


def files_below(paths: Sequence[Path], but: Path) -> State:
    """When each file was last written, and how long it is; of none that lies in a folder `but`, or is hidden."""
    outside = os.path.abspath(but)
    found: State = {}
    left = [os.path.abspath(path) for path in paths]
    while left:
        place = left.pop()
        try:
            if os.path.isdir(place) and not os.path.islink(place):
                names = [one for one in os.listdir(place) if not one.startswith((".", "__pycache__"))]
                left += [inside for one in names if (inside := os.path.join(place, one)) != outside]
            else:
                about = os.lstat(place)
                found[Path(place)] = about.st_mtime_ns, about.st_size
        except OSError:  # gone meanwhile
            continue
    return found


def until_interrupted(steps: Iterator[T]) -> Iterator[T]:
    """The same steps, until Ctrl-C between two of them."""
    with suppress(KeyboardInterrupt):
        yield from steps


def _state(path: Path) -> State:
    """The same, of a submission's Python files."""
    files = path.rglob("*.py") if path.is_dir() else [path]
    found: State = {}
    for file in files:
        try:
            about = file.stat()
        except OSError:  # gone meanwhile
            continue
        found[file] = about.st_mtime_ns, about.st_size
    return found
