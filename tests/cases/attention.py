"""Cases of the unit attention: distances, regressions by a kernel, scores with values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from hypothesis import strategies as st

from harness.judge.spec import Draws, Spec

NAMES = ["gaussian", "boxcar", "constant", "epanechnikov"]
DTYPES = ["float32", "float64"]


@dataclass(frozen=True)
class Distances(Spec):
    """Distances of both signs, in units of sigma up to 0.9 or from 1.1 to 3: the kernel is not graded at 1."""

    name: str
    shape: tuple[int, ...]
    sigma: float
    seed: int
    dtype: str = "float32"

    def arguments(self) -> dict[str, Any]:
        draws = Draws(self.seed, self.dtype)
        inside, outside = draws.uniform(*self.shape, high=0.9), draws.uniform(*self.shape, low=1.1, high=3.0)
        size = torch.where(draws.integers(*self.shape, high=2) == 1, inside, outside)
        sign = 2 * draws.integers(*self.shape, high=2) - 1
        return {"name": self.name, "distances": sign * size * self.sigma, "sigma": self.sigma}


@dataclass(frozen=True)
class Regression(Spec):
    """Unordered keys about sigma / 2 apart, and queries about half-way between two of them: each query has a
    key in the range of every kernel, and no distance is within 10 % of sigma, where a boxcar jumps."""

    k: int
    q: int
    kernel: str
    sigma: float
    seed: int
    dtype: str = "float32"

    def arguments(self) -> dict[str, Any]:
        draws = Draws(self.seed, self.dtype)
        origin = draws.normal(1)
        keys = draws.permutation(self.k) + draws.uniform(self.k, low=-0.1, high=0.1)
        queries = draws.integers(self.q, low=-1, high=self.k) + draws.uniform(self.q, low=0.4, high=0.6)
        return {
            "x_train": origin + self.sigma * keys / 2,
            "y_train": draws.normal(self.k, scale=2.0),
            "x_val": origin + self.sigma * queries / 2,
            "kernel": {"name": self.kernel, "sigma": self.sigma},
        }


@dataclass(frozen=True)
class Pooling(Spec):
    """Scores and values. Scores are N(0, 4); in the regime "levels" each query's lie around -1e4, 0 or 1e4,
    in the regime "spread" they are uniform on all of that range."""

    n: int
    q: int
    k: int
    v: int
    seed: int
    dtype: str = "float32"
    regime: str = "normal"

    def arguments(self) -> dict[str, Any]:
        draws = Draws(self.seed, self.dtype)
        scores = draws.normal(self.n, self.q, self.k, scale=2.0)
        if self.regime == "levels":
            scores = scores + 1e4 * (draws.integers(self.n, self.q, 1, high=3) - 1)
        if self.regime == "spread":
            scores = draws.uniform(self.n, self.q, self.k, low=-1e4, high=1e4)
        return {"scores": scores, "values": draws.normal(self.n, self.k, self.v)}


def sizes(count: int) -> st.SearchStrategy[list[int]]:
    """That many different sizes, so that no two axes can be taken for one another."""
    return st.lists(st.integers(2, 7), min_size=count, max_size=count, unique=True)


seeds = st.integers(0, 999)
dtypes = st.sampled_from(DTYPES)
sigmas = st.sampled_from([0.3, 0.7, 2.5])

distances = st.builds(
    Distances, st.sampled_from(NAMES), st.sampled_from([(3, 5), (4, 3), (11,)]), sigmas, seeds, dtypes
)


@st.composite
def regressions(draw: Any, kernels: tuple[str, ...] = ("gaussian", "boxcar", "epanechnikov", "cauchy")) -> Regression:
    """Regressions with more keys than one, and another number of queries."""
    k, q = draw(st.integers(5, 9)), draw(st.integers(2, 4))
    return Regression(k, q, draw(st.sampled_from(kernels)), draw(sigmas), draw(seeds), draw(dtypes))


@st.composite
def poolings(draw: Any, regimes: tuple[str, ...] = ("normal",)) -> Pooling:
    """Poolings whose four sizes differ."""
    n, q, k, v = draw(sizes(4))
    return Pooling(n, q, k, v, draw(seeds), draw(dtypes), draw(st.sampled_from(regimes)))
