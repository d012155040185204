"""Training as the judge drives it: the text, the first weights, and one epoch after the other, as plain data."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch

from harness.contracts.observation import Observation, Request
from harness.contracts.observing import observe
from harness.judge.asking import Asking, Bench
from harness.judge.oracle import ReferenceSubject
from harness.judge.printable import printable
from harness.judge.reading import REFERENCE, Reader, Text, TrainingError, UnfitError
from harness.judge.subject import Subject
from harness.judge.verdict import Failure, Verdict
from harness.plain import Plain
from harness.training.models import MODELS
from harness.training.parts import PARTS
from harness.training.recipe import SAMPLING, Recipe, split
from harness.training.steps import BEGIN, BUDGET, EPOCH, SAMPLE, SURVEY, TRAININGS, training_of
from harness.wire import decode, encode

OWN, SUBSTITUTE = "the submission's", "torch's functions"
DIVERGED = "the training diverged; a lower --lr or --clip may hold it, if clip_gradients clips"
MOST_WEIGHTS, MOST_NAME = 64, 200


class TrainedReference(ReferenceSubject):
    """The reference of all units as one subject that can be trained."""

    def observe(self, request: Request) -> Observation:
        if request.component not in TRAININGS:
            return super().observe(request)
        arrived: Any = decode(encode(request.plain()))
        seen = observe(TRAININGS[request.component], self._hook, Request(**arrived))
        return Observation.of_plain(decode(seen.frame()))

    def _hook(self, name: str) -> Any:
        return self.oracle.subject(name).plugin.hook(name)


@dataclass(frozen=True)
class Epoch:
    """What became of an epoch: its number, the perplexities, the gradients' norms before clipping, the weights after
    it; and how many tokens it read in how many seconds."""

    number: int
    train: float
    val: float
    norms: list[float]
    weights: dict[str, torch.Tensor]
    tokens: int
    seconds: float


@dataclass(frozen=True)
class _Step(Asking):
    """One step's view of a subject: its failures bear the step's name."""

    step: str = ""

    def failure(
        self, headline: str, *details: str, verdict: Verdict = Verdict.FAILED, hint: str | None = None
    ) -> Failure:
        return Failure(f"{self.step}: {headline}", *filter(None, details), verdict=verdict, hint=hint)

    def call_text(self, arguments: Any) -> str:
        return ""


class Trainer:
    """A subject in training by a recipe. `seconds`: the budget of an epoch, in CPU time.

    Where it is the reference, all parts are its own; a submission's text components are replaced by the reference's
    where it lacks them, and what must run beside its code by torch's functions.
    """

    def __init__(self, bench: Bench, recipe: Recipe, seconds: float = BUDGET) -> None:
        self._bench, self._recipe, self._seconds = bench, recipe, seconds
        self._own: list[str] = []
        self.origins: dict[str, str] = {}

    @property
    def own(self) -> str:
        """Whose the subject's parts are."""
        return REFERENCE if isinstance(self._bench.subject, ReferenceSubject) else OWN

    def survey(self) -> None:
        """Find out which parts the subject implements. Raises UnfitError where it lacks the model itself."""
        subject, model = self._bench.subject, MODELS[self._recipe.model].component
        wanted = [name for name in (model, SAMPLING[self._recipe.sampling], *PARTS) if name is not None]
        there = [name for name in wanted if subject.implements(name)]
        missing = self._ask("survey", SURVEY, own=there) if there else []
        if not isinstance(missing, list):
            raise _malformed("survey")
        self._own = [name for name in there if name not in missing]
        for name in wanted:
            self.origins[name] = self.own if name in self._own else SUBSTITUTE
        if model is None:
            self.origins[self._recipe.model] = "torch's"
        elif model not in self._own:
            raise UnfitError(self._lacking(subject, model))

    def _lacking(self, subject: Subject, model: str) -> str:
        refused = [str(problem) for problem in subject.problems_of(model)]
        why = f"is refused: {refused[0]}" if refused else "is not implemented"
        return (
            f"{subject.name}: {model}, which --model {self._recipe.model} trains, {why}; "
            "implement it, or choose another --model"
        )

    def read(self, text: str, prefix: str) -> Text:
        """The text and the prefix as tokens. Raises UnfitError and TrainingError."""
        reader = Reader(self._bench, self.own)
        try:
            return reader.read(text, prefix)
        finally:
            self.origins |= reader.origins

    def begin(self, text: Text) -> dict[str, torch.Tensor]:
        """The first weights. Raises UnfitError and TrainingError."""
        try:
            split(len(text.tokens), self._recipe)
        except ValueError as error:
            raise UnfitError(str(error)) from None
        weights = self._ask("the first weights", BEGIN, vocab_size=len(text.vocab))
        if not _are_weights(weights):
            raise _malformed("the first weights")
        return dict(weights)

    def epochs(self, text: Text, weights: dict[str, torch.Tensor], done: int, until: int) -> Iterator[Epoch]:
        """The epochs after `done`. Raises TrainingError where one cannot be ended."""
        train, val = (text.tokens[part].clone() for part in split(len(text.tokens), self._recipe))
        for number in range(done + 1, until + 1):
            name, began = f"epoch {number}", time.perf_counter()
            drive = {"epoch": number, "train": train, "val": val}
            found = self._ask(name, EPOCH, drive, vocab_size=len(text.vocab), weights=weights)
            if type(found) is dict and type(found.get("diverged")) is int:
                raise TrainingError(f"{name}: the loss of batch {found['diverged']} is not finite: {DIVERGED}")
            if not _is_epoch(found, weights):
                raise _malformed(name)
            if not _is_finite(found):
                raise TrainingError(f"{name}: its weights or figures are not finite: {DIVERGED}")
            weights = found.pop("weights")
            yield Epoch(number, weights=weights, seconds=time.perf_counter() - began, **found)

    def sample(self, text: Text, weights: dict[str, torch.Tensor], num_preds: int) -> str:
        """The prefix and what the model says comes next. Raises TrainingError."""
        drive = {"prefix": text.prefix, "num_preds": num_preds}
        found = self._ask("generate", SAMPLE, drive, vocab_size=len(text.vocab), weights=weights)
        size = len(text.vocab)
        if type(found) is not list or not all(type(one) is int and 0 <= one < size for one in found):
            raise TrainingError("generate: the result is no list of tokens")
        return text.written(found[: len(text.prefix) + num_preds])

    def _ask(self, name: str, do: str, drive: dict[str, Plain] | None = None, **arguments: Plain) -> Any:
        """What a step gives. Raises TrainingError."""
        step = _Step(self._bench, training_of(self._recipe.model), step=name)
        given = {"recipe": self._recipe.plain(), "own": self._own, **arguments}
        try:
            return step.ask(given, {**(drive or {}), "do": do}, cpu_seconds=self._seconds)
        except Failure as failure:
            raise TrainingError("\n".join([printable(failure.message), *_printed(step)])) from None


def _printed(step: Asking) -> list[str]:
    """The last that the submission printed."""
    lines = printable("".join(step.printed)).splitlines()[-10:]
    return ["  your last prints:", *(f"  | {line}" for line in lines)] if lines else []


def _malformed(name: str) -> TrainingError:
    return TrainingError(f"{name}: its process changed what it answers")


def _are_weights(value: Plain) -> bool:
    """Whether that is a dict of float32 tensors with names of decent length."""
    if type(value) is not dict or not 0 < len(value) <= MOST_WEIGHTS:
        return False
    named = all(type(name) is str and len(name) <= MOST_NAME for name in value)
    return named and all(type(one) is torch.Tensor and one.dtype is torch.float32 for one in value.values())


def _is_epoch(value: Plain, before: dict[str, torch.Tensor]) -> bool:
    if type(value) is not dict or value.keys() != {"train", "val", "norms", "tokens", "weights"}:
        return False
    numbers = type(value["train"]) is float and type(value["val"]) is float and type(value["tokens"]) is int
    norms = type(value["norms"]) is list and set(map(type, value["norms"])) <= {float}
    fitting = _are_weights(value["weights"]) and list(value["weights"]) == list(before)
    return numbers and norms and fitting and all(value["weights"][n].shape == t.shape for n, t in before.items())


def _is_finite(value: dict[str, Plain]) -> bool:
    numbers = [value["train"], value["val"], *value["norms"]]
    return all(map(math.isfinite, numbers)) and all(bool(one.isfinite().all()) for one in value["weights"].values())
