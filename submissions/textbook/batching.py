"""Machine translation's data, padded batches, and greedy decoding (10.5-10.7, 16.2)."""

import torch
from torch import nn

from harness import hookimpl

from .module import Module


class MTData:
    """Pairs of sentences as indices, and batches of them (10.5)."""

    def __init__(self, src_vocab, tgt_vocab, num_steps):
        self.src_vocab, self.tgt_vocab, self.num_steps = src_vocab, tgt_vocab, num_steps

    def _index(self, vocab, words):
        unk = vocab["<unk>"]
        return [vocab.get(word, unk) for word in words]

    def build_array(self, src, tgt):
        tgt = ["<sos>", *tgt[: self.num_steps - 2], "<eos>"]
        return self._index(self.src_vocab, src[: self.num_steps]), self._index(self.tgt_vocab, tgt)


class BucketedLoader:
    """Batches of pairs of like lengths, in random order."""

    def __init__(self, lengths, batch_size, width):
        self.batch_size, self.buckets = batch_size, {}
        shortest = [min(pair[side] for pair in lengths) for side in (0, 1)]
        for i, pair in enumerate(lengths):
            key = tuple((pair[side] - shortest[side]) // width for side in (0, 1))
            self.buckets.setdefault(key, []).append(i)

    def batches(self, generator):
        batches = [
            bucket[i : i + self.batch_size]
            for bucket in self.buckets.values()
            for i in range(0, len(bucket), self.batch_size)
        ]
        order = torch.randperm(len(batches), generator=generator)
        return [batches[i] for i in order]


def truncate_pad(line, num_steps, padding_token):
    """10.5.3."""
    return line[:num_steps] + [padding_token] * (num_steps - len(line))


def pad_side(lines, padding_token):
    num_steps = max(len(line) for line in lines)
    return torch.tensor([truncate_pad(line, num_steps, padding_token) for line in lines])


class Encoder(Module):
    """A recurrent layer over padded sequences: the padding is reached by no step."""

    def forward(self, rnn, X, X_valid_len):
        num_steps = X.shape[1]
        X_valid_len, order = X_valid_len.sort(descending=True)
        packed = nn.utils.rnn.pack_padded_sequence(X[order], X_valid_len, batch_first=True)
        packed, state = rnn(packed)
        outputs, _ = nn.utils.rnn.pad_packed_sequence(packed, batch_first=True, total_length=num_steps)
        back = order.argsort()
        return outputs[back], state[0][back]


class OutputLayer(Module):
    """A dense layer (9.4.2), at every step, or as in sentiment analysis at the last one (16.2)."""

    def forward(self, outputs):
        return torch.matmul(outputs, self.W) + self.b

    def last(self, outputs, valid_len):
        return self(outputs[valid_len - 1, torch.arange(outputs.shape[1], device=outputs.device)])


def predict_step(first, num_steps, decoder, state, eos):
    """Greedy search, as `predict_step` of the encoder-decoder (10.7), for a whole batch."""
    outputs, ended = [first], torch.zeros_like(first, dtype=torch.bool)
    for _ in range(num_steps):
        Y, state = decoder(outputs[-1], state)
        token = Y.argmax(dim=-1).masked_fill(ended, eos)
        ended = ended | (token == eos)
        outputs.append(token)
    return torch.stack(outputs[1:], dim=1)


@hookimpl
def encode_pair(source, target, source_index, target_index, max_len):
    return MTData(source_index, target_index, max_len).build_array(source, target)


@hookimpl
def bucket_batches(lengths, batch_size, width, generator):
    return BucketedLoader(lengths, batch_size, width).batches(generator)


@hookimpl
def collate_pairs(pairs, pad):
    pairs = sorted(pairs, key=lambda pair: -len(pair[0]))
    return tuple(pad_side(side, pad) for side in zip(*pairs))


@hookimpl
def packed_outputs(rnn, inputs, lengths):
    return Encoder()(rnn, inputs, lengths)


@hookimpl
def many_to_one(outputs, lengths, params):
    return OutputLayer(params).last(outputs, lengths)


@hookimpl
def many_to_many(outputs, params):
    return OutputLayer(params)(outputs)


@hookimpl
def greedy_decode(first, max_len, step, state, eos):
    return predict_step(first, max_len, step, state, eos)
