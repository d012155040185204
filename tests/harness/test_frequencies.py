"""Tests of the two-sample test: one distribution passes at every seed, two are told apart, few draws say nothing."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from harness.judge.frequencies import same_frequencies

DRAWS = 8_500


def drawn(seed: int, weights: list[float], size: int = DRAWS) -> Counter[int]:
    return Counter(random.Random(seed).choices(range(len(weights)), weights, k=size))


@pytest.mark.parametrize(
    ("weights", "sizes"),
    [
        ([0.5, 0.5], (DRAWS, DRAWS)),
        ([0.999, 0.001], (DRAWS, 400)),
        ([0.1, 0.2, 0.7], (60, 2_000)),
        ([1.0] * 120, (4_500, 4_500)),
        ([1.0] * 2_000, (400, 400)),
        ([0.5, 0.5], (3, 3)),
    ],
    ids=str,
)
def test_samples_of_one_distribution_pass_at_every_seed(weights: list[float], sizes: tuple[int, int]) -> None:
    for seed in range(60):
        one, other = (drawn(2 * seed + i, weights, size) for i, size in enumerate(sizes))
        assert same_frequencies(one, other), seed
        assert same_frequencies(other, one), seed


def test_a_half_is_told_from_45_percent() -> None:
    told = [not same_frequencies(drawn(seed, [0.5, 0.5]), drawn(seed + 1_000, [0.45, 0.55])) for seed in range(100)]
    assert sum(told) >= 95


def test_many_small_differences_are_told_together() -> None:
    biased = [1.0 + (i % 2) for i in range(120)]
    for seed in range(20):
        assert not same_frequencies(drawn(seed, [1.0] * 120, 4_500), drawn(seed + 1_000, biased, 4_500)), seed


def test_few_draws_are_never_rejected() -> None:
    for size in range(11):
        assert same_frequencies(Counter({"one": size}), Counter({"other": size})), size
    assert same_frequencies(Counter({"rare": 1, "one": 9}), Counter({"one": 10_000}))
    assert same_frequencies(Counter(), Counter({"other": 10_000}))


def test_samples_with_nothing_in_common_are_told_apart() -> None:
    assert not same_frequencies(Counter({"one": 14}), Counter({"other": 14}))
    assert not same_frequencies(Counter({"rare": 40, "one": DRAWS - 40}), Counter({"one": DRAWS}))
