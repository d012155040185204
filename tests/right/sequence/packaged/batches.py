"""Batches of a corpus."""

import warnings

import torch


def in_random_order(corpus, batch_size, num_steps, generator):
    drop = torch.randint(num_steps, size=[], generator=generator)
    rest = corpus[drop:]
    pieces = [rest[i : i + num_steps + 1] for i in range(0, len(rest), num_steps)]
    pieces = [piece for piece in pieces if len(piece) == num_steps + 1]
    lots = torch.rand(len(pieces), dtype=torch.double, generator=generator).tolist()
    pieces = [piece for _, piece in sorted(zip(lots, pieces, strict=True))]
    while len(pieces) >= batch_size:
        batch, pieces = torch.tensor(pieces[:batch_size]), pieces[batch_size:]
        yield batch[:, :-1], batch[:, 1:]
    if pieces:
        warnings.warn("a last partial batch is dropped", stacklevel=2)


def in_rows(rest, batch_size, num_steps):
    width = (len(rest) - 1) // batch_size
    rows = [rest[i * width : (i + 1) * width + 1] for i in range(batch_size)]
    print(f"{batch_size} rows of {width} tokens")
    for first in range(0, width, num_steps):
        batch = [row[first : first + num_steps + 1] for row in rows]
        if len(batch[0]) < num_steps + 1:
            warnings.warn(f"{len(batch[0]) - 1} columns are dropped", stacklevel=2)
            return
        whole = torch.tensor(batch)
        yield (whole[:, :-1].clone(), whole[:, 1:].clone())
