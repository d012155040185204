"""Choosing: which of a student's files is the submission."""

from __future__ import annotations

from pathlib import Path

from harness.grading.gathering.entries import FOREIGN, NOTEBOOK, is_archive, is_junk
from harness.grading.gathering.found import GatherError

_MEND = "hand in one .py file, or a package folder with an __init__.py"
_EXPORT = "export it as a .py file (in Jupyter: File > Save and Export Notebook As > Executable Script)"


def visible(folder: Path) -> list[Path]:
    """What lies in a folder, sorted, without litter. Raises GatherError."""
    try:
        return [item for item in sorted(folder.iterdir()) if not is_junk((item.name,))]
    except OSError as error:
        raise GatherError(f"{folder}: cannot be read ({error.strerror}); check its permissions") from error


def choose(folder: Path, others: tuple[str, ...] = (), top: Path | None = None) -> Path:
    """The package, the one `.py` file, or the one archive, that a student's folder holds, in it or one folder after
    another inside. others: names of files that were never unpacked. Raises GatherError."""
    top = top or folder
    if folder.is_symlink():
        raise GatherError(f"{folder}: is a symbolic link; a submission consists of its own files")
    inside = visible(folder)
    if any(item.name == "__init__.py" for item in inside):
        return folder
    files = [item for item in inside if item.suffix == ".py" and not item.is_dir()]
    if len(files) > 1:
        names = ", ".join(item.name for item in files[:5]) + (", …" if len(files) > 5 else "")
        raise GatherError(f"{top}: holds {len(files)} .py files ({names}) and no __init__.py; {_MEND}")
    if files:
        return files[0]
    folders = [item for item in inside if item.is_dir() and holds_work(item)]
    archives = [item for item in inside if is_archive(item.name) and not item.is_dir()]
    if len(folders) + len(archives) > 1:
        names = ", ".join(item.name for item in [*folders, *archives][:5])
        raise GatherError(f"{top}: holds several things that may be the submission ({names}); {_MEND}")
    if folders:
        return choose(folders[0], others, top)
    if archives:
        return archives[0]
    raise GatherError(nothing(top, [*others, *(item.name for item in inside)]))


def ungradable(file: Path) -> str:
    """Why a file of this name is no submission."""
    if file.name.lower().endswith(NOTEBOOK):
        return f"{file}: is a notebook; {_EXPORT}"
    return f"{file}: is no .py file and no archive that can be read here; hand in .py, .zip or .tar.gz"


def nothing(place: Path, names: list[str]) -> str:
    """Why there is no submission among files of these names."""
    if any(name.lower().endswith(NOTEBOOK) for name in names):
        return f"{place}: holds a notebook and no .py file; {_EXPORT}"
    if any(name.lower().endswith(FOREIGN) for name in names):
        return f"{place}: holds an archive that cannot be read here, and no .py file; hand in .py, .zip or .tar.gz"
    return f"{place}: holds no .py file; {_MEND}"


def holds_work(folder: Path, depth: int = 5) -> bool:
    """Whether there is a `.py` file, a notebook or an archive in a folder or those inside it."""
    try:
        inside = visible(folder)
    except GatherError:
        return True  # choosing it says why not
    ends = (".py", NOTEBOOK)
    if any(item.name.endswith(ends) or is_archive(item.name) for item in inside if not item.is_dir()):
        return True
    deeper = (item for item in inside if depth and item.is_dir() and not item.is_symlink())
    return any(holds_work(item, depth - 1) for item in deeper)
