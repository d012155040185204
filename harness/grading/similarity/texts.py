"""Texts: the source that a submission holds, read and never imported; of notebooks, the code cells."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from harness.plugins import LoadError

LARGEST = 2**20
"""Bytes of source of one submission; what is larger is data."""
SUFFIXES = (".py", ".ipynb")


class Text(NamedTuple):
    """A file, or a code cell of a notebook, named from the submission's own folder."""

    file: str
    source: str


class _Cell(msgspec.Struct):
    cell_type: str
    source: str | list[str] = ""


class _Notebook(msgspec.Struct):
    cells: list[_Cell]


def texts_of(place: Path) -> list[Text]:
    """The texts of a file, or of all files in a folder, in the order of their names.

    Raises LoadError where there is none, it is too large, cannot be read, or a notebook is none.
    """
    found: list[Text] = []
    size = 0
    try:
        for file in _files(place):
            size += file.stat().st_size if file.suffix == ".py" else 0
            name = file.name if file == place else file.relative_to(place).as_posix()
            found += _cells(file, name) if file.suffix == ".ipynb" else [Text(name, _text(file.read_bytes()))]
            if max(size, sum(len(one.source) for one in found)) > LARGEST:
                raise LoadError(f"{place}: holds more than {LARGEST // 2**20} MB of source; compare it by hand")
    except OSError as error:
        raise LoadError(f"{place}: cannot be read ({error.strerror}); check its permissions") from error
    if not found:
        raise LoadError(f"{place}: holds no .py file and no code cell to compare; hand in .py or .ipynb")
    return found


def _files(place: Path) -> Iterator[Path]:
    """Plain files of source; links are nobody's own work."""
    if place.is_dir():
        for file in sorted(place.rglob("*")):
            parts = file.relative_to(place).parts
            litter = any(part.startswith((".", "__pycache__", "__MACOSX")) for part in parts)
            linked = any(one.is_symlink() for one in (file, *file.parents) if one.is_relative_to(place))
            if file.suffix in SUFFIXES and not litter and not linked and file.is_file():
                yield file
    elif place.suffix in SUFFIXES and place.is_file() and not place.is_symlink():
        yield place


def _text(content: bytes) -> str:
    """Text whatever the encoding: what is not UTF-8 is replaced, since comments and strings do not count."""
    return content.decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n")


def _cells(file: Path, name: str) -> list[Text]:
    """The code cells of a notebook, numbered as they stand. Raises LoadError."""
    if file.stat().st_size > 64 * LARGEST:
        raise LoadError(f"{file}: is larger than {64 * LARGEST // 2**20} MB; clear its outputs")
    try:
        cells = msgspec.json.decode(_text(file.read_bytes()), type=_Notebook).cells
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise LoadError(f"{file}: is not a notebook of Jupyter ({error}); save it again, or hand in .py") from error
    code = ["".join(one.source) for one in cells if one.cell_type == "code"]
    return [Text(f"{name}, code cell {number}", source) for number, source in enumerate(code, 1)]
