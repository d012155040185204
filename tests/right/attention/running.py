"""Functional style: map, reduce and accumulate; the softmax keeps a running maximum from key to key."""

from functools import partial, reduce
from itertools import accumulate, starmap

import torch

from harness import hookimpl


def compose(*steps):
    return lambda start: reduce(lambda so_far, step: step(so_far), steps, start)


KERNELS = {
    "gaussian": compose(torch.square, torch.neg, partial(torch.mul, other=0.5), torch.exp),
    "boxcar": lambda u: 1 - torch.heaviside(u.abs() - 1, torch.ones_like(u)),
    "constant": compose(torch.zeros_like, torch.exp),
    "epanechnikov": compose(torch.abs, torch.neg, partial(torch.add, other=1), torch.relu),
}


@hookimpl
def kernel(name, distances, sigma):
    if name not in KERNELS:
        raise ValueError(f"choose from {' '.join(KERNELS)}")
    return KERNELS[name](torch.true_divide(distances, sigma))


@hookimpl
def nadaraya_watson(x_train, y_train, x_val, kernel):
    rows = [kernel(key - x_val) for key in x_train]
    total = reduce(torch.add, rows)
    weights = [row / total for row in rows]
    y_hat = reduce(torch.add, starmap(torch.mul, zip(y_train, weights, strict=True)))
    return y_hat, weights


@hookimpl
def attention_pooling(scores, values):
    by_key = scores.unbind(-1)
    *_, top = accumulate((one.detach() for one in by_key), torch.maximum)
    heights = [torch.exp(one - top) for one in by_key]
    total = reduce(torch.add, heights)
    shares = [one / total for one in heights]
    parts = (share[:, :, None] * value[:, None, :] for share, value in zip(shares, values.unbind(1), strict=True))
    return sum(parts), torch.stack(shares, -1)


def hidden_keys(valid_lens, k):
    """For each key, (n, 1) or (n, q): whether it lies beyond the length."""
    if valid_lens is None:
        return [torch.tensor([[False]])] * k
    columns = valid_lens if valid_lens.dim() == 2 else valid_lens[:, None]
    return [columns <= key for key in range(k)]


def share_out(by_key, hidden):
    """Each key's weight, from each key's scores (n, q)."""
    low = [torch.where(gone, -torch.inf, one) for one, gone in zip(by_key, hidden, strict=True)]
    *_, top = accumulate((one.detach() for one in low), torch.maximum)
    heights = [(one - top).exp() for one in low]
    total = reduce(torch.add, heights)
    return [one / total for one in heights]


def mixed(shares, by_key):
    """The sum of share (n, q) times value (n, v) over the keys."""
    return reduce(torch.add, (share[:, :, None] * one[:, None, :] for share, one in zip(shares, by_key, strict=True)))


@hookimpl
def masked_softmax(scores, valid_lens):
    return torch.stack(share_out(scores.unbind(-1), hidden_keys(valid_lens, scores.size(-1))), -1)


@hookimpl
def dot_product_attention(queries, keys, values, valid_lens):
    root = queries.size(-1) ** 0.5
    by_key = [(queries * key[:, None, :]).sum(-1) / root for key in keys.unbind(1)]
    shares = share_out(by_key, hidden_keys(valid_lens, keys.size(1)))
    return mixed(shares, torch.unbind(values, 1)), torch.stack(shares, -1)


@hookimpl
def additive_attention(queries, keys, values, valid_lens, params):
    project, measure = partial(torch.matmul, queries), compose(torch.tanh, lambda one: (one * params["w_v"]).sum(-1))
    asked = project(params["W_q"])
    by_key = [measure(asked + (key @ params["W_k"])[:, None]) for key in keys.unbind(1)]
    shares = share_out(by_key, hidden_keys(valid_lens, keys.size(1)))
    return mixed(shares, torch.unbind(values, 1)), torch.stack(shares, -1)


def blocks(params, num_heads):
    """For each head its columns of W_q, W_k, W_v and its rows of W_o."""
    columns = (params[name].chunk(num_heads, 1) for name in ("W_q", "W_k", "W_v"))
    return zip(*columns, params["W_o"].chunk(num_heads, 0), strict=True)


@hookimpl
def multi_head_attention(queries, keys, values, valid_lens, num_heads, params):
    def contribution(W_q, W_k, W_v, W_o):
        pooled, _ = dot_product_attention(queries @ W_q, keys @ W_k, values @ W_v, valid_lens)
        return pooled @ W_o

    return reduce(torch.add, starmap(contribution, blocks(params, num_heads)))


@hookimpl
def causal_self_attention(inputs, num_heads, params):
    def at(t):
        past = inputs[:, : t + 1]
        return multi_head_attention(inputs[:, t : t + 1], past, past, None, num_heads, params)

    return torch.cat(list(map(at, range(inputs.size(1)))), dim=1)


@hookimpl
def positional_encoding(num_steps, num_hiddens):
    turns = torch.logspace(0, -4, num_hiddens // 2 + 1, dtype=torch.float64)[:-1]
    step = torch.polar(torch.ones_like(turns), turns)
    rows = accumulate([torch.ones_like(step), *[step] * (num_steps - 1)], torch.mul)
    pairs = torch.view_as_real(torch.stack(list(rows)))
    return pairs.flip(-1).flatten(1).float()
