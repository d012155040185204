"""Scripted style: the arithmetic is TorchScript, compiled from source when the module is imported."""

import torch

from harness import hookimpl

COMPILED = torch.jit.CompilationUnit(
    """
def weigh(u: Tensor, which: int) -> Tensor:
    if which == 0:
        return torch.exp(u * u * -0.5)
    if which == 1:
        return (torch.abs(u) < 1).to(u.dtype)
    if which == 2:
        return torch.ones_like(u)
    return torch.clamp(1 - torch.abs(u), min=0.0)


def average(alpha: Tensor, y: Tensor) -> Tuple[Tensor, Tensor]:
    weights = torch.empty_like(alpha)
    y_hat = torch.zeros(alpha.size(1), dtype=y.dtype)
    for j in range(alpha.size(1)):
        weights[:, j] = alpha[:, j] / alpha[:, j].sum()
        y_hat[j] = torch.dot(weights[:, j], y)
    return y_hat, weights


def pool(scores: Tensor, values: Tensor) -> Tuple[Tensor, Tensor]:
    weights = torch.log_softmax(scores, 2).exp()
    return (weights.unsqueeze(3) * values.unsqueeze(1)).sum(2), weights
"""
)
ORDER = {"gaussian": 0, "boxcar": 1, "constant": 2, "epanechnikov": 3}


@hookimpl
def kernel(name, distances, sigma):
    try:
        which = ORDER[name]
    except KeyError:
        raise ValueError(f"{name} is no kernel") from None
    return COMPILED.weigh(distances / sigma, which)


@hookimpl
def nadaraya_watson(x_train, y_train, x_val, kernel):
    return COMPILED.average(kernel(x_train.view(-1, 1) - x_val.view(1, -1)), y_train)


@hookimpl
def attention_pooling(scores, values):
    return COMPILED.pool(scores, values)
