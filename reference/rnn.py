"""Recurrent neural networks and the language model around them, D2L 9.4-9.6."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn

from harness import hookimpl

Params = dict[str, Tensor]
Step = Callable[[int, Any], tuple[Tensor, Any]]


@hookimpl
def one_hot(indices: Tensor, vocab_size: int) -> Tensor:
    return nn.functional.one_hot(indices.T, vocab_size).to(torch.float32)  # (n, T) -> (T, n, V)


@hookimpl
def rnn_scratch(inputs: Tensor, state: Tensor | None, params: Params) -> tuple[Tensor, Tensor]:
    W_xh, W_hh, b_h = params["W_xh"], params["W_hh"], params["b_h"]
    H = inputs.new_zeros(inputs.shape[1], len(b_h)) if state is None else state  # (n, h)
    outputs = []
    for X in inputs:  # (n, d)
        H = torch.tanh(X @ W_xh + H @ W_hh + b_h)  # (n, h)  [9.4.5]
        outputs.append(H)
    return torch.stack(outputs), H  # (T, n, h), (n, h)


@hookimpl
def rnn_concise(num_inputs: int, num_hiddens: int) -> nn.Module:
    return nn.RNN(num_inputs, num_hiddens)


@hookimpl
def output_layer(hiddens: Tensor, params: Params) -> Tensor:
    logits = hiddens @ params["W_hq"] + params["b_q"]  # (T, n, V)  [9.4.6]
    return logits.transpose(0, 1)  # (n, T, V)


@hookimpl
def language_model_loss(logits: Tensor, targets: Tensor) -> Tensor:
    return nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())  # (n·T, V) against (n·T,)


@hookimpl
def clip_gradients(parameters: list[Tensor], max_norm: float) -> None:
    grads = [parameter.grad for parameter in parameters if parameter.grad is not None]
    norm = torch.cat([grad.flatten() for grad in grads]).norm()  # over all parameters together
    scale = min(1.0, max_norm / float(norm))  # min(1, theta/||g||)  [9.5.3]
    for grad in grads:
        grad.mul_(scale)


@hookimpl
def generate(prefix: list[int], num_preds: int, step: Step, state: Any) -> list[int]:
    if not prefix:
        raise ValueError("the prefix is empty, but generation needs a token to start from")
    tokens = list(prefix)
    for position in range(len(prefix) + num_preds - 1):
        logits, state = step(tokens[position], state)
        if position >= len(prefix) - 1:  # the prefix is read
            tokens.append(int(logits.argmax()))
    return tokens


@hookimpl
def train_language_model(
    corpus: list[int],
    vocab_size: int,
    num_hiddens: int,
    num_steps: int,
    batch_size: int,
    num_epochs: int,
    learning_rate: float,
    max_norm: float,
    generator: torch.Generator,
) -> Params:
    params = _initial(vocab_size, num_hiddens, generator)
    weights = list(params.values())
    tokens = torch.tensor(corpus)
    for _ in range(num_epochs):
        for X, Y in _windows(tokens, num_steps, batch_size, generator):
            outputs, _ = rnn_scratch(one_hot(X, vocab_size), None, params)
            loss = language_model_loss(output_layer(outputs, params), Y)
            loss.backward()  # type: ignore[no-untyped-call]
            clip_gradients(weights, max_norm)
            _descend(weights, learning_rate)
    return {name: weight.detach() for name, weight in params.items()}


def _initial(vocab_size: int, num_hiddens: int, generator: torch.Generator) -> Params:
    """Small random weights, zero biases."""

    def normal(*shape: int) -> Tensor:
        return (0.01 * torch.randn(shape, generator=generator)).requires_grad_()

    return {
        "W_xh": normal(vocab_size, num_hiddens),
        "W_hh": normal(num_hiddens, num_hiddens),
        "b_h": torch.zeros(num_hiddens, requires_grad=True),
        "W_hq": normal(num_hiddens, vocab_size),
        "b_q": torch.zeros(vocab_size, requires_grad=True),
    }


def _windows(
    tokens: Tensor, num_steps: int, batch_size: int, generator: torch.Generator
) -> Iterator[tuple[Tensor, Tensor]]:
    """One epoch of disjoint windows in random order, from a random offset: (n, T) tokens and their successors."""
    offset = int(torch.randint(num_steps, (), generator=generator))
    count = (len(tokens) - offset - 1) // num_steps
    full = count // batch_size
    starts = offset + num_steps * torch.randperm(count, generator=generator)
    for batch in starts[: full * batch_size].reshape(full, batch_size):
        places = batch[:, None] + torch.arange(num_steps)  # (n, T)
        yield tokens[places], tokens[places + 1]


def _descend(weights: list[Tensor], learning_rate: float) -> None:
    """One step of gradient descent; the gradients are spent."""
    with torch.no_grad():
        for weight in weights:
            weight -= learning_rate * weight.grad  # type: ignore[operator]
            weight.grad = None
