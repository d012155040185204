"""Cases of the unit rnn: indices, sequences with weights, logits, gradients, prefixes, and texts to learn."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import permutations
from typing import Any

import torch
from hypothesis import strategies as st

from harness.judge.spec import Draws, Spec


@dataclass(frozen=True)
class Indices(Spec):
    """A batch of token indices, all below `used`; V may be larger."""

    n: int
    T: int
    V: int
    used: int
    seed: int

    def arguments(self) -> dict[str, Any]:
        return {"indices": Draws(self.seed).integers(self.n, self.T, high=self.used), "vocab_size": self.V}


@dataclass(frozen=True)
class Cell(Spec):
    """A sequence and the weights of a tanh RNN: strong, but off chaos. regime: "saturated", in which the first and the
    last unit are driven far beyond where the tanh is ±1, and "silent", in which every other step and the first
    sequence's state hold zeros only."""

    T: int
    n: int
    d: int
    h: int
    seed: int
    state: bool = True
    dtype: str = "float32"
    regime: str = ""

    def arguments(self) -> dict[str, Any]:
        draws = Draws(self.seed, self.dtype)
        state = draws.normal(self.n, self.h)
        inputs = draws.normal(self.T, self.n, self.d)
        params = {
            "W_xh": draws.normal(self.d, self.h, scale=self.d**-0.5),
            "W_hh": self._recurrent(draws),
            "b_h": draws.normal(self.h, scale=0.5),
        }
        if self.regime == "saturated":
            params["b_h"][0], params["b_h"][-1] = 1000.0, -1000.0
        if self.regime == "silent":
            inputs[::2], state[0] = 0.0, -0.0
        return {"inputs": inputs, "state": state if self.state else None, "params": params}

    def _recurrent(self, draws: Draws) -> torch.Tensor:
        if self.h < 100:
            return draws.contraction(self.h)
        return draws.normal(self.h, self.h, scale=0.45 * self.h**-0.5)  # of a norm of about 0.9, sooner found


@dataclass(frozen=True)
class Concise(Cell):
    """The same for a module on torch.nn.RNN; the weights go by torch's names."""

    def arguments(self) -> dict[str, Any]:
        return {"num_inputs": self.d, "num_hiddens": self.h}

    def drive(self) -> dict[str, Any]:
        given = super().arguments()
        params = given["params"]
        return {
            "inputs": given["inputs"],
            "state": given["state"][None] if self.state else None,
            "weights": {
                "weight_ih_l0": params["W_xh"].T.contiguous(),
                "weight_hh_l0": params["W_hh"].T.contiguous(),
                "bias_ih_l0": params["b_h"],
                "bias_hh_l0": Draws(self.seed + 1, self.dtype).normal(self.h, scale=0.5),
            },
        }


@dataclass(frozen=True)
class Head(Spec):
    """Hidden states and the weights of an output layer."""

    T: int
    n: int
    h: int
    V: int
    seed: int
    dtype: str = "float32"

    def arguments(self) -> dict[str, Any]:
        draws = Draws(self.seed, self.dtype)
        hiddens = draws.normal(self.T, self.n, self.h)
        return {"hiddens": hiddens, "params": {"W_hq": draws.normal(self.h, self.V), "b_q": draws.normal(self.V)}}


@dataclass(frozen=True)
class Scores(Spec):
    """Logits N(0, scale²) and targets."""

    n: int
    T: int
    V: int
    seed: int
    dtype: str = "float32"
    scale: float = 2.0

    def arguments(self) -> dict[str, Any]:
        draws = Draws(self.seed, self.dtype)
        logits = draws.normal(self.n, self.T, self.V, scale=self.scale)
        return {"logits": logits, "targets": draws.integers(self.n, self.T, high=self.V)}


@dataclass(frozen=True)
class LargeScores(Scores):
    """Logits near ±1e4; all targets but the first have a large one, the first a small one."""

    def arguments(self) -> dict[str, Any]:
        draws = Draws(self.seed, self.dtype)
        targets = draws.integers(self.n, self.T, high=self.V)
        large = torch.full((self.n, self.T, self.V), -1e4, dtype=draws.dtype)
        large.scatter_(2, torch.stack([targets, (targets + 1) % self.V], 2), 1e4)
        large[0, 0, targets[0, 0]] = -1e4
        return {"logits": large + draws.normal(self.n, self.T, self.V), "targets": targets}


@dataclass(frozen=True)
class Levels(LargeScores):
    """Logits of which some positions lie near 1e4, some near -1e4, some near 0, all of one position close together."""

    def arguments(self) -> dict[str, Any]:
        draws = Draws(self.seed, self.dtype)
        levels = torch.tensor([0.0, 1e4, -1e4])[torch.arange(self.n * self.T) % 3].reshape(self.n, self.T, 1)
        logits = draws.normal(self.n, self.T, self.V, scale=self.scale) + levels.to(draws.dtype)
        return {"logits": logits, "targets": draws.integers(self.n, self.T, high=self.V)}


@dataclass(frozen=True)
class Grads(Spec):
    """Parameters of the given shapes with gradients of total norm `norm`; some have none, some are zero."""

    shapes: tuple[tuple[int, ...], ...]
    norm: float
    max_norm: float
    seed: int
    missing: tuple[int, ...] = ()
    dtype: str = "float32"
    zero: tuple[int, ...] = ()

    def arguments(self) -> dict[str, Any]:
        draws = Draws(self.seed, self.dtype)
        return {"parameters": [draws.normal(*shape) for shape in self.shapes], "max_norm": self.max_norm}

    def drive(self) -> dict[str, Any]:
        draws = Draws(self.seed + 1, "float64")
        drawn = [draws.normal(*shape) for shape in self.shapes]
        kept = [None if i in self.missing else grad * (i not in self.zero) for i, grad in enumerate(drawn)]
        total = math.sqrt(sum(float(grad.square().sum()) for grad in kept if grad is not None))
        dtype = getattr(torch, self.dtype)
        return {"grads": [None if grad is None else (grad * (self.norm / total)).to(dtype) for grad in kept]}


@dataclass(frozen=True)
class Greedy(Spec):
    """A prefix, and a step by a rule; `history` stands for the state given, None for a state of None. The logits lie
    about `level`, and `gap` apart."""

    prefix: tuple[int, ...]
    num_preds: int
    V: int
    seed: int = 0
    rule: str = "memory"
    history: tuple[int, ...] | None = (1, 0)
    level: float = 0.0
    gap: float = 1.0
    dtype: str = "float32"

    def arguments(self) -> dict[str, Any]:
        return {"prefix": list(self.prefix), "num_preds": self.num_preds}

    def drive(self) -> dict[str, Any]:
        state = None if self.history is None else list(self.history)
        like = torch.zeros(self.V, dtype=getattr(torch, self.dtype))
        drive = {"rule": self.rule, "seed": self.seed, "like": like, "state": state}
        return {**drive, "level": self.level, "gap": self.gap}

    def turned(self) -> Greedy:
        """Another prefix of the same length."""
        return replace(self, prefix=tuple((token + 1) % self.V for token in self.prefix))


@dataclass(frozen=True)
class Lesson(Spec):
    """A training run on a text from a source that needs a memory of three tokens (see `_text`).

    One entry of the vocabulary never occurs. The source's own perplexity is a floor for every model.
    """

    seed: int
    learning_rate: float
    max_norm: float
    num_epochs: int
    length: int

    def arguments(self) -> dict[str, Any]:
        return {
            "corpus": list(_text(self.seed, 2 * self.seed, self.length)[0]),
            "vocab_size": SYMBOLS + 1,
            "num_hiddens": 16,
            "num_steps": 10,
            "batch_size": 16,
            "num_epochs": self.num_epochs,
            "learning_rate": self.learning_rate,
            "max_norm": self.max_norm,
            "generator": self.seed,
        }

    def held_out(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Windows (100, 40) of fresh text, and the log probability that the source gave each token."""
        tokens, log_probs = _text(self.seed, 2 * self.seed + 1, 4000)
        return torch.tensor(tokens).view(100, 40), torch.tensor(log_probs, dtype=torch.float64).view(100, 40)


SYMBOLS = 5


@lru_cache(maxsize=8)
def _text(labels_seed: int, seed: int, length: int) -> tuple[tuple[int, ...], tuple[float, ...]]:
    """Tokens, and the log probability of each given all before it.

    With x the symbols modulo 5, the next is 2·x_{t-2} with probability 0.65, x_t + 1 with 0.3, else any. Each
    seed of labels names the symbols anew, so that all are equally hard and no weights fit two of them.
    """
    labels = random.Random(labels_seed).sample(range(SYMBOLS + 1), SYMBOLS)
    draw = random.Random(seed).random
    symbols = [int(SYMBOLS * draw()) for _ in range(3)]
    log_probs = []
    for _ in range(length):
        far, near, chance = 2 * symbols[-3] % SYMBOLS, (symbols[-1] + 1) % SYMBOLS, draw()
        symbol = far if chance < 0.65 else near if chance < 0.95 else int(SYMBOLS * draw())
        log_probs.append(math.log(0.65 * (symbol == far) + 0.3 * (symbol == near) + 0.05 / SYMBOLS))
        symbols.append(symbol)
    return tuple(labels[symbol] for symbol in symbols[3:]), tuple(log_probs)


@dataclass(frozen=True)
class Drill(Spec):
    """A short training run on a text of mostly one token, whose gradient keeps its direction for long."""

    seed: int
    learning_rate: float = 0.5
    max_norm: float = 1.0
    num_epochs: int = 2
    num_hiddens: int = 12
    V: int = 7
    length: int = 425
    num_steps: int = 5
    batch_size: int = 4

    @property
    def num_updates(self) -> int:
        """About how many updates the run makes."""
        return self.num_epochs * (self.length // (self.num_steps * self.batch_size))

    def arguments(self) -> dict[str, Any]:
        draw = random.Random(self.seed)
        rare = [int((self.V - 1) * draw.random()) for _ in range(self.length)]
        return {
            "corpus": [token if draw.random() < 0.1 else 2 for token in rare],
            "vocab_size": self.V,
            "num_hiddens": self.num_hiddens,
            "num_steps": self.num_steps,
            "batch_size": self.batch_size,
            "num_epochs": self.num_epochs,
            "learning_rate": self.learning_rate,
            "max_norm": self.max_norm,
            "generator": self.seed,
        }


SIZES = sorted((s for s in permutations(range(2, 8), 4) if s[0] >= 3 and s[3] >= 3), key=sum)
SHAPES = sorted((s for s in permutations(range(2, 8), 3) if s[0] >= 2 and s[1] >= 3), key=sum)
seeds = st.integers(0, 9999)
both = st.sampled_from(["float32", "float64"])
either = st.booleans()
sizes, shapes = st.sampled_from(SIZES), st.sampled_from(SHAPES)

indices = st.builds(lambda s, unused, seed: Indices(*s, max(1, s[2] - unused), seed), shapes, st.integers(0, 2), seeds)


def cells(dtypes: Any = both, states: Any = either, kind: type[Cell] = Cell) -> st.SearchStrategy[Any]:
    """Sequences with T, n, d, h pairwise different, T >= 3, n >= 2."""
    return st.builds(lambda s, seed, state, dtype: kind(*s, seed, state, dtype), sizes, seeds, states, dtypes)


def heads(dtypes: Any = both) -> st.SearchStrategy[Head]:
    """Hidden states with T, n, h, V pairwise different."""
    return st.builds(lambda s, seed, dtype: Head(*s, seed, dtype), sizes, seeds, dtypes)


def scores(dtypes: Any = both, kind: type[Scores] = Scores) -> st.SearchStrategy[Any]:
    """Logits with n, T, V pairwise different."""
    return st.builds(lambda s, seed, dtype: kind(*s, seed, dtype), shapes, seeds, dtypes)


@st.composite
def grads(draw: Any, norms: tuple[float, ...]) -> Grads:
    """Gradients of one of the norms, to be clipped to 1.5; the second parameter's may be missing."""
    some = draw(st.sampled_from([((3, 4), (2,), (5, 2)), ((2, 3), (4,), (4, 4), (3,)), ((6,), (2, 3, 2))]))
    norm, missing = draw(st.sampled_from(norms)), draw(st.sampled_from([(), (1,)]))
    return Grads(some, norm, 1.5, draw(seeds), missing, draw(both))


prefixes = st.lists(st.integers(0, 5), min_size=2, max_size=6).map(tuple)
greedy = st.builds(Greedy, prefixes, st.integers(2, 9), st.just(6), seeds)


def lessons(learning_rate: float, max_norm: float, num_epochs: int, length: int) -> st.SearchStrategy[Lesson]:
    """Training runs that differ in their seed only."""
    made = st.integers(0, 99_999).map(lambda seed: Lesson(seed, learning_rate, max_norm, num_epochs, length))
    return made.filter(lambda case: case.seed > 0)  # the simplest case comes first: a plan of one would not vary


drills = st.builds(Drill, seeds)
