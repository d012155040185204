"""Drafts: submissions as the names of files tell of them, before anything is unpacked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from harness.grading.gathering import archives
from harness.grading.gathering.caps import Caps
from harness.grading.gathering.choosing import holds_work, nothing, visible
from harness.grading.gathering.entries import Entry, shown, split, stem
from harness.grading.gathering.found import GatherError
from harness.grading.gathering.layouts import Owner, Piece, Submitters, is_known, may_be_work, piece_of, restored
from harness.grading.gathering.metadata import METADATA, submitters


@dataclass
class Draft:
    """A submission to be: whose, what it came in (`path`), and its pieces: entries of that archive, or paths."""

    owner: Owner
    path: Path
    entries: list[tuple[Entry, tuple[str, ...]]] = field(default_factory=list)
    paths: list[tuple[Path, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    error: str | None = None

    @property
    def above(self) -> tuple[str, ...]:
        """The folders that it lies in, for telling equal names apart."""
        return self.path.absolute().parts[1:-1]


def of_archive(path: Path, caps: Caps) -> list[Draft]:
    """The submissions in an archive: its students', or where it holds one thing that names nobody, its own."""
    whole = Owner(stem(path.name), item=path.name)
    try:
        entries = _listed(path, caps)
    except GatherError as error:
        return [Draft(whole, path, error=str(error))]
    root = _root(entries, stem(path.name))
    drafts = _grouped(path, entries, root, _named(path, entries, root, caps))
    found = [draft for draft in drafts if draft.owner.origin != "files" or _is_work(draft)]
    package = any(entry.parts[root:] == ("__init__.py",) for entry in entries)
    if package or (len(found) <= 1 and all(draft.owner.origin == "files" for draft in found)):
        return [Draft(whole, path, [(entry, entry.parts) for entry in entries])]
    found = [draft for draft in drafts if draft.owner.origin != "files" or _is_work(draft) or _is_faulty(draft)]
    told = {entry.index for draft in found for entry, _ in draft.entries}
    lost = [entry for entry in entries if entry.fault and entry.index not in told]
    return found + [Draft(whole, path, error=f"{path}: {shown(entry.name)} {entry.fault}") for entry in lost[:1]]


def _grouped(path: Path, entries: Sequence[Entry], root: int, metadata: bytes | None) -> list[Draft]:
    """One draft for each owner of an entry."""
    known, note = _submitters(metadata, path)
    drafts: dict[Owner, Draft] = {}
    for entry in entries:
        inside = entry.parts[root:]
        if inside and inside != (METADATA,):
            deeper = len(inside) > 1 or len(split(entry.name)) > len(entry.parts)
            piece = piece_of(inside[0], deeper, known)
            draft = drafts.setdefault(piece.owner, Draft(piece.owner, path, notes=list(note)))
            _enter(draft, entry, piece, inside)
    for draft in drafts.values():
        if draft.owner.origin == "canvas":
            names = restored([inside[-1] for _, inside in draft.entries])
            draft.entries = [(entry, (name,)) for (entry, _), name in zip(draft.entries, names, strict=True)]
    return list(drafts.values())


def _enter(draft: Draft, entry: Entry, piece: Piece, inside: tuple[str, ...]) -> None:
    if piece.left_out and not entry.fault:
        draft.notes += [] if piece.left_out in draft.notes else [piece.left_out]
    else:
        draft.entries.append((entry, inside[1:] if len(inside) > 1 else (piece.file or inside[0],)))


def _is_work(draft: Draft) -> bool:
    return any(may_be_work(inside[-1]) for _, inside in draft.entries)


def _is_faulty(draft: Draft) -> bool:
    """Whether something in a folder of its own is refused: the folder's name is all that there is of its author."""
    return any(entry.fault and len(split(entry.name)) > 1 for entry, _ in draft.entries)


def _listed(path: Path, caps: Caps) -> list[Entry]:
    """All entries. Raises GatherError."""
    entries = [entry for entry, _ in archives.members(path, caps)]
    if not entries:
        raise GatherError(nothing(path, []))
    return entries


def _named(path: Path, entries: Sequence[Entry], root: int, caps: Caps) -> bytes | None:
    """Gradescope's metadata, from the very place where it belongs: a student's folder may hold a file of that name."""
    wanted = next((one.index for one in entries if one.parts[root:] == (METADATA,) and not one.fault), None)
    if wanted is None:
        return None
    try:
        return next(
            archives.content(*member, caps) for member in archives.members(path, caps) if member[0].index == wanted
        )
    except GatherError:
        return b"unreadable"


def _root(entries: Sequence[Entry], name: str) -> int:
    """How many folders around everything are the export's own: one, where it bears the archive's name or holds what
    a learning-management system names; else none."""
    paths = [entry.parts for entry in entries if entry.parts]
    tops = {parts[0] for parts in paths}
    if len(tops) != 1 or any(len(parts) == 1 for parts in paths) or is_known(paths[0][0], True):
        return 0
    named = any(parts[1] == METADATA or is_known(parts[1], len(parts) > 2) for parts in paths)
    return 1 if named or paths[0][0].casefold() == name.casefold() else 0


def _submitters(content: bytes | None, place: PurePath) -> tuple[Submitters | None, list[str]]:
    """Gradescope's submitters; where they cannot be read, none, and a note."""
    if content is None:
        return None, []
    try:
        return submitters(content), []
    except GatherError as error:
        return {}, [f"{place}: {METADATA}, {error}; submissions are named by their folders"]


def of_folder(folder: Path, caps: Caps, skipped: Path) -> list[Draft]:
    """The submissions in a folder. skipped: where archives are unpacked, which is no submission."""
    items = [item for item in visible(folder) if not skipped.is_relative_to(item.absolute())]
    if len(items) == 1 and _is_export(items[0]):
        return of_folder(items[0], caps, skipped)
    known, note = _submitters(_metadata(folder / METADATA, caps), folder)
    drafts: dict[Owner, Draft] = {}
    for item in items:
        piece = piece_of(item.name, item.is_dir(), known)
        if piece.owner.origin == "files" and not (holds_work(item) if item.is_dir() else may_be_work(item.name)):
            continue
        draft = drafts.setdefault(piece.owner, Draft(piece.owner, item, notes=list(note)))
        if piece.left_out:
            draft.notes.append(piece.left_out)
        else:
            draft.paths.append((item, piece.file))
    for draft in drafts.values():
        if draft.owner.origin == "canvas":
            names = restored([name for _, name in draft.paths])
            draft.paths = [(path, name) for (path, _), name in zip(draft.paths, names, strict=True)]
    return list(drafts.values())


def _is_export(item: Path) -> bool:
    """Whether a folder holds what a learning-management system names."""
    if not item.is_dir() or item.is_symlink() or is_known(item.name, True):
        return False
    return any(one.name == METADATA or is_known(one.name, one.is_dir()) for one in visible(item))


def _metadata(file: Path, caps: Caps) -> bytes | None:
    if file.is_symlink() or not file.is_file():
        return None
    with file.open("rb") as stream:
        return stream.read(caps.metadata)


def unique(drafts: Iterable[Draft]) -> list[Draft]:
    """Drafts without those whose very files another has: a path given twice, or with its folder."""
    seen: set[object] = set()
    kept = []
    for draft in drafts:
        pieces = tuple(str(path.absolute()) for path, _ in draft.paths)
        mark = pieces or (str(draft.path.absolute()), draft.owner)
        if mark not in seen:
            seen.add(mark)
            kept.append(draft)
    return kept
