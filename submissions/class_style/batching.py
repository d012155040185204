"""Pairs of sentences, batches of them, and what reads and writes such batches."""

import torch
from torch import nn
from torch.func import functional_call
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence
from torch.utils.data import Dataset, Sampler

from harness import hookimpl


class TranslationDataset(Dataset):
    """Pairs of sentences as indices."""

    def __init__(self, pairs, source_index, target_index, max_len):
        self.pairs, self.max_len = pairs, max_len
        self.source_index, self.target_index = source_index, target_index

    def __len__(self):
        return len(self.pairs)

    def __getitem__(self, i):
        source, target = self.pairs[i]
        target = ["<sos>"] + target[: self.max_len - 2] + ["<eos>"]
        return self.numbers(source[: self.max_len], self.source_index), self.numbers(target, self.target_index)

    @staticmethod
    def numbers(words, index):
        return [index[word] if word in index else index["<unk>"] for word in words]


class BucketSampler(Sampler):
    """Batches of indices of pairs of similar lengths, in random order."""

    def __init__(self, lengths, batch_size, width, generator):
        self.generator = generator
        lengths = torch.tensor(lengths)
        cells = (lengths - lengths.min(dim=0).values) // width
        buckets = {}
        for i, cell in enumerate(cells.tolist()):
            buckets.setdefault(tuple(cell), []).append(i)
        self.batches = []
        for bucket in buckets.values():
            self.batches += [part.tolist() for part in torch.tensor(bucket).split(batch_size)]

    def __len__(self):
        return len(self.batches)

    def __iter__(self):
        for b in torch.randperm(len(self.batches), generator=self.generator).tolist():
            yield self.batches[b]


class Collate:
    """What a DataLoader takes as its `collate_fn`."""

    def __init__(self, pad):
        self.pad = pad

    def __call__(self, pairs):
        pairs = sorted(pairs, key=lambda pair: len(pair[0]), reverse=True)
        return tuple(self.padded(side) for side in zip(*pairs))

    def padded(self, rows):
        return pad_sequence([torch.tensor(row) for row in rows], batch_first=True, padding_value=self.pad)


class PaddedReader(nn.Module):
    """A recurrent layer that never sees padding."""

    def __init__(self, rnn):
        super().__init__()
        self.rnn = rnn

    def forward(self, inputs, lengths):
        packed = pack_padded_sequence(inputs, lengths, batch_first=True, enforce_sorted=False)
        packed, state = self.rnn(packed)
        outputs, _ = pad_packed_sequence(packed, batch_first=True, total_length=inputs.shape[1])
        return outputs, state.squeeze(0)


class Head(nn.Module):
    """A linear layer on all steps, or on each sequence's last one."""

    def __init__(self, num_hiddens, num_classes):
        super().__init__()
        self.W = nn.Parameter(torch.empty(num_hiddens, num_classes))
        self.b = nn.Parameter(torch.empty(num_classes))

    def forward(self, outputs, lengths=None):
        if lengths is not None:
            index = (lengths - 1)[None, :, None].expand(1, -1, outputs.shape[2])
            outputs = outputs.gather(0, index)[0]
        return outputs @ self.W + self.b


class GreedyDecoder:
    """Decodes a batch, one token a row at a time."""

    def __init__(self, step, eos):
        self.step, self.eos = step, eos

    def __call__(self, tokens, state, max_len):
        rows = tokens.new_full((len(tokens), max_len), self.eos)
        open_rows = torch.ones_like(tokens, dtype=torch.bool)
        for t in range(max_len):
            logits, state = self.step(tokens, state)
            tokens = torch.where(open_rows, logits.argmax(dim=1), rows[:, t])
            rows[:, t] = tokens
            open_rows = open_rows & (tokens != self.eos)
        return rows


@hookimpl
def encode_pair(source, target, source_index, target_index, max_len):
    return TranslationDataset([(source, target)], source_index, target_index, max_len)[0]


@hookimpl
def bucket_batches(lengths, batch_size, width, generator):
    return list(BucketSampler(lengths, batch_size, width, generator))


@hookimpl
def collate_pairs(pairs, pad):
    return Collate(pad)(pairs)


@hookimpl
def packed_outputs(rnn, inputs, lengths):
    return PaddedReader(rnn)(inputs, lengths)


@hookimpl
def many_to_one(outputs, lengths, params):
    return functional_call(Head(*params["W"].shape), params, (outputs, lengths))


@hookimpl
def many_to_many(outputs, params):
    return functional_call(Head(*params["W"].shape), params, (outputs,))


@hookimpl
def greedy_decode(first, max_len, step, state, eos):
    return GreedyDecoder(step, eos)(first, state, max_len)
