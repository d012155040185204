"""Lazy style: iterators, islice, groupby and accumulate; results are lists of rows and 1-D tensors of indices."""

import random
from itertools import chain, groupby, islice, repeat, takewhile, zip_longest

import torch

from harness import hookimpl


def looked_up(words, index):
    """The indices of words, one at a time."""
    unknown = index["<unk>"]
    yield from (index.get(word, unknown) for word in words)


def in_groups(items, size):
    """Lists of `size` items, the last one perhaps smaller."""
    items = iter(items)
    yield from takewhile(bool, (list(islice(items, size)) for _ in repeat(None)))


def columns(rows, pad):
    """What stands in the first place of every row, then in the second, …"""
    return zip_longest(*rows, fillvalue=pad)


def states(rnn, steps):
    """The states after each of a sequence's steps, (1, 1, h) each."""
    state = None
    for x in steps:
        _, state = rnn(x[None, None], state)
        yield state


def decoded(tokens, step, state):
    """The predictions, one after another, without end."""
    while True:
        logits, state = step(tokens, state)
        tokens = torch.stack([row.argmax() for row in logits])
        yield tokens


def ended(row, eos):
    """A row up to its first eos, and eos from then on."""
    return chain(takewhile(lambda token: token != eos, row), repeat(eos))


@hookimpl
def encode_pair(source, target, source_index, target_index, max_len):
    source_ids = islice(looked_up(source, source_index), max_len)
    target_ids = islice(looked_up(target, target_index), max_len - 2)
    frame = [target_index["<sos>"]], target_ids, [target_index["<eos>"]]
    return torch.tensor(list(source_ids)), torch.tensor(list(chain.from_iterable(frame)))


@hookimpl
def bucket_batches(lengths, batch_size, width, generator):
    rng = random.Random(int(torch.randint(2**62, (), generator=generator)))
    origin = [min(side) for side in zip(*lengths, strict=True)]

    def bucket(i):
        return [(length - low) // width for length, low in zip(lengths[i], origin, strict=True)]

    members = (held for _, held in groupby(sorted(range(len(lengths)), key=bucket), key=bucket))
    batches = list(chain.from_iterable(in_groups(held, batch_size) for held in members))
    return [torch.tensor(batch) for batch in rng.sample(batches, len(batches))]


@hookimpl
def collate_pairs(pairs, pad):
    falling = sorted(pairs, key=lambda pair: len(pair[0]), reverse=True)
    sides = (columns(rows, pad) for rows in zip(*falling, strict=True))
    return tuple([torch.tensor(row) for row in zip(*side, strict=True)] for side in sides)


@hookimpl
def packed_outputs(rnn, inputs, lengths):
    steps = inputs.shape[1]
    runs = [list(states(rnn, islice(row, int(length)))) for row, length in zip(inputs, lengths, strict=True)]
    nothing = inputs.new_zeros(1, 1, rnn.hidden_size)
    rows = [torch.cat(list(islice(chain(run, repeat(nothing)), steps))) for run in runs]
    return [row[:, 0] for row in rows], [run[-1][0, 0] for run in runs]


@hookimpl
def many_to_one(outputs, lengths, params):
    rows = (steps[: int(length)] for steps, length in zip(outputs.unbind(1), lengths, strict=True))
    return [params["b"] + row[-1] @ params["W"] for row in rows]


@hookimpl
def many_to_many(outputs, params):
    return [torch.addmm(params["b"], step, params["W"]) for step in outputs]


@hookimpl
def greedy_decode(first, max_len, step, state, eos):
    predictions = torch.stack(list(islice(decoded(first, step, state), max_len)))
    rows = [list(islice(ended(row, eos), max_len)) for row in predictions.T.tolist()]
    return [torch.tensor(row, device=first.device) for row in rows]
