"""The recipe of a training: the book's, and what may be changed about it."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from typing import Any

from harness.plain import Plain

WINDOWS, RANDOM, SEQUENTIAL = "windows", "random", "sequential"
SAMPLING = {
    WINDOWS: "language_model_windows",
    RANDOM: "random_batches",
    SEQUENTIAL: "sequential_batches",
}
"""The component behind each way to cut the text: overlapping windows in random order (the book's), disjoint
subsequences in random order, or in the text's own with the state carried on."""
MAX_SEED = 2**32 - 1
SOURCE = {"rnn": "D2L 9.5 and 9.6", "lstm": "D2L 10.1", "gru": "D2L 10.2"}
LEARNING = {"rnn": (1.0, 100), "lstm": (4.0, 50), "gru": (4.0, 50)}
"""The book's learning rate and epochs, by cell."""


@dataclass(frozen=True)
class Recipe:
    """All that decides the result of a training, but for the text, the code, and how many epochs it goes on.

    num_train and num_val count windows of num_steps tokens: those trained on, from the beginning of the text (0: all
    that are not held out), and those held out behind them.
    """

    model: str
    num_hiddens: int = 32
    num_layers: int = 2
    num_steps: int = 32
    batch_size: int = 1024
    learning_rate: float = 1.0
    max_norm: float = 1.0
    sampling: str = WINDOWS
    num_train: int = 10_000
    num_val: int = 5_000
    seed: int = 0
    device: str = "cpu"

    def plain(self) -> dict[str, Plain]:
        """For the wire."""
        return asdict(self)

    def seed_of(self, epoch: int) -> int:
        """The seed of an epoch's randomness, the initial weights' for 0. No epoch's depends on another's."""
        return int.from_bytes(hashlib.sha256(f"{self.seed} {epoch}".encode()).digest()[:4], "big")


def book_recipe(model: str, cell: str, given: dict[str, Any]) -> tuple[Recipe, int]:
    """The book's recipe for a model, and its epochs, but for what is `given`."""
    rate, epochs = LEARNING[cell]
    sampling = given.get("sampling", WINDOWS)
    own = {"learning_rate": rate, "num_train": 10_000 if sampling == WINDOWS else 0}
    return Recipe(model, **{**own, **given}), epochs


def split(length: int, recipe: Recipe) -> tuple[slice, slice]:
    """The parts of a text of that many tokens that are trained on and held out; where it is short, a third of its
    windows is held out. Raises ValueError where it has not two windows."""
    windows = length - recipe.num_steps
    val = min(recipe.num_val, max(1, windows // 3))
    train = min(recipe.num_train or windows, windows - val)
    if train < 1:
        raise ValueError(
            f"the text has {length} tokens, too few to learn from and to hold out at {recipe.num_steps} steps; "
            "give a longer --corpus or fewer --num-steps"
        )
    return slice(0, train + recipe.num_steps), slice(train, train + val + recipe.num_steps)
