"""The one table of tolerances, each with its reason.

The oracle is the reference in float64 on the CPU, fed the same rounded inputs. `own_error` is how far the
reference itself, run in the submission's dtype, is from that oracle: another right implementation rounds
in another order, and differs by a small multiple of it.
"""

from __future__ import annotations

import torch

ROUNDINGS = 16
"""Another order of summation differs by at most a few times the reference's own error; measured 5.2e-7
between three LSTMs in different styles, 1.2e-6 at worst over T <= 35."""

EPSILONS = 64
"""A floor for results that the reference happens to hit exactly: 64 units in the last place."""

FLOAT64 = 1e-10
"""Float64 arguments promise float64 accuracy: a float32 result cast up is off by 1e-8, right work by 1e-13."""

FLOAT32_RELATIVE, FLOAT32_ABSOLUTE = 1e-4, 1e-5
"""The cap on a float32 tolerance, whatever the reference's own error was."""

GRADIENT_RELATIVE = 1e-3
"""The cap on a float32 gradient's tolerance, relative to its largest entry."""

REAL = 1e-5
"""Results that are Python floats state no precision, and may have been computed in float32."""

FIT = 1e-4
"""A least-squares slope by the textbook's sums, in float32, loses digits to cancellation: 6e-6 was seen."""

STABLE = 1e-2
"""Scores of 1e4 carry a rounding error of 5e-4 each in float32 before anything is computed from them."""

LAW = {torch.float64: 1e-9, torch.float32: 1e-4}
"""Two results of one submission that a law makes equal: each has its own rounding error."""

DIFFERENCES = 1e-6
"""Central differences in float64 with a step of 1e-5 are off by about 1e-9 on functions of this size."""


ALIKE = {torch.float64: (1e-10, 1e-9), torch.float32: (1e-5, 1e-3)}
"""Absolute and relative: two wrong implementations with one bug between them differ by rounding alone, which a bug
or scores of 1e4 may amplify; two different bugs differ by more on some case, in float64 at the latest."""


def value_tolerance(dtype: torch.dtype, expected: torch.Tensor, own_error: float) -> float:
    """The largest difference from the oracle that a result of `dtype` may show, anywhere in the tensor."""
    scale = max(1.0, largest(expected))
    if dtype is torch.float64:
        return FLOAT64 * scale
    wanted = max(ROUNDINGS * own_error, EPSILONS * torch.finfo(dtype).eps * scale)
    return min(wanted, FLOAT32_ABSOLUTE + FLOAT32_RELATIVE * largest(expected))


def gradient_tolerance(dtype: torch.dtype, expected: torch.Tensor, own_error: float, everywhere: float) -> float:
    """The largest difference that a gradient of `dtype` may show; `everywhere` is the largest entry of
    all gradients of the case, whose rounding leaks into small ones."""
    size = largest(expected)
    if dtype is torch.float64:
        return FLOAT64 * max(1.0, everywhere)
    eps = torch.finfo(dtype).eps
    wanted = max(ROUNDINGS * own_error, EPSILONS * eps * size)
    return max(min(wanted, GRADIENT_RELATIVE * size), 4 * eps * everywhere)


def law_tolerance(dtype: torch.dtype, expected: torch.Tensor) -> float:
    """The largest difference between two results that a law makes equal."""
    return LAW.get(dtype, 0.0) * max(1.0, largest(expected))


def alike_tolerance(name: str, one: torch.Tensor, other: torch.Tensor) -> float:
    """The largest difference between two results of `one`'s dtype that are to count as the same mistake's."""
    absolute, relative = ALIKE.get(one.dtype, (0.0, 0.0))
    return absolute + relative * largest(other)


def largest(tensor: torch.Tensor) -> float:
    """The largest finite magnitude of a tensor, 0.0 where there is none."""
    finite = tensor[torch.isfinite(tensor)] if tensor.dtype.is_floating_point else tensor.double()
    return float(finite.abs().max()) if finite.numel() else 0.0
