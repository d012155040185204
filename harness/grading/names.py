"""Submissions' names: the file's stem, made distinct where two files share one."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path


def stem_of(path: Path) -> str:
    """What a submission is called: the file's name without `.py`, or the package folder's name."""
    return path.stem if path.suffix == ".py" else path.resolve().name or str(path)


def distinct_names(paths: Iterable[Path]) -> dict[str, Path]:
    """Every path under a name of its own: stems, with as many parent folders as it takes, else a number."""
    unique = list(dict.fromkeys(Path(os.path.abspath(path)) for path in paths))  # not where a link leads
    shown = dict(zip(unique, dict.fromkeys(paths), strict=False)) if len(unique) == len(set(paths)) else {}
    names = {path: stem_of(path) for path in unique}
    for depth in range(1, 4):
        clashing = {name for name, count in Counter(names.values()).items() if count > 1}
        for path in unique:
            if names[path] in clashing and len(path.parts) > depth + 1:
                names[path] = "-".join([*path.parts[-1 - depth : -1], stem_of(path)])
    taken: Counter[str] = Counter()
    result: dict[str, Path] = {}
    for path in unique:
        name = names[path]
        while name in result:
            taken[names[path]] += 1
            name = f"{names[path]}-{taken[names[path]] + 1}"
        result[name] = shown.get(path, path)
    return result
