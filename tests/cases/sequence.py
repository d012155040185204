"""Cases of the unit sequence: series with a model of them, and corpora whose every token is another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from hypothesis import strategies as st

from harness.judge.spec import Draws, Spec

# -- series ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Series(Spec):
    """A random series to cut into windows; `kinds`: of that many different values only, so that windows are alike."""

    T: int
    tau: int
    seed: int = 0
    dtype: str = "float32"
    kinds: int = 0

    def arguments(self) -> dict[str, Any]:
        draws = Draws(self.seed, self.dtype)
        series = draws.integers(self.T, high=self.kinds).to(draws.dtype) if self.kinds else draws.normal(self.T)
        return {"series": series, "tau": self.tau}


def described(draws: Draws, tau: int) -> dict[str, torch.Tensor]:
    """A `predict`: nonlinear, with another weight for every place, and no chaos (sum of |weight| · (1+bend) <= 1.2)."""
    weight = torch.linspace(1.0, 2.0, tau, dtype=torch.float64)[draws.permutation(tau)]
    weight = weight * (1 - 2 * draws.integers(tau, high=2)) * 0.8 / weight.sum()
    values = {"weight": weight, "offset": torch.tensor(0.7), "bend": torch.tensor(0.5)}
    return {name: value.to(draws.dtype) for name, value in values.items()}


@dataclass(frozen=True)
class Multistep(Spec):
    """A random series that is predicted from `start` on; `beyond`: what it holds there, which is never read."""

    T: int
    tau: int
    start: int
    seed: int = 0
    dtype: str = "float32"
    beyond: float | None = None

    def arguments(self) -> dict[str, Any]:
        draws = Draws(self.seed, self.dtype)
        series = draws.normal(self.T, scale=2.0)
        if self.beyond is not None:
            series[self.start :] = self.beyond
        return {"series": series, "tau": self.tau, "start": self.start, "predict": described(draws, self.tau)}


@dataclass(frozen=True)
class KSteps(Spec):
    """A random series that is predicted 1 to `k` steps ahead from every window; `beyond`: its last k values, which are
    never read."""

    T: int
    tau: int
    k: int
    seed: int = 0
    dtype: str = "float32"
    beyond: float | None = None

    @property
    def columns(self) -> int:
        return self.T - self.tau - self.k + 1

    def arguments(self) -> dict[str, Any]:
        draws = Draws(self.seed, self.dtype)
        series = draws.normal(self.T, scale=2.0)
        if self.beyond is not None:
            series[-self.k :] = self.beyond
        return {"series": series, "tau": self.tau, "k": self.k, "predict": described(draws, self.tau)}


@dataclass(frozen=True)
class Regression(Spec):
    """Noisy labels of independent features, far from ill-conditioned; both are multiplied by `scale`. An `outlier`
    lifts the label of that row, so that it matters to the fit. `curved`: the rows come by rising first feature, of
    which the labels are no straight line, so that the first rows, or some in the middle, do not speak for all."""

    m: int
    tau: int
    bias: float = 1.5
    scale: float = 1.0
    noise: float = 0.5
    seed: int = 0
    dtype: str = "float32"
    outlier: int | None = None
    curved: float = 0.0

    def arguments(self) -> dict[str, Any]:
        draws = Draws(self.seed, "float64")
        features = draws.normal(self.m, self.tau)
        if self.curved:
            features = features[features[:, 0].argsort()]
        weight = draws.normal(self.tau, 1) + torch.linspace(1.0, 2.0, self.tau, dtype=torch.float64)[:, None]
        labels = features @ weight + self.bias + self.noise * draws.normal(self.m, 1)
        if self.outlier is not None:
            labels[self.outlier] += 20
        labels += self.curved * features[:, :1].square()
        dtype = getattr(torch, self.dtype)
        return {"features": (self.scale * features).to(dtype), "labels": (self.scale * labels).to(dtype)}


@dataclass(frozen=True)
class NoisySine(Spec):
    """The book's series, sin(0.01 t) with noise of 0.2, in windows."""

    T: int = 600
    tau: int = 4
    seed: int = 0
    dtype: str = "float32"

    def arguments(self) -> dict[str, Any]:
        time = torch.arange(1, self.T + 1, dtype=torch.float64)
        noise = Draws(self.seed, "float64").normal(self.T, scale=0.2)
        windows = (torch.sin(0.01 * time) + noise).to(getattr(torch, self.dtype)).unfold(0, self.tau + 1, 1)
        return {"features": windows[:, :-1].contiguous(), "labels": windows[:, -1:].contiguous()}


_seeds = st.integers(0, 999)
_dtypes = st.sampled_from(["float32", "float64"])


@st.composite
def series(draw: Any) -> Series:
    """At least three windows, of another number than tau."""
    tau = draw(st.integers(2, 5))
    rows = draw(st.integers(3, 9).filter(lambda rows: rows != tau))
    return Series(tau + rows, tau, draw(_seeds), draw(_dtypes))


@st.composite
def multisteps(draw: Any) -> Multistep:
    """Observations beyond the first window, and at least three predictions."""
    tau = draw(st.integers(2, 4))
    start = tau + draw(st.integers(1, 4))
    return Multistep(start + draw(st.integers(3, 8)), tau, start, draw(_seeds), draw(_dtypes))


@st.composite
def k_steps(draw: Any) -> KSteps:
    """Two to six columns, k on either side of tau, all sizes different."""
    tau = draw(st.integers(2, 4))
    k = draw(st.integers(2, 7).filter(lambda k: k != tau))
    columns = draw(st.integers(2, 6).filter(lambda columns: columns not in (tau, k)))
    return KSteps(columns + tau + k - 1, tau, k, draw(_seeds), draw(_dtypes))


regressions = st.builds(
    Regression,
    m=st.integers(24, 60),
    tau=st.integers(2, 5),
    bias=st.sampled_from([-3.0, 1.5, 4.0]),
    seed=_seeds,
    dtype=_dtypes,
)
outliers = st.builds(
    Regression, m=st.integers(24, 60), tau=st.integers(2, 5), seed=_seeds, outlier=st.sampled_from([0, -1])
)
scaled = st.builds(
    Regression, m=st.integers(24, 60), tau=st.integers(2, 5), seed=_seeds, scale=st.sampled_from([0.02, 50.0])
)
far_from_zero = st.builds(
    Regression, m=st.integers(24, 60), tau=st.integers(2, 5), seed=_seeds, bias=st.sampled_from([-20.0, 20.0])
)
noisy_sines = st.builds(NoisySine, seed=_seeds, dtype=_dtypes)

# -- corpora ---------------------------------------------------------------------------------------------


LARGE = 2**53 + 1
"""A token that no type but a 64-bit integer can hold, nor the next odd ones."""


def corpus_of(length: int, seed: int, least: int = 7, kinds: int = 0) -> list[int]:
    """Different tokens, none of them 0, in random order: where a token lies can be read off it. least: the smallest
    one. kinds: of that many different tokens only, 0 among them, which come again and again."""
    if kinds:
        return Draws(seed).integers(length, high=kinds).tolist()
    return (Draws(seed).permutation(length) + least).tolist()


@dataclass(frozen=True)
class Corpus(Spec):
    """A corpus to cut into all windows; `least`, `kinds`: see `corpus_of`."""

    length: int
    num_steps: int
    seed: int = 0
    least: int = 7
    kinds: int = 0

    def arguments(self) -> dict[str, Any]:
        corpus = corpus_of(self.length, self.seed, self.least, self.kinds)
        return {"corpus": corpus, "num_steps": self.num_steps}


@dataclass(frozen=True)
class Tokens(Spec):
    """The given tokens, equal ones among them, to cut into all windows."""

    tokens: tuple[int, ...]
    num_steps: int

    def arguments(self) -> dict[str, Any]:
        return {"corpus": list(self.tokens), "num_steps": self.num_steps}


@dataclass(frozen=True)
class Random(Spec):
    """A corpus, and the seed of the generator that an epoch is drawn from; `least`, `kinds`: see `corpus_of`."""

    length: int
    batch_size: int
    num_steps: int
    seed: int = 0
    least: int = 7
    kinds: int = 0

    def arguments(self) -> dict[str, Any]:
        return {
            "corpus": corpus_of(self.length, self.seed, self.least, self.kinds),
            "batch_size": self.batch_size,
            "num_steps": self.num_steps,
            "generator": self.seed,
        }

    def batches_for(self, d: int) -> int:
        """How many full batches there are once d tokens are dropped."""
        return max(0, (self.length - d - 1) // self.num_steps) // self.batch_size


@dataclass(frozen=True)
class Sequential(Spec):
    """A corpus, and where its first batch begins; `least`, `kinds`: see `corpus_of`."""

    length: int
    batch_size: int
    num_steps: int
    offset: int
    seed: int = 0
    least: int = 7
    kinds: int = 0

    def arguments(self) -> dict[str, Any]:
        return {
            "corpus": corpus_of(self.length, self.seed, self.least, self.kinds),
            "batch_size": self.batch_size,
            "num_steps": self.num_steps,
            "offset": self.offset,
        }

    @property
    def columns(self) -> int:
        """How many tokens each row of the layout has."""
        return (self.length - self.offset - 1) // self.batch_size


@st.composite
def corpora(draw: Any) -> Corpus:
    """At least three windows, of another number than num_steps."""
    num_steps = draw(st.integers(2, 6))
    rows = draw(st.integers(3, 10).filter(lambda rows: rows != num_steps))
    return Corpus(num_steps + rows, num_steps, draw(_seeds))


@st.composite
def epochs(draw: Any) -> Random:
    """Two full batches or more whatever the offset, n and T different, any remainder."""
    num_steps = draw(st.integers(2, 6))
    batch_size = draw(st.integers(2, 4).filter(lambda n: n != num_steps))
    length = num_steps * (2 * batch_size + 1) + draw(st.integers(0, 20))
    return Random(length, batch_size, num_steps, draw(_seeds))


@st.composite
def layouts(draw: Any) -> Sequential:
    """Two full batches or more, n and T different, an offset below or above num_steps, any remainder."""
    num_steps = draw(st.integers(2, 5))
    batch_size = draw(st.integers(2, 4).filter(lambda n: n != num_steps))
    offset = draw(st.integers(0, 2 * num_steps))
    length = offset + 1 + 2 * batch_size * num_steps + draw(st.integers(0, 20))
    return Sequential(length, batch_size, num_steps, offset, draw(_seeds))


@st.composite
def repetitive(draw: Any) -> Random:
    """An epoch of two different tokens, whose subsequences are seldom alike."""
    num_steps = draw(st.integers(6, 9))
    batch_size = draw(st.integers(2, 4))
    length = num_steps * (2 * batch_size + 1) + draw(st.integers(0, 20))
    return Random(length, batch_size, num_steps, draw(_seeds), kinds=2)


long_epochs = st.builds(Random, length=st.just(1203), batch_size=st.just(8), num_steps=st.just(3), seed=_seeds)
"""400 subsequences whatever the offset: (1203-d-1) // 3 of d = 0, 1, 2."""

short_orders = st.builds(Random, length=st.just(18), batch_size=st.just(4), num_steps=st.just(3), seed=_seeds)
"""Five subsequences whatever the offset, four of which make the one batch: 120 orders."""

short_offsets = st.builds(Random, length=st.just(10), batch_size=st.just(1), num_steps=st.just(5), seed=_seeds)
"""One subsequence whatever the offset."""


def seeds_of(case: Random, number: int) -> list[int]:
    """Seeds for the generators of further epochs."""
    return [int(seed) for seed in Draws(case.seed).integers(number, high=2**31)]
