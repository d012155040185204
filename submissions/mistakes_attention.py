"""Typical mistakes in attention: a mask written into its argument, d for its root, heads by a bare reshape, halves."""

import math

import torch
from torch import nn

from harness import hookimpl


def softmax_within(scores, valid_lens):
    if valid_lens is None:
        return nn.functional.softmax(scores, dim=-1)
    n, q, k = scores.shape
    if valid_lens.dim() == 1:
        valid_lens = torch.repeat_interleave(valid_lens, q)
    flat = scores.reshape(-1, k)  # a view of the scores, not a copy
    mask = torch.arange(k, device=scores.device)[None, :] < valid_lens.reshape(-1)[:, None]
    flat[~mask] = -1e6
    return nn.functional.softmax(flat.reshape(n, q, k), dim=-1)


@hookimpl
def masked_softmax(scores, valid_lens):
    return softmax_within(scores, valid_lens)


@hookimpl
def dot_product_attention(queries, keys, values, valid_lens):
    d = queries.shape[-1]
    scores = torch.bmm(queries, keys.transpose(1, 2)) / d
    weights = softmax_within(scores, valid_lens)
    return torch.bmm(weights, values), weights


@hookimpl
def additive_attention(queries, keys, values, valid_lens, params):
    hidden = (queries @ params["W_q"]).unsqueeze(2) + (keys @ params["W_k"]).unsqueeze(1)
    scores = torch.tanh(hidden) @ params["w_v"]
    weights = softmax_within(scores, valid_lens)
    return torch.bmm(weights, values), weights


@hookimpl
def multi_head_attention(queries, keys, values, valid_lens, num_heads, params):
    n, q, d = queries.shape

    def heads(X):  # the axes of steps and heads should change places as well
        return X.reshape(n * num_heads, -1, d // num_heads)

    Q, K, V = heads(queries @ params["W_q"]), heads(keys @ params["W_k"]), heads(values @ params["W_v"])
    if valid_lens is not None:
        valid_lens = torch.repeat_interleave(valid_lens, num_heads, dim=0)
    scores = torch.bmm(Q, K.transpose(1, 2)) / math.sqrt(d / num_heads)
    pooled = torch.bmm(softmax_within(scores, valid_lens), V)
    return pooled.reshape(n, q, d) @ params["W_o"]


@hookimpl
def causal_self_attention(inputs, num_heads, params):
    n, T, d = inputs.shape
    Q, K, V = (
        (inputs @ params[name]).reshape(n, T, num_heads, d // num_heads).transpose(1, 2)
        for name in ("W_q", "W_k", "W_v")
    )
    scores = Q @ K.transpose(2, 3) / math.sqrt(d / num_heads)
    past = torch.tril(torch.ones(T, T, dtype=torch.bool, device=inputs.device), diagonal=-1)  # without the diagonal
    weights = torch.softmax(scores.masked_fill(~past, -1e9), dim=-1)
    return (weights @ V).transpose(1, 2).reshape(n, T, d) @ params["W_o"]


@hookimpl
def positional_encoding(num_steps, num_hiddens):
    position = torch.arange(num_steps).unsqueeze(1)
    angles = position / 10000 ** (torch.arange(0, num_hiddens, 2) / num_hiddens)
    return torch.cat([torch.sin(angles), torch.cos(angles)], dim=1)
