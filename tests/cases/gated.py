"""Cases of the unit gated: batches of sequences with strong random weights, biases and states."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
from hypothesis import strategies as st

from harness.judge.spec import Draws, Spec

SATURATING = {"saturated": 1000.0, "shut": 200.0}
"""By regime, the size of every second bias."""


def layer(draws: Draws, num_inputs: int, num_hiddens: int, gate: str = "h") -> dict[str, torch.Tensor]:
    """The three parameters of one gate: `W_xh W_hh b_h` for the gate h."""
    return {
        f"W_x{gate}": draws.normal(num_inputs, num_hiddens),
        f"W_h{gate}": draws.contraction(num_hiddens),
        f"b_{gate}": draws.normal(num_hiddens, scale=0.5),
    }


@dataclass(frozen=True)
class Run(Spec):
    """The sizes of a run over a batch of sequences; `state` says whether an initial one is given.

    In the regime "saturated" every second bias is 1000 or -1000, every second input 300 times as large, and states are
    30 times as large; in the regime "shut" biases are 200 or -200 and states as large, so that in float64 no way of
    writing a sigmoid or a tanh overflows, nor its gradient; in the regime "sparse" the first input, every second row
    of W_hh and the state's first sequence are zero, and of several states the first is zero altogether.
    """

    T: int
    n: int
    d: int
    h: int
    seed: int = 0
    state: bool = True
    dtype: str = "float32"
    regime: str = field(default="normal", kw_only=True)

    @property
    def draws(self) -> Draws:
        """The case's tensors, from the first."""
        return Draws(self.seed, self.dtype)

    @property
    def width(self) -> int:
        """How many features an output has."""
        return self.h

    def drive(self) -> dict[str, Any]:
        """Nothing: the hook is called with the arguments alone."""
        return {}

    def inputs(self, draws: Draws) -> torch.Tensor:
        """(T, n, d), as the regime has them."""
        inputs = draws.normal(self.T, self.n, self.d)
        if self.regime == "saturated":
            inputs[1::2] *= 300
        if self.regime == "sparse":
            inputs[0] = -0.0
        return inputs

    def several(self, draws: Draws, count: int, *lead: int) -> list[torch.Tensor]:
        """That many states (n, h), with leading axes of size 1 where asked for, as the regime has them."""
        scale = 30.0 if self.regime in SATURATING else 1.0
        states = [draws.normal(*lead, self.n, self.h, scale=scale) for _ in range(count)]
        if self.regime == "sparse":
            for one in states:
                one[..., 0, :] = 0
            if count > 1:
                states[0][:] = 0
        return states

    def weights(self, params: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """The params, as the regime has them; in the regime "sparse" back to front, since names tell them apart."""
        for name, one in params.items():
            if self.regime in SATURATING and one.ndim == 1:
                one[1::2] = SATURATING[self.regime] * (1.0 - 2 * (torch.arange(len(one[1::2])) % 2))
            if self.regime == "sparse" and name.startswith(("W_h", "weight_hh")):
                one[::2] = 0
        return dict(reversed(params.items())) if self.regime == "sparse" else params


class Lstm(Run):
    """A run of `lstm_scratch`."""

    def arguments(self) -> dict[str, Any]:
        draws = self.draws
        params = [layer(draws, self.d, self.h, gate) for gate in "ifoc"]
        weights = self.weights({k: v for one in params for k, v in one.items()})
        inputs, state = self.inputs(draws), tuple(self.several(draws, 2))
        return {"inputs": inputs, "state": state if self.state else None, "params": weights}


class Gru(Run):
    """A run of `gru_scratch`."""

    def arguments(self) -> dict[str, Any]:
        draws = self.draws
        params = [layer(draws, self.d, self.h, gate) for gate in "rzh"]
        weights = self.weights({k: v for one in params for k, v in one.items()})
        inputs, (state,) = self.inputs(draws), self.several(draws, 1)
        return {"inputs": inputs, "state": state if self.state else None, "params": weights}


class Concise(Run):
    """A run of a module made by a `*_concise` hook; `gates` and `states` tell its kinds apart."""

    gates, states = 0, 0

    def arguments(self) -> dict[str, Any]:
        return {"num_inputs": self.d, "num_hiddens": self.h}

    def drive(self) -> dict[str, Any]:
        """The layer's weights under torch's names, the module's inputs and its state."""
        draws = self.draws
        weights = {
            "weight_ih_l0": draws.normal(self.gates * self.h, self.d),
            "weight_hh_l0": torch.cat([draws.contraction(self.h) for _ in range(self.gates)]),
            "bias_ih_l0": draws.normal(self.gates * self.h, scale=0.5),
            "bias_hh_l0": draws.normal(self.gates * self.h, scale=0.5),
        }
        inputs, states = self.inputs(draws), tuple(self.several(draws, self.states, 1))
        state = states if self.states > 1 else states[0]
        return {
            "weights": self.weights(weights),
            "inputs": inputs,
            "state": state if self.state else None,
            "rehearsals": 0,
            "as_made": False,
        }


class LstmModule(Concise):
    """A run of the module that `lstm_concise` makes."""

    gates, states = 4, 2


class GruModule(Concise):
    """A run of the module that `gru_concise` makes."""

    gates, states = 3, 1


@dataclass(frozen=True)
class Deep(Run):
    """A run of `deep_rnn` with L layers."""

    L: int = 3

    def arguments(self) -> dict[str, Any]:
        draws = self.draws
        layers = [self.weights(layer(draws, self.h if i else self.d, self.h)) for i in range(self.L)]
        inputs, states = self.inputs(draws), self.several(draws, self.L)
        return {"inputs": inputs, "states": states if self.state else None, "layers": layers}


class Bidirectional(Run):
    """A run of `bidirectional_rnn`."""

    @property
    def width(self) -> int:
        """One half for each direction."""
        return 2 * self.h

    def arguments(self) -> dict[str, Any]:
        draws = self.draws
        forward, backward = (self.weights(layer(draws, self.d, self.h)) for _ in range(2))
        inputs, states = self.inputs(draws), tuple(self.several(draws, 2))
        states_or_none = states if self.state else None
        return {"inputs": inputs, "states": states_or_none, "forward_params": forward, "backward_params": backward}


def _pairwise_different(order: list[int]) -> tuple[int, ...]:
    """(T, n, d, h) with T >= 3, from a permutation of sizes of which only one is 2."""
    T, n, d, h = order[:4]
    return (n, T, d, h) if T == 2 else (T, n, d, h)


sizes = st.permutations(range(2, 7)).map(_pairwise_different)
seeds = st.integers(0, 9999)


def runs(kind: type[Run], **fields: Any) -> st.SearchStrategy[Run]:
    """Runs of a kind with pairwise different sizes, float32 and a given state unless `fields` says otherwise."""
    return st.builds(lambda shape, **rest: kind(*shape, **rest), sizes, seed=seeds, **fields)


def any_runs(kind: type[Run], **fields: Any) -> st.SearchStrategy[Run]:
    """Runs of a kind in both precisions, with a state or without."""
    dtypes = st.sampled_from(["float32", "float64"])
    return runs(kind, state=st.booleans(), dtype=dtypes, **fields)


def exact_runs(kind: type[Run], **fields: Any) -> st.SearchStrategy[Run]:
    """Runs of a kind in float64, with a state or without."""
    return runs(kind, state=st.booleans(), dtype=st.just("float64"), **fields)


def edges(kind: type[Run], **fields: Any) -> list[Run]:
    """One strong case a precision, and every size at 1, alone and all together."""
    return [
        kind(4, 2, 3, 5, dtype="float32", **fields),
        kind(4, 2, 3, 5, dtype="float64", **fields),
        kind(1, 1, 1, 1, **fields),
        kind(1, 3, 2, 4, **fields),
        kind(4, 1, 3, 2, state=False, **fields),
        kind(3, 2, 4, 1, **fields),
        kind(3, 3, 3, 3, dtype="float64", **fields),
        kind(3, 3, 3, 3, 1, state=False, **fields),
        *extremes(kind, **fields),
    ]


def extremes(kind: type[Run], **fields: Any) -> list[Run]:
    """Saturated units, zeros where something could be left out, and one long axis each."""
    return [
        *(kind(4, 3, 2, 5, 2, dtype=dtype, regime="saturated", **fields) for dtype in ("float32", "float64")),
        kind(4, 3, 2, 5, 4, dtype="float64", regime="sparse", **fields),
        kind(130, 1, 1, 2, 5, **fields),
        kind(2, 300, 1, 2, 6, **fields),
        kind(2, 1, 300, 2, 7, **fields),
        kind(3, 17, 2, 65, 8, **fields),
    ]


def strained(kind: type[Run], **fields: Any) -> list[Run]:
    """Runs in which many gates are shut or wide open, and runs from zeros, in part or altogether."""
    shapes = [(4, 3, 2, 5, "shut"), (4, 3, 2, 5, "sparse"), (3, 1, 2, 5, "sparse")]
    return [kind(T, n, d, h, 4, dtype="float64", regime=regime, **fields) for T, n, d, h, regime in shapes]
