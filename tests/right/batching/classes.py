"""Class style: an encoder, a dataset with a sampler, a collator, and modules for the rest."""

import torch
from torch import nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence, pad_sequence

from harness import hookimpl


class Language:
    """A map of words, and what becomes of words that it lacks."""

    def __init__(self, index):
        self.index = index
        self.unknown = index["<unk>"]

    def __getitem__(self, word):
        return self.index.get(word, self.unknown)

    def encode(self, words, limit):
        return [self[word] for word in words[:limit]]

    def framed(self, words, limit):
        inside = self.encode(words, limit - 2)
        return [self.index["<sos>"], *inside, self.index["<eos>"]]


class Bucket:
    """The pairs of one range of source lengths and one of target lengths."""

    def __init__(self):
        self.members = []

    def batches(self, size):
        rest = self.members
        while rest:
            batch, rest = rest[:size], rest[size:]
            yield batch


class BucketSampler(torch.utils.data.Sampler):
    """Gives batches of indices, for the argument batch_sampler of a DataLoader."""

    def __init__(self, lengths, batch_size, width, generator):
        self.batch_size, self.generator = batch_size, generator
        low = [min(pair[side] for pair in lengths) for side in (0, 1)]
        self.buckets = {}
        for index, pair in enumerate(lengths):
            place = tuple((pair[side] - low[side]) // width for side in (0, 1))
            if place not in self.buckets:
                self.buckets[place] = Bucket()
            self.buckets[place].members.append(index)

    def __iter__(self):
        made = []
        for bucket in self.buckets.values():
            made.extend(bucket.batches(self.batch_size))
        for b in torch.randperm(len(made), generator=self.generator):
            yield made[b]


class Collator:
    """Turns a list of pairs into two tensors."""

    def __init__(self, pad):
        self.pad = pad

    def tensor(self, rows):
        rows = [torch.tensor(row) for row in rows]
        return pad_sequence(rows, batch_first=True, padding_value=self.pad)

    def __call__(self, pairs):
        pairs = sorted(pairs, key=lambda pair: -len(pair[0]))
        return self.tensor([pair[0] for pair in pairs]), self.tensor([pair[1] for pair in pairs])


class Packer(nn.Module):
    """A layer that reads padded sequences, sorted for the purpose."""

    def __init__(self, rnn):
        super().__init__()
        self.rnn = rnn

    def forward(self, inputs, lengths):
        falling, order = torch.sort(lengths, descending=True)
        place = torch.empty_like(order)
        place[order] = torch.arange(len(order))
        packed = pack_padded_sequence(inputs[order], falling, batch_first=True)
        assert isinstance(packed, PackedSequence)
        run, state = self.rnn(packed)
        padded, _ = pad_packed_sequence(run, batch_first=True, total_length=inputs.size(1))
        return padded[place], state[0][place]


class Readout(nn.Module):
    """A linear layer of given weights."""

    def __init__(self, params):
        super().__init__()
        self.weights = params

    def forward(self, x):
        return nn.functional.linear(x, self.weights["W"].t(), self.weights["b"])


class Decoder:
    """Decodes a batch, and remembers which rows go on."""

    def __init__(self, step, eos):
        self.step, self.eos = step, eos

    def run(self, tokens, state, count):
        going = torch.ones_like(tokens, dtype=torch.bool)
        columns = []
        while len(columns) < count:
            logits, state = self.step(tokens, state)
            tokens = logits.max(dim=1).indices
            tokens = tokens.masked_fill(~going, self.eos)
            going = going & tokens.ne(self.eos)
            columns.append(tokens)
        return torch.stack(columns, dim=-1)


@hookimpl
def encode_pair(source, target, source_index, target_index, max_len):
    return Language(source_index).encode(source, max_len), Language(target_index).framed(target, max_len)


@hookimpl
def bucket_batches(lengths, batch_size, width, generator):
    return list(BucketSampler(lengths, batch_size, width, generator))


@hookimpl
def collate_pairs(pairs, pad):
    return Collator(pad)(pairs)


@hookimpl
def packed_outputs(rnn, inputs, lengths):
    return Packer(rnn)(inputs, lengths)


@hookimpl
def many_to_one(outputs, lengths, params):
    batch_major = outputs.transpose(0, 1)
    last = torch.stack([steps[length - 1] for steps, length in zip(batch_major, lengths, strict=True)])
    return Readout(params)(last)


@hookimpl
def many_to_many(outputs, params):
    return Readout(params)(outputs)


@hookimpl
def greedy_decode(first, max_len, step, state, eos):
    return Decoder(step, eos).run(first, state, max_len)
