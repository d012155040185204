"""Cases of the unit attention: distances, regressions, scores, queries with keys and values, and their lengths."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
from hypothesis import strategies as st

from harness.judge.spec import Draws, Spec

NAMES = ["gaussian", "boxcar", "constant", "epanechnikov"]
DTYPES = ["float32", "float64"]
LOUD = 1e3
"""A score that has an exponential in no dtype, and of which no other number's exponential is left."""


@dataclass(frozen=True)
class Distances(Spec):
    """Distances of both signs, in units of sigma up to 0.9 or from 1.1 to 3: the kernel is not graded at 1. In the
    regime "special" the first ten are zeros, tiny ones, such as are close to 1, and large ones."""

    name: str
    shape: tuple[int, ...]
    sigma: float
    seed: int
    dtype: str = "float32"
    regime: str = field(default="normal", kw_only=True)

    def arguments(self) -> dict[str, Any]:
        draws = Draws(self.seed, self.dtype)
        inside, outside = draws.uniform(*self.shape, high=0.9), draws.uniform(*self.shape, low=1.1, high=3.0)
        size = torch.where(draws.integers(*self.shape, high=2) == 1, inside, outside)
        size *= 2 * draws.integers(*self.shape, high=2) - 1
        if self.regime == "special":
            size.view(-1)[:10] = torch.tensor([0.0, -0.0, 1e-8, -1e-8, 0.999, -1.001, 4.0, -5.0, 50.0, -1e4])
        return {"name": self.name, "distances": size * self.sigma, "sigma": self.sigma}


@dataclass(frozen=True)
class Regression(Spec):
    """Unordered keys about sigma / 2 apart, and queries about half-way between two of them: each query has a
    key in the range of every kernel, and no distance is within 10 % of sigma, where a boxcar jumps.

    In the regime "ties" each key stands there twice, with two targets; in the regime "far" the queries are six sigma
    from the nearest key, where a gaussian is about 1e-8.
    """

    k: int
    q: int
    kernel: str
    sigma: float
    seed: int
    dtype: str = "float32"
    regime: str = field(default="normal", kw_only=True)

    def arguments(self) -> dict[str, Any]:
        draws = Draws(self.seed, self.dtype)
        origin = draws.normal(1)
        keys = draws.permutation(self.k) + draws.uniform(self.k, low=-0.1, high=0.1)
        queries = draws.integers(self.q, low=-1, high=self.k) + draws.uniform(self.q, low=0.4, high=0.6)
        if self.regime == "ties":
            keys[self.k // 2 :] = keys[: self.k - self.k // 2].clone()
            queries = keys.max() + draws.uniform(self.q, low=0.4, high=0.6)
        if self.regime == "far":
            queries = keys.max() + 12 + draws.uniform(self.q, high=0.4)
        return {
            "x_train": origin + self.sigma * keys / 2,
            "y_train": draws.normal(self.k, scale=2.0),
            "x_val": origin + self.sigma * queries / 2,
            "kernel": {"name": self.kernel, "sigma": self.sigma},
        }


@dataclass(frozen=True)
class Pooling(Spec):
    """Scores and values. Scores are N(0, 4); in the regime "levels" each query's lie around -1e4, 0 or 1e4,
    in the regime "spread" they are uniform on all of that range, in the regime "ties" they are -1e4, 0 or 1e4. In the
    regime "faint" the first key has a weight of about 1e-10, and values of about 1e9."""

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
        if self.regime == "ties":
            scores = (1e4 * (draws.integers(self.n, self.q, self.k, high=3) - 1)).to(draws.dtype)
        values = draws.normal(self.n, self.k, self.v)
        if self.regime == "faint":
            scores[..., 0] = -22
            values[:, 0] *= 1e9
        return {"scores": scores, "values": values}


LENS = ["none", "batch", "query"]


def lengths(draws: Draws, lens: str, index: str, *, n: int, q: int, k: int) -> torch.Tensor | None:
    """Valid lengths from 1 to k: "none", "batch" (n,), "query" (n, q), or "full", (n,) and all k."""
    shape = {"batch": (n,), "query": (n, q), "full": (n,)}.get(lens)
    if shape is None:
        return None
    drawn = draws.integers(*shape, low=k if lens == "full" else 1, high=k + 1)
    return drawn.to(getattr(torch, index))


def unseen(valid_lens: torch.Tensor | None, n: int, k: int) -> torch.Tensor:
    """(n, k) bools: which keys lie beyond the lengths of all queries of their batch element."""
    if valid_lens is None:
        return torch.zeros(n, k, dtype=torch.bool)
    return torch.arange(k) >= valid_lens.reshape(n, -1).amax(1, keepdim=True)


def few(draws: Draws, *shape: int) -> torch.Tensor:
    """-1, -0.0 or 1, at random, but for zeros at the first place of the next to last axis: ties, and duplicates."""
    drawn = draws.integers(*shape, high=3) - 1
    drawn[..., 0, :] = 0
    return torch.where(drawn == 0, -0.0, drawn.to(draws.dtype))


@dataclass(frozen=True)
class Masked(Spec):
    """Scores and valid lengths. Scores are N(0, 4); in the regime "levels" each key's lie around -1e4, 0 or 1e4,
    in the regime "apart" each query's around -1e4 or 1e4, in the regime "behind" the first key's around -1e4 and all
    others' around 1e4, masked or not, in the regime "spread" they are uniform on all of that range. In the regime
    "ties" they are few numbers, zeros among them, in the regime "close" 10 and little more, in "tiny" of size 1e-8."""

    n: int
    q: int
    k: int
    seed: int
    lens: str = "batch"
    dtype: str = "float32"
    regime: str = "normal"
    index: str = "int64"

    def arguments(self) -> dict[str, Any]:
        draws = Draws(self.seed, self.dtype)
        scores = draws.normal(self.n, self.q, self.k, scale=2.0)
        if self.regime == "levels":
            scores = scores + 1e4 * (draws.integers(self.n, self.q, self.k, high=3) - 1)
        if self.regime == "apart":
            scores = scores + 1e4 * signs(draws, self.n, self.q, 1)
        if self.regime == "behind":
            scores = scores + 1e4 * (2 * (torch.arange(self.k) > 0) - 1)
        if self.regime == "spread":
            scores = draws.uniform(self.n, self.q, self.k, low=-1e4, high=1e4)
        if self.regime == "ties":
            scores = few(draws, self.n, self.q, self.k)
        if self.regime == "close":
            scores = 10 + 3e-3 * draws.integers(self.n, self.q, self.k, high=5).to(draws.dtype)
        if self.regime == "tiny":
            scores = 1e-8 * scores
        return {"scores": scores, "valid_lens": lengths(draws, self.lens, self.index, n=self.n, q=self.q, k=self.k)}


@dataclass(frozen=True)
class Attending(Spec):
    """Queries, keys, values and valid lengths. In the regime "levels" a key's scores lie around -1e4 or around 1e4,
    in the regime "apart" a query's. In the regime "behind" these are the scores of keys that no query may see, and the
    values there are large too. In the regime "ties" queries and keys hold few numbers, in the regime "self" the keys
    equal the queries, in the regime "memory" the values the keys."""

    n: int
    q: int
    k: int
    d: int
    v: int
    seed: int
    lens: str = "batch"
    dtype: str = "float32"
    regime: str = "normal"
    index: str = "int64"

    def arguments(self) -> dict[str, Any]:
        draws = Draws(self.seed, self.dtype)
        queries, keys = draws.normal(self.n, self.q, self.d, scale=1.5), draws.normal(self.n, self.k, self.d)
        if self.regime == "levels":
            queries[..., 0], keys[..., 0] = 100 * self.d**0.5 * signs(draws, self.n, self.q), 100
            keys[..., 0] *= signs(draws, self.n, self.k)
        if self.regime == "apart":
            queries[..., 0], keys[..., 0] = 100 * self.d**0.5 * signs(draws, self.n, self.q), 100
        if self.regime == "ties":
            queries, keys = few(draws, self.n, self.q, self.d), few(draws, self.n, self.k, self.d)
        if self.regime == "self":
            keys = queries.clone()
        values = keys.clone() if self.regime == "memory" else draws.normal(self.n, self.k, self.v)
        valid_lens = lengths(draws, self.lens, self.index, n=self.n, q=self.q, k=self.k)
        if self.regime == "behind":
            hidden = unseen(valid_lens, self.n, self.k)
            queries[..., 0], keys[..., 0] = self.d**0.5, 1e4 * signs(draws, self.n, self.k) * hidden
            values[hidden] = 1e6
        return {"queries": queries, "keys": keys, "values": values, "valid_lens": valid_lens}


@dataclass(frozen=True)
class Additive(Spec):
    """The same with queries and keys of different widths and the weights of additive scores. In the regime "steep"
    every other hidden unit is far out in tanh's tails, or exactly at 0; in the regime "turned" the weights come in
    reverse order."""

    n: int
    q: int
    k: int
    dq: int
    dk: int
    h: int
    v: int
    seed: int
    lens: str = "batch"
    dtype: str = "float32"
    regime: str = "normal"
    index: str = "int64"

    def arguments(self) -> dict[str, Any]:
        draws = Draws(self.seed, self.dtype)
        queries, keys = draws.normal(self.n, self.q, self.dq), draws.normal(self.n, self.k, self.dk)
        W_q = draws.normal(self.dq, self.h, scale=self.dq**-0.5)
        W_k = draws.normal(self.dk, self.h, scale=self.dk**-0.5)
        w_v = draws.normal(self.h, scale=2.0)
        if self.regime == "levels":  # hidden unit 0 tells the sign of a key's first feature
            W_q[:, 0], W_k[:, 0], W_k[0, 0], w_v[0] = 0, 0, 40, 1e4
            keys[..., 0] = signs(draws, self.n, self.k)
        if self.regime == "apart":  # and here that of a query's
            W_q[:, 0], W_k[:, 0], W_q[0, 0], w_v[0] = 0, 0, 40, 1e4
            queries[..., 0] = signs(draws, self.n, self.q)
        if self.regime in ("ties", "steep"):
            queries, keys = few(draws, self.n, self.q, self.dq), few(draws, self.n, self.k, self.dk)
        if self.regime == "steep":
            W_q[:, ::2], W_k[:, ::2] = 800 * few(draws, *W_q[:, ::2].shape), 800 * few(draws, *W_k[:, ::2].shape)
        if self.regime == "self":
            keys = queries.clone()
        values = keys.clone() if self.regime == "memory" else draws.normal(self.n, self.k, self.v)
        valid_lens = lengths(draws, self.lens, self.index, n=self.n, q=self.q, k=self.k)
        if self.regime == "behind":
            hidden = unseen(valid_lens, self.n, self.k)
            W_q[:, 0], W_k[:, 0], W_k[0, 0], w_v[0] = 0, 0, 20, 1e3
            keys[..., 0] = signs(draws, self.n, self.k) * hidden
            values[hidden] = 1e6
        return {
            "queries": queries,
            "keys": keys,
            "values": values,
            "valid_lens": valid_lens,
            "params": ordered({"W_q": W_q, "W_k": W_k, "w_v": w_v}, self.regime),
        }


@dataclass(frozen=True)
class Heads(Spec):
    """Queries, keys and values for heads of the given width, valid lengths, and the four projections. The regimes are
    those above; in the regime "apart" the scores of one head lie around -1e4 and those of the next around 1e4."""

    n: int
    q: int
    k: int
    heads: int
    width: int
    seed: int
    lens: str = "batch"
    dtype: str = "float32"
    regime: str = "normal"
    index: str = "int64"

    @property
    def d(self) -> int:
        """All heads together."""
        return self.heads * self.width

    def arguments(self) -> dict[str, Any]:
        draws = Draws(self.seed, self.dtype)
        queries, keys = draws.normal(self.n, self.q, self.d), draws.normal(self.n, self.k, self.d)
        params = projections(draws, self.d)
        if self.regime == "levels":  # each head's first column tells the signs of the first features
            queries[..., 0], keys[..., 0] = signs(draws, self.n, self.q), signs(draws, self.n, self.k)
            params["W_q"][:, :: self.width], params["W_k"][:, :: self.width] = 0, 0
            params["W_q"][0, :: self.width], params["W_k"][0, :: self.width] = 100 * self.width**0.5, 100
        if self.regime == "apart":
            queries[..., 0], keys[..., 0] = signs(draws, self.n, self.q), 1
            set_apart(params, self.heads, self.width, 0, 100)
        if self.regime == "ties":
            queries, keys = few(draws, self.n, self.q, self.d), few(draws, self.n, self.k, self.d)
        if self.regime == "self":
            keys = queries.clone()
        # two projections make the rounding of large scores larger
        small = 0.25 if self.regime in ("levels", "apart") else 1.0
        values = keys.clone() if self.regime == "memory" else draws.normal(self.n, self.k, self.d, scale=small)
        valid_lens = lengths(draws, self.lens, self.index, n=self.n, q=self.q, k=self.k)
        if self.regime == "behind":
            hidden = unseen(valid_lens, self.n, self.k)
            queries[..., 0], keys[..., 0] = 1, LOUD * signs(draws, self.n, self.k) * hidden
            params["W_q"][:, :: self.width], params["W_k"][:, :: self.width] = 0, 0
            params["W_q"][0, :: self.width], params["W_k"][0, :: self.width] = self.width**0.5, 1
            values[hidden] = 1e6
        return {
            "queries": queries,
            "keys": keys,
            "values": values,
            "valid_lens": valid_lens,
            "num_heads": self.heads,
            "params": ordered(params, self.regime),
        }


@dataclass(frozen=True)
class Causal(Spec):
    """A batch of sequences, and the four projections for heads of the given width. In the regime "behind" the scores
    of the second half of the positions are far above for the first half, and far below for themselves; in the regime
    "apart" one head's scores lie far above the next one's; in the regime "ties" inputs hold few numbers; in the regime
    "turned" the projections come in reverse order."""

    n: int
    T: int
    heads: int
    width: int
    seed: int
    dtype: str = "float32"
    regime: str = "normal"

    @property
    def d(self) -> int:
        """All heads together."""
        return self.heads * self.width

    def arguments(self) -> dict[str, Any]:
        draws = Draws(self.seed, self.dtype)
        inputs, params = draws.normal(self.n, self.T, self.d), projections(draws, self.d)
        if self.regime == "ties":
            inputs = few(draws, self.n, self.T, self.d)
        if self.regime == "apart":
            inputs[..., 0] = signs(draws, self.n, 1)
            set_apart(params, self.heads, self.width, 0, 20)
        if self.regime == "behind":  # the first feature is the query's, the second the key's share in a head's column
            later = torch.arange(self.T) >= (self.T + 1) // 2
            inputs[..., 0], inputs[..., 1] = torch.where(later, -1.0, 1.0).to(draws.dtype), LOUD * later
            for name, feature in (("W_q", 0), ("W_k", 1)):
                params[name][:, :: self.width], params[name][1] = 0, 0
                params[name][feature, :: self.width] = self.width**0.5 if feature == 0 else 1
            params["W_v"][1] = 0
        return {"inputs": inputs, "num_heads": self.heads, "params": ordered(params, self.regime)}


@dataclass(frozen=True)
class Positions(Spec):
    """The sizes of a positional encoding."""

    num_steps: int
    num_hiddens: int

    def arguments(self) -> dict[str, Any]:
        return {"num_steps": self.num_steps, "num_hiddens": self.num_hiddens}


def projections(draws: Draws, d: int) -> dict[str, torch.Tensor]:
    """W_q, W_k, W_v and W_o, strong enough that keys differ in weight."""
    return {name: draws.normal(d, d, scale=1.5 * d**-0.5) for name in ("W_q", "W_k", "W_v", "W_o")}


def set_apart(params: dict[str, torch.Tensor], heads: int, width: int, feature: int, size: float) -> None:
    """Let one feature alone decide each head's first column, with other signs from head to head: scores of size²."""
    for name in ("W_q", "W_k"):
        params[name][:, ::width] = 0
        params[name][feature, ::width] = size
    params["W_q"][feature, ::width] *= width**0.5 * (1 - 2 * (torch.arange(heads) % 2))


def ordered(params: dict[str, torch.Tensor], regime: str) -> dict[str, torch.Tensor]:
    """The weights in their usual order, or, in the regime "turned", in reverse."""
    return dict(reversed(params.items())) if regime == "turned" else params


def signs(draws: Draws, *shape: int) -> torch.Tensor:
    """-1 or 1, at random."""
    return 2 * draws.integers(*shape, high=2) - 1


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


lens = st.sampled_from(LENS)
indices = st.sampled_from(["int64", "int32"])
HEADS = [(2, 3), (3, 2), (4, 2), (2, 5)]  # heads and width differ: they could be taken for one another


@st.composite
def masked(draw: Any, lens: Any = lens, regimes: tuple[str, ...] = ("normal",)) -> Masked:
    """Masked scores whose three sizes differ."""
    regime = draw(st.sampled_from(regimes))
    return Masked(*draw(sizes(3)), draw(seeds), draw(lens), draw(dtypes), regime, draw(indices))


@st.composite
def attending(draw: Any, lens: Any = lens, regimes: tuple[str, ...] = ("normal",)) -> Attending:
    """Queries, keys and values whose five sizes differ."""
    regime = draw(st.sampled_from(regimes))
    return Attending(*draw(sizes(5)), draw(seeds), draw(lens), draw(dtypes), regime, draw(indices))


@st.composite
def additive(draw: Any, lens: Any = lens, regimes: tuple[str, ...] = ("normal",)) -> Additive:
    """The same for additive scores; the number of hidden units may be another axis's size, the others differ."""
    n, q, k, dq, dk, v = draw(sizes(6))
    regime, h = draw(st.sampled_from(regimes)), draw(st.integers(2, 6))
    return Additive(n, q, k, dq, dk, h, v, draw(seeds), draw(lens), draw(dtypes), regime, draw(indices))


@st.composite
def heads(draw: Any, lens: Any = lens, regimes: tuple[str, ...] = ("normal",)) -> Heads:
    """Several heads; batch, queries and keys differ in number."""
    n, q, k = draw(sizes(3))
    num_heads, width = draw(st.sampled_from(HEADS))
    regime = draw(st.sampled_from(regimes))
    return Heads(n, q, k, num_heads, width, draw(seeds), draw(lens), draw(dtypes), regime, draw(indices))


@st.composite
def causal(draw: Any, regimes: tuple[str, ...] = ("normal",)) -> Causal:
    """Sequences of at least three steps, several heads."""
    num_heads, width = draw(st.sampled_from(HEADS))
    n, T, regime = draw(st.integers(2, 3)), draw(st.integers(4, 7)), draw(st.sampled_from(regimes))
    return Causal(n, T, num_heads, width, draw(seeds), draw(dtypes), regime)


positions = st.builds(Positions, st.integers(3, 60), st.integers(2, 20).map(lambda half: 2 * half))
