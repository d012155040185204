"""Decoding and sampling first-order chains."""

import torch

from harness import hookimpl


def best_step(scores, logs):
    """(the best score of arriving in each token, where it comes from)."""
    return (scores.unsqueeze(-1) + logs).max(dim=-2)


@hookimpl
def most_likely_sequence(initial, transition, num_steps):
    scores, logs, trail = initial.log(), transition.log(), []
    for _ in range(num_steps - 1):
        scores, source = best_step(scores, logs)
        trail.insert(0, source)
    path = [scores.argmax()]
    for source in trail:
        path.insert(0, source[path[0]])
    return torch.stack(path)


@hookimpl
def sample_chain(initial, transition, num_steps, generator):
    table = torch.cat([transition, initial[None]]).cpu()  # the last row is the start's
    chain = [len(initial)]
    for _ in range(num_steps):
        chain.append(torch.multinomial(table[chain[-1]], 1, generator=generator).squeeze().item())
    return chain[1:]
