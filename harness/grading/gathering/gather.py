"""Gathering itself: every submission that the given paths hold, each as one file or package folder."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from harness.grading.gathering import archives
from harness.grading.gathering.archives import Target
from harness.grading.gathering.caps import Caps
from harness.grading.gathering.choosing import choose, ungradable
from harness.grading.gathering.drafts import Draft, of_archive, of_folder, unique
from harness.grading.gathering.entries import is_archive, stem
from harness.grading.gathering.found import Found, GatherError
from harness.grading.gathering.layouts import Owner
from harness.grading.gathering.naming import distinct
from harness.plugins import LoadError, find

_MARK = ".seqgrade-unpacked"


def gather(paths: Iterable[Path], into: Path, caps: Caps = Caps()) -> list[Found]:  # noqa: B008  # frozen
    """Find the submissions in files, package folders, archives, and folders and exports of these.

    into: a folder of its own, emptied first, where archives are unpacked as `<into>/<name>/...`. What is no archive
    stays where it is, but for Canvas's files of one student, which are copied side by side.
    Raises LoadError for a path that is not there or is no kind of submission, and where `into` holds other things.
    """
    given = list(dict.fromkeys(Path(path) for path in paths))
    target = Path(os.path.abspath(into))
    drafts = unique(draft for path in given for draft in _drafts(path, target, caps))
    names = distinct([(draft.owner.name, draft.owner.id, draft.above) for draft in drafts])
    _emptied(target, given)
    faults = _unpacked(drafts, [into / name for name in names], caps)
    return [
        _found(draft, name, into / name, faults.get(number), caps)
        for number, (draft, name) in enumerate(zip(drafts, names, strict=True))
    ]


def _drafts(path: Path, into: Path, caps: Caps) -> list[Draft]:
    """What one given path holds. Raises LoadError."""
    if is_archive(path.name) and path.is_file():
        return of_archive(path, caps)
    place = find(path)
    if place.is_dir() and not (place / "__init__.py").is_file():
        try:
            return of_folder(place, caps, into)
        except GatherError as error:
            raise LoadError(str(error)) from error
    name = stem(place.name) if place.suffix == ".py" else place.resolve().name or str(place)
    return [Draft(Owner(name, item=place.name), place, paths=[(place, "")])]


def _emptied(into: Path, given: list[Path]) -> None:
    """Make room: what an earlier run unpacked goes. Raises LoadError where it is anyone else's."""
    inside = [path for path in given if Path(os.path.abspath(path)).is_relative_to(into)]
    if inside:
        raise LoadError(f"{inside[0]}: lies in {into}, which is emptied to unpack archives; copy it elsewhere first")
    if not into.exists() and not into.is_symlink():
        return
    if into.is_symlink() or not into.is_dir() or (any(into.iterdir()) and not (into / _MARK).is_file()):
        raise LoadError(f"{into}: holds other things than what was unpacked; name a new or empty folder")
    shutil.rmtree(into)


def _folder(into: Path) -> Path:
    """Make a submission's folder, and beside it the mark that all of this is ours."""
    into.mkdir(parents=True, exist_ok=True)
    (into.parent / _MARK).touch()
    return into


def _unpacked(drafts: list[Draft], folders: list[Path], caps: Caps) -> dict[int, str]:
    """Unpack what lies in archives, one archive at a time, and return what is wrong, by draft."""
    plans: dict[Path, dict[int, Target]] = {}
    for number, (draft, folder) in enumerate(zip(drafts, folders, strict=True)):
        for entry, inside in draft.entries:
            plans.setdefault(draft.path, {})[entry.index] = Target(number, _folder(folder), inside)
    faults: dict[int, str] = {}
    for path, targets in plans.items():
        faults |= archives.unpack(path, targets, caps)
    return faults


def _found(draft: Draft, name: str, folder: Path, fault: str | None, caps: Caps) -> Found:
    """A draft, carried out; what goes wrong becomes its error."""
    path = draft.path
    error = draft.error or fault
    if error is None:
        try:
            path = _opened(_one(draft, folder, caps), folder, caps)
        except GatherError as problem:
            error = str(problem)
    owner = draft.owner
    return Found(name, path, owner.id, owner.origin, error, tuple(draft.notes), owner.people)


def _one(draft: Draft, folder: Path, caps: Caps) -> Path:
    """The one file, package or archive of a draft. Raises GatherError."""
    if draft.entries:
        others = tuple(inside[-1] for _, inside in draft.entries)
        return choose(folder, others)
    if not draft.paths:
        raise GatherError(f"{draft.path}: holds no file; {'; '.join(draft.notes) or 'nothing was handed in'}")
    if len(draft.paths) > 1:
        _copied(draft.paths, _folder(folder), caps)
        return choose(folder, tuple(name for _, name in draft.paths))
    path = draft.paths[0][0]
    if path.is_dir():
        return path if (path / "__init__.py").is_file() else choose(path)
    return path


def _copied(paths: list[tuple[Path, str]], folder: Path, caps: Caps) -> None:
    """Put one student's files side by side, under the names they were handed in with. Raises GatherError."""
    for path, name in paths:
        if path.is_dir():
            raise GatherError(f"{path}: is a folder among files of one student; keep one or the others")
        if not archives.wanted(name, caps):
            continue
        if path.is_symlink() or (folder / name).exists():
            fault = "is a symbolic link" if path.is_symlink() else f"and another of its owner's are both {name}"
            raise GatherError(f"{path}: {fault}; a submission consists of its own files, each with a name of its own")
        most = caps.nested if is_archive(name) else caps.file
        if path.stat().st_size > most:
            raise GatherError(f"{path}: is larger than {most} bytes; keep data out of what is handed in")
        try:
            content = path.read_bytes() if path.is_file() else b""
        except PermissionError as error:
            raise GatherError(f"{path}: cannot be read ({error.strerror}); check its permissions") from error
        (folder / name).write_bytes(content)


def _opened(path: Path, folder: Path, caps: Caps) -> Path:
    """The path, or where it is an archive, the one submission in it. Raises GatherError."""
    if path.is_dir() or path.suffix == ".py":
        return path
    if not is_archive(path.name):
        raise GatherError(ungradable(path))
    if path.is_symlink() or not path.is_file():
        fault = "is a symbolic link" if path.is_symlink() else "is no plain file"
        raise GatherError(f"{path}: {fault}; a submission consists of its own files")
    listed = [entry for entry, _ in archives.members(path, caps)]
    place = _folder(folder) / stem(path.name)
    while place.exists():
        place = place.with_name(f"{place.name}_")
    targets = {entry.index: Target(0, place, entry.parts) for entry in listed}
    place.mkdir()
    faults = archives.unpack(path, targets, caps)
    if faults:
        raise GatherError(faults[0])
    chosen = choose(place, tuple(entry.parts[-1] for entry in listed if entry.parts), top=path)
    if is_archive(chosen.name) and not chosen.is_dir():
        raise GatherError(f"{path}: holds another archive, {chosen.name!r}; hand in its content")
    return chosen
