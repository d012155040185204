"""Random weights, and the lengths of gradients."""

import torch

from harness import hookimpl


@hookimpl
def truncation_weights(pi, generator):
    return torch.bernoulli(pi.cpu(), generator=generator).to(pi) / pi


def lengths(W_hh, grad):
    while True:
        yield torch.linalg.norm(grad)
        grad = grad @ W_hh


@hookimpl
def state_gradient_norms(W_hh, grad, num_steps):
    return torch.stack([length for _, length in zip(range(num_steps), lengths(W_hh, grad), strict=False)])
