"""Chatty style: prints and warnings about everything that is computed."""

import warnings
from collections import defaultdict

import numpy as np
import torch
from torch.nn.utils.rnn import pack_sequence, unpack_sequence

from harness import hookimpl


@hookimpl
def encode_pair(source, target, source_index, target_index, max_len):
    unknown = [word for word in source if word not in source_index]
    if unknown:
        warnings.warn(f"{len(unknown)} words of the source are unknown, such as {unknown[0]}", stacklevel=2)
    known_source = [word if word in source_index else "<unk>" for word in source]
    known_target = [word if word in target_index else "<unk>" for word in target]
    print(" ".join(known_source), "->", " ".join(known_target))
    if len(target) > max_len - 2:
        warnings.warn("a target is cut", stacklevel=2)
    framed = ["<sos>", *known_target[: max_len - 2], "<eos>"]
    source_ids = list(map(source_index.__getitem__, known_source))
    target_ids = list(map(target_index.__getitem__, framed))
    del source_ids[max_len:]
    return source_ids, target_ids


@hookimpl
def bucket_batches(lengths, batch_size, width, generator):
    from_source = min(lengths, key=lambda pair: pair[0])[0]
    from_target = min(lengths, key=lambda pair: pair[1])[1]
    print("sources from", from_source, "targets from", from_target)
    open_batches, closed = defaultdict(list), []
    for i, (s, t) in enumerate(lengths):
        bucket = divmod(s - from_source, width)[0], divmod(t - from_target, width)[0]
        open_batches[bucket].append(i)
        if len(open_batches[bucket]) == batch_size:
            closed.append(open_batches.pop(bucket))
    if open_batches:
        warnings.warn(f"{len(open_batches)} batches are partial", stacklevel=2)
    closed.extend(open_batches.values())
    order = []
    while len(order) < len(closed):
        drawn = int(torch.randint(len(closed), (1,), generator=generator))
        if drawn not in order:
            order.append(drawn)
    return [[np.int64(i) for i in closed[b]] for b in order]


@hookimpl
def collate_pairs(pairs, pad):
    ranked = sorted(enumerate(pairs), key=lambda item: (-len(item[1][0]), item[0]))
    print("order:", [place for place, _ in ranked])
    width = max(len(source) for source, _ in pairs)
    height = max(len(target) for _, target in pairs)
    sources, targets = [], []
    for _, (source, target) in ranked:
        sources.append(torch.tensor(source + [pad] * (width - len(source))))
        targets.append(torch.tensor(target + [pad] * (height - len(target))))
    print(len(sources), "rows of", width, "and", height)
    return [sources, targets]


@hookimpl
def packed_outputs(rnn, inputs, lengths):
    print(f"{rnn} reads {lengths.sum()} of {inputs.shape[0] * inputs.shape[1]} steps")
    cut = [row[:length] for row, length in zip(inputs, lengths.tolist(), strict=True)]
    packed, hidden = rnn(pack_sequence(cut, enforce_sorted=False))
    rows = unpack_sequence(packed)
    rows = [torch.nn.functional.pad(row, [0, 0, 0, inputs.shape[1] - len(row)]) for row in rows]
    print("norms:", hidden.norm(dim=-1).tolist())
    return torch.stack(rows), (hidden[-1],)


@hookimpl
def many_to_one(outputs, lengths, params):
    T, n, h = outputs.size()
    if int(lengths.max()) < T:
        warnings.warn("nobody uses the last step", stacklevel=2)
    flat = outputs.permute(1, 0, 2).reshape(n * T, h)
    picked = flat.index_select(0, torch.arange(n, device=outputs.device) * T + lengths - 1)
    print("picked", tuple(picked.shape))
    answers = picked.matmul(params["W"])
    answers = answers + params["b"].unsqueeze(0)
    print("classes:", answers.argmax(1).tolist())
    return answers


@hookimpl
def many_to_many(outputs, params):
    print("the same layer", len(outputs), "times")
    answers = outputs.matmul(params["W"])
    return answers + params["b"].reshape(1, 1, -1)


@hookimpl
def greedy_decode(first, max_len, step, state, eos):
    remaining = torch.full_like(first, max_len)
    current, said = first, []
    for t in range(max_len):
        scores, state = step(current, state)
        best, current = scores.max(-1)
        print("step", t, "says", current.tolist(), "at", best.tolist())
        said.append(current)
        newly = (current == eos) & (remaining == max_len)
        remaining[newly] = t
    said = torch.stack(said, 1)
    over = torch.arange(max_len, device=first.device) > remaining[:, None]
    said[over] = eos
    return said
