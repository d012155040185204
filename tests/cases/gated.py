"""Cases of the unit gated: batches of sequences with strong random weights, biases and states."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from hypothesis import strategies as st

from harness.judge.spec import Draws, Spec


def layer(draws: Draws, num_inputs: int, num_hiddens: int, gate: str = "h") -> dict[str, torch.Tensor]:
    """The three parameters of one gate: `W_xh W_hh b_h` for the gate h."""
    return {
        f"W_x{gate}": draws.normal(num_inputs, num_hiddens),
        f"W_h{gate}": draws.contraction(num_hiddens),
        f"b_{gate}": draws.normal(num_hiddens, scale=0.5),
    }


@dataclass(frozen=True)
class Run(Spec):
    """The sizes of a run over a batch of sequences; `state` says whether an initial one is given."""

    T: int
    n: int
    d: int
    h: int
    seed: int = 0
    state: bool = True
    dtype: str = "float32"

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


class Lstm(Run):
    """A run of `lstm_scratch`."""

    def arguments(self) -> dict[str, Any]:
        draws = self.draws
        params = [layer(draws, self.d, self.h, gate) for gate in "ifoc"]
        inputs = draws.normal(self.T, self.n, self.d)
        state = (draws.normal(self.n, self.h), draws.normal(self.n, self.h)) if self.state else None
        return {"inputs": inputs, "state": state, "params": {k: v for one in params for k, v in one.items()}}


class Gru(Run):
    """A run of `gru_scratch`."""

    def arguments(self) -> dict[str, Any]:
        draws = self.draws
        params = [layer(draws, self.d, self.h, gate) for gate in "rzh"]
        inputs = draws.normal(self.T, self.n, self.d)
        state = draws.normal(self.n, self.h) if self.state else None
        return {"inputs": inputs, "state": state, "params": {k: v for one in params for k, v in one.items()}}


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
        inputs = draws.normal(self.T, self.n, self.d)
        states = tuple(draws.normal(1, self.n, self.h) for _ in range(self.states))
        state = states if self.states > 1 else states[0]
        return {"weights": weights, "inputs": inputs, "state": state if self.state else None, "rehearsals": 0}


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
        layers = [layer(draws, self.h if i else self.d, self.h) for i in range(self.L)]
        inputs = draws.normal(self.T, self.n, self.d)
        states = [draws.normal(self.n, self.h) for _ in range(self.L)] if self.state else None
        return {"inputs": inputs, "states": states, "layers": layers}


class Bidirectional(Run):
    """A run of `bidirectional_rnn`."""

    @property
    def width(self) -> int:
        """One half for each direction."""
        return 2 * self.h

    def arguments(self) -> dict[str, Any]:
        draws = self.draws
        forward, backward = layer(draws, self.d, self.h), layer(draws, self.d, self.h)
        inputs = draws.normal(self.T, self.n, self.d)
        states = (draws.normal(self.n, self.h), draws.normal(self.n, self.h)) if self.state else None
        return {"inputs": inputs, "states": states, "forward_params": forward, "backward_params": backward}


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
    ]
