"""Batching: sequences of unequal lengths, encoded, bucketed, padded, packed, read out and decoded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain
from typing import Any

import torch
from torch import nn

from harness.contracts.component import Hook, Observed, component
from harness.contracts.decoding import BatchStep
from harness.contracts.live import strided
from harness.contracts.results import Anything, Array, Fields, Ints, ListOf, Parts, Str
from harness.plain import to_plain
from harness.wire import encode

Tensor = torch.Tensor
Params = dict[str, Tensor]
Pair = tuple[list[int], list[int]]
Step = Callable[[Tensor, Any], tuple[Tensor, Any]]

LAYERS: dict[str, Callable[..., nn.RNN | nn.GRU]] = {
    "rnn": nn.RNN,
    "relu": partial(nn.RNN, nonlinearity="relu"),
    "gru": nn.GRU,
}
"""What a case may pass as the argument `rnn`, by the kind in its plain description."""


@component(Parts(source=Ints(), target=Ints()), points=2)
def encode_pair(
    source: list[str], target: list[str], source_index: dict[str, int], target_index: dict[str, int], max_len: int
) -> Pair:
    """Encode a pair of sentences as indices, each by its own map and within a limit.

    Shapes: `source` and `target` are lists of words; `source_index` and `target_index` map words to indices;
        two lists of int out, a tuple.
    Conventions: the source is the indices of its words, cut to the first max_len of them; nothing is added.
        The target is the index of <sos>, those of its first words, at most max_len - 2, and the index of
        <eos>, so that it never exceeds max_len and always ends with <eos>. A word that its map lacks takes the
        index of <unk> in that same map. Both maps hold <pad>, <unk>, <sos> and <eos>, at any index; an
        ordinary word may have index 0. max_len >= 2. Nothing is padded.
    Source: D2L 10.5.
    """


def observe_bucket_batches(hook: Hook, arguments: dict[str, Any], drive: dict[str, Any]) -> dict[str, Any]:
    """Write down the batches of one epoch; and of further epochs, in order, all indices, a -1 after each batch: `more`
    epochs from the same generator, then one from a new generator for each of `seeds`, filled up with -2."""
    batches = hook(**arguments)
    generators = [arguments["generator"]] * drive.get("more", 0)
    generators += [torch.Generator().manual_seed(seed) for seed in drive.get("seeds", [])]
    epochs = [list(_flat(hook(**{**arguments, "generator": generator}))) for generator in generators]
    longest = max(map(len, epochs), default=0)
    return {"batches": batches, "epochs": [epoch + [-2] * (longest - len(epoch)) for epoch in epochs]}


def _flat(batches: Any) -> Iterator[int]:
    return chain.from_iterable([*map(int, batch), -1] for batch in batches)


@component(Fields(batches=ListOf(Ints()), epochs=Anything()), points=3, observer=observe_bucket_batches)
def bucket_batches(
    lengths: list[tuple[int, int]], batch_size: int, width: int, generator: torch.Generator
) -> list[list[int]]:
    """Group pairs of sequences of similar lengths into batches, and put the batches in random order.

    Shapes: `lengths` is a list of (source length, target length); a list of lists of indices into it out.
    Conventions: a bucket is `width` lengths wide on either side: it holds the pairs with
        a·width <= source length - smallest source length < (a+1)·width, and
        b·width <= target length - smallest target length < (b+1)·width, for one a and one b. Each batch holds
        at most batch_size pairs of one bucket, and at most one batch of a bucket holds fewer; each index comes
        exactly once, 0 the first. All batches, of all buckets, come in uniformly random order. The randomness
        comes from `generator` (on the CPU), how it is drawn is free; so is which pairs of a bucket share a
        batch, and the order within a batch. Ungraded: empty lengths.
    Source: D2L 10.5; bucketing as in Sutskever, Vinyals and Le 2014.
    """


@component(Parts(loose=True, source=Array("n Ls"), target=Array("n Lt")), points=2)
def collate_pairs(pairs: list[Pair], pad: int) -> tuple[Tensor, Tensor]:
    """Put encoded pairs into two padded tensors, the longest source first.

    Shapes: `pairs` is a list of (source, target), each a list of int of any length from 1 on; (source (n, Ls),
        target (n, Lt)) int64 out, where Ls and Lt are the longest source and the longest target.
    Conventions: rows in order of falling source length, pairs of equal source length in their given order;
        row i of the target belongs to row i of the source. Rows are padded on the right with `pad`. A token
        may equal `pad`: it counts for the length like any other.
    Source: D2L 10.5; torch.nn.utils.rnn.pack_padded_sequence, which wants this order.
    """


def layer_of(described: dict[str, Any], like: Tensor) -> nn.RNN | nn.GRU:
    """The layer that a plain description `{"kind": …, "weights": …}` stands for, of the dtype and device of `like`; its
    `"use"` may be "eval" (evaluation mode) or "frozen" (weights that require no gradients)."""
    weights, use = described["weights"], described.get("use")
    num_hiddens, num_inputs = weights["weight_hh_l0"].shape[1], weights["weight_ih_l0"].shape[1]
    options = {"batch_first": True, "bias": "bias_ih_l0" in weights}
    with torch.random.fork_rng(devices=[]):  # its initial weights, soon forgotten, are no draw of the submission's
        layer = LAYERS[described["kind"]](num_inputs, num_hiddens, **options).to(like)
    layer.load_state_dict(weights)
    return layer.train(use != "eval").requires_grad_(use != "frozen")


def _layer(described: dict[str, Any], like: Tensor, made: dict[int, nn.RNN | nn.GRU]) -> nn.RNN | nn.GRU:
    """The layer of a description: where it has been `made` before, the same one, with the weights of now."""
    if id(described) not in made:
        made[id(described)] = layer_of(described, like)
    else:
        made[id(described)].load_state_dict(described["weights"])
    return made[id(described)]


def _traits(layer: nn.Module) -> dict[str, Any]:
    """What makes a layer what it is, by name."""
    parameters = dict(layer.named_parameters())
    return {
        "weights": encode(to_plain({name: one.detach() for name, one in parameters.items()})),
        "requires_grad": [one.requires_grad for one in parameters.values()],
        "training": layer.training,
        "batch_first": getattr(layer, "batch_first", None),
    }


def observe_packed_outputs(hook: Hook, arguments: dict[str, Any], drive: dict[str, Any]) -> Observed:
    """Call the hook with the layer that its plain description stands for, lengths on the CPU; in the value, `mutated`
    names what became different about the layer; its parameters are leaves, as `rnn.weights.weight_ih_l0`."""
    layer = _layer(arguments["rnn"], arguments["inputs"], drive.setdefault("layers", {}))
    before = _traits(layer)
    result = hook(**{**arguments, "rnn": layer, "lengths": arguments["lengths"].cpu()})
    after = _traits(layer)
    mutated = [name for name, trait in before.items() if after[name] != trait]
    leaves = {f"rnn.weights.{name}": one for name, one in layer.named_parameters() if one.requires_grad}
    return Observed({"mutated": mutated, "result": result}, leaves)


@component(
    Fields(
        mutated=ListOf(Str()),
        result=Parts(outputs=Array("n T h"), last=Array("n h", state=True)),
    ),
    points=3,
    observer=observe_packed_outputs,
    gradients=True,
)
def packed_outputs(rnn: nn.RNN | nn.GRU, inputs: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
    """Run a recurrent layer over padded sequences of unequal lengths, as if each stood alone.

    Shapes: `rnn` is a torch.nn.RNN or torch.nn.GRU with batch_first=True, one layer, one direction; inputs
        (n, T, d); lengths (n,) int64, on the CPU, each from 1 to T; (outputs (n, T, h), last (n, h)) out.
    Conventions: outputs[i, t] is the layer's output at step t of sequence i alone, from a state of zeros, for
        t < lengths[i], and exactly 0 beyond; T stays T, even where no sequence is that long. last[i] is the
        output at step lengths[i] - 1. Both stand in the given order: lengths come unsorted. What inputs
        hold beyond a length never matters, inf and nan included, to gradients neither. The layer is left as it
        was: weights, mode and all. Differentiable in inputs and the layer's parameters.
    Source: D2L 9.7 and 10.5; torch.nn.utils.rnn.pack_padded_sequence.
    """


@component(Array("n c"), points=2, gradients=True)
def many_to_one(outputs: Tensor, lengths: Tensor, params: Params) -> Tensor:
    """Read one answer out of each sequence: a linear layer on its last valid step.

    Shapes: outputs (T, n, h), time-major; lengths (n,) int64, each from 1 to T; params W (h, c), b (c,); (n, c)
        out.
    Conventions: row i is outputs[lengths[i] - 1, i] W + b; no softmax. What stands beyond a length is padding
        and does not matter. Lengths come unsorted, rows in the given order. Differentiable in outputs and both
        parameters.
    Source: D2L 16.2.
    """


@component(Array("T n c"), points=1, gradients=True)
def many_to_many(outputs: Tensor, params: Params) -> Tensor:
    """Read an answer out of every step: the same linear layer at each.

    Shapes: outputs (T, n, h), time-major; params W (h, c), b (c,); (T, n, c) out.
    Conventions: outputs[t] W + b at every step t; no softmax. Differentiable in outputs and both parameters.
    Source: D2L 9.4.2.
    """


def observe_greedy_decode(hook: Hook, arguments: dict[str, Any], drive: dict[str, Any]) -> Any:
    """Hand the hook the step that the drive describes, and the state after the drive's `state` (each row's tokens, or
    None). The logits lie in memory as `first` does."""
    step = BatchStep(drive) if arguments["first"].is_contiguous() else BatchStep(drive, strided)
    return hook(**arguments, step=step, state=step.begun(drive["state"]))


@component(Array("n max_len"), points=3, observer=observe_greedy_decode)
def greedy_decode(first: Tensor, max_len: int, step: Step, state: Any, eos: int) -> Tensor:
    """Decode a batch of sequences greedily, each until its own <eos>.

    Shapes: first (n,) int64; `step` maps tokens (n,) and a state to (logits (n, V), state); (n, max_len) int64
        out.
    Conventions: the first call of `step` gets `first` and `state`, each later one the predictions and the state
        of the call before; a prediction is the argmax of a row's logits. The result holds the predictions, not
        `first`. After a row's first `eos` the row is `eos` to the end, while the others go on; `first` equal to
        `eos` does not end a row. `step` is pure, the state is passed on as it came, whatever it is (None too).
        Ungraded: ties; what a finished row is fed; whether `step` is called once all rows have ended.
    Source: D2L 10.7.
    """
