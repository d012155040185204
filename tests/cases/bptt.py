"""Cases of the unit bptt: linear RNNs with a loss, a tanh RNN with cotangents, keep probabilities."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
from hypothesis import strategies as st

from harness.judge.spec import Draws, Spec


@dataclass(frozen=True)
class LinearLoss(Spec):
    """A linear RNN, its inputs and targets, all N(0, 1), W_hh of spectral norm at most 1.

    In the regime "large" inputs and targets are 1e4 times as large, in the regime "near" targets differ from the
    outputs by 1e-6 at most, in the regime "exact" all numbers are small integers, some of them zeros of either sign,
    W_hh is nilpotent, and the last two outputs meet their targets.
    """

    T: int
    d: int
    h: int
    q: int
    seed: int
    dtype: str = "float64"
    regime: str = field(default="normal", kw_only=True)

    def draws(self) -> Draws:
        return Draws(self.seed, self.dtype)

    def problem(self, draws: Draws) -> dict[str, Any]:
        if self.regime == "exact":
            return self.integers(draws)
        scale = 1e4 if self.regime == "large" else 1.0
        inputs, targets = (draws.normal(self.T, size, scale=scale) for size in (self.d, self.q))
        params = {
            "W_hx": draws.normal(self.h, self.d),
            "W_hh": draws.contraction(self.h),
            "W_qh": draws.normal(self.q, self.h),
        }
        if self.regime == "near":
            targets = outputs(inputs, params) + 1e-6 * draws.uniform(self.T, self.q, low=-1)
        return {"inputs": inputs, "targets": targets, "params": in_any_order(params, self.regime)}

    def integers(self, draws: Draws) -> dict[str, Any]:
        """The regime "exact", without a rounding error in any order of the sums."""

        def drawn(*shape: int) -> torch.Tensor:
            return draws.integers(*shape, low=-2, high=3).to(draws.dtype)

        inputs, targets = drawn(self.T, self.d), drawn(self.T, self.q)
        inputs[self.T // 2] = -0.0
        params = {
            "W_hx": drawn(self.h, self.d),
            "W_hh": drawn(self.h, self.h).triu(1),
            "W_qh": drawn(self.q, self.h),
        }
        targets[-2:] = outputs(inputs, params)[-2:]
        return {"inputs": inputs, "targets": targets, "params": in_any_order(params, self.regime)}

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
    """The same, and weights xi: `weights` is "truncating" (0 or 1/pi, pi of its own a step), "rare" (0 or 1000) or
    "any" (N(0, 1))."""

    weights: str = "truncating"

    def arguments(self) -> dict[str, Any]:
        draws = self.draws()
        arguments = self.problem(draws)
        if self.weights == "any":
            return {**arguments, "xi": draws.normal(self.T)}
        if self.weights == "rare":
            return {**arguments, "xi": 1000 * (torch.arange(self.T) % 3 == 1).to(draws.dtype)}
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
    """A tanh RNN off chaos, with inputs, a state, a bias and a cotangent for every output.

    In the regime "saturated" every second input is 2000 times as large, in the regime "large" the cotangents are 1e5
    times as large, in the regime "sparse" the first step, one sequence of the state and the last cotangents are zero.
    """

    T: int
    n: int
    d: int
    h: int
    seed: int
    dtype: str = "float64"
    regime: str = field(default="normal", kw_only=True)

    def arguments(self) -> dict[str, Any]:
        draws = Draws(self.seed, self.dtype)
        inputs, state = draws.normal(self.T, self.n, self.d), draws.normal(self.n, self.h)
        params = {
            "W_xh": draws.normal(self.d, self.h, scale=self.d**-0.5),
            "W_hh": draws.contraction(self.h),
            "b_h": draws.normal(self.h, scale=0.5),
        }
        grad_outputs = draws.normal(self.T, self.n, self.h, scale=1e5 if self.regime == "large" else 1.0)
        if self.regime == "saturated":
            inputs[1::2] *= 2000
        if self.regime == "sparse":
            inputs[0], state[0], grad_outputs[-2:] = 0, -0.0, 0
        params = in_any_order(params, self.regime)
        return {"inputs": inputs, "state": state, "params": params, "grad_outputs": grad_outputs}


@dataclass(frozen=True)
class StatePowers(Spec):
    """A recurrent matrix of spectral norm `norm`, or less, and a gradient to send back.

    In the regime "nilpotent" nothing is left of the gradient after h products; in the regime "defective" the matrix is
    `norm` times a single Jordan block; in the regime "zero" the gradient is.
    """

    h: int
    num_steps: int
    seed: int
    norm: float = 1.0
    dtype: str = "float64"
    regime: str = field(default="normal", kw_only=True)

    def arguments(self) -> dict[str, Any]:
        draws = Draws(self.seed, self.dtype)
        W_hh, grad = draws.contraction(self.h), draws.normal(self.h)
        if self.regime == "nilpotent":
            W_hh = torch.ones_like(W_hh).triu(1)
        if self.regime == "defective":
            W_hh = torch.eye(self.h).to(W_hh) + torch.ones_like(W_hh).triu(1).tril(1)
        if self.regime == "zero":
            grad = torch.zeros_like(grad)
        return {"W_hh": self.norm * W_hh, "grad": grad, "num_steps": self.num_steps}


def outputs(inputs: torch.Tensor, params: dict[str, torch.Tensor]) -> torch.Tensor:
    """What the linear RNN makes of its inputs, a row a step."""
    h, rows = torch.zeros_like(params["W_hh"][0]), []
    for x in inputs:
        h = params["W_hx"] @ x + params["W_hh"] @ h
        rows.append(params["W_qh"] @ h)
    return torch.stack(rows)


def in_any_order(params: dict[str, torch.Tensor], regime: str) -> dict[str, torch.Tensor]:
    """The same params, back to front in two regimes, since names tell them apart."""
    return dict(reversed(params.items())) if regime in ("exact", "sparse") else params


SEEDS = st.integers(0, 9999)
DTYPES = st.sampled_from(["float32", "float64"])


def _different(low: int, high: int) -> st.SearchStrategy[tuple[int, ...]]:
    """Four pairwise different sizes, the first at least 3."""
    sizes = st.lists(st.integers(low, high), min_size=4, max_size=4, unique=True).map(tuple)
    return sizes.filter(lambda drawn: drawn[0] >= 3)


@st.composite
def linear(draw: Any, dtypes: Any = DTYPES, regimes: tuple[str, ...] = ("normal",)) -> LinearLoss:
    """Linear RNNs of pairwise different sizes."""
    return LinearLoss(*draw(_different(2, 7)), draw(SEEDS), draw(dtypes), regime=draw(st.sampled_from(regimes)))


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
