"""Attention, D2L 11.1-11.6."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from harness import hookimpl


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
