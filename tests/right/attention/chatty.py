"""Chatty style: prints and warnings about everything that is computed."""

import math
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


@hookimpl
def masked_softmax(scores, valid_lens):
    if valid_lens is None:
        print("nothing to mask")
        return torch.nn.functional.softmax(scores, dim=-1)
    n, q, k = scores.shape
    lens = valid_lens
    if lens.dim() == 1:
        print("a length for each batch element:", lens.tolist())
        lens = torch.repeat_interleave(lens, q)
    else:
        print("a length for each query:", lens.tolist())
        lens = lens.reshape(-1)
    flat = scores.reshape(-1, k).clone()
    keep = torch.arange(k, device=flat.device)[None, :] < lens[:, None]
    if not keep.any(dim=1).all():
        warnings.warn("a query without keys", stacklevel=2)
    flat[~keep] = -1e6
    print("masked", int((~keep).sum()), "of", keep.numel())
    return torch.nn.functional.softmax(flat.reshape(n, q, k), dim=-1)


@hookimpl
def dot_product_attention(queries, keys, values, valid_lens):
    d = queries.shape[-1]
    print("attending with width", d)
    scores = torch.bmm(queries, keys.transpose(1, 2)) / math.sqrt(d)
    print("scores from", scores.min().item(), "to", scores.max().item())
    weights = masked_softmax(scores, valid_lens)
    return torch.bmm(weights, values), weights


@hookimpl
def additive_attention(queries, keys, values, valid_lens, params):
    for name, weight in params.items():
        print(name, "is", tuple(weight.shape))
    queries, keys = torch.matmul(queries, params["W_q"]), torch.matmul(keys, params["W_k"])
    features = queries.unsqueeze(2) + keys.unsqueeze(1)
    features = torch.tanh(features)
    print("features", tuple(features.shape))
    scores = torch.matmul(features, params["w_v"].unsqueeze(1)).squeeze(-1)
    weights = masked_softmax(scores, valid_lens)
    return torch.bmm(weights, values), weights


@hookimpl
def multi_head_attention(queries, keys, values, valid_lens, num_heads, params):
    Q, K, V = (torch.matmul(X, params[w]) for X, w in ((queries, "W_q"), (keys, "W_k"), (values, "W_v")))
    width = Q.shape[-1] // num_heads
    if num_heads == 1:
        warnings.warn("one head only", stacklevel=2)
    outputs = []
    for head in range(num_heads):
        columns = slice(head * width, (head + 1) * width)
        print("head", head, "has columns", columns.start, "to", columns.stop)
        output, _ = dot_product_attention(Q[..., columns], K[..., columns], V[..., columns], valid_lens)
        outputs.append(output)
    return torch.matmul(torch.cat(outputs, dim=-1), params["W_o"])


@hookimpl
def causal_self_attention(inputs, num_heads, params):
    n, steps, d = inputs.shape
    print(f"{n} sequences of {steps} steps, {num_heads} heads")
    future = torch.triu(torch.ones(steps, steps, device=inputs.device), diagonal=1).bool()
    print(future.int().tolist())
    Q, K, V = (torch.matmul(inputs, params[w]).chunk(num_heads, dim=-1) for w in ("W_q", "W_k", "W_v"))
    outputs = []
    for q, k, v in zip(Q, K, V, strict=True):
        scores = torch.bmm(q, k.transpose(1, 2)) / math.sqrt(d / num_heads)
        scores = scores.masked_fill(future, float("-inf"))
        outputs.append(torch.bmm(torch.softmax(scores, dim=-1), v))
    return torch.matmul(torch.cat(outputs, dim=-1), params["W_o"])


@hookimpl
def positional_encoding(num_steps, num_hiddens):
    print("encoding", num_steps, "positions")
    P = torch.zeros(num_steps, num_hiddens)
    X = torch.arange(num_steps, dtype=torch.float32).reshape(-1, 1)
    X = X / torch.pow(10000, torch.arange(0, num_hiddens, 2, dtype=torch.float32) / num_hiddens)
    P[:, 0::2] = torch.sin(X)
    P[:, 1::2] = torch.cos(X)
    print("first row:", P[0].tolist())
    return P
