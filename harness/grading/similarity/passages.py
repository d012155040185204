"""Passages: runs of symbols, by their hashes, and where two works share them."""

from __future__ import annotations

import functools
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
import numpy.typing as npt

from harness.grading.similarity.symbols import symbols
from harness.grading.similarity.texts import Text

LENGTH = 18
"""Symbols in a row from which two works are alike there: of those tried, it parts copies from others' work the most."""
VARIED = 5
"""Different symbols that a passage needs: tables of numbers are alike whoever writes them."""
NOTHING = np.uint64(0)
"""The hash of a passage that tells nothing."""
TRIED = 8  # places in the other work, of a passage that stands there often
_BASE = 0x9E3779B97F4A7C15  # odd, so that every symbol counts, wherever in the passage
Hashes = npt.NDArray[np.uint64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Work:
    """A submission: the hash of the passage at each symbol, and of each symbol the text and the line it stands on."""

    name: str
    hashes: Hashes
    places: list[tuple[str, int]]


class Passage(msgspec.Struct):
    """What two works share in a row: file, first and last line in the one and in the other, and how many symbols."""

    first_file: str
    first_lines: tuple[int, int]
    second_file: str
    second_lines: tuple[int, int]
    symbols: int


def work_of(name: str, texts: Iterable[Text]) -> Work:
    """A submission's passages, over all of its texts as one."""
    read = [(one.text, (text.file, one.line)) for text in texts for one in symbols(text.source)]
    return Work(name, passages([text for text, _ in read]), [place for _, place in read])


def passages(texts: Sequence[str]) -> Hashes:
    """The hash of every LENGTH symbols in a row, equal on every machine and in every process."""
    if len(texts) < LENGTH:
        return np.empty(0, dtype=np.uint64)
    windows = np.lib.stride_tricks.sliding_window_view(np.array([_code(text) for text in texts]), LENGTH)
    found = np.zeros(len(windows), dtype=np.uint64)
    for column in windows.T:
        found = found * np.uint64(_BASE) + column
    different = 1 + np.count_nonzero(np.diff(np.sort(windows, axis=1), axis=1), axis=1)
    return np.where(different < VARIED, NOTHING, found)


@functools.cache
def _code(text: str) -> np.uint64:
    return np.uint64(int.from_bytes(hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest()))


def covered(marks: Mask) -> Mask:
    """The symbols that lie in a marked passage."""
    found = np.zeros(len(marks) + LENGTH - 1 if len(marks) else 0, dtype=np.bool_)
    for offset in range(LENGTH):
        found[offset : offset + len(marks)] |= marks
    return found


def shared(first: Work, second: Work, told: Hashes) -> list[Passage]:
    """Where two works have these passages in common, the longest first; a symbol of the first counts once."""
    known = set(told.tolist())
    found = [piece for run in _runs(first.hashes.tolist(), second.hashes.tolist(), known)
             for piece in _pieces(first, second, *run)]  # fmt: skip
    return sorted(found, key=lambda one: -one.symbols)


def _runs(own: list[int], others: list[int], known: set[int]) -> Iterator[tuple[int, int, int]]:
    """Runs of equal passages that begin with a known one: where in the one, where in the other, how many symbols."""
    positions: defaultdict[int, list[int]] = defaultdict(list)
    for place, value in enumerate(others):
        if value in known and len(positions[value]) < TRIED:
            positions[value].append(place)
    place = 0
    while place < len(own):
        if not (there := positions.get(own[place])):
            place += 1
            continue
        length, at = max((_run(own, others, place, one), -one) for one in there)
        yield place, -at, length + LENGTH - 1
        place += length


def _run(own: list[int], others: list[int], i: int, j: int) -> int:
    most = min(len(own) - i, len(others) - j)
    return next((step for step in range(most) if own[i + step] != others[j + step]), most)


def _pieces(first: Work, second: Work, i: int, j: int, length: int) -> Iterator[Passage]:
    """A run, cut where either work goes on in another text."""
    begin = 0
    for end in range(1, length + 1):
        one, other = first.places[i + begin], second.places[j + begin]
        last = end == length
        if last or first.places[i + end][0] != one[0] or second.places[j + end][0] != other[0]:
            lines = first.places[i + end - 1][1], second.places[j + end - 1][1]
            yield Passage(one[0], (one[1], lines[0]), other[0], (other[1], lines[1]), end - begin)
            begin = end
