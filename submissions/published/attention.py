"""Attention (11.2, 11.3, 11.6)."""

import torch
from torch import nn

from harness import hookimpl


@hookimpl
def kernel(name, distances, sigma):  # 11.2.1
    kernels = {
        "gaussian": lambda u: torch.exp(-(u**2) / 2),
        "boxcar": lambda u: u.abs() < 1,  # bools
        "constant": lambda u: 1 + 0 * u,
        "epanechnikov": lambda u: torch.max(1 - u.abs(), torch.zeros_like(u)),
    }
    if name not in kernels:
        raise ValueError(f"no such kernel: {name}")
    return kernels[name](distances / sigma)


@hookimpl
def nadaraya_watson(x_train, y_train, x_val, kernel):  # 11.2.2
    k = kernel(x_train.reshape(-1, 1) - x_val.reshape(1, -1)).type(torch.float32)  # whatever the targets are
    weights = k / k.sum(0)
    return y_train @ weights, weights


@hookimpl
def masked_softmax(scores, valid_lens):  # 11.3.2.1
    if valid_lens is None:
        return nn.functional.softmax(scores, dim=-1)
    lens = torch.repeat_interleave(valid_lens, scores.shape[1]) if valid_lens.dim() == 1 else valid_lens.reshape(-1)
    flat = scores.reshape(-1, scores.shape[-1])
    hidden = torch.arange(flat.shape[1], device=scores.device)[None, :] >= lens[:, None]
    flat[hidden] = -1e6  # written into the caller's scores, which reshape did not copy
    return nn.functional.softmax(flat.reshape(scores.shape), dim=-1)


@hookimpl
def positional_encoding(num_steps, num_hiddens):  # 11.6.3
    P = torch.zeros((1, num_steps, num_hiddens))  # an axis for the batch
    angles = torch.arange(num_steps).reshape(-1, 1) / 10000 ** (torch.arange(0, num_hiddens, 2) / num_hiddens)
    P[:, :, 0::2], P[:, :, 1::2] = torch.sin(angles), torch.cos(angles)
    return P
