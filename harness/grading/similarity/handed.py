"""What was handed in, or graded in a run directory, as works to compare; and the starter that everybody was given."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from harness.grading.attempts import attempt_in, records_of
from harness.grading.gathering import Caps, gather
from harness.grading.similarity.passages import Hashes, Work, work_of
from harness.grading.similarity.texts import SUFFIXES, Text, texts_of
from harness.grading.store import FILE
from harness.plugins import LoadError
from harness.template import package_files, single_file

NOTEBOOK = SUFFIXES[1]


def handed_in(paths: Sequence[Path], into: Path) -> list[tuple[str, Path, str]]:
    """Submissions by name, each with its file or folder and what is known to be wrong with it, or "".

    A run directory stands for what was graded there last; archives are unpacked into the folder `into`.
    Raises LoadError for a path that is not there, StoreError and RecordError as reading a run directory does.
    """
    runs = [path for path in paths if (path / FILE).is_file()]
    loose = [path for path in paths if path.suffix.lower() == NOTEBOOK and path.is_file()]
    found = [(one.submission, Path(one.path), "") for run in runs for one in records_of(attempt_in(run), run)]
    found += [(path.stem, path, "") for path in loose]
    for one in gather([path for path in paths if path not in (*runs, *loose)], into, Caps(source=SUFFIXES)):
        unpacked = into / one.name
        found.append((one.name, unpacked if one.error and unpacked.is_dir() else one.path, one.error or ""))
    return _distinct(dict.fromkeys(found))


def _distinct(found: Iterable[tuple[str, Path, str]]) -> list[tuple[str, Path, str]]:
    """The same with each name once: who shares one gets the path for a name."""
    listed = list(found)
    names = [name for name, _, _ in listed]
    return [(name if names.count(name) == 1 else str(path), path, fault) for name, path, fault in listed]


def read_all(
    found: Iterable[tuple[str, Path, str]], advance: Callable[[], None] = lambda: None
) -> tuple[list[Work], dict[str, str]]:
    """The works, and why others cannot be compared. What cannot be graded may well be compared: a notebook, a folder
    of loose files, a file that does not parse."""
    works, unread = [], {}
    for name, place, fault in found:
        try:
            if not place.exists():
                raise LoadError(f"{place}: is not there any more")
            works.append(work_of(name, texts_of(place)))
        except LoadError as error:
            unread[name] = fault or str(error)
        advance()
    return works, unread


def starter(given: Iterable[Path]) -> list[Hashes]:
    """The passages of the course's template and of other files or folders. Raises LoadError where one is not there."""
    texts = [[Text("", single_file())], [Text(name, text) for name, text in package_files().items()]]
    return [work_of("", one).hashes for one in [*texts, *(texts_of(path) for path in given)]]
