"""Frequencies: whether two samples can have come of one distribution, where only the distribution is settled.

Exact and asymptotic tests stand side by side, since neither does alone. Each category is tested by the exact
(hypergeometric) two-sample test: it is right for few draws, of which none are enough to reject, and for samples of
unlike sizes. All categories together are tested by chi-square: many small differences, as of a biased shuffle, show
in no single one. The draws of a sample have to be independent of one another, or nearly so.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable
from statistics import NormalDist
from typing import TypeVar

SIGMAS = 4.5
"""Two-sided: 7e-6 a category, 0.3 % over the 500 or so categories of a component's evidence. 0.5 against 0.45 in 8 500
draws each lies 6.6 sigma apart, and so is told apart 98 times of 100."""

EXPECTED = 5.0
"""The least expected count for which chi-square is trusted; rarer categories are counted as one."""

Category = TypeVar("Category", bound=Hashable)


def same_frequencies(one: Counter[Category], other: Counter[Category]) -> bool:
    """Whether two samples, as counts by category, may be of one distribution: no category differs by more than about
    five sigma, nor do all of them together. An empty sample says nothing."""
    sizes = one.total(), other.total()
    if not all(sizes):
        return True
    pairs = [(one[category], other[category]) for category in one.keys() | other.keys()]
    limit = 2 * NormalDist().cdf(-SIGMAS)
    return all(_p_value(pair, sizes) > limit for pair in pairs) and _chi_square(pairs, sizes) <= SIGMAS


def _p_value(counts: tuple[int, int], sizes: tuple[int, int]) -> float:
    """Twice the smaller tail of the first count, given how many there are of both: a hypergeometric one."""
    (k, other), (n, m) = counts, sizes
    if k * m < other * n:
        (k, other), (n, m) = (other, k), (m, n)  # the tail above
    term = total = math.exp(_log_choose(n, k) + _log_choose(m, other) - _log_choose(n + m, k + other))
    while k < n and other > 0 and term > 1e-3 * total:
        term *= (n - k) * other / ((k + 1) * (m - other + 1))
        k, other, total = k + 1, other - 1, total + term
    return min(1.0, 2 * total)


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def _chi_square(pairs: list[tuple[int, int]], sizes: tuple[int, int]) -> float:
    """How many sigma the statistic of all categories lies above what is expected (Wilson and Hilferty)."""
    smaller = min(sizes) / sum(sizes)
    common = [pair for pair in pairs if sum(pair) * smaller >= EXPECTED]
    rest = [sum(column) - sum(pair[i] for pair in common) for i, column in enumerate(zip(*pairs, strict=True))]
    if sum(rest) * smaller >= EXPECTED:
        common.append((rest[0], rest[1]))
    freedom = len(common) - 1
    if freedom < 1:
        return 0.0
    expected = [(sum(pair) * sizes[0] / sum(sizes), sum(pair) * sizes[1] / sum(sizes)) for pair in common]
    statistic = sum(
        (k - e) ** 2 / e
        for pair, wanted in zip(common, expected, strict=True)
        for k, e in zip(pair, wanted, strict=True)
    )
    return (math.cbrt(statistic / freedom) - 1 + 2 / (9 * freedom)) / math.sqrt(2 / (9 * freedom))
