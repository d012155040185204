"""Layouts: whose a file of an export is, by its name alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from harness.grading.gathering.entries import FOREIGN, NOTEBOOK, is_archive, stem
from harness.grading.gathering.found import Person

_CANVAS = re.compile(
    r"(?P<name>[^_]+|anon_[^_]+)_(?:LATE_)?(?P<id>\d+)_(?:\d+_(?P<file>.+)|(?P<text>text|link|url)\.html)"
)
_MOODLE = re.compile(r"(?P<name>.+?)_(?P<id>\d+)_assignsubmission_(?P<kind>[a-z]+)_(?P<file>.*)")
_GRADESCOPE = re.compile(r"submission_\d+")
_AGAIN = re.compile(r"-\d{1,3}(?=\.[^.]+$|\.tar\.\w+$)")
Submitters = Mapping[str, tuple[Person, ...]]


@dataclass(frozen=True)
class Owner:
    """Whose something is: `item` is the file or folder itself where the export names nobody."""

    name: str
    id: str = ""
    origin: str = "files"
    item: str = ""
    people: tuple[Person, ...] = ()


@dataclass(frozen=True)
class Piece:
    """An item of an export: its owner, its file's own name ("" for a folder), and why it is left out, if it is."""

    owner: Owner
    file: str
    left_out: str | None = None


def piece_of(item: str, is_folder: bool, submitters: Submitters | None) -> Piece:
    """What an item at the top of an export is. submitters: of Gradescope's metadata, where there are any."""
    if is_folder and submitters is not None and (_GRADESCOPE.fullmatch(item) or item in submitters):
        people = submitters.get(item, ())
        names = [one.name or one.sid or one.email for one in people]
        name = " + ".join(filter(None, names)) or item
        return Piece(Owner(name, item.removeprefix("submission_"), "gradescope", people=people), "")
    if match := _MOODLE.fullmatch(item):
        left_out = None if match["kind"] == "file" else f"{item}: Moodle's {match['kind']} is not graded"
        return Piece(Owner(match["name"], match["id"], "moodle"), "" if is_folder else match["file"], left_out)
    if not is_folder and (match := _CANVAS.fullmatch(item)):
        left_out = f"{item}: Canvas's {match['text']} entry is not graded" if match["text"] else None
        return Piece(Owner(match["name"], match["id"], "canvas"), match["file"] or item, left_out)
    return Piece(Owner(stem(item) if not is_folder else item, item=item), "" if is_folder else item)


def restored(files: list[str]) -> list[str]:
    """One student's files as they were named before Canvas numbered a resubmission, where they stay distinct."""
    names = [_AGAIN.sub("", file) for file in files]
    return names if len(set(names)) == len(set(files)) else files


def is_known(item: str, is_folder: bool) -> bool:
    """Whether an item's name is one that Canvas or Moodle give."""
    return piece_of(item, is_folder, None).owner.origin != "files"


def may_be_work(file: str) -> bool:
    """Whether a file that nobody's name is on looks like a submission, gradable or not."""
    return file.endswith(".py") or is_archive(file) or file.lower().endswith((NOTEBOOK, *FOREIGN))
