"""Items: how hard a check or a component is for a class, what it tells apart, and what is odd about it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import msgspec
import numpy as np

from harness.grading.record import CheckRecord
from harness.grading.statistics.papers import SILENT, Paper
from harness.judge.verdict import Verdict

FEWEST = 5
"""Below so many submissions, a correlation says nothing and is left undefined."""
CHANCE = 1.645
"""Standard errors (of Fisher's z) below 0 from which a discrimination is told as negative: one-sided, 5 %."""
MANY, MANY_AT_LEAST = 0.2, 3
"""The share and the number of verdicts from which a check is told to be in trouble."""
TROUBLE = (Verdict.ERROR, Verdict.TIMEOUT, Verdict.NOT_RUN)
DUST = 1e-9  # of sums of points


class Item(msgspec.Struct):
    """A check or a component. submitted: by how many. pass_rate: the share of these with every point (None: nobody).

    mean_share: the share of its points that all scored submissions won, 0 where it was not submitted.
    discrimination: see the function. verdicts: of a check. mistakes: of a component, the most frequent first.
    """

    id: str
    component: str
    max_points: float
    submitted: int
    passed: int
    pass_rate: float | None
    mean_share: float | None
    discrimination: float | None
    claim: str = ""
    verdicts: dict[str, int] = {}
    mistakes: dict[str, int] = {}


class Flag(msgspec.Struct):
    """A check that its maintainer should look at, and why."""

    check: str
    reason: str


def discrimination(own: Sequence[float], totals: Sequence[float]) -> float | None:
    """The corrected item-total correlation: Pearson's r of an item's points and the total score without them.

    None where fewer than FEWEST submissions have both, or either does not vary.
    """
    if len(own) < FEWEST:
        return None
    item = np.asarray(own, dtype=float)
    rest = np.asarray(totals, dtype=float) - item
    item, rest = item - item.mean(), rest - rest.mean()
    if min(np.abs(item).max(), np.abs(rest).max()) < DUST:
        return None
    return float(np.clip(item @ rest / math.sqrt(item @ item * (rest @ rest)), -1, 1))


def of_check(one: CheckRecord, papers: Sequence[Paper]) -> Item:
    """A check's figures, from the submissions that could be loaded."""
    submitted = [paper for paper in papers if paper.verdicts.get(one.id, SILENT[0]) not in SILENT]
    passed = sum(paper.verdicts[one.id] == Verdict.PASSED for paper in submitted)
    item = _item(one.id, one.component, one.max_points, papers, submitted, passed)
    item.claim = one.claim
    item.verdicts = dict(Counter(paper.verdicts[one.id] for paper in papers if one.id in paper.verdicts).most_common())
    return item


def of_component(name: str, worth: float, papers: Sequence[Paper]) -> Item:
    """A component's figures; it passes with all of its checks."""
    submitted = [paper for paper in papers if name in paper.handed_in]
    passed = sum(paper.points[name] >= worth - DUST for paper in submitted)
    item = _item(name, name, worth, papers, submitted, passed)
    item.mistakes = dict(Counter(one for paper in papers for one in paper.mistakes.get(name, ())).most_common())
    return item


def _item(
    name: str, component: str, worth: float, papers: Sequence[Paper], submitted: Sequence[Paper], passed: int
) -> Item:
    scored = sum(paper.score is not None for paper in papers)
    both = [(paper.points[name], paper.score) for paper in submitted if paper.score is not None]
    return Item(
        id=name,
        component=component,
        max_points=worth,
        submitted=len(submitted),
        passed=passed,
        pass_rate=passed / len(submitted) if submitted else None,
        mean_share=sum(own for own, _ in both) / (worth * scored) if worth and scored else None,
        discrimination=discrimination([own for own, _ in both], [total for _, total in both]),
    )


def flags_of(check: Item) -> list[Flag]:
    """What is odd about a check: who passes it wins less elsewhere, or many verdicts are none on the work itself."""
    flags = []
    r, judged = check.discrimination, check.submitted
    if r is not None and math.atanh(max(r, -1 + DUST)) * math.sqrt(judged - 3) < -CHANCE:
        flags.append(Flag(check.id, f"negative discrimination ({r:.2f}): who passes it wins less elsewhere"))
    for verdict in TROUBLE:
        count = check.verdicts.get(verdict.value, 0)
        among = sum(check.verdicts.values()) if verdict is Verdict.NOT_RUN else judged
        if count >= max(MANY_AT_LEAST, MANY * among):
            flags.append(Flag(check.id, f"{verdict.value} in {count} of {among}"))
    return flags
