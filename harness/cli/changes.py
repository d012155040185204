"""Changes of a submission on disk, as its author saves it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

LOOK_SECONDS = 0.1
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


def until_interrupted(steps: Iterator[None]) -> Iterator[None]:
    """The same steps, until Ctrl-C between two of them."""
    with suppress(KeyboardInterrupt):
        yield from steps


def _state(path: Path) -> State:
    """When each file was last written, and how long it is."""
    files = path.rglob("*.py") if path.is_dir() else [path]
    found: State = {}
    for file in files:
        try:
            about = file.stat()
        except OSError:  # gone meanwhile
            continue
        found[file] = about.st_mtime_ns, about.st_size
    return found
