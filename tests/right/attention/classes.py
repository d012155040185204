"""Class style: a class for each kernel behind a registry, modules for the two poolings."""

import torch
from torch import nn

from harness import hookimpl

REGISTRY = {}


class Kernel:
    def __init_subclass__(cls, title):
        REGISTRY[title] = cls

    def __init__(self, sigma):
        self.sigma = sigma

    def __call__(self, distances):
        return self.of(distances / self.sigma)


class Gaussian(Kernel, title="gaussian"):
    def of(self, u):
        return torch.exp(-0.5 * u.square())


class Boxcar(Kernel, title="boxcar"):
    def of(self, u):
        inside = torch.logical_and(u > -1, u < 1)
        return inside.type_as(u)


class Constant(Kernel, title="constant"):
    def of(self, u):
        return u.new_ones(u.shape)


class Epanechnikov(Kernel, title="epanechnikov"):
    def of(self, u):
        return nn.functional.relu(1 - u.abs())


class Smoother(nn.Module):
    def __init__(self, kernel, keys, targets):
        super().__init__()
        self.kernel, self.keys, self.targets = kernel, keys, targets

    def closeness(self, queries):
        return self.kernel(queries.unsqueeze(0) - self.keys.unsqueeze(1))

    def forward(self, queries):
        closeness = self.closeness(queries)
        weights = closeness / closeness.sum(0, keepdim=True)
        return torch.mv(weights.t(), self.targets), weights


class SoftPooling(nn.Module):
    def __init__(self):
        super().__init__()
        self.softmax = nn.Softmax(dim=2)

    def forward(self, scores, values):
        weights = self.softmax(scores)
        return torch.bmm(weights, values), weights


@hookimpl
def kernel(name, distances, sigma):
    if name not in REGISTRY:
        raise ValueError(f"no kernel is called {name!r}")
    return REGISTRY[name](sigma)(distances)


@hookimpl
def nadaraya_watson(x_train, y_train, x_val, kernel):
    return Smoother(kernel, x_train, y_train)(x_val)


@hookimpl
def attention_pooling(scores, values):
    return SoftPooling()(scores, values)


class MaskedSoftmax(nn.Module):
    def mask(self, scores, lens):
        steps = torch.arange(scores.size(-1), device=lens.device)
        lens = lens.view(lens.size(0), -1, 1)
        return steps.expand_as(scores) < lens

    def forward(self, scores, lens):
        if lens is not None:
            scores = torch.where(self.mask(scores, lens), scores, torch.finfo(scores.dtype).min)
        return nn.functional.softmax(scores, dim=2)


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.softmax = MaskedSoftmax()

    def forward(self, queries, keys, values, lens):
        self.weights = self.softmax(self.score(queries, keys), lens)
        return self.weights.bmm(values)


class DotProduct(Attention):
    def score(self, queries, keys):
        return queries.bmm(keys.mT).div(queries.size(-1) ** 0.5)


class Additive(Attention):
    def __init__(self, W_q, W_k, w_v):
        super().__init__()
        self.W_q, self.W_k, self.w_v = W_q, W_k, w_v

    def score(self, queries, keys):
        hidden = queries.matmul(self.W_q).unsqueeze(2) + keys.matmul(self.W_k).unsqueeze(1)
        return hidden.tanh().matmul(self.w_v)


class MultiHead(nn.Module):
    def __init__(self, num_heads, params):
        super().__init__()
        self.num_heads, self.params = num_heads, params
        self.attention = DotProduct()

    def split(self, X):
        X = X.reshape(X.shape[0], X.shape[1], self.num_heads, -1)
        X = X.permute(0, 2, 1, 3)
        return X.reshape(-1, X.shape[2], X.shape[3])

    def join(self, X):
        X = X.reshape(-1, self.num_heads, X.shape[1], X.shape[2])
        X = X.permute(0, 2, 1, 3)
        return X.reshape(X.shape[0], X.shape[1], -1)

    def forward(self, queries, keys, values, lens):
        Q = self.split(queries.matmul(self.params["W_q"]))
        K = self.split(keys.matmul(self.params["W_k"]))
        V = self.split(values.matmul(self.params["W_v"]))
        if lens is not None:
            lens = torch.repeat_interleave(lens, repeats=self.num_heads, dim=0)
        output = self.attention(Q, K, V, lens)
        return self.join(output).matmul(self.params["W_o"])


class CausalSelfAttention(nn.Module):
    def __init__(self, num_heads, W_q, W_k, W_v, W_o):
        super().__init__()
        self.num_heads, self.W_o = num_heads, W_o
        self.qkv = torch.cat([W_q, W_k, W_v], dim=1)

    def forward(self, x):
        B, T, C = x.size()
        q, k, v = (x @ self.qkv).split(C, dim=2)
        q, k, v = (one.view(B, T, self.num_heads, C // self.num_heads).transpose(1, 2) for one in (q, k, v))
        att = (q @ k.transpose(-2, -1)) * (1.0 / k.size(-1) ** 0.5)
        bias = torch.tril(torch.ones(T, T, device=x.device)).view(1, 1, T, T)
        att = att.masked_fill(bias == 0, float("-inf"))
        att = nn.functional.softmax(att, dim=-1)
        y = (att @ v).transpose(1, 2).contiguous().view(B, T, C)
        return y @ self.W_o


class PositionalEncoding(nn.Module):
    def __init__(self, num_hiddens, max_len=1000):
        super().__init__()
        position = torch.arange(max_len).unsqueeze(1).double()
        div_term = torch.exp(torch.arange(0, num_hiddens, 2).double() * (-torch.log(torch.tensor(1e4)) / num_hiddens))
        pe = torch.zeros(max_len, num_hiddens)
        pe[:, 0::2] = torch.sin(position * div_term)
        pe[:, 1::2] = torch.cos(position * div_term)
        self.register_buffer("pe", pe)

    def forward(self, num_steps):
        return self.pe[:num_steps]


@hookimpl
def masked_softmax(scores, valid_lens):
    return MaskedSoftmax()(scores, valid_lens)


@hookimpl
def dot_product_attention(queries, keys, values, valid_lens):
    attention = DotProduct()
    return attention(queries, keys, values, valid_lens), attention.weights


@hookimpl
def additive_attention(queries, keys, values, valid_lens, params):
    attention = Additive(**params)
    return attention(queries, keys, values, valid_lens), attention.weights


@hookimpl
def multi_head_attention(queries, keys, values, valid_lens, num_heads, params):
    return MultiHead(num_heads, params)(queries, keys, values, valid_lens)


@hookimpl
def causal_self_attention(inputs, num_heads, params):
    return CausalSelfAttention(num_heads, **params)(inputs)


@hookimpl
def positional_encoding(num_steps, num_hiddens):
    return PositionalEncoding(num_hiddens)(num_steps)
