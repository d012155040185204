"""Cases of the unit text: raw strings, lists of tokens, rank-frequency tables."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from harness.judge.spec import Spec

# Letters of both cases, every kind of gap, and what lies between Z and a in ASCII; no character whose
# case maps to an ASCII letter (the Kelvin sign, a dotted capital I), which the contract leaves ungraded.
ALPHABET = "aAbBmMzZ  \n\t\r.,'?!-_[]^`@{0189éñà—"
LATIN = "".join(chr(code) for code in range(256) if chr(code) != "ß")  # whose capital is SS
WORDS = ["the", "time", "machine", "by", "h", "g", "wells", "i", "a", "traveller"]


@dataclass(frozen=True)
class Text(Spec):
    """A raw text."""

    text: str

    def arguments(self) -> dict[str, Any]:
        return {"text": self.text}


@dataclass(frozen=True)
class Repeated(Spec):
    """A long text: one part, over and over."""

    part: str
    times: int

    def arguments(self) -> dict[str, Any]:
        return {"text": self.part * self.times}


@dataclass(frozen=True)
class TextAs(Spec):
    """A raw text, and the unit to cut it into."""

    text: str
    unit: str

    def arguments(self) -> dict[str, Any]:
        return {"text": self.text, "unit": self.unit}


@dataclass(frozen=True)
class RepeatedAs(Spec):
    """A long text, one part over and over, and the unit to cut it into."""

    part: str
    times: int
    unit: str

    def arguments(self) -> dict[str, Any]:
        return {"text": self.part * self.times, "unit": self.unit}


@dataclass(frozen=True)
class ManyWords(Spec):
    """A text of so many different words, and the unit to cut it into."""

    size: int
    unit: str

    def arguments(self) -> dict[str, Any]:
        words = ["".join("abcdefghij"[int(digit)] for digit in str(i)) for i in range(self.size)]
        return {"text": ", ".join(words), "unit": self.unit}


@dataclass(frozen=True)
class Tokens(Spec):
    """Tokens for a vocabulary; `lines` cuts them into a list of lists of that length, after `blank` empty ones."""

    tokens: tuple[str, ...]
    min_freq: int = 0
    reserved: tuple[str, ...] = ()
    lines: int = 0
    blank: int = 0

    def arguments(self) -> dict[str, Any]:
        flat = list(self.tokens)
        cut = [flat[i : i + self.lines] for i in range(0, len(flat), self.lines)] if self.lines else flat
        return {
            "tokens": [*([] for _ in range(self.blank)), *cut],
            "min_freq": self.min_freq,
            "reserved_tokens": list(self.reserved),
        }


@dataclass(frozen=True)
class Crowd(Spec):
    """Tokens for a vocabulary: so many kinds, the first of which occurs `most` times and each other one once."""

    kinds: int
    most: int
    min_freq: int = 0

    @property
    def tokens(self) -> tuple[str, ...]:
        return (*(f"w{i}" for i in range(self.kinds)), *["w0"] * (self.most - 1))

    def arguments(self) -> dict[str, Any]:
        return {"tokens": list(self.tokens), "min_freq": self.min_freq, "reserved_tokens": ["<pad>"]}


@dataclass(frozen=True)
class Ladder(Spec):
    """Tokens for a vocabulary, ten in all, no two kinds equally often."""

    seed: int

    def arguments(self) -> dict[str, Any]:
        rng = random.Random(self.seed)
        tokens = [word for i, word in enumerate(rng.sample(WORDS, 4), 1) for _ in range(i)]
        rng.shuffle(tokens)
        return {"tokens": tokens, "min_freq": 0, "reserved_tokens": ["<pad>"]}


@dataclass(frozen=True)
class Grams(Spec):
    """Tokens to count n-grams of."""

    tokens: tuple[Any, ...]
    n: int

    def arguments(self) -> dict[str, Any]:
        return {"tokens": list(self.tokens), "n": self.n}


@dataclass(frozen=True)
class LongGrams(Spec):
    """Many tokens of a few kinds, drawn at random, to count n-grams of."""

    kinds: int
    size: int
    n: int

    @property
    def tokens(self) -> tuple[int, ...]:
        return tuple(random.Random(self.size).choices(range(self.kinds), k=self.size))

    def arguments(self) -> dict[str, Any]:
        return {"tokens": list(self.tokens), "n": self.n}


@dataclass(frozen=True)
class Runs(Spec):
    """Thirteen tokens in two runs of unlike length, whose n-grams (n = 1 or 2) have no ties."""

    n: int
    seed: int

    def arguments(self) -> dict[str, Any]:
        rng = random.Random(self.seed)
        (one, other), size = rng.sample(WORDS, 2), rng.choice([4, 5, 8, 9, 10])
        return {"tokens": [one] * size + [other] * (13 - size), "n": self.n}


@dataclass(frozen=True)
class Ranks(Spec):
    """A noisy power law that begins at about `top`, sorted, and a range of ranks inside it; `whole` rounds it to
    counts."""

    size: int
    first_rank: int
    last_rank: int
    alpha: float
    seed: int
    noise: float = 0.3
    whole: bool = False
    top: float = 1e4

    def arguments(self) -> dict[str, Any]:
        rng = random.Random(self.seed)
        noise = [2.718281828 ** (self.noise * rng.gauss(0, 1)) for _ in range(self.size)]
        values = [self.top * i**-self.alpha * factor for i, factor in enumerate(noise, 1)]
        values = [round(value) for value in values] if self.whole else values
        return {
            "frequencies": sorted(values, reverse=True),
            "first_rank": self.first_rank,
            "last_rank": self.last_rank,
        }


_noise = st.text(alphabet=ALPHABET, min_size=1, max_size=24)
_prose = st.lists(st.sampled_from(["the", "The", "time", "a", "I"]), min_size=4, max_size=9).map("  ".join)
raw = st.one_of(_noise, _prose)
texts = st.builds(Text, raw)
_worded = raw.filter(lambda text: any("a" <= letter <= "z" for letter in text.lower()))
texts_with_words = st.builds(TextAs, _worded, st.sampled_from(["char", "word"]))
texts_by_unit = st.builds(TextAs, raw, st.sampled_from(["char", "word"]))

_tokens = st.lists(st.sampled_from(WORDS), min_size=4, max_size=30).map(tuple)
vocabularies = st.builds(
    Tokens,
    _tokens,
    min_freq=st.integers(0, 4),
    reserved=st.sampled_from([(), ("<pad>",), ("<bos>", "<eos>"), ("<pad>", "the", "zebra")]),
    lines=st.sampled_from([0, 0, 3]),
)
ladders = st.builds(Ladder, seed=st.integers(0, 9999))
grams = st.builds(Grams, _tokens, n=st.integers(1, 4))
runs = st.builds(Runs, n=st.integers(1, 2), seed=st.integers(0, 9999))


@st.composite
def rank_tables(draw: Any) -> Ranks:
    """Tables with ranks left out at both ends, so that an off-by-one shows."""
    size = draw(st.integers(12, 40))
    first = draw(st.integers(2, 4))
    last = draw(st.integers(first + 4, size - 2))
    return Ranks(size, first, last, draw(st.sampled_from([0.5, 1.0, 1.7])), draw(st.integers(0, 999)))
