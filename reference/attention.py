"""Attention, D2L 11.1-11.6."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from harness import hookimpl

Params = dict[str, Tensor]


@hookimpl
def kernel(name: str, distances: Tensor, sigma: float) -> Tensor:
    u = distances / sigma
    if name == "gaussian":
        return torch.exp(-(u**2) / 2)
    if name == "boxcar":
        return (u.abs() < 1).to(u.dtype)
    if name == "constant":
        return torch.ones_like(u)
    if name == "epanechnikov":
        return torch.clamp(1 - u.abs(), min=0)
    raise ValueError(f"name is {name!r}, but should be 'gaussian', 'boxcar', 'constant' or 'epanechnikov'")


@hookimpl
def nadaraya_watson(
    x_train: Tensor, y_train: Tensor, x_val: Tensor, kernel: Callable[[Tensor], Tensor]
) -> tuple[Tensor, Tensor]:
    alpha = kernel(x_train[:, None] - x_val[None, :])  # (k, q)
    weights = alpha / alpha.sum(dim=0)  # alpha(q, k_i) / sum_j alpha(q, k_j)  [11.2.2]
    y_hat = y_train @ weights  # (q,)
    return y_hat, weights


@hookimpl
def attention_pooling(scores: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
    weights = torch.softmax(scores, dim=-1)  # [11.1.3]
    pooled = weights @ values  # (n, q, v)  [11.1.1]
    return pooled, weights


@hookimpl
def masked_softmax(scores: Tensor, valid_lens: Tensor | None) -> Tensor:
    if valid_lens is None:
        return torch.softmax(scores, dim=-1)
    lengths = valid_lens[:, None, None] if valid_lens.ndim == 1 else valid_lens[:, :, None]  # (n, 1 or q, 1)
    masked = torch.arange(scores.shape[-1], device=scores.device) >= lengths  # (n, 1 or q, k)
    return torch.softmax(scores.masked_fill(masked, -torch.inf), dim=-1)


@hookimpl
def dot_product_attention(
    queries: Tensor, keys: Tensor, values: Tensor, valid_lens: Tensor | None
) -> tuple[Tensor, Tensor]:
    scores = queries @ keys.transpose(1, 2) / queries.shape[-1] ** 0.5  # (n, q, k)
    weights = masked_softmax(scores, valid_lens)
    return weights @ values, weights  # (n, q, v)  [11.3.6]


@hookimpl
def additive_attention(
    queries: Tensor, keys: Tensor, values: Tensor, valid_lens: Tensor | None, params: Params
) -> tuple[Tensor, Tensor]:
    Q, K = queries @ params["W_q"], keys @ params["W_k"]  # (n, q, h), (n, k, h)
    scores = torch.tanh(Q[:, :, None] + K[:, None]) @ params["w_v"]  # (n, q, k)  [11.3.7]
    weights = masked_softmax(scores, valid_lens)
    return weights @ values, weights  # (n, q, v)


@hookimpl
def multi_head_attention(
    queries: Tensor, keys: Tensor, values: Tensor, valid_lens: Tensor | None, num_heads: int, params: Params
) -> Tensor:
    Q = _split(queries @ params["W_q"], num_heads)  # (n * num_heads, q, d / num_heads)
    K = _split(keys @ params["W_k"], num_heads)
    V = _split(values @ params["W_v"], num_heads)
    lengths = None if valid_lens is None else valid_lens.repeat_interleave(num_heads, dim=0)
    heads, _ = dot_product_attention(Q, K, V, lengths)  # [11.5.1]
    return _join(heads, num_heads) @ params["W_o"]  # (n, q, d)  [11.5.2]


@hookimpl
def causal_self_attention(inputs: Tensor, num_heads: int, params: Params) -> Tensor:
    n, T, _ = inputs.shape
    lengths = torch.arange(1, T + 1, device=inputs.device).expand(n, T)  # position t sees t + 1 of them
    return multi_head_attention(inputs, inputs, inputs, lengths, num_heads, params)


@hookimpl
def positional_encoding(num_steps: int, num_hiddens: int) -> Tensor:
    positions = torch.arange(num_steps, dtype=torch.float64)[:, None]
    exponents = torch.arange(0, num_hiddens, 2, dtype=torch.float64) / num_hiddens  # 2j / d
    angles = positions / 10000**exponents  # (T, d / 2)
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1).float()  # (T, d)  [11.6.2]


def _split(X: Tensor, num_heads: int) -> Tensor:
    n, length, d = X.shape
    heads = X.reshape(n, length, num_heads, d // num_heads).transpose(1, 2)
    return heads.reshape(n * num_heads, length, d // num_heads)


def _join(heads: Tensor, num_heads: int) -> Tensor:
    length, width = heads.shape[1:]
    return heads.reshape(-1, num_heads, length, width).transpose(1, 2).reshape(-1, length, num_heads * width)
