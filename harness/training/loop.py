"""The loop: one epoch of gradient descent, the perplexity on text that was held out, and a generated text."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import torch
from torch import Tensor

from harness.contracts.results import Array
from harness.contracts.results import Parts as Pair
from harness.plain import Plain
from harness.training.models import Network, Weights
from harness.training.parts import Parts, cross_entropy, formed, global_norm, shaped
from harness.training.recipe import RANDOM, SAMPLING, SEQUENTIAL, Recipe

MOST_LOG = 690.0
"""Perplexities end at exp of this, below the largest float."""
_PAIR = Pair(loose=True, X=Array("n T"), Y=Array("n T"))


@dataclass(frozen=True)
class LanguageModel:
    """A recurrent network and its output layer, with the parts that they are used with."""

    parts: Parts
    network: Network
    head: Weights
    recipe: Recipe

    @property
    def vocab_size(self) -> int:
        """The number of classes."""
        return len(self.head["b_q"])

    @property
    def weights(self) -> list[Tensor]:
        """All leaves."""
        return [*self.network.weights.values(), *self.head.values()]

    def logits(self, X: Tensor, state: Any) -> tuple[Tensor, Any]:
        """Logits (n, T, V) for tokens (n, T), and the next state."""
        inputs = self.parts.call("one_hot", indices=X, vocab_size=self.vocab_size)
        hiddens, state = self.network.run(shaped("one_hot", inputs, *X.T.shape, self.vocab_size), state)
        logits = self.parts.call("output_layer", hiddens=hiddens, params=self.head)
        return shaped("output_layer", logits, *X.shape, self.vocab_size), state


def train_epoch(model: LanguageModel, tokens: list[int], seed: int, device: str) -> dict[str, Plain]:
    """Descend along every batch once. Gives the perplexity (of the loss that was trained on, before each step), the
    gradients' norms before clipping, and the tokens read; or the batch in which the loss ceased to be finite."""
    recipe, weights = model.recipe, model.weights
    norms: list[float] = []
    total, count, state = 0.0, 0, None
    for X, Y in batches(model.parts, tokens, recipe, seed):
        logits, new = model.logits(X.to(device), state)
        loss = model.parts.call("language_model_loss", logits=logits, targets=Y.to(device))
        if not loss.requires_grad or loss.ndim:
            raise TypeError("language_model_loss: the loss is no scalar that depends on the weights: no gradient flows")
        loss.backward()
        value = float(loss.detach())
        if not math.isfinite(value):
            return {"diverged": len(norms) + 1}
        norms.append(global_norm(weights))
        model.parts.call("clip_gradients", parameters=list(weights), max_norm=recipe.max_norm)
        _descend(weights, recipe.learning_rate)
        state = _detached(new) if recipe.sampling == SEQUENTIAL else None
        total, count = total + value * X.numel(), count + X.numel()
    if not count:
        part = SAMPLING[recipe.sampling]
        raise ValueError(
            f"{part}: gave no batch of {len(tokens)} tokens at {recipe.num_steps} steps; a --batch-size below "
            f"{recipe.batch_size}, or a greater --num-train, gives one"
        )
    return {"train": exponential(total / count), "norms": norms, "tokens": count}


def batches(parts: Parts, tokens: list[int], recipe: Recipe, seed: int) -> Iterator[tuple[Tensor, Tensor]]:
    """One epoch of batches (X, Y), each (n, T)."""
    generator, name = torch.Generator().manual_seed(seed), SAMPLING[recipe.sampling]
    made: Any
    if recipe.sampling == RANDOM:
        sizes = {"batch_size": recipe.batch_size, "num_steps": recipe.num_steps}
        made = parts.hook(name)(corpus=tokens, **sizes, generator=generator)
    elif recipe.sampling == SEQUENTIAL:
        sizes = {"batch_size": recipe.batch_size, "num_steps": recipe.num_steps}
        offset = int(torch.randint(min(recipe.num_steps, len(tokens)), (), generator=generator))
        made = parts.hook(name)(corpus=tokens, **sizes, offset=offset)
    else:
        inputs, targets = parts.call(name, corpus=tokens, num_steps=recipe.num_steps)
        order = torch.randperm(len(inputs), generator=generator)
        rows = torch.split(order, recipe.batch_size)  # the last batch may be smaller, as in the book
        made = ((inputs[one], targets[one]) for one in rows)
    for batch in islice(iter(made), len(tokens) + 1):
        X, Y = formed(name, _PAIR, batch)
        if X.ndim != 2 or X.shape != Y.shape:
            raise TypeError(f"{name}: a batch is of shapes {tuple(X.shape)} and {tuple(Y.shape)}, but should be (n, T)")
        yield X, Y


def _descend(weights: list[Tensor], learning_rate: float) -> None:
    with torch.no_grad():
        for weight in weights:
            if weight.grad is not None:
                weight.add_(weight.grad, alpha=-learning_rate)
                weight.grad = None


def _detached(state: Any) -> Any:
    """A state without the graph that led to it."""
    if isinstance(state, (list, tuple)):
        return type(state)(_detached(part) for part in state)
    return state.detach()


def held_out(model: LanguageModel, tokens: list[int], device: str) -> float:
    """The perplexity over windows of a text that was held out, by torch's cross-entropy, whatever was trained on.

    The book takes every window; since they overlap, one in num_steps/4 tells the same within 1 %, and costs a fraction.
    """
    windows = torch.tensor(tokens).unfold(0, model.recipe.num_steps + 1, max(1, model.recipe.num_steps // 4))
    total = 0.0
    with torch.no_grad():
        for batch in torch.split(windows, model.recipe.batch_size):
            X, Y = batch[:, :-1].to(device), batch[:, 1:].to(device)
            total += float(cross_entropy(model.logits(X, None)[0], Y)) * X.numel()
    return exponential(total / windows[:, 1:].numel())


def continuation(model: LanguageModel, prefix: list[int], num_preds: int, device: str) -> list[int]:
    """The prefix and what the model says comes next."""

    def step(token: Any, state: Any) -> tuple[Tensor, Any]:
        logits, state = model.logits(torch.tensor([[int(token)]], device=device), state)
        return logits[0, 0], state

    with torch.no_grad():
        found: list[int] = model.parts.call("generate", prefix=prefix, num_preds=num_preds, step=step, state=None)
    return found


def exponential(mean: float) -> float:
    """A perplexity, from the mean of losses; never infinite."""
    return math.exp(min(mean, MOST_LOG))
