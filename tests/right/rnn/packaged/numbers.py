"""What needs no weights."""

import torch
from torch import nn


def encode(indices, size):
    zeros = torch.zeros(*indices.shape, size, device=indices.device)
    return zeros.scatter(-1, indices[..., None], torch.ones_like(indices[..., None], dtype=torch.float32))


def surprise(logits, targets):
    return nn.functional.nll_loss(nn.functional.log_softmax(logits, dim=-1).mT, targets)


def rescale(grads, limit):
    """Scale the gradients together, in place, to a norm of at most `limit`."""
    norms = torch._foreach_norm(grads)
    total = torch.stack(norms).norm()
    torch._foreach_mul_(grads, float((limit / total).clamp(max=1)))
