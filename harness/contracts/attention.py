"""Attention: kernels, attention pooling, and the weights that they give to keys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from harness.contracts.component import Hook, component
from harness.contracts.results import Array, Parts

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
