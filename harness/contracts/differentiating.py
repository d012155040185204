"""Differentiating: vector-Jacobian products of a result with respect to every floating-point argument."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch

from harness.contracts.component import Component


def leaves_of(value: Any, path: str = "") -> Iterator[tuple[str, torch.Tensor]]:
    """Every floating-point tensor among live arguments, by path: `inputs`, `params.W_xh`, `state[0]`."""
    if isinstance(value, torch.Tensor):
        if value.is_floating_point():
            yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from leaves_of(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, (list, tuple)):
        for i, item in enumerate(value):
            yield from leaves_of(item, f"{path}[{i}]")


def cotangents(tensors: list[torch.Tensor], seed: int) -> list[torch.Tensor]:
    """Random cotangents for the given results: N(0, 1), rounded to float32, one draw a result in order."""
    generator = torch.Generator().manual_seed(seed)
    drawn = [torch.randn(tensor.shape, generator=generator) for tensor in tensors]
    return [one.to(tensor) for one, tensor in zip(drawn, tensors, strict=True)]


def vector_jacobian_products(
    component: Component, value: Any, leaves: dict[str, torch.Tensor], seed: int
) -> dict[str, torch.Tensor | None]:
    """The products of a result's Jacobian with the cotangents of `seed`, by leaf; None where none reaches.

    Raises WrongKind where the result is not of the component's kind.
    """
    canonical = component.result.canonical(value, "result")
    results = [tensor for _, tensor in component.result.tensors(canonical, "result")]
    weights = cotangents(results, seed)
    total = sum((result * weight).sum() for result, weight in zip(results, weights, strict=True))
    if not isinstance(total, torch.Tensor) or not total.requires_grad:
        return dict.fromkeys(leaves)
    found = torch.autograd.grad(total, list(leaves.values()), allow_unused=True)
    dense = [one.to_dense() if one is not None and one.layout is torch.sparse_coo else one for one in found]
    return dict(zip(leaves, dense, strict=True))
