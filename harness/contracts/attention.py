"""Attention: kernels, pooling, scoring functions, many heads, and positions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from harness.contracts.component import Hook, component
from harness.contracts.results import Array, Parts

Tensor = torch.Tensor
Params = dict[str, Tensor]

KERNELS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "gaussian": lambda u: torch.exp(-u * u / 2),
    "boxcar": lambda u: (u.abs() < 1).to(u.dtype),
    "constant": lambda u: torch.ones_like(u),
    "epanechnikov": lambda u: (1 - u.abs()).clamp(min=0),
    "cauchy": lambda u: 1 / (1 + u * u),
}
"""What a case may pass as the argument `kernel`, by the name in its plain description."""


@dataclass(frozen=True)
class _LikeDistances(Array):
    """A tensor of the shape that the distances have."""

    @property
    def name(self) -> str:
        return "a tensor of the shape of distances"


@component(_LikeDistances("..."), points=1)
def kernel(name: str, distances: torch.Tensor, sigma: float) -> torch.Tensor:
    """Weigh distances by the kernel of the given name and width.

    Shapes: `distances` a floating-point tensor of any shape, of either sign; `sigma` a float above 0; a tensor
        of the same shape and the same floating dtype out (no bools).
    Conventions: with u = distances / sigma,
        "gaussian": exp(-u^2 / 2);
        "boxcar": 1 where |u| < 1, else 0;
        "constant": 1;
        "epanechnikov": max(0, 1 - |u|), the book's triangular form.
        Ungraded: |u| = 1; gradients.
    Raises: ValueError on another name.
    Source: D2L 11.2.1.
    """


def kernel_of(described: dict[str, Any]) -> Callable[[Any], torch.Tensor]:
    """The callable that a plain description `{"name": …, "sigma": …}` stands for: pure, elementwise, even,
    for distances of any shape; every result is a new tensor of the distances' dtype and device."""
    shape, sigma = KERNELS[described["name"]], float(described["sigma"])

    def weigh(distances: Any) -> torch.Tensor:
        # A hook that loops may pass a Python float, which has float64 precision.
        dtype = torch.float64 if isinstance(distances, float) else None
        return shape(torch.as_tensor(distances, dtype=dtype) / sigma)

    return weigh


def observe_nadaraya_watson(hook: Hook, arguments: dict[str, Any], drive: dict[str, Any]) -> Any:
    """Call the hook with the kernel that its plain description stands for."""
    return hook(**{**arguments, "kernel": kernel_of(arguments["kernel"])})


@component(Parts(y_hat=Array("q"), weights=Array("k q")), points=2, observer=observe_nadaraya_watson)
def nadaraya_watson(
    x_train: torch.Tensor, y_train: torch.Tensor, x_val: torch.Tensor, kernel: Callable[[torch.Tensor], torch.Tensor]
) -> tuple[torch.Tensor, torch.Tensor]:
    """Predict by Nadaraya-Watson regression: an average of the targets, weighted by the kernel.

    Shapes: `x_train` and `y_train` (k,), `x_val` (q,); (y_hat (q,), weights (k, q)) out.
    Conventions: y_hat(q) = sum_i y_i alpha(q, x_i) / sum_j alpha(q, x_j) [11.2.2], where alpha is the kernel of
        the distance between query and key; weights[i, j] is the share of key i in the prediction for query j,
        so each column of the weights sums to 1. `kernel` is a callable on distances: a tensor of distances of
        any shape in, a tensor of its shape and floating dtype out; it is pure, elementwise and even, so the
        sign of a distance does not matter.
        Ungraded: a query with no key in range; gradients.
    Source: D2L 11.2.2, equation 11.2.2.
    """


@component(Parts(pooled=Array("n q v"), weights=Array("n q k")), points=2, gradients=True)
def attention_pooling(scores: torch.Tensor, values: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Pool values by attention: turn scores into weights, and add the values up with them.

    Shapes: `scores` (n, q, k), `values` (n, k, v); (pooled (n, q, v), weights (n, q, k)) out.
    Conventions: weights = softmax of the scores over the keys [11.1.3]; pooled = the sum over the keys of
        weight times value [11.1.1]. Stable for scores of +-1e4: finite, and within 1e-2 in float32 (full
        accuracy in float64). Gradients with respect to scores and values are graded.
    Source: D2L 11.1, equations 11.1.1 and 11.1.3.
    """


@component(Array("n q k"), points=2, gradients=True)
def masked_softmax(scores: Tensor, valid_lens: Tensor | None) -> Tensor:
    """Turn scores into weights over the keys within the valid length.

    Shapes: `scores` (n, q, k); `valid_lens` None, (n,) or (n, q), int32 or int64; weights (n, q, k) out.
    Conventions: softmax over the keys; those at index >= the length get weight exactly 0, the others share all
        of it. (n,) holds a length for each batch element, (n, q) one for each query; None masks nothing. Lengths
        stand on the scores' device. Stable for scores of +-1e4, those of masked keys included: finite, and
        within 1e-2 in float32 (full accuracy in float64). The scores are not mutated. Gradients with respect
        to the scores are graded.
        Ungraded: a length of 0 or above k; scores that are inf or nan.
    Source: D2L 11.3.2.1.
    """


_ATTENTION = Parts(output=Array("n q v"), weights=Array("n q k"))


@component(_ATTENTION, points=2, gradients=True)
def dot_product_attention(
    queries: Tensor, keys: Tensor, values: Tensor, valid_lens: Tensor | None
) -> tuple[Tensor, Tensor]:
    """Attend by scaled dot products of queries and keys.

    Shapes: `queries` (n, q, d), `keys` (n, k, d), `values` (n, k, v); `valid_lens` None, (n,) or (n, q), as in
        masked_softmax; (output (n, q, v), weights (n, q, k)) out.
    Conventions: output = softmax(Q K^T / sqrt(d)) V [11.3.6]; keys at index >= the length get weight exactly 0. No
        dropout. Stable for scores of +-1e4: finite, and within 1e-2 in float32 (full accuracy in float64).
        Gradients with respect to queries, keys and values are graded, through output and weights alike.
        Ungraded: a length of 0 or above k; inf and nan.
    Source: D2L 11.3.3, equation 11.3.6.
    """


@component(_ATTENTION, points=2, gradients=True)
def additive_attention(
    queries: Tensor, keys: Tensor, values: Tensor, valid_lens: Tensor | None, params: Params
) -> tuple[Tensor, Tensor]:
    """Attend by additive scores, a small network of each query and key.

    Shapes: `queries` (n, q, dq), `keys` (n, k, dk), `values` (n, k, v); `valid_lens` None, (n,) or (n, q), as in
        masked_softmax; params W_q (dq, h), W_k (dk, h), w_v (h,); (output (n, q, v), weights (n, q, k)) out.
    Conventions: the score of a query and a key is w_v . tanh(q W_q + k W_k) [11.3.7], without bias and without
        scaling; output = softmax of the scores over the keys, times the values; keys at index >= the length
        get weight exactly 0. No dropout. Stable for scores of +-1e4: finite, and within 1e-2 in float32 (full
        accuracy in float64). Gradients with respect to queries, keys, values and every parameter are graded,
        through output and weights alike.
        Ungraded: a length of 0 or above k; inf and nan.
    Source: D2L 11.3.4, equation 11.3.7.
    """


@component(Array("n q d"), points=3, gradients=True)
def multi_head_attention(
    queries: Tensor, keys: Tensor, values: Tensor, valid_lens: Tensor | None, num_heads: int, params: Params
) -> Tensor:
    """Attend with several heads side by side, each to its own columns of the projections.

    Shapes: `queries` (n, q, d), `keys` and `values` (n, k, d); `valid_lens` None, (n,) or (n, q), as in
        masked_softmax, the same for all heads; params W_q, W_k, W_v, W_o (d, d); (n, q, d) out.
    Conventions: num_heads divides d. Q = queries W_q, K = keys W_k, V = values W_v, no bias; head i takes the
        d/num_heads columns from i * d/num_heads onward of each, and computes softmax(Q K^T / sqrt(d/num_heads)) V
        with its own; the heads' outputs are joined in order and multiplied by W_o. No dropout. Stable for scores of
        +-1e4: finite, and within 1e-2 in float32 (full accuracy in float64). Gradients with respect to queries,
        keys, values and every parameter are graded.
        Ungraded: a length of 0 or above k; inf and nan.
    Source: D2L 11.5, equations 11.5.1 and 11.5.2.
    """


@component(Array("n T d"), points=3, gradients=True)
def causal_self_attention(inputs: Tensor, num_heads: int, params: Params) -> Tensor:
    """Let each position of a sequence attend to itself and to those before it, with several heads.

    Shapes: `inputs` (n, T, d), batch first; params W_q, W_k, W_v, W_o (d, d); (n, T, d) out.
    Conventions: multi_head_attention in which queries, keys and values all are the inputs, and position t attends
        to the positions <= t only, its own included. No bias, no dropout, no positional encoding. Gradients with
        respect to inputs and every parameter are graded.
    Source: D2L 11.6.1 and 11.7.5.
    """


@component(Array("T d"), points=1)
def positional_encoding(num_steps: int, num_hiddens: int) -> Tensor:
    """Make the fixed positional encoding of sines and cosines.

    Shapes: two ints in, T = num_steps at most 1000, d = num_hiddens; (T, d) out.
    Conventions: P[i, 2j] = sin(i / 10000^(2j/d)), P[i, 2j+1] = cos of the same [11.6.2]; positions i count from 0,
        sines and cosines take turns. float32, on the CPU, within 1e-4.
        Ungraded: odd num_hiddens.
    Source: D2L 11.6.3, equation 11.6.2.
    """
