"""Recurrent models: the component that each is made of, its weights, and how to run it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from harness.contracts.results import Fields
from harness.training.parts import KNOWN, Hook, formed, shaped
from harness.training.recipe import Recipe

Weights = dict[str, Tensor]
SCRATCH, MODULE, DEEP = "scratch", "module", "deep"
GATES = {"rnn": "h", "lstm": "ifoc", "gru": "rzh"}
"""The letters in the names of a cell's weights: W_xi, W_hi, b_i, …"""
LAYERS: dict[str, type[nn.Module]] = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}
SIGMA = 0.01
"""The book's standard deviation of the first weights; biases begin at zero."""


@dataclass(frozen=True)
class Model:
    """A kind of model: its cell, its style, and the component that it is made of; None: torch's own layer."""

    cell: str
    style: str
    component: str | None


MODELS = {
    "rnn": Model("rnn", SCRATCH, "rnn_scratch"),
    "rnn_concise": Model("rnn", MODULE, "rnn_concise"),
    "lstm": Model("lstm", SCRATCH, "lstm_scratch"),
    "lstm_concise": Model("lstm", MODULE, "lstm_concise"),
    "gru": Model("gru", SCRATCH, "gru_scratch"),
    "gru_concise": Model("gru", MODULE, "gru_concise"),
    "deep": Model("rnn", DEEP, "deep_rnn"),
    "nn.rnn": Model("rnn", MODULE, None),
    "nn.lstm": Model("lstm", MODULE, None),
    "nn.gru": Model("gru", MODULE, None),
}
"""No bidirectional model: it would read the very tokens that it is to predict."""


@dataclass(frozen=True)
class Network:
    """A recurrent network: `run(inputs (T, n, d), state)` gives outputs (T, n, h) and the next state."""

    weights: Weights
    run: Callable[[Tensor, Any], tuple[Tensor, Any]]


def initial_weights(recipe: Recipe, vocab_size: int, hook: Hook | None, generator: torch.Generator) -> Weights:
    """The first weights of the recurrent layer: the book's draw, or those that a module brings."""
    model, h = MODELS[recipe.model], recipe.num_hiddens
    if model.style == MODULE:
        return dict(_module(model, hook, vocab_size, h).named_parameters())
    if model.style == SCRATCH:
        return _draw(GATES[model.cell], vocab_size, h, SIGMA, generator)
    layers = [_draw("h", vocab_size if i == 0 else h, h, h**-0.5, generator) for i in range(recipe.num_layers)]
    return {f"{i}.{name}": weight for i, layer in enumerate(layers) for name, weight in layer.items()}


def _draw(gates: str, d: int, h: int, sigma: float, generator: torch.Generator) -> Weights:
    weights: Weights = {}
    for gate in gates:
        weights[f"W_x{gate}"] = sigma * torch.randn(d, h, generator=generator)
        weights[f"W_h{gate}"] = sigma * torch.randn(h, h, generator=generator)
        weights[f"b_{gate}"] = torch.zeros(h)
    return weights


def network(recipe: Recipe, vocab_size: int, hook: Hook | None, weights: Weights) -> Network:
    """The model with these weights, as leaves. Raises TypeError where a module has others."""
    model = MODELS[recipe.model]
    if model.style == MODULE:
        module = _module(model, hook, vocab_size, recipe.num_hiddens)
        return _of_module(model, module, weights, recipe)
    assert hook is not None
    leaves = {name: weight.clone().requires_grad_() for name, weight in weights.items()}
    called, kind, name = hook, KNOWN[str(model.component)].result, str(model.component)

    def run(inputs: Tensor, state: Any) -> tuple[Tensor, Any]:
        if model.style == DEEP:
            layers = [_layer(leaves, i) for i in range(recipe.num_layers)]
            returned = called(inputs=inputs, states=state, layers=layers)
        else:
            returned = called(inputs=inputs, state=state, params=leaves)
        return _run(name, kind, returned, inputs, recipe)

    return Network(leaves, run)


def _layer(leaves: Weights, number: int) -> Weights:
    """The weights of one layer of a deep network."""
    return {name: leaves[f"{number}.{name}"] for name in ("W_xh", "W_hh", "b_h")}


def _module(model: Model, hook: Hook | None, vocab_size: int, num_hiddens: int) -> Any:
    if model.component is None:
        return LAYERS[model.cell](vocab_size, num_hiddens)
    assert hook is not None
    made = hook(num_inputs=vocab_size, num_hiddens=num_hiddens)
    if not isinstance(made, nn.Module):
        raise TypeError(f"{model.component}: the result is a {type(made).__name__}, but should be a torch.nn.Module")
    return made


def _of_module(model: Model, module: Any, weights: Weights, recipe: Recipe) -> Network:
    name, fields = model.component or f"torch.nn.{model.cell.upper()}", KNOWN[f"{model.cell}_concise"].result
    assert isinstance(fields, Fields)
    kind = dict(fields.fields)["result"]
    own = {key: parameter.shape for key, parameter in module.named_parameters()}
    if own != {key: weight.shape for key, weight in weights.items()}:
        raise TypeError(f"{name}: the module has other parameters than when the training began")
    module.to(next(iter(weights.values())))
    leaves = dict(module.named_parameters())
    with torch.no_grad():
        for key, parameter in leaves.items():
            parameter.copy_(weights[key])
    return Network(leaves, lambda inputs, state: _run(name, kind, module(inputs, state), inputs, recipe))


def _run(name: str, kind: Any, returned: Any, inputs: Tensor, recipe: Recipe) -> tuple[Tensor, Any]:
    outputs, state = formed(name, kind, returned)
    return shaped(name, outputs, *inputs.shape[:2], recipe.num_hiddens), state
