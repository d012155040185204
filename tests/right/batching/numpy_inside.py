"""NumPy wherever no gradients are asked for: arrays of indices, lexsort, masks; torch only at the borders."""

import numpy as np
import torch

from harness import hookimpl


def numbers(words, index, room):
    """The indices of the first words, as an array."""
    fallback = index["<unk>"]
    return np.array([index.get(word, fallback) for word in words[:room]], dtype=np.int64)


def filled(rows, pad):
    """A rectangle of rows, filled up with pad."""
    sizes = np.array([len(row) for row in rows])
    table = np.full((len(rows), sizes.max()), pad, dtype=np.int64)
    table[np.arange(sizes.max()) < sizes[:, None]] = np.concatenate([np.asarray(row, dtype=np.int64) for row in rows])
    return torch.from_numpy(table)


@hookimpl
def encode_pair(source, target, source_index, target_index, max_len):
    inside = numbers(target, target_index, max_len - 2)
    framed = np.concatenate([[target_index["<sos>"]], inside, [target_index["<eos>"]]])
    return numbers(source, source_index, max_len).tolist(), framed.astype(np.int64).tolist()


@hookimpl
def bucket_batches(lengths, batch_size, width, generator):
    rng = np.random.default_rng(int(torch.randint(2**62, (1,), generator=generator)))
    sides = np.asarray(lengths)
    grid = (sides - sides.min(axis=0)) // width
    _, bucket = np.unique(grid, axis=0, return_inverse=True)
    bucket = bucket.reshape(-1)
    batches = []
    for number in range(bucket.max() + 1):
        members = rng.permutation(np.flatnonzero(bucket == number))
        batches += np.split(members, range(batch_size, len(members), batch_size))
    return [batches[place].tolist() for place in rng.permutation(len(batches))]


@hookimpl
def collate_pairs(pairs, pad):
    sizes = np.array([len(source) for source, _ in pairs])
    order = np.argsort(-sizes, kind="stable")
    return filled([pairs[i][0] for i in order], pad), filled([pairs[i][1] for i in order], pad)


@hookimpl
def packed_outputs(rnn, inputs, lengths):
    sizes = lengths.numpy()
    n, T, _ = inputs.shape
    result = inputs.new_zeros(n, T, rnn.hidden_size)
    last = inputs.new_zeros(n, rnn.hidden_size)
    for size in np.unique(sizes):  # sequences of one length need no padding
        rows = torch.from_numpy(np.flatnonzero(sizes == size)).to(inputs.device)
        outputs, state = rnn(inputs[rows, :size])
        padded = torch.nn.functional.pad(outputs, (0, 0, 0, T - int(size)))
        result = result.index_add(0, rows, padded)
        last = last.index_add(0, rows, state[0])
    return result, last


@hookimpl
def many_to_one(outputs, lengths, params):
    T, n, h = outputs.shape
    places = np.ravel_multi_index((lengths.cpu().numpy() - 1, np.arange(n)), (T, n))
    last = outputs.reshape(T * n, h)[torch.from_numpy(places).to(outputs.device)]
    return torch.matmul(last, params["W"]) + params["b"]


@hookimpl
def many_to_many(outputs, params):
    return torch.tensordot(outputs, params["W"], dims=1) + params["b"]


@hookimpl
def greedy_decode(first, max_len, step, state, eos):
    table = np.zeros((len(first), max_len), dtype=np.int64)
    tokens = first
    for t in range(max_len):
        logits, state = step(tokens, state)
        table[:, t] = logits.cpu().numpy().argmax(axis=1)
        tokens = torch.from_numpy(table[:, t].copy()).to(first.device)
    over = np.cumsum(table == eos, axis=1) > 0
    table[over] = eos
    return torch.from_numpy(table).to(first.device)
