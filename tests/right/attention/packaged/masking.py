"""Softmax within a length: each row is cut at its own length and padded again."""

import torch


def within(scores, lens):
    if lens is None:
        return scores.softmax(-1)
    n, q, k = scores.shape
    if lens.dim() == 1:
        lens = lens.repeat_interleave(q)
    rows = scores.reshape(n * q, k).split(1)
    cut = [row[0, :length].softmax(0) for row, length in zip(rows, lens.flatten().tolist(), strict=True)]
    padded = torch.nn.utils.rnn.pad_sequence([*cut, scores.new_zeros(k)], batch_first=True)
    return padded[:-1].reshape(n, q, k)
