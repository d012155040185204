"""The parts that a training is made of: an implementation's own hooks, and torch's functions for those it lacks.

The substitutes are not the reference's, which no worker may hold; a test keeps their results equal to its.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from harness.contracts import gated, rnn, sequence
from harness.contracts.component import Component, components_of
from harness.contracts.results import WrongKind

Hook = Callable[..., Any]
KNOWN: dict[str, Component] = {**components_of(rnn), **components_of(gated), **components_of(sequence)}
PARTS = ("one_hot", "output_layer", "language_model_loss", "clip_gradients", "generate")
"""What every training uses besides the recurrent model and the component that cuts the text."""


class Parts:
    """Hooks by name, whose results are brought into their contract's form."""

    def __init__(self, hook: Hook, own: list[str]) -> None:
        self._hooks: Mapping[str, Hook] = SUBSTITUTES | {name: hook(name) for name in own}

    def hook(self, name: str) -> Hook:
        """The implementation's hook, or its substitute. Raises KeyError where there is neither."""
        return self._hooks[name]

    def call(self, name: str, **arguments: Any) -> Any:
        """What a hook returns, in canonical form. Raises TypeError where it is of another kind."""
        returned = self._hooks[name](**arguments)
        return returned if name == "clip_gradients" else formed(name, KNOWN[name].result, returned)


def formed(name: str, kind: Any, returned: Any) -> Any:
    """A hook's result in canonical form. Raises TypeError, naming the hook, where it is of another kind."""
    try:
        return kind.canonical(returned, "the result")
    except WrongKind as finding:
        raise TypeError(f"{name}: {finding}") from None


def shaped(name: str, tensor: Tensor, *shape: int) -> Tensor:
    """The tensor. Raises TypeError where it is of another shape."""
    if tuple(tensor.shape) != shape:
        raise TypeError(f"{name}: the result is of shape {tuple(tensor.shape)}, but should be of shape {shape}")
    return tensor


def _one_hot(indices: Tensor, vocab_size: int) -> Tensor:
    return nn.functional.one_hot(indices.T, vocab_size).to(torch.float32)


def _output_layer(hiddens: Tensor, params: dict[str, Tensor]) -> Tensor:
    return (hiddens @ params["W_hq"] + params["b_q"]).transpose(0, 1)


def cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """The mean over all positions, in nats."""
    return nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())


def global_norm(parameters: list[Tensor]) -> float:
    """The norm of all gradients together, where there are any."""
    grads = [parameter.grad.flatten() for parameter in parameters if parameter.grad is not None]
    return float(torch.cat(grads).norm()) if grads else 0.0


def _clip_gradients(parameters: list[Tensor], max_norm: float) -> None:
    scale = min(1.0, max_norm / max(global_norm(parameters), 1e-30))
    for parameter in parameters:
        if parameter.grad is not None:
            parameter.grad.mul_(scale)


def _generate(prefix: list[int], num_preds: int, step: Hook, state: Any) -> list[int]:
    tokens = list(prefix)
    for position in range(len(prefix) + num_preds - 1):
        logits, state = step(tokens[position], state)
        if position >= len(prefix) - 1:
            tokens.append(int(logits.argmax()))
    return tokens


def _windows(corpus: list[int], num_steps: int) -> tuple[Tensor, Tensor]:
    windows = torch.tensor(corpus).unfold(0, num_steps + 1, 1)
    return windows[:, :-1], windows[:, 1:]


def _random_batches(
    corpus: list[int], batch_size: int, num_steps: int, generator: torch.Generator
) -> Iterator[tuple[Tensor, Tensor]]:
    start = int(torch.randint(num_steps, (), generator=generator))
    count = max(0, (len(corpus) - start - 1) // num_steps)
    order = torch.randperm(count, generator=generator)
    X, Y = _windows(corpus, num_steps) if count else (torch.empty(0), torch.empty(0))
    for rows in torch.split(order[: count // batch_size * batch_size], batch_size):
        yield X[start + num_steps * rows], Y[start + num_steps * rows]


def _sequential_batches(
    corpus: list[int], batch_size: int, num_steps: int, offset: int
) -> Iterator[tuple[Tensor, Tensor]]:
    columns = (len(corpus) - offset - 1) // batch_size
    tokens = torch.tensor(corpus[offset:])
    X, Y = (tokens[i : i + columns * batch_size].reshape(batch_size, columns) for i in (0, 1))
    for left in range(0, columns // num_steps * num_steps, num_steps):
        yield X[:, left : left + num_steps], Y[:, left : left + num_steps]


SUBSTITUTES: dict[str, Hook] = {
    "one_hot": _one_hot,
    "output_layer": _output_layer,
    "language_model_loss": cross_entropy,
    "clip_gradients": _clip_gradients,
    "generate": _generate,
    "language_model_windows": _windows,
    "random_batches": _random_batches,
    "sequential_batches": _sequential_batches,
}
