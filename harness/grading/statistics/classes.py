"""Statistics of a class: its scores, its items, and who fails alike. Records in, structs out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

import msgspec
import numpy as np

from harness.grading.record import CheckRecord, Record
from harness.grading.statistics.items import Flag, Item, flags_of, of_check, of_component
from harness.grading.statistics.papers import Paper, paper_of

SCHEMA = 1
BINS = 10
TELLING = 2
"""The failed checks from which submissions that fail the same are told."""


class Scores(msgspec.Struct):
    """The scores: quartiles interpolate linearly, None where there is no score; `counts` between `edges`."""

    n: int
    max_score: float
    mean: float | None
    median: float | None
    lower_quartile: float | None
    upper_quartile: float | None
    edges: list[float]
    counts: list[int]


class Alike(msgspec.Struct):
    """Different submissions that fail the very same checks, and the known mistakes that all of them show."""

    submissions: list[str]
    failures: list[str]
    mistakes: list[str]


class Statistics(msgspec.Struct):
    """A class, graded. equal: the same files under several names. alike: the most telling first.

    unloadable: could not be imported, so left out of items. no_score: left out of scores.
    """

    schema: int
    assignment: str
    device: str
    submissions: int
    scores: Scores
    components: list[Item]
    checks: list[Item]
    nobody_fails: list[str]
    everybody_fails: list[str]
    alike: list[Alike]
    equal: list[list[str]]
    flags: list[Flag]
    unloadable: list[str]
    no_score: list[str]


def statistics(records: Iterable[Record]) -> Statistics:
    """The statistics of one attempt's records; they are read once, one at a time."""
    papers: list[Paper] = []
    checks: dict[str, CheckRecord] = {}
    worth: dict[str, float] = {}
    assignment, device, highest = "", "", 0.0
    for record in records:
        papers.append(paper_of(record))
        checks = {one.id: one for one in record.checks} | checks
        worth = {name: item.max_score for name, item in record.components.items()} | worth
        assignment, device, highest = record.assignment, record.device, max(highest, record.max_score)
    loaded = [one for one in papers if one.loaded]
    items = [of_check(one, loaded) for one in checks.values()]
    return Statistics(
        schema=SCHEMA,
        assignment=assignment,
        device=device,
        submissions=len(papers),
        scores=scores_of([one.score for one in papers if one.score is not None], highest),
        components=[of_component(name, points, loaded) for name, points in worth.items()],
        checks=items,
        nobody_fails=[one.id for one in items if one.submitted and one.passed == one.submitted],
        everybody_fails=[one.id for one in items if one.submitted and not one.passed],
        alike=alike(loaded),
        equal=equal(papers),
        flags=[flag for one in items for flag in flags_of(one)],
        unloadable=[one.name for one in papers if not one.loaded],
        no_score=[one.name for one in papers if one.score is None],
    )


def scores_of(scores: Sequence[float], highest: float) -> Scores:
    """The distribution of scores, out of `highest`."""
    counts, edges = np.histogram(scores, bins=BINS, range=(0.0, max([highest, *scores]) or 1.0))
    low, middle, high = np.quantile(scores, (0.25, 0.5, 0.75)).tolist() if scores else (None, None, None)
    mean = float(np.mean(scores)) if scores else None
    return Scores(len(scores), highest, mean, middle, low, high, edges.tolist(), counts.tolist())


def alike(papers: Sequence[Paper]) -> list[Alike]:
    """Different submissions with one vector of failures: the fewer they are and the more they fail, the earlier."""
    groups: defaultdict[tuple[str, ...], list[Paper]] = defaultdict(list)
    for paper in papers:
        if len(failures := paper.failures) >= TELLING:
            groups[failures].append(paper)
    found = []
    for failures, group in groups.items():
        if len({one.sha256 for one in group}) > 1:
            shared = [one for one in group[0].diagnoses if all(one in other.diagnoses for other in group)]
            found.append(Alike([one.name for one in group], list(failures), shared))
    return sorted(found, key=lambda one: (len(one.submissions), -len(one.failures)))


def equal(papers: Sequence[Paper]) -> list[list[str]]:
    """The names under which the very same files were handed in, the fewest first."""
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for paper in papers:
        if paper.sha256:
            groups[paper.sha256].append(paper.name)
    return sorted((names for names in groups.values() if len(names) > 1), key=len)
