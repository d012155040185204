"""Cases of the unit bptt: linear RNNs with a loss, a tanh RNN with cotangents, keep probabilities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from hypothesis import strategies as st

from harness.judge.spec import Draws, Spec


@dataclass(frozen=True)
class LinearLoss(Spec):
    """A linear RNN, its inputs and targets, all N(0, 1), W_hh of spectral norm at most 1."""

    T: int
    d: int
    h: int
    q: int
    seed: int
    dtype: str = "float64"

    def draws(self) -> Draws:
        return Draws(self.seed, self.dtype)

    def problem(self, draws: Draws) -> dict[str, Any]:
        return {
            "inputs": draws.normal(self.T, self.d),
            "targets": draws.normal(self.T, self.q),
            "params": {
                "W_hx": draws.normal(self.h, self.d),
                "W_hh": draws.contraction(self.h),
                "W_qh": draws.normal(self.q, self.h),
            },
        }

    def arguments(self) -> dict[str, Any]:
        return self.problem(self.draws())


@dataclass(frozen=True)
class HorizonLoss(LinearLoss):
    """The same, and how far back each loss reaches."""

    tau: int = 0

    def arguments(self) -> dict[str, Any]:
        return {**super().arguments(), "tau": self.tau}


@dataclass(frozen=True)
class WeightedLoss(LinearLoss):
    """The same, and weights xi: `weights` is "truncating" (0 or 1/pi, pi of its own a step) or "any" (N(0, 1))."""

    weights: str = "truncating"

    def arguments(self) -> dict[str, Any]:
        draws = self.draws()
        arguments = self.problem(draws)
        if self.weights == "any":
            return {**arguments, "xi": draws.normal(self.T)}
        pi = draws.uniform(self.T, low=0.4)
        return {**arguments, "xi": (draws.uniform(self.T) < pi) / pi}


@dataclass(frozen=True)
class KeepProbabilities(Spec):
    """Probabilities: the given ones over and over, or, where there are none, uniform on (0.1, 1]."""

    T: int
    seed: int
    dtype: str = "float64"
    pi: tuple[float, ...] = ()

    def arguments(self) -> dict[str, Any]:
        draws = Draws(self.seed, self.dtype)
        given = torch.tensor([self.pi[t % len(self.pi)] for t in range(self.T)] if self.pi else [], dtype=draws.dtype)
        return {"pi": given if self.pi else 1 - draws.uniform(self.T, high=0.9), "generator": self.seed + 10_000}


@dataclass(frozen=True)
class Cotangents(Spec):
    """A tanh RNN off chaos, with inputs, a state, a bias and a cotangent for every output."""

    T: int
    n: int
    d: int
    h: int
    seed: int
    dtype: str = "float64"

    def arguments(self) -> dict[str, Any]:
        draws = Draws(self.seed, self.dtype)
        return {
            "inputs": draws.normal(self.T, self.n, self.d),
            "state": draws.normal(self.n, self.h),
            "params": {
                "W_xh": draws.normal(self.d, self.h, scale=self.d**-0.5),
                "W_hh": draws.contraction(self.h),
                "b_h": draws.normal(self.h, scale=0.5),
            },
            "grad_outputs": draws.normal(self.T, self.n, self.h),
        }


@dataclass(frozen=True)
class StatePowers(Spec):
    """A recurrent matrix of spectral norm `norm`, or less, and a gradient to send back."""

    h: int
    num_steps: int
    seed: int
    norm: float = 1.0
    dtype: str = "float64"

    def arguments(self) -> dict[str, Any]:
        draws = Draws(self.seed, self.dtype)
        return {
            "W_hh": self.norm * draws.contraction(self.h),
            "grad": draws.normal(self.h),
            "num_steps": self.num_steps,
        }


SEEDS = st.integers(0, 9999)
DTYPES = st.sampled_from(["float32", "float64"])


def _different(low: int, high: int) -> st.SearchStrategy[tuple[int, ...]]:
    """Four pairwise different sizes, the first at least 3."""
    sizes = st.lists(st.integers(low, high), min_size=4, max_size=4, unique=True).map(tuple)
    return sizes.filter(lambda drawn: drawn[0] >= 3)


@st.composite
def linear(draw: Any, dtypes: Any = DTYPES) -> LinearLoss:
    """Linear RNNs of pairwise different sizes."""
    return LinearLoss(*draw(_different(2, 7)), draw(SEEDS), draw(dtypes))


@st.composite
def horizons(draw: Any, dtypes: Any = DTYPES) -> HorizonLoss:
    """The same, mostly truncated: tau from 0 to T."""
    sizes = draw(_different(2, 7))
    return HorizonLoss(*sizes, draw(SEEDS), draw(dtypes), draw(st.integers(0, sizes[0])))


@st.composite
def weighted(draw: Any, dtypes: Any = DTYPES) -> WeightedLoss:
    """The same, with weights of both kinds."""
    weights = st.sampled_from(["any", "truncating"])
    return WeightedLoss(*draw(_different(2, 7)), draw(SEEDS), draw(dtypes), draw(weights))


@st.composite
def cotangents(draw: Any, dtypes: Any = DTYPES) -> Cotangents:
    """Tanh RNNs of pairwise different sizes."""
    return Cotangents(*draw(_different(2, 7)), draw(SEEDS), draw(dtypes))


DOUBLE = st.just("float64")
keep_probabilities = st.builds(KeepProbabilities, st.integers(20, 60), SEEDS, DTYPES)
powers = st.builds(
    StatePowers, st.integers(2, 6), st.integers(8, 16), SEEDS, st.sampled_from([0.5, 1.0, 1.5]), DTYPES
)  # fmt: skip
