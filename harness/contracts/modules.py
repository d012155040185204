"""Modules: finding torch's recurrent layer in what a hook returned, and driving it on one case."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from harness.contracts.component import Hook, Observed
from harness.contracts.results import Anything, Fields, Kind, ListOf, Mapping, Str, WrongKind
from harness.plain import to_plain, type_name
from harness.wire import encode

FACTS = ("num_layers", "bidirectional", "nonlinearity")
PARAMETERS = ["bias_hh_l0", "bias_ih_l0", "weight_hh_l0", "weight_ih_l0"]
"""The four parameters of one layer in one direction, by torch's names."""
ONE_LAYER = {"num_layers": 1, "bidirectional": False, "parameters": PARAMETERS, "others": []}
"""What every `*_concise` contract demands."""


@dataclass(frozen=True)
class OneLayer(Kind):
    """What `find_layers` wrote down of a module that is or holds exactly one layer of torch's, with the
    given facts: `OneLayer("torch.nn.RNN", num_layers=1, nonlinearity="tanh", parameters=PARAMETERS, others=[])`."""

    layer: str
    facts: tuple[tuple[str, Any], ...]

    def __init__(self, layer: str, **facts: Any) -> None:
        object.__setattr__(self, "layer", layer)
        object.__setattr__(self, "facts", tuple(facts.items()))

    @property
    def name(self) -> str:
        return f"or hold exactly one {self.layer} with {', '.join(f'{k}={v!r}' for k, v in self.facts)}"

    def canonical(self, value: Any, what: str) -> Any:
        """None: a right module may differ from the reference's in what is not demanded."""
        found = _FOUND.canonical(value, what)
        if len(found["layers"]) != 1:
            count = len(found["layers"])
            holds = f"{count} {self.layer}"
            own = f" but a {found['type']}" if found["type"].startswith("torch.nn.modules.rnn.") else ""
            raise WrongKind("the module", f"a {found['type']} that holds {holds}", self.name, fault=holds + own)
        for fact, demanded in self.facts:
            actual = found["layers"][0].get(fact)
            if type(actual) is not type(demanded) or actual != demanded:
                named = fact if fact == "others" else f"{fact}={actual!r}"
                raise WrongKind("the module", f"a {found['type']} with {fact}={actual!r}", self.name, fault=named)


_FOUND = Fields(type=Str(), layers=ListOf(Mapping(Str(), Anything())))


def find_layers(module: Any, module_class: type[nn.Module]) -> list[nn.Module]:
    """Every layer of that class that the module is or holds."""
    return [layer for _, layer in _held(module) if issubclass(type(layer), module_class)]


def _held(module: Any, name: str = "", seen: frozenset[int] = frozenset()) -> Iterator[tuple[str, nn.Module]]:
    """A module and all that it holds, by path, as torch's own book-keeping has them: a module may say otherwise."""
    if not issubclass(type(module), nn.Module) or id(module) in seen:
        return
    yield name, module
    for key, held in dict(object.__getattribute__(module, "__dict__").get("_modules", {})).items():
        yield from _held(held, f"{name}{key}.", seen | {id(module)})


def _parameters(module: nn.Module) -> dict[str, torch.Tensor]:
    """Every parameter that a module and those in it hold, by path."""
    found: dict[str, torch.Tensor] = {}
    for path, held in _held(module):
        own = dict(object.__getattribute__(held, "__dict__").get("_parameters", {}))
        found |= {f"{path}{name}": parameter for name, parameter in own.items() if parameter is not None}
    return found


def _facts(module: nn.Module, layer: nn.Module) -> dict[str, Any]:
    """The layer's facts, the names of its parameters, and of those that the module has besides."""
    own = {id(parameter) for parameter in _parameters(layer).values()}
    others = [name for name, parameter in _parameters(module).items() if id(parameter) not in own]
    parameters = sorted(_parameters(layer))
    return {**{fact: getattr(layer, fact, None) for fact in FACTS}, "parameters": parameters, "others": others}


def drive_module(module_class: type[nn.Module], hook: Hook, arguments: dict[str, Any], drive: dict[str, Any]) -> Any:
    """Give the module that a hook returned the weights of a case, run it, and write down what it did.

    drive: `weights`, the layer's own parameters by torch's names (none: it keeps its initial ones),
    `inputs` and `state`, with which the module is called; `as_made`, whether it keeps its dtype, which otherwise
    becomes that of the inputs; `rehearsals`, how often it is called before the
    call that counts (none, if left out). In the value, `module` is what was found, `mutated`
    names what the call changed in place, `result` is what it returned (None where it does not hold the one
    layer with PARAMETERS); the leaves are the layer's parameters, as `weights.weight_ih_l0`.
    """
    made = hook(**arguments)
    layers = find_layers(made, module_class)
    facts = [_facts(made, layer) for layer in layers]
    found = {"type": type_name(made), "layers": facts}
    weights, inputs, state = drive.get("weights"), drive["inputs"], drive["state"]
    if [one["parameters"] for one in facts] != [PARAMETERS]:
        return {"module": found, "mutated": [], "result": None}
    made.to(inputs.device if drive.get("as_made") else inputs)  # its dtype and device
    if weights:
        layers[0].load_state_dict(weights)
    before = [_bytes(inputs), _bytes(state)]
    for _ in range(drive.get("rehearsals", 0)):
        made(inputs, state)
    result = made(inputs, state)
    pairs = zip(("inputs", "state"), before, (inputs, state), strict=True)
    mutated = [name for name, kept, now in pairs if _bytes(now) != kept]
    leaves = {f"weights.{name}": one for name, one in layers[0].named_parameters() if one.requires_grad}
    return Observed({"module": found, "mutated": mutated, "result": result}, leaves)


def _bytes(value: Any) -> bytes:
    with torch.no_grad():
        return encode(to_plain(value))
