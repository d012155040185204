"""Batching of variable-length sequences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from harness import hookimpl

Params = dict[str, Tensor]
Pair = tuple[list[int], list[int]]
Step = Callable[[Tensor, Any], tuple[Tensor, Any]]


@hookimpl
def encode_pair(
    source: list[str], target: list[str], source_index: dict[str, int], target_index: dict[str, int], max_len: int
) -> Pair:
    source_ids = [source_index.get(word, source_index["<unk>"]) for word in source[:max_len]]
    target_ids = [target_index.get(word, target_index["<unk>"]) for word in target[: max_len - 2]]
    return source_ids, [target_index["<sos>"], *target_ids, target_index["<eos>"]]


@hookimpl
def bucket_batches(
    lengths: list[tuple[int, int]], batch_size: int, width: int, generator: torch.Generator
) -> list[list[int]]:
    shortest = [min(side) for side in zip(*lengths, strict=True)]  # of all sources, of all targets
    buckets: dict[tuple[int, int], list[int]] = {}
    for i, (source, target) in enumerate(lengths):
        bucket = (source - shortest[0]) // width, (target - shortest[1]) // width
        buckets.setdefault(bucket, []).append(i)
    batches = [held[b : b + batch_size] for held in buckets.values() for b in range(0, len(held), batch_size)]
    order = torch.randperm(len(batches), generator=generator).tolist()
    return [batches[b] for b in order]


@hookimpl
def collate_pairs(pairs: list[Pair], pad: int) -> tuple[Tensor, Tensor]:
    rows = sorted(pairs, key=lambda pair: len(pair[0]), reverse=True)  # stable, reverse or not
    sources, targets = [source for source, _ in rows], [target for _, target in rows]
    return _padded(sources, pad), _padded(targets, pad)  # (n, Ls), (n, Lt)


def _padded(rows: Sequence[list[int]], pad: int) -> Tensor:
    longest = max(map(len, rows))
    return torch.tensor([row + [pad] * (longest - len(row)) for row in rows])


@hookimpl
def packed_outputs(rnn: nn.RNN | nn.GRU, inputs: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
    packed = pack_padded_sequence(inputs, lengths, batch_first=True, enforce_sorted=False)
    steps, last = rnn(packed)  # last (1, n, h), in the given order again
    outputs, _ = pad_packed_sequence(steps, batch_first=True, total_length=inputs.shape[1])
    return outputs, last[0]  # (n, T, h), (n, h)


@hookimpl
def many_to_one(outputs: Tensor, lengths: Tensor, params: Params) -> Tensor:
    rows = torch.arange(outputs.shape[1], device=outputs.device)
    last = outputs[lengths - 1, rows]  # (n, h)
    return last @ params["W"] + params["b"]  # (n, c)


@hookimpl
def many_to_many(outputs: Tensor, params: Params) -> Tensor:
    return outputs @ params["W"] + params["b"]  # (T, n, c)


@hookimpl
def greedy_decode(first: Tensor, max_len: int, step: Step, state: Any, eos: int) -> Tensor:
    tokens, ended, predictions = first, torch.zeros_like(first, dtype=torch.bool), []
    for _ in range(max_len):
        logits, state = step(tokens, state)
        tokens = torch.where(ended, eos, logits.argmax(dim=-1))  # (n,)
        ended = ended | (tokens == eos)
        predictions.append(tokens)
    return torch.stack(predictions, dim=1)  # (n, max_len)
