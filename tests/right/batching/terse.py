"""As short as it gets: comprehensions, einsum, one expression a hook where one does."""

from itertools import groupby

from torch import arange, einsum, randperm, stack, tensor, where

from harness import hookimpl


@hookimpl
def encode_pair(source, target, source_index, target_index, max_len):
    s, t = source_index, target_index
    words = ["<sos>", *target[: max_len - 2], "<eos>"]
    return [s.get(w, s["<unk>"]) for w in source][:max_len], [t.get(w, t["<unk>"]) for w in words]


@hookimpl
def bucket_batches(lengths, batch_size, width, generator):
    a, b = (min(side) for side in zip(*lengths, strict=True))
    cell = {i: ((s - a) // width, (t - b) // width) for i, (s, t) in enumerate(lengths)}
    held = [list(g) for _, g in groupby(sorted(cell, key=cell.get), key=cell.get)]
    batches = [g[i:][:batch_size] for g in held for i in range(0, len(g), batch_size)]
    return [batches[i] for i in randperm(len(batches), generator=generator)]


@hookimpl
def collate_pairs(pairs, pad):
    rows = zip(*sorted(pairs, key=lambda p: -len(p[0])), strict=True)
    return tuple(tensor([r + [pad] * (max(map(len, side)) - len(r)) for r in side]) for side in map(list, rows))


@hookimpl
def packed_outputs(rnn, inputs, lengths):
    lens, (n, T, _) = lengths.to(inputs.device), inputs.shape
    valid = (arange(T, device=lens.device) < lens[:, None])[..., None]
    run, _ = rnn(where(valid, inputs, 0.0))
    outputs = where(valid, run, 0.0)
    return outputs, outputs[arange(n), lens - 1]


@hookimpl
def many_to_one(outputs, lengths, params):
    last = (arange(len(outputs), device=outputs.device)[:, None] == lengths - 1).to(outputs)
    return einsum("tnh,tn,hc->nc", outputs, last, params["W"]) + params["b"]


@hookimpl
def many_to_many(outputs, params):
    return einsum("tnh,hc->tnc", outputs, params["W"]) + params["b"]


@hookimpl
def greedy_decode(first, max_len, step, state, eos):
    said = [first]
    for _ in range(max_len):
        logits, state = step(said[-1], state)
        said += [logits.argmax(1)]
    said = stack(said[1:], 1)
    hits = (said == eos).cumsum(1)
    return where(hits > (said == eos).int(), eos, said)
