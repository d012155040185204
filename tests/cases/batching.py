"""Cases of the unit batching: sentences, lengths, pairs to pad, sequences to pack, to read out and to decode."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from hypothesis import strategies as st

from harness.judge.spec import Draws, Spec

SPECIALS = ("<pad>", "<unk>", "<sos>", "<eos>")
WORDS = ("ami", "Ami", "bon", "chat", "de", "de.", "été", "eau", "feu", "gare", "haut")
"""The source map knows all but the last three, the target map all but the first three."""

_seeds = st.integers(0, 999)
_dtypes = st.sampled_from(["float32", "float64"])


def indices(words: tuple[str, ...], draws: Draws, apart: int = 1) -> dict[str, int]:
    """A map of words and special tokens, in random order, to the indices 0, 1, 2, …, in another, times `apart`."""
    tokens = (*SPECIALS, *words)
    places, numbers = (draws.permutation(len(tokens)).tolist() for _ in range(2))
    return {tokens[place]: apart * number for place, number in zip(places, numbers, strict=True)}


@dataclass(frozen=True)
class Sentences(Spec):
    """A pair of so many words each, known and unknown ones among them, and two maps that share some words, to indices
    that are so far apart."""

    source: int
    target: int
    max_len: int
    seed: int = 0
    apart: int = 1

    def arguments(self) -> dict[str, Any]:
        draws = Draws(self.seed)
        sides = [[WORDS[i] for i in draws.integers(size, high=len(WORDS))] for size in (self.source, self.target)]
        return {
            "source": sides[0],
            "target": sides[1],
            **self.maps(draws),
            "max_len": self.max_len,
        }

    def maps(self, draws: Draws) -> dict[str, Any]:
        """Two maps."""
        known = {"source_index": WORDS[:-3], "target_index": WORDS[3:]}
        return {name: indices(words, draws, self.apart) for name, words in known.items()}


FAR = 2**26 + 11
"""Indices so far apart are not exact in float32."""

_apart = st.sampled_from([1, 3, FAR])
sentences = st.builds(Sentences, st.integers(1, 9), st.integers(1, 9), st.integers(2, 9), _seeds, _apart)
long_sentences = st.builds(Sentences, st.integers(6, 9), st.integers(6, 9), st.integers(2, 7), _seeds, _apart)

# -- lengths to put into buckets ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Lengths(Spec):
    """So many pairs of lengths that are spread over `spread` from some smallest ones on."""

    number: int
    batch_size: int
    width: int
    spread: int
    seed: int = 0

    def arguments(self) -> dict[str, Any]:
        draws = Draws(self.seed)
        low = draws.integers(2, low=1, high=9)
        lengths = low + draws.integers(self.number, 2, high=self.spread)
        return _bucketing([tuple(pair) for pair in lengths.tolist()], self.batch_size, self.width, self.seed)


@dataclass(frozen=True)
class Given(Spec):
    """The given lengths, and the seed of the generator."""

    lengths: tuple[tuple[int, int], ...]
    batch_size: int
    width: int
    seed: int = 0

    def arguments(self) -> dict[str, Any]:
        return _bucketing(list(self.lengths), self.batch_size, self.width, self.seed)


def _bucketing(lengths: list[Any], batch_size: int, width: int, seed: int) -> dict[str, Any]:
    return {"lengths": lengths, "batch_size": batch_size, "width": width, "generator": seed}


@st.composite
def lengths(draw: Any) -> Lengths:
    """Some buckets of several pairs each."""
    width = draw(st.integers(1, 4))
    return Lengths(
        draw(st.integers(12, 30)), draw(st.integers(2, 4)), width, width * 2 + draw(st.integers(0, 3)), draw(_seeds)
    )


FOUR = ((7, 4), (5, 5), (9, 4), (6, 4), (5, 9), (10, 6))
"""In a width of 3, three pairs are in the first bucket, two and one in others: in batches of two, these are four, of
which no two are of one size and one bucket."""
orders = st.builds(Given, st.just(FOUR), st.just(2), st.just(3), _seeds)

_LONG = (1, 2, 8, 10, 16, 32, 50, 64, 99, 100, 128, 200, 256, 500, 512, 999, 1000, 1024)
LONG_ROW = Given(((3, 4), (5, 4), *((3, 4 + 2 * column) for column in (*_LONG, 10_000))), 30, 2)
"""In a width of 2, every pair in a bucket of its own: two in the first column, the others far along the first row."""
LONG_COLUMN = Given(tuple((source, target) for target, source in LONG_ROW.lengths[:-1]), 30, 2)
CROSSED = Given(
    ((2, 12), (12, 2), (2, 2), (3, 6), (6, 3), (1, 2), (2, 1), (2, 13), (12, 3), (1, 13), (3, 5), (4, 4)), 12, 1
)
"""Every pair in a bucket of its own, of which many have the same sum, product, pair of numbers or digits in a row."""
LARGE = Given(((2**24, 70_000), (2**24 + 1, 70_000), (2**24 + 2, 70_001), (2**24 + 1, 70_001)), 4, 1)
"""Every pair in a bucket of its own, which float32 and int16 do not tell apart."""

many_lengths = st.builds(Lengths, st.just(600), st.just(2), st.just(3), st.just(60), _seeds)
"""Lengths over 20 times 20 buckets, 400 batches or so."""


def seeds_of(case: Given, number: int) -> list[int]:
    """Seeds for the generators of further epochs."""
    return [int(seed) for seed in Draws(case.seed).integers(number, high=2**31)]


# -- pairs to pad ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pairs(Spec):
    """So many pairs of the tokens 0 to 4, sources of lengths up to `longest`, targets up to two more, and what they are
    padded with."""

    n: int
    longest: int
    pad: int
    seed: int = 0

    def arguments(self) -> dict[str, Any]:
        draws = Draws(self.seed)
        sides = [draws.integers(self.n, low=1, high=self.longest + more).tolist() for more in (1, 3)]
        pairs = [tuple(draws.integers(size, high=5).tolist() for size in pair) for pair in zip(*sides, strict=True)]
        return {"pairs": pairs, "pad": self.pad}


@dataclass(frozen=True)
class Tokens(Spec):
    """Pairs of the given lengths, of tokens from 0 up to below `high`."""

    lengths: tuple[tuple[int, int], ...]
    pad: int
    seed: int = 0
    high: int = 50

    def arguments(self) -> dict[str, Any]:
        draws = Draws(self.seed)
        pairs = [tuple(draws.integers(size, high=self.high).tolist() for size in pair) for pair in self.lengths]
        return {"pairs": pairs, "pad": self.pad}


@dataclass(frozen=True)
class Padded(Spec):
    """The given pairs."""

    pairs: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]
    pad: int

    def arguments(self) -> dict[str, Any]:
        return {"pairs": [tuple(map(list, pair)) for pair in self.pairs], "pad": self.pad}


pairs = st.builds(Pairs, st.integers(5, 8), st.integers(2, 4), st.sampled_from([0, 1, 3, 9, -1]), _seeds)
"""More pairs than lengths, so that some are equally long."""

tokens = st.builds(
    Tokens,
    st.lists(st.tuples(st.integers(1, 4), st.integers(1, 4)), min_size=3, max_size=5).map(tuple),
    st.sampled_from([0, 9, -1]),
    _seeds,
)

# -- sequences to pack -------------------------------------------------------------------------------------

FILLINGS = {"noise": 1.0, "large": 1e4, "huge": 1e37, "inf": torch.inf, "-inf": -torch.inf, "nan": torch.nan}


@dataclass(frozen=True)
class Packed(Spec):
    """A layer and sequences of the given lengths, and what stands beyond these in inputs of T steps.

    kind: "rnn", "relu" or "gru". values: "normal"; "zero": nothing at first and last valid steps; "large": 100 times
    as much; "silent": at last valid steps so little that a rectifier gives zeros. use: "train", "eval" or "frozen".
    """

    lengths: tuple[int, ...]
    T: int
    d: int
    h: int
    kind: str = "gru"
    seed: int = 0
    dtype: str = "float32"
    padding: str = "noise"
    values: str = "normal"
    use: str = "train"
    bias: bool = True

    def arguments(self) -> dict[str, Any]:
        draws, gates = Draws(self.seed, self.dtype), {"rnn": 1, "relu": 1, "gru": 3}[self.kind]
        weights = {
            "weight_ih_l0": draws.normal(gates * self.h, self.d),
            "weight_hh_l0": torch.cat([draws.contraction(self.h) for _ in range(gates)]),
            "bias_ih_l0": draws.normal(gates * self.h, scale=0.5),
            "bias_hh_l0": draws.normal(gates * self.h, scale=0.5),
        }
        if not self.bias:
            weights = {name: one for name, one in weights.items() if name.startswith("weight")}
        if self.values == "silent":
            weights["weight_ih_l0"] = weights["weight_ih_l0"].abs() + 1
        noise = draws.normal(len(self.lengths), self.T, self.d)
        inputs = torch.where(self.beyond()[..., None], FILLINGS[self.padding] * noise, self.valid(noise))
        described = {"kind": self.kind, "weights": weights}
        if self.use != "train":
            described["use"] = self.use
        return {"rnn": described, "inputs": inputs, "lengths": torch.tensor(self.lengths)}

    def valid(self, noise: torch.Tensor) -> torch.Tensor:
        """What stands at valid steps."""
        last = (torch.arange(self.T) == torch.tensor(self.lengths)[:, None] - 1)[..., None]
        first = (torch.arange(self.T) == 0)[:, None]
        return {
            "normal": noise,
            "zero": torch.where(first, 0.0, torch.where(last, -0.0, noise)).to(noise),
            "large": 100 * noise,
            "silent": torch.where(last, -50.0, noise).to(noise),
        }[self.values]

    def beyond(self) -> torch.Tensor:
        """(n, T): where padding stands."""
        return torch.arange(self.T) >= torch.tensor(self.lengths)[:, None]


LAYERS = ("rnn", "gru", "relu")


@st.composite
def packed(
    draw: Any, fillings: tuple[str, ...] = ("noise", "large"), dtypes: Any = _dtypes, kinds: Any = ("rnn", "gru")
) -> Packed:
    """Three to five sequences, of which the longest may be shorter than T; T, d, h all different."""
    T, d, h = draw(st.lists(st.integers(3, 7), min_size=3, max_size=3, unique=True))
    lengths = draw(st.lists(st.integers(1, T), min_size=3, max_size=5).filter(lambda one: len(set(one)) > 1))
    kind, filling = draw(st.sampled_from(kinds)), draw(st.sampled_from(fillings))
    use, bias = draw(st.sampled_from(["train", "eval"])), draw(st.booleans())
    return Packed(tuple(lengths), T, d, h, kind, draw(_seeds), draw(dtypes), filling, use=use, bias=bias)


# -- outputs to read answers out of ------------------------------------------------------------------------


@dataclass(frozen=True)
class LastSteps(Spec):
    """Outputs of sequences of the given lengths, with noise beyond these, and a linear layer.

    values: "normal"; "zero": nothing at last valid steps; "large": 10^4 times as much; "far": 10^9 times as much at all
    other steps.
    """

    lengths: tuple[int, ...]
    T: int
    h: int
    c: int
    seed: int = 0
    dtype: str = "float32"
    values: str = "normal"

    def arguments(self) -> dict[str, Any]:
        draws = Draws(self.seed, self.dtype)
        outputs = draws.normal(self.T, len(self.lengths), self.h)
        here, elsewhere = {"normal": (1, 1), "zero": (0, 1), "large": (1e4, 1e4), "far": (1, 1e9)}[self.values]
        outputs = outputs * torch.where(self.last(), here, elsewhere)[..., None].to(outputs)
        return {
            "outputs": outputs,
            "lengths": torch.tensor(self.lengths),
            "params": linear(draws, self.h, self.c, self.values == "zero"),
        }

    def last(self) -> torch.Tensor:
        """(T, n): which steps are the last valid ones."""
        return torch.arange(self.T)[:, None] == torch.tensor(self.lengths) - 1


@dataclass(frozen=True)
class EveryStep(Spec):
    """Outputs at every step, and a linear layer.

    values: "normal"; "zero": nothing at every other step, nor in the first row; "large": 10^4 times as much.
    """

    T: int
    n: int
    h: int
    c: int
    seed: int = 0
    dtype: str = "float32"
    values: str = "normal"

    def arguments(self) -> dict[str, Any]:
        draws = Draws(self.seed, self.dtype)
        outputs = draws.normal(self.T, self.n, self.h)
        if self.values == "zero":
            outputs[1::2] = outputs[:, 0] = 0.0
        elif self.values == "large":
            outputs = 1e4 * outputs
        return {"outputs": outputs, "params": linear(draws, self.h, self.c, self.values == "zero")}


def linear(draws: Draws, h: int, c: int, turned: bool) -> dict[str, torch.Tensor]:
    """The parameters of a linear layer, with a bias that shows; turned: it comes first. Names tell them apart."""
    params = {"W": draws.normal(h, c), "b": draws.normal(c)}
    return dict(reversed(params.items())) if turned else params


@st.composite
def last_steps(draw: Any, dtypes: Any = _dtypes) -> LastSteps:
    """Three to five sequences of unlike lengths; T, h, c all different."""
    T, h, c = draw(st.lists(st.integers(2, 7), min_size=3, max_size=3, unique=True))
    lengths = draw(st.lists(st.integers(1, T), min_size=3, max_size=5).filter(lambda one: len(set(one)) > 1))
    return LastSteps(tuple(lengths), T, h, c, draw(_seeds), draw(dtypes))


@st.composite
def every_step(draw: Any, dtypes: Any = _dtypes) -> EveryStep:
    """T, n, h, c all different."""
    sizes = draw(st.lists(st.integers(2, 7), min_size=4, max_size=4, unique=True))
    return EveryStep(*sizes, draw(_seeds), draw(dtypes))


exact = st.just("float64")

# -- batches to decode -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Decoding(Spec):
    """The first token of each row, and a model of V tokens; each row has read `history` tokens already, or, if None,
    there is no state. Its logits are near `level` and `gap` apart; falsy: its state is taken for false.
    """

    first: tuple[int, ...]
    max_len: int
    V: int
    eos: int
    seed: int = 0
    rule: str = "memory"
    history: int | None = 2
    level: float = 0.0
    gap: float = 1.0
    dtype: str = "float32"
    falsy: bool = False

    def arguments(self) -> dict[str, Any]:
        return {"first": torch.tensor(self.first), "max_len": self.max_len, "eos": self.eos}

    def drive(self) -> dict[str, Any]:
        like, draws = torch.zeros(len(self.first), self.V, dtype=getattr(torch, self.dtype)), Draws(self.seed)
        state = None if self.history is None else draws.integers(len(self.first), self.history, high=self.V).tolist()
        drive = {"rule": self.rule, "seed": self.seed, "like": like, "state": state}
        if (self.level, self.gap) != (0.0, 1.0):
            drive |= {"level": self.level, "gap": self.gap}
        return {**drive, "falsy": True} if self.falsy else drive


@st.composite
def decodings(draw: Any, histories: Any = (None, 2)) -> Decoding:
    """Two to five rows, of which some soon end and others may not; n, V and max_len all different."""
    V, max_len = draw(st.integers(6, 9)), draw(st.integers(10, 14))
    first = draw(st.lists(st.integers(0, V - 1), min_size=2, max_size=5))
    eos, history = draw(st.integers(0, V - 1)), draw(st.sampled_from(histories))
    return Decoding(tuple(first), max_len, V, eos, draw(_seeds), history=history)
