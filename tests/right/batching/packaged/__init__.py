"""A package of helper modules, one for text, one for batches, one for models."""

from harness import hookimpl

from .batches import Grid, shuffled, upright
from .models import Linear, follow, read
from .text import Frame


@hookimpl
def encode_pair(source, target, source_index, target_index, max_len):
    return Frame(source_index).ids(source)[:max_len], Frame(target_index, "<sos>", "<eos>").ids(target, max_len)


@hookimpl
def bucket_batches(lengths, batch_size, width, generator):
    grid = Grid(lengths, width)
    return shuffled(list(grid.batches(batch_size)), generator)


@hookimpl
def collate_pairs(pairs, pad):
    by_length = {}
    for source, target in pairs:
        by_length.setdefault(len(source), []).append((source, target))
    rows = [pair for length in sorted(by_length, reverse=True) for pair in by_length[length]]
    return upright([row[0] for row in rows], pad), upright([row[1] for row in rows], pad)


@hookimpl
def packed_outputs(rnn, inputs, lengths):
    return read(rnn, inputs, lengths)


@hookimpl
def many_to_one(outputs, lengths, params):
    last = [outputs.select(1, i).select(0, int(length) - 1) for i, length in enumerate(lengths)]
    return Linear(**params)(last)


@hookimpl
def many_to_many(outputs, params):
    layer = Linear(**params)
    return tuple(layer(step.unbind()) for step in outputs.unbind())


@hookimpl
def greedy_decode(first, max_len, step, state, eos):
    return follow(first, max_len, step, state, eos)
