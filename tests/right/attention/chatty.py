"""Chatty style: prints and warnings about everything that is computed."""

import warnings

import torch

from harness import hookimpl


@hookimpl
def kernel(name, distances, sigma):
    print(f"kernel {name} of {distances.numel()} distances, sigma = {sigma}")
    scaled = torch.abs(distances) / sigma
    if name == "constant":
        warnings.warn("a constant kernel does not look at the distances", stacklevel=2)
        out = torch.ones_like(scaled)
    elif name == "boxcar":
        out = torch.zeros_like(scaled)
        out[scaled < 1] = 1
    elif name == "epanechnikov":
        out = 1 - scaled
        out[out < 0] = 0
    elif name == "gaussian":
        out = torch.exp(-scaled * scaled / 2)
    else:
        print("never heard of", name)
        raise ValueError("unknown kernel: " + name)
    print("heaviest:", out.max().item())
    return out


@hookimpl
def nadaraya_watson(x_train, y_train, x_val, kernel):
    if len(x_train) < 3:
        warnings.warn("hardly any keys", stacklevel=2)
    queries_first = kernel(x_val.reshape(-1, 1) - x_train.reshape(1, -1))
    print("weighed", tuple(queries_first.shape))
    normalised = torch.nn.functional.normalize(queries_first, p=1, dim=1)
    y_hat = torch.matmul(normalised, y_train)
    print("predictions:", y_hat.tolist())
    return y_hat, normalised.T


@hookimpl
def attention_pooling(scores, values):
    n, q, k = scores.size()
    print("pooling", k, "keys for", n, "times", q, "queries")
    flat = scores.reshape(n * q, k)
    weights = torch.nn.functional.softmax(flat, dim=1).reshape(n, q, k)
    pooled = torch.empty(n, q, values.size(2), dtype=values.dtype)
    for b in range(n):
        pooled[b] = weights[b].mm(values[b])
    return pooled, weights
