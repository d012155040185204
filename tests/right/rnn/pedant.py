"""Right work in pedantic style: everything annotated, checked and named, with messages for whoever calls it wrongly."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import torch
from torch import Tensor
from torch.nn import RNN, Module, Parameter
from torch.nn.utils import clip_grad_norm_
from torch.utils.data import DataLoader, TensorDataset

from harness import hookimpl

INITIAL_SCALE: Final[float] = 0.02


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise ValueError(message)


@hookimpl
def one_hot(indices: Tensor, vocab_size: int) -> Tensor:
    _require(indices.dim() == 2, f"indices have {indices.dim()} axes, not 2: (n, T)")
    _require(bool((indices >= 0).all()) and bool((indices < vocab_size).all()), "an index is outside the vocabulary")
    batch_size, num_steps = indices.shape
    result = torch.zeros((num_steps, batch_size, vocab_size), dtype=torch.float32, device=indices.device)
    for sequence in range(batch_size):
        for time in range(num_steps):
            token = int(indices[sequence, time])
            result[time, sequence, token] = 1.0
    return result


@hookimpl
def rnn_scratch(inputs: Tensor, state: Tensor | None, params: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
    _require(inputs.dim() == 3, f"inputs have {inputs.dim()} axes, not 3: (T, n, d)")
    W_xh, W_hh, b_h = params["W_xh"], params["W_hh"], params["b_h"]
    num_steps, batch_size, num_inputs = inputs.shape
    num_hiddens = W_hh.shape[0]
    _require(W_xh.shape == (num_inputs, num_hiddens), f"W_xh has shape {tuple(W_xh.shape)}")
    _require(W_hh.shape == (num_hiddens, num_hiddens), f"W_hh has shape {tuple(W_hh.shape)}")
    _require(b_h.shape == (num_hiddens,), f"b_h has shape {tuple(b_h.shape)}")
    if state is None:
        hidden = torch.zeros((batch_size, num_hiddens), dtype=inputs.dtype, device=inputs.device)
    else:
        _require(state.shape == (batch_size, num_hiddens), f"the state has shape {tuple(state.shape)}")
        hidden = state
    outputs: list[Tensor] = []
    for time in range(num_steps):
        from_input = inputs[time] @ W_xh
        from_state = hidden @ W_hh
        preactivation = from_input + from_state + b_h
        hidden = torch.tanh(preactivation)
        assert hidden.shape == (batch_size, num_hiddens)
        outputs.append(hidden)
    return torch.stack(outputs, dim=0), hidden


class TanhLayer(Module):
    """A tanh RNN of one layer."""

    def __init__(self, num_inputs: int, num_hiddens: int) -> None:
        super().__init__()
        self.num_hiddens: Final[int] = num_hiddens
        self.recurrent: RNN = RNN(num_inputs, num_hiddens)

    def forward(self, inputs: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        _require(inputs.dim() == 3, f"inputs have {inputs.dim()} axes, not 3: (T, n, d)")
        initial = inputs.new_zeros((1, inputs.shape[1], self.num_hiddens)) if state is None else state
        outputs, final = self.recurrent(inputs, initial)
        assert final.shape == initial.shape
        return outputs, final


@hookimpl
def rnn_concise(num_inputs: int, num_hiddens: int) -> Module:
    _require(num_inputs > 0 and num_hiddens > 0, "sizes must be positive")
    return TanhLayer(num_inputs, num_hiddens)


@hookimpl
def output_layer(hiddens: Tensor, params: dict[str, Tensor]) -> Tensor:
    _require(hiddens.dim() == 3, f"hiddens have {hiddens.dim()} axes, not 3: (T, n, h)")
    W_hq, b_q = params["W_hq"], params["b_q"]
    num_steps, batch_size, num_hiddens = hiddens.shape
    _require(W_hq.shape[0] == num_hiddens, f"W_hq has {W_hq.shape[0]} rows for {num_hiddens} hidden units")
    batch_first = hiddens.transpose(0, 1)
    logits = torch.matmul(batch_first, W_hq) + b_q
    assert logits.shape == (batch_size, num_steps, W_hq.shape[1])
    return logits


@hookimpl
def language_model_loss(logits: Tensor, targets: Tensor) -> Tensor:
    _require(logits.shape[:2] == targets.shape, f"logits {tuple(logits.shape)} for targets {tuple(targets.shape)}")
    largest = logits.detach().amax(dim=2, keepdim=True)
    shifted = logits - largest
    log_normalizer = shifted.exp().sum(dim=2).log()
    chosen = torch.gather(shifted, 2, targets.unsqueeze(2)).squeeze(2)
    losses = log_normalizer - chosen
    assert losses.shape == targets.shape
    return losses.mean()


@hookimpl
def clip_gradients(parameters: list[Tensor], max_norm: float) -> None:
    _require(max_norm > 0, f"max_norm is {max_norm}, not positive")
    total = 0.0
    for parameter in parameters:
        gradient = parameter.grad
        if gradient is None:
            continue
        _require(gradient.shape == parameter.shape, "a gradient of another shape than its parameter")
        total += gradient.pow(2).sum().item()
    norm = total**0.5
    if norm <= max_norm:
        return
    factor = max_norm / norm
    for parameter in parameters:
        gradient = parameter.grad
        if gradient is None:
            continue
        gradient *= factor


@hookimpl
def generate(prefix, num_preds, step, state):
    _require(len(prefix) > 0, "the prefix must hold at least one token")
    _require(num_preds >= 0, f"num_preds is {num_preds}")
    result: list[int] = []
    logits: Tensor | None = None
    for token in prefix:
        result.append(token)
        logits, state = step(token, state)
    for number in range(1, num_preds + 1):
        assert logits is not None
        prediction = int(torch.argmax(logits).item())
        result.append(prediction)
        if number < num_preds:
            logits, state = step(prediction, state)
    assert len(result) == len(prefix) + num_preds
    return result


def _initial_weights(vocab_size: int, num_hiddens: int, generator: torch.Generator) -> dict[str, Parameter]:
    weights: dict[str, Parameter] = {}
    weights["W_xh"] = Parameter(torch.randn((vocab_size, num_hiddens), generator=generator) * INITIAL_SCALE)
    weights["W_hh"] = Parameter(torch.randn((num_hiddens, num_hiddens), generator=generator) * INITIAL_SCALE)
    weights["b_h"] = Parameter(torch.zeros((num_hiddens,)))
    weights["W_hq"] = Parameter(torch.randn((num_hiddens, vocab_size), generator=generator) * INITIAL_SCALE)
    weights["b_q"] = Parameter(torch.zeros((vocab_size,)))
    return weights


def _batches(text: Tensor, num_steps: int, batch_size: int, generator: torch.Generator) -> Iterator[list[Tensor]]:
    offset = int(torch.randint(0, num_steps, (1,), generator=generator).item())
    num_windows = (text.numel() - 1 - offset) // num_steps
    _require(num_windows >= batch_size, f"the corpus holds {num_windows} windows, fewer than one batch")
    stop = offset + num_windows * num_steps
    X = text[offset:stop].reshape(num_windows, num_steps)
    Y = text[offset + 1 : stop + 1].reshape(num_windows, num_steps)
    dataset = TensorDataset(X, Y)
    yield from DataLoader(dataset, batch_size, shuffle=True, drop_last=True, generator=generator)


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
) -> dict[str, Tensor]:
    _require(max(corpus) < vocab_size, "a token is outside the vocabulary")
    text = torch.tensor(corpus, dtype=torch.int64)
    weights = _initial_weights(vocab_size, num_hiddens, generator)
    for _epoch in range(num_epochs):
        for X, Y in _batches(text, num_steps, batch_size, generator):
            vectors = torch.nn.functional.one_hot(X.T, vocab_size).float()
            hiddens, _ = rnn_scratch(vectors, None, weights)
            logits = output_layer(hiddens, weights)
            loss = language_model_loss(logits, Y)
            for weight in weights.values():
                weight.grad = None
            loss.backward()
            clip_grad_norm_(weights.values(), max_norm)
            with torch.no_grad():
                for weight in weights.values():
                    weight.sub_(learning_rate * weight.grad)
    return {name: weight.detach().clone() for name, weight in weights.items()}
