"""Typical mistakes in the unit batching: an <eos> cut off, sides sorted apart, padding read as the last step."""

import torch
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from harness import hookimpl


@hookimpl
def encode_pair(source, target, source_index, target_index, max_len):
    words = ["<sos>"] + target + ["<eos>"]
    src = [source_index.get(w, source_index["<unk>"]) for w in source]
    tgt = [target_index.get(w, target_index["<unk>"]) for w in words]
    return src[:max_len], tgt[:max_len]  # a long target loses its <eos>


@hookimpl
def bucket_batches(lengths, batch_size, width, generator):
    buckets = {}
    for i, (s, t) in enumerate(lengths):
        buckets.setdefault((s // width, t // width), []).append(i)  # from 0 on, not from the smallest lengths
    batches = []
    for bucket in buckets.values():
        batches += [bucket[i : i + batch_size] for i in range(0, len(bucket), batch_size)]
    return [batches[i] for i in torch.randperm(len(batches), generator=generator)]


@hookimpl
def collate_pairs(pairs, pad):
    sources = sorted([source for source, _ in pairs], key=len, reverse=True)
    targets = sorted([target for _, target in pairs], key=len, reverse=True)  # no longer beside their sources
    Ls, Lt = len(sources[0]), len(targets[0])
    src = torch.tensor([row + [pad] * (Ls - len(row)) for row in sources])
    tgt = torch.tensor([row + [pad] * (Lt - len(row)) for row in targets])
    return src, tgt


@hookimpl
def packed_outputs(rnn, inputs, lengths):
    lengths, order = lengths.sort(descending=True)
    packed = pack_padded_sequence(inputs[order], lengths, batch_first=True)
    outputs, hidden = rnn(packed)
    outputs, _ = pad_packed_sequence(outputs, batch_first=True, total_length=inputs.shape[1])
    return outputs, hidden[0]  # still in the sorted order


@hookimpl
def many_to_one(outputs, lengths, params):
    return outputs[-1] @ params["W"] + params["b"]  # the last step of all, padding for most


@hookimpl
def many_to_many(outputs, params):
    return outputs @ params["W"] + params["b"]


@hookimpl
def greedy_decode(first, max_len, step, state, eos):
    tokens, result = first, []
    for _ in range(max_len):
        logits, state = step(tokens, state)
        tokens = logits.argmax(dim=1)  # goes on after eos
        result.append(tokens)
    return torch.stack(result, dim=1)
