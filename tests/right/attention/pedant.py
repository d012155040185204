"""Pedantic style: arguments are validated with messages, results are asserted, logarithms keep the sums in range."""

from enum import Enum

import torch

from harness import hookimpl


class Name(Enum):
    GAUSSIAN = "gaussian"
    BOXCAR = "boxcar"
    CONSTANT = "constant"
    EPANECHNIKOV = "epanechnikov"


@hookimpl
def kernel(name, distances, sigma):
    assert distances.is_floating_point(), f"distances should be floating-point, not {distances.dtype}"
    assert sigma > 0, f"sigma should be positive, not {sigma}"
    known = Name(name)  # raises ValueError by itself
    u = distances.div(sigma)
    if known is Name.GAUSSIAN:
        result = u.pow(2).mul(-0.5).exp()
    elif known is Name.BOXCAR:
        result = torch.zeros_like(u).masked_fill(u.abs().lt(1), 1.0)
    elif known is Name.CONSTANT:
        result = torch.ones(u.shape, dtype=u.dtype, device=u.device)
    else:
        result = u.abs().neg().add(1).clamp_min(0)
    assert result.shape == distances.shape, f"{tuple(distances.shape)} became {tuple(result.shape)}"
    assert result.dtype == distances.dtype, f"{distances.dtype} became {result.dtype}"
    return result


@hookimpl
def nadaraya_watson(x_train, y_train, x_val, kernel):
    for what, given in {"x_train": x_train, "y_train": y_train, "x_val": x_val}.items():
        assert given.ndim == 1, f"{what} should have one axis, not {given.ndim}"
    assert x_train.shape == y_train.shape, "there should be one target for each key"
    columns = []
    for query in x_val.unbind():
        alpha = kernel(x_train - query)
        assert alpha.shape == x_train.shape, "the kernel changed the shape"
        columns.append(alpha / alpha.sum())
    weights = torch.stack(columns, dim=-1)
    y_hat = (weights * y_train.unsqueeze(-1)).sum(dim=0)
    assert y_hat.shape == x_val.shape, "there should be one prediction for each query"
    return y_hat, weights


@hookimpl
def attention_pooling(scores, values):
    n, q, k = scores.shape
    assert values.shape[:2] == (n, k), f"values is {tuple(values.shape)}, but scores is {tuple(scores.shape)}"
    log_weights = scores - torch.logsumexp(scores, dim=-1, keepdim=True)
    weights = log_weights.exp()
    pooled = torch.matmul(weights, values)
    assert pooled.shape == (n, q, values.shape[2]), "pooled has another shape than (n, q, v)"
    return pooled, weights


def lengths_of(valid_lens, n, q, k):
    """The lengths as (n, q), whatever they came as."""
    if valid_lens is None:
        return torch.full((n, q), k)
    assert valid_lens.dtype in (torch.int32, torch.int64), f"lengths are {valid_lens.dtype}"
    assert 1 <= valid_lens.min() <= valid_lens.max() <= k, "a length is out of range"
    if valid_lens.ndim == 1:
        assert valid_lens.shape == (n,), "there should be one length for each batch element"
        return valid_lens.unsqueeze(1).expand(n, q)
    assert valid_lens.shape == (n, q), "there should be one length for each query"
    return valid_lens


@hookimpl
def masked_softmax(scores, valid_lens):
    n, q, k = scores.shape
    lens = lengths_of(valid_lens, n, q, k)
    inside = torch.arange(k, device=scores.device).lt(lens.unsqueeze(-1))
    log_scores = scores.masked_fill(inside.logical_not(), float("-inf"))
    log_weights = log_scores - torch.logsumexp(log_scores, dim=-1, keepdim=True)
    weights = log_weights.exp()
    assert weights.shape == scores.shape, f"{tuple(scores.shape)} became {tuple(weights.shape)}"
    return weights


@hookimpl
def dot_product_attention(queries, keys, values, valid_lens):
    n, q, d = queries.shape
    assert keys.shape[::2] == (n, d), f"queries are {tuple(queries.shape)}, but keys {tuple(keys.shape)}"
    assert keys.shape[:2] == values.shape[:2], "there should be one value for each key"
    scores = torch.matmul(queries.div(d**0.25), keys.div(d**0.25).transpose(-1, -2))
    weights = masked_softmax(scores, valid_lens)
    output = torch.matmul(weights, values)
    assert output.shape == (n, q, values.shape[2]), "output has another shape than (n, q, v)"
    return output, weights


@hookimpl
def additive_attention(queries, keys, values, valid_lens, params):
    assert set(params) == {"W_q", "W_k", "w_v"}, f"unknown weights: {sorted(params)}"
    columns = []
    for key in (keys @ params["W_k"]).unbind(dim=1):
        hidden = torch.tanh(queries @ params["W_q"] + key.unsqueeze(1))
        assert hidden.shape[-1] == params["w_v"].shape[0], "hidden units and w_v do not fit"
        columns.append(hidden @ params["w_v"])
    scores = torch.stack(columns, dim=-1)
    weights = masked_softmax(scores, valid_lens)
    return torch.matmul(weights, values), weights


@hookimpl
def multi_head_attention(queries, keys, values, valid_lens, num_heads, params):
    n, q, d = queries.shape
    assert d % num_heads == 0, f"{num_heads} heads cannot share {d} columns"
    projected = [X @ params[name] for name, X in (("W_q", queries), ("W_k", keys), ("W_v", values))]
    blocks = [torch.stack(X.split(d // num_heads, dim=-1)) for X in projected]
    Q, K, V = (block.flatten(0, 1) for block in blocks)
    lens = lengths_of(valid_lens, n, q, keys.shape[1]).repeat(num_heads, 1)
    output, _ = dot_product_attention(Q, K, V, lens)
    per_head = output.unflatten(0, (num_heads, n))
    joined = torch.cat(per_head.unbind(), dim=-1)
    assert joined.shape == queries.shape, "the heads do not join to what came in"
    return joined @ params["W_o"]


@hookimpl
def causal_self_attention(inputs, num_heads, params):
    assert inputs.ndim == 3, f"inputs should have three axes, not {inputs.ndim}"
    n, steps, _ = inputs.shape
    lens = torch.arange(steps).add(1).repeat(n, 1)
    assert lens.shape == (n, steps), "there should be a length for each position"
    return multi_head_attention(inputs, inputs, inputs, lens, num_heads, params)


@hookimpl
def positional_encoding(num_steps, num_hiddens):
    assert num_hiddens % 2 == 0, "sines and cosines come in pairs"
    position = torch.arange(num_steps, dtype=torch.float64).unsqueeze(1)
    exponent = torch.arange(num_hiddens // 2, dtype=torch.float64).mul(2).div(num_hiddens)
    angle = position.mul(torch.pow(10000.0, exponent.neg()))
    phase = torch.stack([torch.zeros_like(angle), torch.full_like(angle, torch.pi / 2)], dim=-1)
    encoding = torch.sin(angle.unsqueeze(-1) + phase).reshape(num_steps, num_hiddens)
    assert encoding.abs().max() <= 1, "a sine left its range"
    return encoding.to(torch.float32)
