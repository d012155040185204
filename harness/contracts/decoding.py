"""What `greedy_decode` is handed: the step of a model that reads a batch of sequences.

It is pure, how often it is called is free, and nothing in it is worth hiding: no partner in the judge stands behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch

from harness.contracts.answers import logits_after


@dataclass(frozen=True)
class Histories:
    """A state, opaque to a hook: the tokens of each row so far."""

    rows: list[tuple[int, ...]]


class FalseHistories(Histories):
    """One that is taken for false, as 0 and an empty list are."""

    def __bool__(self) -> bool:
        return False


class BatchStep:
    """A row's logits depend on all its tokens so far.

    drive: `rule` ("memory", or "successor": the next index is the most likely), `seed`, `like` (a tensor (n, V)); where
    these are not 0 and 1, `level` and `gap` of the logits; `falsy`: states are taken for false. laid: lays logits out
    in memory.
    """

    def __init__(
        self, drive: Mapping[str, Any], laid: Callable[[torch.Tensor], torch.Tensor] = lambda logits: logits
    ) -> None:
        self._rule, self._seed, self._like, self._laid = drive["rule"], drive["seed"], drive["like"], laid
        self._level, self._gap = float(drive.get("level", 0.0)), float(drive.get("gap", 1.0))
        self._state = FalseHistories if drive.get("falsy") else Histories

    def begun(self, rows: list[Any] | None) -> Histories | None:
        """The state after these tokens of each row; None for none."""
        return None if rows is None else self._state([tuple(row) for row in rows])

    def __call__(self, tokens: Any, state: Any) -> tuple[torch.Tensor, Histories]:
        """The logits (n, V) after these tokens, and the state."""
        given, number = torch.as_tensor(tokens), len(self._like)
        if given.shape != (number,) or given.is_floating_point():
            raise ValueError(
                f"step takes int tokens of shape ({number},), but was given {given.dtype} {tuple(given.shape)}"
            )
        before = state.rows if isinstance(state, Histories) else [()] * number
        rows = [(*history, int(token)) for history, token in zip(before, given.tolist(), strict=True)]
        return self._laid(self._logits(rows).to(self._like)), self._state(rows)

    def _logits(self, rows: list[tuple[int, ...]]) -> torch.Tensor:
        size = self._like.shape[1]
        if self._rule == "successor":
            best = torch.tensor([(row[-1] + 1) % size for row in rows])
            return -(torch.arange(size) - best[:, None]).abs().float()
        logits = torch.stack([logits_after(self._rule, self._seed, size, row) for row in rows])
        if (self._level, self._gap) == (0.0, 1.0):
            return logits
        return self._level + self._gap * logits.double()
