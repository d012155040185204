"""NumPy inside: kernels and regression are NumPy's; only the pooling, whose gradients count, stays in PyTorch."""

import numpy as np
import torch
from torch.nn.functional import softmin

from harness import hookimpl

NAMES = ("gaussian", "boxcar", "constant", "epanechnikov")


def weigh(name, u):
    size = np.abs(u)
    choices = [np.exp(-np.square(u) / 2), size < 1, np.ones_like(u), np.maximum(0, 1 - size)]
    return np.asarray(choices[NAMES.index(name)], dtype=u.dtype)


@hookimpl
def kernel(name, distances, sigma):
    u = np.asarray(distances.numpy() / sigma, dtype=distances.numpy().dtype)
    if name in NAMES:
        return torch.tensor(weigh(name, u))
    raise ValueError(f"name should be one of {', '.join(NAMES)}; it is {name!r}")


@hookimpl
def nadaraya_watson(x_train, y_train, x_val, kernel):
    distances = np.subtract.outer(x_train.numpy(), x_val.numpy())
    alpha = kernel(torch.from_numpy(distances)).numpy()
    y_hat = np.average(np.broadcast_to(y_train.numpy()[:, None], alpha.shape), axis=0, weights=alpha)
    weights = alpha / np.add.reduce(alpha, axis=0)
    return torch.from_numpy(y_hat), torch.from_numpy(weights)


@hookimpl
def attention_pooling(scores, values):
    weights = softmin(-scores, dim=2)
    pooled = torch.baddbmm(values.new_zeros(()), weights, values)
    return pooled, weights
