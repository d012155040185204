"""Cases of the unit markov: corpora, chains, models given as tables, log probabilities."""

from __future__ import annotations

import itertools
import math
import random
from collections import Counter
from dataclasses import dataclass
from typing import Any

import torch
from hypothesis import strategies as st

from harness.judge.spec import Draws, Spec


@dataclass(frozen=True)
class Counted(Spec):
    """A corpus, and the order of a Markov chain to estimate from it."""

    tokens: tuple[int, ...]
    V: int
    order: int

    def arguments(self) -> dict[str, Any]:
        return {"corpus": list(self.tokens), "vocab_size": self.V, "order": self.order}

    def successors(self) -> Counter[tuple[int, ...]]:
        """How often each context occurs with a successor."""
        places = range(len(self.tokens) - self.order)
        return Counter(self.tokens[i : i + self.order] for i in places)


@dataclass(frozen=True)
class Recounted(Spec):
    """A corpus drawn at random, and the order of a Markov chain to estimate from it."""

    size: int
    used: int
    V: int
    order: int
    seed: int

    def arguments(self) -> dict[str, Any]:
        return {"corpus": list(_corpus(self.size, self.used, self.seed)), "vocab_size": self.V, "order": self.order}


@dataclass(frozen=True)
class Chain(Spec):
    """A first-order chain far from uniform; `successors` > 0 leaves each row, and the start, only so many
    tokens of positive probability."""

    V: int
    T: int
    seed: int
    dtype: str = "float64"
    scale: float = 2.0
    successors: int = 0

    def arguments(self) -> dict[str, Any]:
        draws = Draws(self.seed, "float64")
        rows = torch.softmax(draws.normal(self.V + 1, self.V, scale=self.scale), -1)
        if self.successors:
            kept = draws.uniform(self.V + 1, self.V).argsort(-1) < self.successors
            rows = rows * kept / (rows * kept).sum(-1, keepdim=True)
        rows = rows.to(getattr(torch, self.dtype))
        return {"initial": rows[0].clone(), "transition": rows[1:].clone(), "num_steps": self.T}


@dataclass(frozen=True)
class Certain(Spec):
    """A chain whose start and steps are all certain: a random cycle through the tokens."""

    V: int
    T: int
    seed: int
    dtype: str = "float64"

    def arguments(self) -> dict[str, Any]:
        order = random.Random(self.seed).sample(range(self.V), self.V)
        kind = getattr(torch, self.dtype)
        transition = torch.zeros(self.V, self.V, dtype=kind)
        transition[order, order[1:] + order[:1]] = 1
        initial = torch.zeros(self.V, dtype=kind)
        initial[order[0]] = 1
        return {"initial": initial, "transition": transition, "num_steps": self.T, "generator": self.seed}


@dataclass(frozen=True)
class Sampled(Spec):
    """A first-order chain to draw from. Its probabilities are multiples of 1/64, so that rows sum to one
    exactly in every dtype; `successors` of each row, and of the start, are positive."""

    V: int
    T: int
    successors: int
    seed: int
    dtype: str = "float32"

    def rows(self) -> list[list[float]]:
        """The initial distribution, then the transition matrix's rows."""
        rng = random.Random(self.seed)
        return [self._row(rng) for _ in range(self.V + 1)]

    def _row(self, rng: random.Random) -> list[float]:
        chosen = rng.sample(range(self.V), self.successors)
        counts = Counter(chosen + rng.choices(chosen, k=64 - self.successors))
        return [counts[token] / 64 for token in range(self.V)]

    def arguments(self) -> dict[str, Any]:
        initial, *transition = self.rows()
        return sampling(initial, transition, self.T, self.seed, self.dtype)


def sampling(
    initial: list[float], transition: list[list[float]], num_steps: int, seed: int, dtype: str = "float64"
) -> dict[str, Any]:
    """Arguments of `sample_chain`; the generator is given as its seed."""
    kind = getattr(torch, dtype)
    return {
        "initial": torch.tensor(initial, dtype=kind),
        "transition": torch.tensor(transition, dtype=kind),
        "num_steps": num_steps,
        "generator": seed,
    }


@dataclass(frozen=True)
class Ngrams(Spec):
    """A corpus for an n-gram model, and three different strengths of smoothing."""

    tokens: tuple[int, ...]
    V: int
    n: int
    epsilons: tuple[float, float, float] = (0.5, 1.5, 2.5)

    def arguments(self) -> dict[str, Any]:
        return {"corpus": list(self.tokens), "vocab_size": self.V, "n": self.n, "epsilons": self.epsilons}

    def contexts(self) -> list[tuple[int, ...]]:
        """Every context but the one that ends the corpus, which is ungraded."""
        found = list(itertools.product(range(self.V), repeat=self.n - 1))
        last = self.tokens[len(self.tokens) - self.n + 1 :]
        return [context for context in found if self.n == 1 or context != last]

    def queries(self) -> list[tuple[int, tuple[int, ...]]]:
        """Every token after every context."""
        return [(token, context) for context in self.contexts() for token in range(self.V)]

    def drive(self) -> dict[str, Any]:
        return {"queries": self.queries()}


@dataclass(frozen=True)
class Wide(Ngrams):
    """A large vocabulary or corpus, of which only n-grams that occur are asked for, and some that begin like these."""

    def queries(self) -> list[tuple[int, tuple[int, ...]]]:
        """Token 0, and what follows there, after every context but the one that ends the corpus."""
        last = self.tokens[len(self.tokens) - self.n + 1 :]
        grams = {self.tokens[i : i + self.n] for i in range(len(self.tokens) - self.n + 1)}
        pairs = {(token, gram[:-1]) for gram in grams for token in (0, gram[-1])}
        return sorted(pair for pair in pairs if self.n == 1 or pair[1] != last)


@dataclass(frozen=True)
class Remodelled(Spec):
    """A corpus drawn at random for an n-gram model, which ends in the token V-1 that occurs only there; and every
    token after every other one as queries."""

    size: int
    V: int
    n: int
    seed: int

    def arguments(self) -> dict[str, Any]:
        strengths = random.Random(self.seed).sample([0.25, 0.5, 1.0, 2.0, 3.5, 7.0], 3)
        corpus = [*_corpus(self.size - 1, self.V - 1, self.seed), self.V - 1]
        return {"corpus": corpus, "vocab_size": self.V, "n": self.n, "epsilons": tuple(strengths)}

    def drive(self) -> dict[str, Any]:
        contexts = itertools.product(range(self.V - 1), repeat=self.n - 1)
        return {"queries": [(token, context) for context in contexts for token in range(self.V)]}


@dataclass(frozen=True)
class Scored(Spec):
    """T tokens, and an n-gram model as a table; the token at `zero_at` has probability 0 in its context."""

    V: int
    T: int
    n: int
    seed: int
    zero_at: int | None = None

    def tokens(self) -> list[int]:
        return random.Random(self.seed).choices(range(self.V), k=self.T)

    def model(self) -> dict[tuple[int, ...], list[float]]:
        """Probabilities far from uniform, none near 1, where a logarithm in float32 would be poor."""
        contexts = list(itertools.product(range(self.V), repeat=self.n - 1))
        rows = 0.9 * Draws(self.seed, "float64").probabilities(len(contexts), self.V) + 0.1 / self.V
        table = dict(zip(contexts, rows.tolist(), strict=True))
        if self.zero_at is not None:
            tokens = self.tokens()
            table[tuple(tokens[self.zero_at - self.n + 1 : self.zero_at])][tokens[self.zero_at]] = 0.0
        return table

    def arguments(self) -> dict[str, Any]:
        return {"model": self.model(), "tokens": self.tokens(), "n": self.n}


@dataclass(frozen=True)
class LogProbs(Spec):
    """T log probabilities; the one at `zero_at` is -inf."""

    T: int
    seed: int
    scale: float = 2.0
    zero_at: int | None = None

    def values(self) -> list[float]:
        rng = random.Random(self.seed)
        drawn = [-self.scale * (0.1 + rng.random()) for _ in range(self.T)]
        return [-math.inf if i == self.zero_at else value for i, value in enumerate(drawn)]

    def arguments(self) -> dict[str, Any]:
        return {"log_probs": self.values()}


_seeds = st.integers(0, 9999)
_dtypes = st.sampled_from(["float32", "float64"])


def _corpus(size: int, used: int, seed: int) -> tuple[int, ...]:
    rng = random.Random(seed)
    return tuple(rng.choices(range(used), weights=range(1, used + 1), k=size))


@st.composite
def corpora(draw: Any) -> Counted:
    """Corpora in which contexts recur, and whose vocabulary may hold tokens that do not occur."""
    used = draw(st.integers(3, 5))
    tokens = _corpus(draw(st.integers(15, 40)), used, draw(_seeds))
    return Counted(tokens, used + draw(st.integers(0, 2)), draw(st.integers(1, 3)))


@st.composite
def ngrams(draw: Any, n: int) -> Ngrams:
    """Corpora for a model of that n, with tokens and contexts that never occur."""
    used = draw(st.integers(3, 4))
    tokens = _corpus(draw(st.integers(15, 40)), used, draw(_seeds))
    strengths = random.Random(draw(_seeds)).sample([0.25, 0.5, 1.0, 2.0, 3.5, 7.0], 3)
    return Ngrams(tokens, used + draw(st.integers(1, 2)), n, (strengths[0], strengths[1], strengths[2]))


any_ngrams = st.integers(1, 3).flatmap(ngrams)
small_chains = st.builds(Chain, V=st.integers(3, 4), T=st.just(5), seed=_seeds, dtype=_dtypes)
chains = st.builds(Chain, V=st.integers(4, 7), T=st.integers(8, 14), seed=_seeds, dtype=_dtypes)
certain = st.builds(Certain, V=st.integers(4, 7), T=st.integers(8, 14), seed=_seeds, dtype=_dtypes)
recounted = st.builds(
    Recounted, size=st.integers(15, 30), used=st.integers(3, 5), V=st.just(6), order=st.integers(1, 2), seed=_seeds
)
remodelled = st.builds(Remodelled, size=st.integers(15, 30), V=st.integers(4, 5), n=st.integers(1, 3), seed=_seeds)
sparse_chains = st.builds(
    Chain, V=st.integers(4, 6), T=st.integers(7, 9), seed=_seeds, dtype=_dtypes, successors=st.integers(1, 2)
)
sampled = st.builds(
    Sampled, V=st.integers(4, 6), T=st.just(80), successors=st.integers(2, 3), seed=_seeds, dtype=_dtypes
)
scored = st.builds(Scored, V=st.integers(3, 4), T=st.integers(7, 12), n=st.integers(1, 4), seed=_seeds)
log_probs = st.builds(LogProbs, T=st.integers(3, 20), seed=_seeds, scale=st.sampled_from([0.5, 2.0, 5.0]))


def log_probability(arguments: dict[str, Any], sequence: list[int]) -> float:
    """The log probability of a sequence under a chain, in float64."""
    initial, transition = arguments["initial"].tolist(), arguments["transition"].tolist()
    factors = [initial[sequence[0]], *(transition[a][b] for a, b in itertools.pairwise(sequence))]
    return sum(math.log(factor) if factor > 0 else -math.inf for factor in factors)


def binomial_p_value(count: int, size: int, p: float) -> float:
    """Twice the smaller exact tail of Binomial(size, p) at `count`."""
    if count > size * p:
        count, p = size - count, 1 - p
    log_odds, term = math.log(p) - math.log1p(-p), math.lgamma(size + 1) + size * math.log1p(-p)
    terms = (k * log_odds + term - math.lgamma(k + 1) - math.lgamma(size - k + 1) for k in range(count + 1))
    return min(1.0, 2 * math.fsum(map(math.exp, terms)))
