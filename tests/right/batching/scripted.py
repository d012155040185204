"""Scripted style: TorchScript functions do the arithmetic; plain Python around them calls the layer and `step`."""

import torch

from harness import hookimpl


@torch.jit.script
def lookup(words: list[str], index: dict[str, int], room: int) -> list[int]:
    """The indices of the first words."""
    unknown = index["<unk>"]
    found: list[int] = []
    for i in range(min(len(words), room)):
        word = words[i]
        found.append(index.get(word, unknown))
    return found


@torch.jit.script
def bucket_numbers(lengths: torch.Tensor, width: int) -> torch.Tensor:
    """One number for each pair's bucket."""
    shifted = lengths - lengths.amin(0)
    cells = torch.div(shifted, width, rounding_mode="floor")
    return cells[:, 0] * (cells.max() + 1) + cells[:, 1]


@torch.jit.script
def pad_rows(rows: list[list[int]], pad: int) -> torch.Tensor:
    """A tensor of rows, filled up with pad."""
    widest = 0
    for row in rows:
        widest = max(widest, len(row))
    table = torch.full([len(rows), widest], pad, dtype=torch.int64)
    for i in range(len(rows)):
        for j in range(len(rows[i])):
            table[i, j] = rows[i][j]
    return table


@torch.jit.script
def falling(lengths: list[int]) -> list[int]:
    """The places of lengths from the largest to the smallest, equal ones in order: counted, not compared."""
    order: list[int] = []
    largest = max(lengths)
    for k in range(largest):
        for i in range(len(lengths)):
            if lengths[i] == largest - k:
                order.append(i)
    return order


@torch.jit.script
def unsort(outputs: torch.Tensor, state: torch.Tensor, order: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Rows back in the order that they were given in."""
    back = torch.argsort(order)
    return outputs.index_select(0, back), state[0].index_select(0, back)


@torch.jit.script
def read_last(outputs: torch.Tensor, lengths: torch.Tensor, W: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """The answer of each sequence."""
    rows: list[torch.Tensor] = []
    for i in range(outputs.size(1)):
        t = int(lengths[i].item()) - 1
        rows.append(outputs[t, i])
    return torch.stack(rows).mm(W) + b


@torch.jit.script
def read_all(outputs: torch.Tensor, W: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """The answers of every step."""
    return torch.bmm(outputs, W.unsqueeze(0).expand(outputs.size(0), -1, -1)) + b


@torch.jit.script
def advance(logits: torch.Tensor, alive: torch.Tensor, eos: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The next tokens, and who is alive after them."""
    best = torch.topk(logits, 1, 1)[1][:, 0]
    tokens = best * alive + eos * (1 - alive)
    return tokens, alive * (tokens != eos).to(torch.int64)


@hookimpl
def encode_pair(source, target, source_index, target_index, max_len):
    body = lookup(target, target_index, max_len - 2)
    body.insert(0, target_index["<sos>"])
    body.append(target_index["<eos>"])
    return lookup(source, source_index, max_len), body


@hookimpl
def bucket_batches(lengths, batch_size, width, generator):
    numbers = bucket_numbers(torch.tensor(lengths), width)
    keys = (numbers * len(lengths) + torch.arange(len(lengths))).sort().values  # by bucket, then by index
    places, counts = keys % len(lengths), torch.unique_consecutive(keys // len(lengths), return_counts=True)[1]
    batches = [part for held in places.split(counts.tolist()) for part in held.split(batch_size)]
    shuffled = torch.multinomial(torch.ones(len(batches)), len(batches), generator=generator)
    return [batches[b] for b in shuffled]


@hookimpl
def collate_pairs(pairs, pad):
    order = falling([len(pair[0]) for pair in pairs])
    return pad_rows([pairs[i][0] for i in order], pad), pad_rows([pairs[i][1] for i in order], pad)


@hookimpl
def packed_outputs(rnn, inputs, lengths):
    order = torch.argsort(lengths, descending=True)
    packed = torch.nn.utils.rnn.pack_padded_sequence(inputs[order.to(inputs.device)], lengths[order], True)
    run, state = rnn(packed)
    outputs, _ = torch.nn.utils.rnn.pad_packed_sequence(run, True, 0.0, inputs.size(1))
    return unsort(outputs, state, order.to(inputs.device))


@hookimpl
def many_to_one(outputs, lengths, params):
    return read_last(outputs, lengths, params["W"], params["b"])


@hookimpl
def many_to_many(outputs, params):
    return read_all(outputs, params["W"], params["b"])


@hookimpl
def greedy_decode(first, max_len, step, state, eos):
    columns, alive, tokens = [], torch.ones_like(first), first
    for _ in range(max_len):
        logits, state = step(tokens, state)
        tokens, alive = advance(logits, alive, eos)
        columns.append(tokens)
    return torch.stack(columns).t()
