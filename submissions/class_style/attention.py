"""Attention: pooling, scores, many heads and positions."""

import torch
from torch import nn
from torch.func import functional_call

from harness import hookimpl


class Kernels:
    """Similarity kernels on scaled distances."""

    def gaussian(self, u):
        return torch.exp(-(u**2) / 2)

    def boxcar(self, u):
        return (u.abs() < 1).to(u.dtype)

    def constant(self, u):
        return torch.ones_like(u)

    def epanechnikov(self, u):
        return torch.relu(1 - u.abs())


class AttentionPooling(nn.Module):
    """Weights over keys by softmax, and the weighted sum of values."""

    def forward(self, scores, values):
        weights = nn.functional.softmax(scores, dim=-1)
        return torch.bmm(weights, values), weights


class MaskedSoftmax(nn.Module):
    """Softmax over the keys within a length for each batch element, or for each query."""

    def forward(self, scores, valid_lens=None):
        if valid_lens is None:
            return nn.functional.softmax(scores, dim=-1)
        if valid_lens.dim() == 1:
            valid_lens = valid_lens[:, None].expand(-1, scores.shape[1])
        positions = torch.arange(scores.shape[-1], device=scores.device)
        hidden = positions[None, None, :] >= valid_lens[:, :, None]
        return nn.functional.softmax(scores.masked_fill(hidden, float("-inf")), dim=-1)


class DotProductAttention(nn.Module):
    """Scores are dot products over the root of the width."""

    def __init__(self):
        super().__init__()
        self.softmax = MaskedSoftmax()

    def score(self, queries, keys):
        return torch.bmm(queries, keys.transpose(1, 2)) / queries.shape[-1] ** 0.5

    def forward(self, queries, keys, values, valid_lens=None):
        weights = self.softmax(self.score(queries, keys), valid_lens)
        return torch.bmm(weights, values), weights


class AdditiveAttention(DotProductAttention):
    """Scores are those of a network with one hidden layer; its weights come by name."""

    def __init__(self):
        super().__init__()
        for name in ("W_q", "W_k", "w_v"):
            self.register_parameter(name, nn.Parameter(torch.zeros(1)))

    def score(self, queries, keys):
        hidden = (queries @ self.W_q).unsqueeze(2) + (keys @ self.W_k).unsqueeze(1)
        return torch.tanh(hidden) @ self.w_v


class MultiHeadAttention(nn.Module):
    """Heads side by side in the columns of the projections."""

    def __init__(self, num_heads):
        super().__init__()
        self.num_heads = num_heads
        self.attention = DotProductAttention()
        for name in ("W_q", "W_k", "W_v", "W_o"):
            self.register_parameter(name, nn.Parameter(torch.zeros(1)))

    def split(self, X):
        n, length, d = X.shape
        X = X.reshape(n, length, self.num_heads, d // self.num_heads).permute(0, 2, 1, 3)
        return X.reshape(n * self.num_heads, length, d // self.num_heads)

    def join(self, X):
        X = X.reshape(-1, self.num_heads, *X.shape[1:]).permute(0, 2, 1, 3)
        return X.flatten(2)

    def forward(self, queries, keys, values, valid_lens=None):
        Q, K, V = self.split(queries @ self.W_q), self.split(keys @ self.W_k), self.split(values @ self.W_v)
        if valid_lens is not None:
            valid_lens = torch.repeat_interleave(valid_lens, self.num_heads, dim=0)
        heads, _ = self.attention(Q, K, V, valid_lens)
        return self.join(heads) @ self.W_o


class CausalSelfAttention(MultiHeadAttention):
    """Each position attends to itself and to those before it."""

    def forward(self, inputs):
        n, length, _ = inputs.shape
        steps = torch.arange(1, length + 1, device=inputs.device).repeat(n, 1)
        return super().forward(inputs, inputs, inputs, steps)


class PositionalEncoding(nn.Module):
    """Sines in the even columns, cosines in the odd ones."""

    def __init__(self, num_hiddens, num_steps):
        super().__init__()
        X = torch.arange(num_steps, dtype=torch.float32).reshape(-1, 1)
        X = X / torch.pow(10000, torch.arange(0, num_hiddens, 2, dtype=torch.float32) / num_hiddens)
        self.P = torch.zeros((num_steps, num_hiddens))
        self.P[:, 0::2] = torch.sin(X)
        self.P[:, 1::2] = torch.cos(X)


@hookimpl
def kernel(name, distances, sigma):
    if name not in ("gaussian", "boxcar", "constant", "epanechnikov"):
        raise ValueError(f"unknown kernel: {name}")
    return getattr(Kernels(), name)(distances / sigma)


@hookimpl
def nadaraya_watson(x_train, y_train, x_val, kernel):
    similarity = kernel(x_train[:, None] - x_val[None, :])
    weights = similarity / similarity.sum(dim=0)
    return y_train @ weights, weights


@hookimpl
def attention_pooling(scores, values):
    return AttentionPooling()(scores, values)


@hookimpl
def masked_softmax(scores, valid_lens):
    return MaskedSoftmax()(scores, valid_lens)


@hookimpl
def dot_product_attention(queries, keys, values, valid_lens):
    return DotProductAttention()(queries, keys, values, valid_lens)


@hookimpl
def additive_attention(queries, keys, values, valid_lens, params):
    return functional_call(AdditiveAttention(), params, (queries, keys, values, valid_lens))


@hookimpl
def multi_head_attention(queries, keys, values, valid_lens, num_heads, params):
    return functional_call(MultiHeadAttention(num_heads), params, (queries, keys, values, valid_lens))


@hookimpl
def causal_self_attention(inputs, num_heads, params):
    return functional_call(CausalSelfAttention(num_heads), params, (inputs,))


@hookimpl
def positional_encoding(num_steps, num_hiddens):
    return PositionalEncoding(num_hiddens, num_steps).P
