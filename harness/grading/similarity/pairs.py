"""Pairs: which submissions share so much that a human should look. Never a verdict, and never part of a grade."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

import msgspec
import numpy as np
import numpy.typing as npt

from harness.grading.similarity.passages import NOTHING, Hashes, Passage, Work, covered, shared

SCHEMA = 1
THRESHOLD = 0.6
"""Measured (benchmarks/similarity.py): independent right works share at most 0.32 of either with another, be it of the
whole course; whole copies in disguise 0.74 and more, halves of them 0.63."""
LEAST = 50
"""Symbols that two works must share: short works are soon alike."""
EDITED = 0.2
"""Of a share of symbols, what is left as a share of passages where every third statement is new (at least 0.38)."""
COMMON, COMMON_AT_LEAST = 0.25, 10
"""A passage that more works have than this share of the class, and this number, is everybody's, and tells nothing."""


class Pair(msgspec.Struct):
    """Two submissions. A share: how much of the one's own symbols stands in the other too. passages: where."""

    first: str
    second: str
    first_share: float
    second_share: float
    symbols: int
    passages: list[Passage]


class Similarity(msgspec.Struct):
    """What a class has in common, beyond the starter and what everybody has. groups: of pairs that hang together.

    not_compared: submissions without enough of their own to compare, and why.
    """

    schema: int
    note: str
    threshold: float
    submissions: int
    pairs: list[Pair]
    groups: list[list[str]]
    not_compared: dict[str, str]


NOTE = "for a human to look at: similarity is no verdict, and no part of a grade"


def similarity(
    works: Sequence[Work],
    starter: Iterable[Hashes] = (),
    threshold: float = THRESHOLD,
    unread: Mapping[str, str] = MappingProxyType({}),
) -> Similarity:
    """The pairs of works of which one at least shares `threshold` of its own symbols with the other, the most first.

    starter: passages that everybody was given. unread: what could not be read, and why.
    """
    everybody = _everybody(works)
    dropped = np.unique(np.concatenate([[NOTHING], everybody, *starter]))
    told = [~np.isin(work.hashes, dropped) for work in works]
    own = [np.unique(work.hashes[marks]) for work, marks in zip(works, told, strict=True)]
    sizes = [int(covered(marks).sum()) for marks in told]
    pairs = []
    for i, j in _candidates(own, threshold):
        common = np.intersect1d(own[i], own[j], assume_unique=True)
        one = _pair(works[i], works[j], common, (sizes[i], sizes[j]))
        if max(one.first_share, one.second_share) >= threshold and one.symbols >= LEAST:
            pairs.append(msgspec.structs.replace(one, passages=shared(works[i], works[j], common)))
    pairs.sort(key=lambda one: (-max(one.first_share, one.second_share), -one.symbols, one.first, one.second))
    thin = {
        work.name: f"{size} symbols of its own, and {LEAST} are needed"
        for work, size in zip(works, sizes, strict=True)
        if size < LEAST
    }
    return Similarity(SCHEMA, NOTE, threshold, len(works) + len(unread), pairs, groups(pairs), {**unread, **thin})


def _everybody(works: Sequence[Work]) -> Hashes:
    """The passages that are too common to tell anything."""
    found = [np.unique(work.hashes) for work in works]
    values, counts = np.unique(np.concatenate([np.empty(0, np.uint64), *found]), return_counts=True)
    return values[counts > max(COMMON_AT_LEAST, COMMON * len(works))]


def _candidates(own: Sequence[Hashes], threshold: float) -> list[tuple[int, int]]:
    """The pairs that share enough different passages to be worth the whole comparison: symbols between edits count in
    shares, and most passages lie across an edit."""
    counts = _counts(own)
    sizes = np.array([max(len(one), 1) for one in own])
    enough = counts >= EDITED * threshold * np.minimum.outer(sizes, sizes)
    first, second = np.nonzero(np.triu(enough & (counts > 0), 1))
    return list(zip(first.tolist(), second.tolist(), strict=True))


def _counts(own: Sequence[Hashes]) -> npt.NDArray[np.int64]:
    """How many passages each pair of works has in common."""
    n = len(own)
    values = np.concatenate([np.empty(0, np.uint64), *own])
    owners = np.repeat(np.arange(n), [len(one) for one in own])
    order = np.argsort(values, kind="stable")
    values, owners = values[order], owners[order]
    counts = np.zeros(n * n, dtype=np.int64)
    ahead = 1
    while ahead < n:  # in each run of equal values, every owner meets the one `ahead` places on
        same = np.nonzero(values[ahead:] == values[:-ahead])[0]
        if not len(same):
            break
        counts += np.bincount(owners[same] * n + owners[same + ahead], minlength=n * n)
        ahead += 1
    return counts.reshape(n, n)


def _pair(first: Work, second: Work, common: Hashes, sizes: tuple[int, int]) -> Pair:
    hits = [int(covered(np.isin(work.hashes, common)).sum()) for work in (first, second)]
    shares = [hit / size if size else 0.0 for hit, size in zip(hits, sizes, strict=True)]
    return Pair(first.name, second.name, shares[0], shares[1], min(hits), [])


def groups(pairs: Iterable[Pair]) -> list[list[str]]:
    """The submissions that hang together through pairs, the largest group first."""
    group: dict[str, list[str]] = {}
    for pair in pairs:
        one, other = group.setdefault(pair.first, [pair.first]), group.setdefault(pair.second, [pair.second])
        if one is not other:
            one.extend(other)
            group |= dict.fromkeys(other, one)
    distinct = {id(members): sorted(members) for members in group.values()}
    return sorted(distinct.values(), key=lambda members: (-len(members), members))
