"""A plugin's source: which files it is, where they are, and their bytes."""

from __future__ import annotations

import difflib
import hashlib
import stat
from dataclasses import dataclass
from pathlib import Path

MAX_FILE = 2**23


class LoadError(Exception):
    """A plugin that cannot be loaded at all; the message names the file, the fault and the mend."""


@dataclass(frozen=True)
class Source:
    """The bytes of a plugin. `modules` maps dotted names inside it ("" for a single file or `__init__`)
    to (path, bytes); `path` is the file or the package folder."""

    name: str
    path: Path
    modules: dict[str, tuple[Path, bytes]]

    @property
    def is_package(self) -> bool:
        """Whether it is a package folder rather than a single file."""
        return self.path.suffix != ".py"

    @property
    def sha256(self) -> str:
        """The SHA-256 of all its modules, names and bytes, in the order of their names."""
        if not self.is_package:
            return hashlib.sha256(self.modules[""][1]).hexdigest()
        digest = hashlib.sha256()
        for name in sorted(self.modules):
            content = self.modules[name][1]
            digest.update(f"{name}\0{len(content)}\0".encode() + content)
        return digest.hexdigest()


def find(path: str | Path, shelf: Path = Path("submissions")) -> Path:
    """The file or package folder that `path` means: a path, or a name under `submissions/`.

    Raises LoadError where there is none.
    """
    given = Path(path)
    for candidate in (given, shelf / given, shelf / f"{given}.py"):
        if candidate.is_dir() or (candidate.is_file() and candidate.suffix == ".py"):
            return candidate
        if candidate.is_file():
            kind = f"a {candidate.suffix} file" if candidate.suffix else "a file without a suffix"
            raise LoadError(f"{candidate}: a submission is a .py file or a package folder, not {kind}")
    nearby = [item.stem for item in shelf.glob("*")] if shelf.is_dir() else []
    if given.parent.is_dir():
        nearby += [str(given.parent / item.name) for item in given.parent.glob("*.py")]
    close = difflib.get_close_matches(str(given), nearby, n=1)
    advice = f"did you mean {close[0]!r}?" if close else "give the path of a .py file or of a package folder"
    raise LoadError(f"{given}: there is no such file, nor a submission of that name under {shelf}/; {advice}")


def read(path: str | Path) -> Source:
    """Read a plugin from a `.py` file or a package folder. Raises LoadError."""
    try:
        place = find(path)
        if place.is_dir():
            return _read_package(place)
        return Source(place.stem, place, {"": (place, _content(place))})
    except OSError as error:
        raise LoadError(f"{path}: cannot be read ({error.strerror}); check its name and permissions") from error


def _content(file: Path) -> bytes:
    """The bytes of a plain file. Raises LoadError for anything else: what a link leads to is not the submission's,
    and is read with rights that the submission does not have."""
    status = file.lstat()
    if stat.S_ISLNK(status.st_mode):
        raise LoadError(f"{file}: is a symbolic link; a submission consists of its own files, so copy what it leads to")
    if not stat.S_ISREG(status.st_mode):
        raise LoadError(f"{file}: is no plain file; a submission consists of text files")
    if status.st_size > MAX_FILE:
        raise LoadError(f"{file}: is larger than {MAX_FILE // 2**20} MB; keep data out of the source")
    return file.read_bytes()


def _read_package(place: Path) -> Source:
    if place.is_symlink():
        _content(place)
    if not (place / "__init__.py").is_file():
        raise LoadError(f"{place}: a package folder needs an __init__.py that exposes its hooks; add one")
    modules = {}
    for file in sorted(place.rglob("*.py")):
        inside = file.relative_to(place)
        if any(part.startswith((".", "__pycache__")) for part in inside.parts):
            continue
        parts = inside.with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        links = [parent for parent in file.parents if parent.is_relative_to(place) and parent.is_symlink()]
        modules[name] = (file, _content(links[-1] if links else file))
    return Source(place.resolve().name, place, modules)


def decoded(file: Path, content: bytes) -> str:
    """The text of a source file: UTF-8, a byte order mark allowed. Raises LoadError."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise LoadError(
            f"{file}:{line}: is not UTF-8 (byte 0x{content[error.start]:02x}); save the file as UTF-8"
        ) from error
