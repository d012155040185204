"""Two ways to score a query and a key."""

import torch


def dot_products(queries, keys):
    score = torch.vmap(torch.vmap(torch.vmap(torch.dot, (None, 0)), (0, None)))
    return score(queries, keys) * queries.size(-1) ** -0.5


def additive(queries, keys, W_q, W_k, w_v):
    hidden = (queries @ W_q)[:, :, None, :] + (keys @ W_k)[:, None, :, :]
    return torch.nn.functional.linear(torch.tanh(hidden), w_v[None])[..., 0]
