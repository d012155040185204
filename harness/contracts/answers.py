"""The partners of the unit rnn: what answers, in the judge, for a language model's step, and a witness to objects.

`Step` and `Mark` are their faces beside the submission.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping
from typing import Any

import torch

from harness.contracts.partner import Ask


class Witness:
    """Keeps, on the judge's side, which objects there were before a call and after it."""

    def __init__(self, arguments: Mapping[str, Any], drive: Mapping[str, Any]) -> None:
        self.told: list[Any] = []

    def answer(self, question: Any) -> None:
        """Note one state of affairs: first the one before, then the one after, and no third."""
        if len(self.told) == 2:
            raise ValueError("told twice already")
        if not (isinstance(question, list) and all(isinstance(part, list) for part in question)):
            raise ValueError("not a witness's report")
        if any(type(one) is not int for part in question for one in part):
            raise ValueError("not a witness's report")
        self.told.append(question)

    def notes(self) -> list[Any]:
        """[[grads, items of the list] before, the same after], as numbers that tell objects apart: each object's
        place among those told of."""
        order = list(dict.fromkeys(one for state in self.told for part in state for one in part))
        return [[[order.index(one) for one in part] for part in state] for state in self.told]


class Mark(int):
    """A state, opaque to a hook: the judge knows by its number which tokens led to it. The first one is 0, and so is
    taken for false."""


class Step:
    """A language model's step, whose logits come from the judge."""

    def __init__(self, ask: Ask, like: torch.Tensor) -> None:
        self._ask, self._like = ask, like

    def __call__(self, token: Any, state: Any) -> tuple[torch.Tensor, Mark]:
        """The logits (V,) after this token, and the state. Raises TypeError for what is not one token."""
        if isinstance(token, torch.Tensor) and token.ndim:
            shape = tuple(token.shape)
            raise TypeError(f"step takes one token, an int or a 0-d tensor, but was given a tensor of shape {shape}")
        number = int(state) if isinstance(state, Mark) else None
        logits, new = self._ask([operator.index(token), number])
        return logits.to(self._like), Mark(new)


class LanguageModel:
    """The model behind `step`, on the judge's side. Its logits depend on all tokens so far; `level` and `gap` say
    about which number they lie, and how far apart."""

    def __init__(self, arguments: Mapping[str, Any], drive: Mapping[str, Any]) -> None:
        self.rule, self.seed, self.size = drive["rule"], drive["seed"], len(drive["like"])
        self.level, self.gap = float(drive.get("level", 0.0)), float(drive.get("gap", 1.0))
        self.histories: list[tuple[int, ...]] = [] if drive["state"] is None else [tuple(drive["state"])]
        self.fed: list[int] = []
        self.seen: list[list[int] | None] = []

    def answer(self, question: Any) -> list[Any]:
        """[logits, number of the state] for [token, number of the state or None]."""
        index, number = question
        if type(index) is not int or not (
            number is None or (type(number) is int and 0 <= number < len(self.histories))
        ):
            raise ValueError("not a step's question")
        history = self.histories[number] if number is not None else None
        self.fed.append(index)
        self.seen.append(list(history) if history is not None else None)
        self.histories.append((*(history or ()), index))
        logits = logits_after(self.rule, self.seed, self.size, self.histories[-1])
        return [self.level + self.gap * logits.double(), len(self.histories) - 1]

    def notes(self) -> dict[str, Any]:
        """The tokens fed, and the tokens behind the state of each call."""
        return {"fed": list(self.fed), "seen": list(self.seen)}


def logits_after(rule: str, seed: int, size: int, history: tuple[int, ...]) -> torch.Tensor:
    """The logits (size,) after a history of tokens, no two alike."""
    if rule == "successor":
        best = (history[-1] + 1) % size
        return torch.tensor([-float(abs(index - best)) for index in range(size)])
    key = seed
    for token in history:
        key = (31 * key + token + 1) % 1_000_003
    order = torch.randperm(size, generator=torch.Generator().manual_seed(key))  # integers: no ties anywhere
    lowered = (size - 1) * (1 + 2 * (key % 2)) / 4  # now the highest, now the lowest is the largest magnitude
    return torch.sub(order, lowered)
