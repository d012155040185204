"""Packaged style: hooks in front, what they need in modules beside them, with relative imports."""

import torch

from harness import hookimpl

from .masking import within
from .pooling import pool, smooth
from .positions import encode
from .scoring import additive, dot_products
from .shapes import shape_of
from .torchs import causal_mask, torchs_attention


@hookimpl
def kernel(name, distances, sigma):
    return shape_of(name)(distances / sigma)


@hookimpl
def nadaraya_watson(x_train, y_train, x_val, kernel):
    return smooth(x_train, y_train, x_val, kernel)


@hookimpl
def attention_pooling(scores, values):
    return pool(scores, values)


@hookimpl
def masked_softmax(scores, valid_lens):
    return within(scores, valid_lens)


@hookimpl
def dot_product_attention(queries, keys, values, valid_lens):
    weights = within(dot_products(queries, keys), valid_lens)
    return torch.matmul(weights, values), weights


@hookimpl
def additive_attention(queries, keys, values, valid_lens, params):
    weights = within(additive(queries, keys, **params), valid_lens)
    return torch.matmul(weights, values), weights


@hookimpl
def multi_head_attention(queries, keys, values, valid_lens, num_heads, params):
    hidden = None
    if valid_lens is not None:
        lens = valid_lens.unsqueeze(-1) if valid_lens.dim() == 2 else valid_lens.view(-1, 1, 1)
        hidden = (torch.arange(keys.size(1)) >= lens).expand(-1, queries.size(1), -1)
    return torchs_attention(queries, keys, values, hidden, num_heads, **params)


@hookimpl
def causal_self_attention(inputs, num_heads, params):
    hidden = causal_mask(inputs.size(1)).expand(inputs.size(0), -1, -1)
    return torchs_attention(inputs, inputs, inputs, hidden, num_heads, **params)


@hookimpl
def positional_encoding(num_steps, num_hiddens):
    return encode(num_steps, num_hiddens)
