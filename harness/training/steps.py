"""The steps of a training, as requests: hidden components, observed like any other, in the worker of any submission.

Each step depends on nothing but its request: weights come with it and go back as plain tensors, and the randomness of
an epoch comes from the recipe's seed and its number. So a worker that ends costs no more than the epoch in flight, and
a training goes on after any epoch as if it had never stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch

from harness.contracts.ambient import RandomStates
from harness.contracts.component import NO_RECURRENT_KERNELS, Component
from harness.contracts.results import Anything
from harness.plain import Plain
from harness.training.loop import LanguageModel, continuation, held_out, train_epoch
from harness.training.models import MODELS, initial_weights, network
from harness.training.parts import KNOWN, Hook, Parts
from harness.training.recipe import Recipe
from harness.units import components

SURVEY, BEGIN, EPOCH, SAMPLE = "survey", "begin", "epoch", "sample"
HEAD = ("W_hq", "b_q")
BUDGET = 120.0
"""CPU seconds of an epoch, generously: the book's takes one."""


def take_step(hook: Hook, arguments: dict[str, Any], drive: dict[str, Any]) -> Plain:
    """The observer. `hook` looks a hook up by its name; `own` are those of the implementation."""
    recipe, own = Recipe(**arguments["recipe"]), arguments["own"]
    RandomStates.seeded(recipe.seed_of(drive.get("epoch", 0)))  # for code that draws from the global states
    steps = {SURVEY: _survey, BEGIN: _begin, EPOCH: _epoch, SAMPLE: _sample}
    return steps[drive["do"]](Parts(hook, own), recipe, arguments, drive)


def _survey(parts: Parts, recipe: Recipe, arguments: dict[str, Any], drive: dict[str, Any]) -> Plain:
    """Which of the implementation's hooks are there and say that they are not implemented."""
    missing = []
    for name in arguments["own"]:
        try:
            _try_out(parts, name, recipe)
        except NotImplementedError:
            missing.append(name)
        except Exception:  # a fault that the training meets again, and tells
            continue
    return missing


def _try_out(parts: Parts, name: str, recipe: Recipe) -> None:
    """Call a hook once, with next to nothing."""
    if name in TRIFLES:
        list(parts.hook(name)(**TRIFLES[name]()) or ())
        return
    small = Recipe(recipe.model, num_hiddens=2, num_layers=1)
    weights = initial_weights(small, 3, parts.hook(name), torch.Generator())
    network(small, 3, parts.hook(name), weights).run(torch.zeros(1, 1, 3), None)


TRIFLES: Mapping[str, Callable[[], dict[str, Any]]] = {
    "one_hot": lambda: {"indices": torch.zeros(1, 2, dtype=torch.int64), "vocab_size": 3},
    "output_layer": lambda: {
        "hiddens": torch.zeros(1, 1, 2),
        "params": {"W_hq": torch.zeros(2, 3), "b_q": torch.zeros(3)},
    },
    "language_model_loss": lambda: {
        "logits": torch.zeros(1, 1, 3),
        "targets": torch.zeros(1, 1, dtype=torch.int64),
    },
    "clip_gradients": lambda: {"parameters": [torch.zeros(1, requires_grad=True)], "max_norm": 1.0},
    "generate": lambda: {"prefix": [0], "num_preds": 1, "step": lambda *_: (torch.arange(3.0), None), "state": None},
    "language_model_windows": lambda: {"corpus": [0, 1, 2, 0], "num_steps": 2},
    "random_batches": lambda: {
        "corpus": [0, 1, 2, 0],
        "batch_size": 1,
        "num_steps": 2,
        "generator": torch.Generator(),
    },
    "sequential_batches": lambda: {"corpus": [0, 1, 2, 0], "batch_size": 1, "num_steps": 2, "offset": 0},
}


def _begin(parts: Parts, recipe: Recipe, arguments: dict[str, Any], drive: dict[str, Any]) -> Plain:
    """The first weights. Where the recurrent layer is a module's, the output layer begins as torch's linear layer
    does, else as the book's scratch model."""
    generator = torch.Generator().manual_seed(recipe.seed_of(0))
    V, h, model = arguments["vocab_size"], recipe.num_hiddens, MODELS[recipe.model]
    weights = initial_weights(recipe, V, _model_hook(parts, recipe), generator)
    if model.style == "scratch":
        head = 0.01 * torch.randn(h, V, generator=generator), torch.zeros(V)
    else:
        uniform = torch.rand(h + 1, V, generator=generator)
        head = tuple(((2 * uniform - 1) / h**0.5).split((h, 1)))
        head = head[0], head[1][0]
    return {**weights, **dict(zip(HEAD, head, strict=True))}


def _epoch(parts: Parts, recipe: Recipe, arguments: dict[str, Any], drive: dict[str, Any]) -> Plain:
    model = language_model(parts, recipe, arguments)
    seed = recipe.seed_of(drive["epoch"])
    found = train_epoch(model, drive["train"].tolist(), seed, recipe.device)
    if "diverged" in found:
        return found
    val = held_out(model, drive["val"].tolist(), recipe.device)
    return {**found, "val": val, "weights": {**model.network.weights, **model.head}}


def _sample(parts: Parts, recipe: Recipe, arguments: dict[str, Any], drive: dict[str, Any]) -> Plain:
    model = language_model(parts, recipe, arguments)
    return continuation(model, drive["prefix"], drive["num_preds"], recipe.device)


def language_model(parts: Parts, recipe: Recipe, arguments: dict[str, Any]) -> LanguageModel:
    """The model of a request, its weights as fresh leaves."""
    weights = dict(arguments["weights"])
    head = {name: weights.pop(name).clone().requires_grad_() for name in HEAD}
    made = network(recipe, arguments["vocab_size"], _model_hook(parts, recipe), weights)
    return LanguageModel(parts, made, head, recipe)


def _model_hook(parts: Parts, recipe: Recipe) -> Hook | None:
    name = MODELS[recipe.model].component
    return parts.hook(name) if name else None


def _hidden(name: str, rules: frozenset[str]) -> Component:
    return Component(
        name,
        "training",
        take_step,
        Anything(),
        0.0,
        take_step,
        gradients=False,
        rules=rules,
        may_change=frozenset(),
        may_draw=True,
        cpu_seconds=BUDGET,
        partner=None,
    )


TRAININGS = {
    component.name: component
    for component in (
        _hidden("training by any means", frozenset()),
        _hidden("training without recurrent kernels", frozenset({NO_RECURRENT_KERNELS})),
    )
}
"""Hidden components: one for each kind of worker that a model may need. No hook can bear such a name."""


def training_of(model: str) -> Component:
    """The hidden component under which a model is trained: where the rule of its own component holds."""
    name = MODELS[model].component
    rules = KNOWN[name].rules if name else frozenset()
    return next(one for one in TRAININGS.values() if one.rules == rules)


def hook_of(plugin: Any, component: Component) -> Hook:
    """A plugin's hook of a component; for a hidden one, the way to all of its hooks."""
    found: Hook = plugin.hook if component.name in TRAININGS else plugin.hook(component.name)
    return found


def component_of(name: str) -> Component:
    """The component of a name, a hidden one included. Raises KeyError."""
    return TRAININGS.get(name) or components()[name]
