"""Specs: a case as a small frozen record of sizes, flags and a seed, from which tensors are built."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

import msgspec
import torch


@dataclass(frozen=True)
class Spec:
    """The base of all specs; fields are ints, floats, bools, strings, None or tuples of these."""

    def describe(self) -> str:
        """The case in words: `T=3 n=2 d=4 h=5 seed=0, state given`."""
        sizes, flags = [], []
        for item in fields(self):
            value = getattr(self, item.name)
            if isinstance(value, bool):
                flags.append(f"{item.name.replace('_', ' ')} {'given' if value else 'None'}")
            elif item.name == "dtype":
                flags.append(value)
            else:
                sizes.append(f"{item.name}={value!r}")
        return ", ".join(part for part in (" ".join(sizes), *flags) if part)

    def to_json(self) -> str:
        """The case as one line of JSON, for a replay."""
        return msgspec.json.encode({"case": type(self).__name__, **_values(self)}).decode()


def _values(spec: Spec) -> dict[str, Any]:
    return {item.name: getattr(spec, item.name) for item in fields(spec)}


def from_json(text: str, kinds: Iterable[type[Spec]]) -> Spec:
    """Read a case of one of the given kinds back. Raises ValueError where the text is none."""
    known = {kind.__name__: kind for kind in kinds}
    try:
        data = msgspec.json.decode(text, type=dict[str, Any])
        kind = known[data.pop("case")]
        return msgspec.convert(data, type=kind)
    except KeyError as error:
        raise ValueError(f"not a case: {error} is not a kind of case ({', '.join(sorted(known))})") from error
    except msgspec.MsgspecError as error:
        raise ValueError(f"not a case: {error}") from error


class Draws:
    """Tensors drawn one after another from a CPU generator, so that a seed gives the same case anywhere.

    Values are drawn in float64 and rounded to `dtype`; the oracle is fed the rounded values.
    """

    def __init__(self, seed: int, dtype: str = "float32") -> None:
        self.generator = torch.Generator().manual_seed(seed)
        self.dtype: torch.dtype = getattr(torch, dtype)

    def normal(self, *shape: int, scale: float = 1.0) -> torch.Tensor:
        """N(0, scale²), in the given shape."""
        return (scale * torch.randn(shape, generator=self.generator, dtype=torch.float64)).to(self.dtype)

    def uniform(self, *shape: int, low: float = 0.0, high: float = 1.0) -> torch.Tensor:
        """Uniform on [low, high), in the given shape."""
        drawn = torch.rand(shape, generator=self.generator, dtype=torch.float64)
        return (low + (high - low) * drawn).to(self.dtype)

    def integers(self, *shape: int, high: int, low: int = 0) -> torch.Tensor:
        """Uniform int64 on low … high−1, in the given shape."""
        return torch.randint(low, high, shape, generator=self.generator)

    def permutation(self, size: int) -> torch.Tensor:
        """A uniformly random permutation of 0 … size−1."""
        return torch.randperm(size, generator=self.generator)

    def contraction(self, size: int, norm: float = 1.0) -> torch.Tensor:
        """A square matrix N(0, 1/size) whose spectral norm is at most `norm`: strong, but off chaos."""
        matrix = torch.randn(size, size, generator=self.generator, dtype=torch.float64) / size**0.5
        size_of = float(torch.linalg.matrix_norm(matrix, 2))
        return torch.Tensor.to(matrix / max(1.0, size_of / norm), self.dtype)

    def probabilities(self, *shape: int) -> torch.Tensor:
        """Rows of positive probabilities that sum to one, far from uniform."""
        return torch.softmax(2 * torch.randn(shape, generator=self.generator, dtype=torch.float64), -1).to(self.dtype)
