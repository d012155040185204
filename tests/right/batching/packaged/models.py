"""What reads and what answers."""

import torch


class Linear:
    """x W + b of a list of vectors."""

    def __init__(self, W, b):
        self.W, self.b = W, b

    def __call__(self, vectors):
        return torch.stack([(vector[:, None] * self.W).sum(0) + self.b for vector in vectors])


def read(rnn, inputs, lengths):
    """Step by step, each step with the sequences that are still there, the longest first."""
    order = sorted(range(len(lengths)), key=lambda i: -int(lengths[i]))
    state = inputs.new_zeros(1, len(order), rnn.hidden_size)
    runs = [[] for _ in order]
    for t in range(inputs.shape[1]):
        there = sum(int(length) > t for length in lengths)
        if there:
            rows = torch.stack([inputs[i, t] for i in order[:there]])[:, None]
            _, new = rnn(rows, state[:, :there].contiguous())
            state = torch.cat([new, state[:, there:]], dim=1)
        for place, i in enumerate(order):
            runs[i].append(state[0, place] if place < there else torch.zeros_like(state[0, place]))
    last = [state[0, order.index(i)] for i in range(len(order))]
    return torch.stack([torch.stack(run) for run in runs]), torch.stack(last)


def follow(first, count, step, state, eos):
    """Decode recursively: the rest after one step is a decoding too."""

    def go(tokens, state, over, left):
        if left == 0:
            return []
        logits, state = step(tokens, state)
        _, best = torch.sort(logits, dim=1, descending=True)
        tokens = torch.where(over, torch.full_like(tokens, eos), best[:, 0])
        return [tokens, *go(tokens, state, over | (tokens == eos), left - 1)]

    return torch.stack(go(first, state, torch.zeros_like(first).bool(), count), dim=1)
