"""Attention (11.1-11.6)."""

import math

import torch
from torch import nn

from harness import hookimpl

from .module import Module


def gaussian(u):
    return torch.exp(-(u**2) / 2)


def boxcar(u):
    return (torch.abs(u) < 1.0).type(u.dtype)


def constant(u):
    return 1.0 + 0 * u


def epanechnikov(u):
    return torch.max(1 - torch.abs(u), torch.zeros_like(u))


KERNELS = {"gaussian": gaussian, "boxcar": boxcar, "constant": constant, "epanechnikov": epanechnikov}


def softmax_within(X, valid_lens):
    """Softmax over the first valid_lens keys; X is left as it is (11.3.2.1)."""
    if valid_lens is None:
        return nn.functional.softmax(X, dim=-1)
    if valid_lens.dim() == 1:
        valid_lens = torch.repeat_interleave(valid_lens, X.shape[1]).reshape(X.shape[:2])
    mask = torch.arange(X.shape[-1], device=X.device) < valid_lens.unsqueeze(-1)
    return nn.functional.softmax(torch.where(mask, X, torch.full_like(X, -1e6)), dim=-1)


class DotProductAttention(Module):
    """Equation 11.3.6 (11.3.3)."""

    def score(self, queries, keys):
        return torch.bmm(queries, keys.transpose(1, 2)) / math.sqrt(queries.shape[-1])

    def forward(self, queries, keys, values, valid_lens=None):
        self.attention_weights = softmax_within(self.score(queries, keys), valid_lens)
        return torch.bmm(self.attention_weights, values)


class AdditiveAttention(DotProductAttention):
    """Equation 11.3.7 (11.3.4)."""

    def score(self, queries, keys):
        queries, keys = torch.matmul(queries, self.W_q), torch.matmul(keys, self.W_k)
        features = torch.tanh(queries.unsqueeze(2) + keys.unsqueeze(1))
        return torch.matmul(features, self.w_v)


class MultiHeadAttention(Module):
    """Heads side by side, computed as one batch (11.5.2)."""

    def __init__(self, num_heads, params):
        super().__init__(params)
        self.num_heads, self.attention = num_heads, DotProductAttention()

    def transpose_qkv(self, X):
        """(n, steps, d) to (n · heads, steps, d / heads)."""
        return X.unflatten(-1, (self.num_heads, -1)).transpose(1, 2).flatten(0, 1)

    def transpose_output(self, X):
        """The way back."""
        return X.unflatten(0, (-1, self.num_heads)).transpose(1, 2).flatten(2)

    def forward(self, queries, keys, values, valid_lens):
        lens = None if valid_lens is None else valid_lens.repeat_interleave(self.num_heads, dim=0)
        projected = (queries @ self.W_q, keys @ self.W_k, values @ self.W_v)
        heads = self.attention(*map(self.transpose_qkv, projected), lens)
        return self.transpose_output(heads) @ self.W_o


class PositionalEncoding(Module):
    """Equation 11.6.2 (11.6.3)."""

    def __init__(self, num_hiddens, max_len=1000):
        super().__init__()
        X = torch.arange(max_len, dtype=torch.float32).reshape(-1, 1)
        X = X / torch.pow(10000, torch.arange(0, num_hiddens, 2, dtype=torch.float32) / num_hiddens)
        self.P = torch.zeros(max_len, num_hiddens)
        self.P[:, 0::2] = torch.sin(X)
        self.P[:, 1::2] = torch.cos(X)


@hookimpl
def kernel(name, distances, sigma):
    if name not in KERNELS:
        raise ValueError(f"there is no kernel {name!r}")
    return KERNELS[name](distances / sigma)


@hookimpl
def nadaraya_watson(x_train, y_train, x_val, kernel):  # equation 11.2.2
    dists = x_train.reshape(-1, 1) - x_val.reshape(1, -1)  # a column for each query
    k = kernel(dists)
    attention_w = k / k.sum(0)
    return y_train @ attention_w, attention_w


@hookimpl
def attention_pooling(scores, values):  # equations 11.1.1, 11.1.3
    attention_weights = softmax_within(scores, None)
    return torch.bmm(attention_weights, values), attention_weights


@hookimpl
def masked_softmax(scores, valid_lens):
    return softmax_within(scores, valid_lens)


@hookimpl
def dot_product_attention(queries, keys, values, valid_lens):
    attention = DotProductAttention()
    return attention(queries, keys, values, valid_lens), attention.attention_weights


@hookimpl
def additive_attention(queries, keys, values, valid_lens, params):
    attention = AdditiveAttention(params)
    return attention(queries, keys, values, valid_lens), attention.attention_weights


@hookimpl
def multi_head_attention(queries, keys, values, valid_lens, num_heads, params):
    return MultiHeadAttention(num_heads, params)(queries, keys, values, valid_lens)


@hookimpl
def causal_self_attention(inputs, num_heads, params):  # as the decoder of 11.7.5 in training
    n, num_steps, _ = inputs.shape
    valid_lens = torch.arange(1, num_steps + 1, device=inputs.device).repeat(n, 1)
    return MultiHeadAttention(num_heads, params)(inputs, inputs, inputs, valid_lens)


@hookimpl
def positional_encoding(num_steps, num_hiddens):
    return PositionalEncoding(num_hiddens).P[:num_steps]
