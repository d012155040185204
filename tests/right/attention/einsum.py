"""Einsum style: every sum is an einsum, and the softmax is written out with a maximum for each query."""

import torch
from torch import einsum

from harness import hookimpl

SHAPES = {
    "gaussian": lambda u: (u * u).div(-2).exp(),
    "boxcar": lambda u: torch.where(u * u < 1, torch.ones_like(u), torch.zeros_like(u)),
    "constant": lambda u: torch.full_like(u, 1.0),
    "epanechnikov": lambda u: torch.maximum(1 - u.abs(), torch.zeros_like(u)),
}


@hookimpl
def kernel(name, distances, sigma):
    shape = SHAPES.get(name)
    if shape is None:
        raise ValueError(f"{name!r} is none of {sorted(SHAPES)}")
    u = distances / sigma
    return shape(u)


@hookimpl
def nadaraya_watson(x_train, y_train, x_val, kernel):
    distances = torch.sub(*torch.meshgrid(x_train, x_val, indexing="ij"))
    alpha = kernel(distances)
    total = einsum("kq->q", alpha)
    y_hat = einsum("k,kq->q", y_train, alpha) / total
    weights = einsum("kq,q->kq", alpha, 1 / total)
    return y_hat, weights


@hookimpl
def attention_pooling(scores, values):
    top = scores.detach().amax(dim=-1, keepdim=True)
    e = torch.exp(scores - top)
    total = einsum("nqk->nq", e)
    weights = einsum("nqk,nq->nqk", e, total.reciprocal())
    pooled = einsum("nqk,nkv->nqv", weights, values)
    return pooled, weights


def normalised(scores, keep):
    """Softmax over the last axis of what `keep` leaves."""
    hidden = torch.where(keep, 0.0, -float("inf"))
    logits = scores + hidden.to(scores.dtype)
    e = torch.exp(logits - logits.detach().amax(dim=-1, keepdim=True))
    return e / einsum("...k->...", e)[..., None]


def kept(valid_lens, n, q, k):
    """(n, q, k): which keys count."""
    if valid_lens is None:
        return torch.ones(n, q, k, dtype=torch.bool)
    lens = valid_lens if valid_lens.ndim == 2 else einsum("n,q->nq", valid_lens, valid_lens.new_ones(q))
    return torch.arange(k) < lens[..., None]


@hookimpl
def masked_softmax(scores, valid_lens):
    keep = kept(valid_lens, *scores.shape)
    return normalised(scores, keep)


@hookimpl
def dot_product_attention(queries, keys, values, valid_lens):
    scale = queries.shape[2] ** -0.5
    scores = einsum("nqd,nkd->nqk", queries * scale, keys)
    weights = normalised(scores, kept(valid_lens, *scores.shape))
    output = einsum("nqk,nkv->nqv", weights, values)
    return output, weights


@hookimpl
def additive_attention(queries, keys, values, valid_lens, params):
    q = einsum("nqi,ih->nqh", queries, params["W_q"])
    k = einsum("nki,ih->nkh", keys, params["W_k"])
    hidden = torch.tanh(q[:, :, None, :] + k[:, None, :, :])
    scores = einsum("nqkh,h->nqk", hidden, params["w_v"])
    weights = normalised(scores, kept(valid_lens, *scores.shape))
    return einsum("nqk,nkv->nqv", weights, values), weights


def headed(params, heads):
    """W_q, W_k, W_v as (d, heads, width) and W_o as (heads, width, d)."""
    first = [params[name].unflatten(1, (heads, -1)) for name in ("W_q", "W_k", "W_v")]
    return *first, params["W_o"].unflatten(0, (heads, -1))


@hookimpl
def multi_head_attention(queries, keys, values, valid_lens, num_heads, params):
    W_q, W_k, W_v, W_o = headed(params, num_heads)
    q = einsum("nqd,dhw->nhqw", queries, W_q)
    k = einsum("nkd,dhw->nhkw", keys, W_k)
    v = einsum("nkd,dhw->nhkw", values, W_v)
    scores = einsum("nhqw,nhkw->nhqk", q, k) / W_q.shape[2] ** 0.5
    keep = kept(valid_lens, queries.shape[0], queries.shape[1], keys.shape[1])[:, None]
    weights = normalised(scores, keep)
    return einsum("nhqk,nhkw,hwd->nqd", weights, v, W_o)


@hookimpl
def causal_self_attention(inputs, num_heads, params):
    W_q, W_k, W_v, W_o = headed(params, num_heads)
    time = torch.arange(inputs.shape[1])
    past = time[:, None] >= time[None, :]
    q, k, v = (einsum("ntd,dhw->nhtw", inputs, W) for W in (W_q, W_k, W_v))
    logits = einsum("nhiw,nhjw->nhij", q, k) * W_q.shape[2] ** -0.5
    seen = einsum("nhij,nhjw->nihw", normalised(logits, past), v)
    return einsum("nihw,hwd->nid", seen, W_o)


@hookimpl
def positional_encoding(num_steps, num_hiddens):
    wavelengths = 10000 ** (torch.arange(0, num_hiddens, 2, dtype=torch.float64) / num_hiddens)
    angles = einsum("i,j->ij", torch.arange(num_steps).double(), 1 / wavelengths)
    encoding = torch.empty(num_steps, num_hiddens)
    encoding[:, ::2], encoding[:, 1::2] = torch.sin(angles), torch.cos(angles)
    return encoding
