"""Reading: a text becomes tokens, by the subject's own components as far as it has them, else by the reference's."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import torch

from harness.judge.asking import Asking, Bench
from harness.judge.printable import printable
from harness.judge.verdict import Failure, Verdict
from harness.plain import Plain
from harness.units import components
from harness.wire import WireError, encode

TEXT = ("preprocess", "tokenize", "vocab")
REFERENCE = "the reference's"
MOST_CHARACTERS = 1_000_000


class TrainingError(Exception):
    """A training that cannot begin or go on; the message says why."""


class UnfitError(TrainingError):
    """Code or text that this training cannot be made of; the message says what is."""


@dataclass(frozen=True)
class Text:
    """What is read: the tokens' indices, the vocabulary, and the prefix of the sample."""

    tokens: torch.Tensor
    vocab: list[str]
    prefix: list[int]

    @property
    def sha256(self) -> str:
        """Of tokens and vocabulary."""
        return hashlib.sha256(encode([self.tokens, self.vocab])).hexdigest()

    def written(self, indices: list[int]) -> str:
        """Tokens as a text."""
        return "".join(self.vocab[index] for index in indices)


class Reader:
    """Reads by `preprocess`, `tokenize` and `vocab`. own: what the subject's are called in `origins`."""

    def __init__(self, bench: Bench, own: str) -> None:
        self._bench, self._own = bench, own
        self.origins: dict[str, str] = {}

    def read(self, text: str, prefix: str) -> Text:
        """The text and the prefix as tokens. Raises UnfitError and TrainingError."""
        if len(text) > MOST_CHARACTERS:
            raise UnfitError(f"the text has {len(text)} characters, above {MOST_CHARACTERS}; give a shorter one")
        tokens, first = (self._ask("tokenize", text=self._ask("preprocess", text=one), unit="char")
                         for one in (text, prefix))  # fmt: skip
        if not first:
            raise UnfitError(f"--generate {prefix!r}: nothing is left of it after preprocess and tokenize")
        if len(tokens) > MOST_CHARACTERS:
            raise TrainingError("tokenize: gives more tokens than the text has characters")
        lookups = {"lookups": [tokens, first], "indices": []}
        found = self._ask("vocab", lookups, tokens=tokens, min_freq=0, reserved_tokens=[])
        indices = _indices(found["lookups"], len(found["idx_to_token"]))
        if indices is None:
            raise TrainingError("vocab: looking the text's tokens up gives something else than indices below len(v)")
        return Text(torch.tensor(indices[0]), [printable(token) for token in found["idx_to_token"]], indices[1])

    def _ask(self, name: str, drive: Any = None, **arguments: Plain) -> Any:
        """What a component gives. Raises TrainingError."""
        asking = Asking(self._bench, components()[name])
        if self._bench.subject.implements(name):
            try:
                found = asking.ask(arguments, drive or {})
                self.origins[name] = self._own
                return found
            except Failure as failure:
                if failure.verdict is not Verdict.NOT_SUBMITTED:
                    raise TrainingError(printable(failure.message)) from None
            except WireError as error:
                raise TrainingError(f"{name}: the text before it has grown too large ({error})") from None
        self.origins[name] = REFERENCE
        return asking.reference(arguments, drive or {})


def _indices(looked_up: Any, size: int) -> list[list[int]] | None:
    """What two lookups gave: lists of indices below `size`; None where it is anything else."""
    if type(looked_up) is not list or len(looked_up) != 2 or {type(one) for one in looked_up} != {dict}:
        return None
    found = [one.get("value") for one in looked_up]
    for one in found:
        if type(one) is not list or not all(type(index) is int and 0 <= index < size for index in one):
            return None
    return found
