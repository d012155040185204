"""Batches of pairs."""

import torch


class Grid:
    """Pairs by the cell that their lengths lie in."""

    def __init__(self, lengths, width):
        self.cells = {}
        left, bottom = (min(lengths, key=lambda pair, i=i: pair[i])[i] for i in (0, 1))
        for place, (a, b) in enumerate(lengths):
            column, row = range(left, a + 1, width)[-1], range(bottom, b + 1, width)[-1]
            self.cells.setdefault(column, {}).setdefault(row, []).append(place)

    def batches(self, size):
        for column in self.cells.values():
            for cell in column.values():
                while cell:
                    yield cell[:size]
                    del cell[:size]


def shuffled(batches, generator):
    """From the front: each place gets one of those that are left."""
    for i in range(len(batches)):
        j = i + int(torch.randint(len(batches) - i, (), generator=generator))
        batches[i], batches[j] = batches[j], batches[i]
    return batches


def upright(rows, pad):
    """A tensor of rows of one width."""
    storage = torch.nn.utils.rnn.pad_sequence([torch.tensor(row, dtype=torch.int64) for row in rows], padding_value=pad)
    return storage.T.contiguous()
