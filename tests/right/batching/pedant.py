"""Pedantic style: everything is typed, validated with helpful messages, allocated beforehand and filled by index."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from harness import hookimpl


class Encoded(NamedTuple):
    """A pair of sentences as indices."""

    source: list[int]
    target: list[int]


class Padded(NamedTuple):
    """A batch of pairs as tensors."""

    source: Tensor
    target: Tensor


def require(condition: bool, message: str) -> None:
    """Raise ValueError with the message unless the condition holds."""
    if not condition:
        raise ValueError(message)


def check_map(index: dict[str, int]) -> None:
    """A map must hold all special tokens."""
    missing = {"<pad>", "<unk>", "<sos>", "<eos>"} - set(index)
    require(not missing, f"the map lacks {sorted(missing)}")


def index_of(word: str, index: dict[str, int]) -> int:
    """The index of a word."""
    try:
        return index[word]
    except KeyError:
        return index["<unk>"]


@hookimpl
def encode_pair(
    source: list[str], target: list[str], source_index: dict[str, int], target_index: dict[str, int], max_len: int
) -> Encoded:
    require(max_len >= 2, f"max_len must be 2 at least, not {max_len}")
    check_map(source_index)
    check_map(target_index)
    kept_source = min(len(source), max_len)
    kept_target = min(len(target), max_len - 2)
    source_ids = [0] * kept_source
    target_ids = [0] * (kept_target + 2)
    for i in range(kept_source):
        source_ids[i] = index_of(source[i], source_index)
    target_ids[0] = target_index["<sos>"]
    for i in range(kept_target):
        target_ids[i + 1] = index_of(target[i], target_index)
    target_ids[kept_target + 1] = target_index["<eos>"]
    assert len(target_ids) <= max_len
    return Encoded(source_ids, target_ids)


@hookimpl
def bucket_batches(
    lengths: list[tuple[int, int]], batch_size: int, width: int, generator: torch.Generator
) -> list[list[int]]:
    require(len(lengths) > 0, "there is nothing to batch")
    require(batch_size >= 1 and width >= 1, "batch_size and width must be positive")
    table = torch.tensor(lengths)  # (m, 2)
    cells = torch.div(table - table.min(dim=0).values, width, rounding_mode="floor")  # (m, 2)
    keys = cells[:, 0] * (int(cells[:, 1].max()) + 1) + cells[:, 1]  # (m,)
    batches: list[list[int]] = []
    for key in keys.unique():
        members = torch.nonzero(keys == key).flatten()
        batches += [part.tolist() for part in members.split(batch_size)]
    lots = torch.rand(len(batches), generator=generator, dtype=torch.float64)
    result: list[list[int]] = [[] for _ in batches]
    for place, b in enumerate(lots.argsort().tolist()):
        result[place] = batches[b]
    assert sum(map(len, result)) == len(lengths)
    return result


@hookimpl
def collate_pairs(pairs: list[tuple[list[int], list[int]]], pad: int) -> Padded:
    require(len(pairs) > 0, "there is nothing to collate")
    lengths = torch.tensor([[len(source), len(target)] for source, target in pairs])  # (n, 2)
    require(bool((lengths > 0).all()), "a sequence is empty")
    order = torch.argsort(lengths[:, 0], descending=True, stable=True)
    widest = lengths.max(dim=0).values.tolist()
    result = Padded(*(torch.empty((len(pairs), width), dtype=torch.int64) for width in widest))
    for row, place in enumerate(order.tolist()):
        for side in (0, 1):
            tokens = pairs[place][side]
            result[side][row, : len(tokens)] = torch.tensor(tokens, dtype=torch.int64)
            result[side][row, len(tokens) :] = pad
    return result


@hookimpl
def packed_outputs(rnn: nn.RNN | nn.GRU, inputs: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
    require(isinstance(rnn, (nn.RNN, nn.GRU)), f"rnn must be an RNN or a GRU, not a {type(rnn).__name__}")
    require(rnn.batch_first, "rnn must be batch-first")
    require(rnn.num_layers == 1 and not rnn.bidirectional, "rnn must have one layer and one direction")
    n, T, d = inputs.shape
    require(d == rnn.input_size, f"inputs have {d} features, the layer takes {rnn.input_size}")
    require(lengths.shape == (n,), f"lengths must have shape ({n},), not {tuple(lengths.shape)}")
    require(int(lengths.min()) >= 1 and int(lengths.max()) <= T, f"lengths must be 1 … {T}")
    valid = (torch.arange(T)[None, :] < lengths[:, None]).to(inputs.device)[:, :, None]  # (n, T, 1)
    clean = torch.where(valid, inputs, torch.zeros_like(inputs))
    state = inputs.new_zeros((1, n, rnn.hidden_size))
    steps: list[Tensor] = []
    for t in range(T):
        output, new = rnn(clean[:, t : t + 1].contiguous(), state)
        going = valid[:, t]  # (n, 1)
        state = torch.where(going[None], new, state)
        steps.append(torch.where(going, output[:, 0], torch.zeros_like(output[:, 0])))
    outputs = torch.stack(steps, dim=1)
    assert outputs.shape == (n, T, rnn.hidden_size)
    return outputs, state[0]


@hookimpl
def many_to_one(outputs: Tensor, lengths: Tensor, params: dict[str, Tensor]) -> Tensor:
    _, n, h = outputs.shape
    require(set(params) == {"W", "b"}, f"params must hold W and b, not {sorted(params)}")
    require(lengths.shape == (n,), f"lengths must have shape ({n},), not {tuple(lengths.shape)}")
    places = (lengths - 1).to(outputs.device).view(1, n, 1).expand(1, n, h)
    last = torch.gather(outputs, dim=0, index=places).squeeze(0)  # (n, h)
    return torch.addmm(params["b"], last, params["W"])


@hookimpl
def many_to_many(outputs: Tensor, params: dict[str, Tensor]) -> Tensor:
    T, n, h = outputs.shape
    require(params["W"].shape[0] == h, f"W must have {h} rows, not {params['W'].shape[0]}")
    flat = outputs.reshape(T * n, h)
    return torch.addmm(params["b"], flat, params["W"]).reshape(T, n, params["b"].shape[0])


@hookimpl
def greedy_decode(
    first: Tensor, max_len: int, step: Callable[[Tensor, Any], tuple[Tensor, Any]], state: Any, eos: int
) -> Tensor:
    require(first.dtype == torch.int64, f"first must be int64, not {first.dtype}")
    require(max_len >= 1, f"max_len must be positive, not {max_len}")
    n = first.shape[0]
    result = torch.full((n, max_len), eos, dtype=torch.int64, device=first.device)
    active = torch.full((n,), True, device=first.device)
    tokens = first.clone()
    for t in range(max_len):
        if not bool(active.any()):
            break  # what is left is eos already
        logits, state = step(tokens, state)
        require(logits.shape[0] == n, f"step gave logits for {logits.shape[0]} rows, not {n}")
        predicted = torch.argmax(logits, dim=1)
        result[active, t] = predicted[active]
        active = active & (predicted != eos)
        tokens = result[:, t].clone()
    return result
