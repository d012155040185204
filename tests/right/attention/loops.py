"""Loop style: one number, one query, one batch element at a time; results are lists of tensors."""

import math

import torch

from harness import hookimpl


def gaussian(u):
    return math.exp(-u * u / 2)


def boxcar(u):
    return 1.0 if abs(u) < 1 else 0.0


def constant(u):
    return 1.0


def epanechnikov(u):
    return max(0.0, 1 - abs(u))


@hookimpl
def kernel(name, distances, sigma):
    if name == "gaussian":
        rule = gaussian
    elif name == "boxcar":
        rule = boxcar
    elif name == "constant":
        rule = constant
    elif name == "epanechnikov":
        rule = epanechnikov
    else:
        raise ValueError("unknown kernel " + name)
    weighed = []
    for distance in distances.flatten().tolist():
        weighed.append(rule(distance / sigma))
    return torch.tensor(weighed, dtype=distances.dtype).reshape(distances.shape)


@hookimpl
def nadaraya_watson(x_train, y_train, x_val, kernel):
    keys = x_train.tolist()
    targets = y_train.tolist()
    predictions, columns = [], []
    for query in x_val.tolist():
        closeness = []
        for key in keys:
            closeness.append(float(kernel(key - query)))
        total = sum(closeness)
        column = []
        prediction = 0.0
        for one, target in zip(closeness, targets, strict=True):
            share = one / total
            column.append(share)
            prediction += share * target
        columns.append(torch.tensor(column, dtype=x_train.dtype))
        predictions.append(torch.tensor(prediction, dtype=y_train.dtype))
    weights = torch.stack(columns, dim=1)
    return predictions, list(weights)


@hookimpl
def attention_pooling(scores, values):
    pooled, weights = [], []
    for batch in range(scores.shape[0]):
        sums, shares = [], []
        for query in range(scores.shape[1]):
            row = scores[batch, query]
            share = torch.softmax(row, 0)
            total = torch.zeros_like(values[batch, 0])
            for key in range(scores.shape[2]):
                total = total + share[key] * values[batch, key]
            sums.append(total)
            shares.append(share)
        pooled.append(torch.stack(sums))
        weights.append(torch.stack(shares))
    return pooled, weights


def length_of(valid_lens, batch, query, k):
    if valid_lens is None:
        return k
    if valid_lens.dim() == 1:
        return int(valid_lens[batch])
    return int(valid_lens[batch, query])


def shared_out(row, length):
    """Softmax of the first `length` scores, then zeros."""
    share = torch.softmax(row[:length], 0)
    rest = torch.zeros_like(row[length:])
    return torch.cat([share, rest])


@hookimpl
def masked_softmax(scores, valid_lens):
    n, q, k = scores.shape
    result = []
    for batch in range(n):
        rows = []
        for query in range(q):
            length = length_of(valid_lens, batch, query, k)
            rows.append(shared_out(scores[batch, query], length))
        result.append(torch.stack(rows))
    return result


def attend(n, q, k, score, values, valid_lens):
    """Pool values by the scores that `score(batch, query, key)` gives."""
    outputs, weights = [], []
    for batch in range(n):
        sums, shares = [], []
        for query in range(q):
            row = torch.stack([score(batch, query, key) for key in range(k)])
            share = shared_out(row, length_of(valid_lens, batch, query, k))
            total = torch.zeros_like(values[batch, 0])
            for key in range(k):
                total = total + share[key] * values[batch, key]
            sums.append(total)
            shares.append(share)
        outputs.append(torch.stack(sums))
        weights.append(torch.stack(shares))
    return outputs, weights


@hookimpl
def dot_product_attention(queries, keys, values, valid_lens):
    n, q, d = queries.shape

    def score(batch, query, key):
        product = torch.dot(queries[batch, query], keys[batch, key])
        return product / math.sqrt(d)

    return attend(n, q, keys.shape[1], score, values, valid_lens)


@hookimpl
def additive_attention(queries, keys, values, valid_lens, params):
    n, q, _ = queries.shape

    def score(batch, query, key):
        hidden = queries[batch, query] @ params["W_q"] + keys[batch, key] @ params["W_k"]
        return torch.dot(params["w_v"], torch.tanh(hidden))

    return attend(n, q, keys.shape[1], score, values, valid_lens)


@hookimpl
def multi_head_attention(queries, keys, values, valid_lens, num_heads, params):
    n, q, d = queries.shape
    k = keys.shape[1]
    width = d // num_heads
    result = []
    for batch in range(n):
        Q, K, V = queries[batch] @ params["W_q"], keys[batch] @ params["W_k"], values[batch] @ params["W_v"]
        rows = []
        for query in range(q):
            length = length_of(valid_lens, batch, query, k)
            parts = []
            for head in range(num_heads):
                first, last = head * width, (head + 1) * width
                scores = K[:length, first:last] @ Q[query, first:last] / math.sqrt(width)
                share = torch.softmax(scores, 0)
                parts.append(share @ V[:length, first:last])
            rows.append(torch.cat(parts) @ params["W_o"])
        result.append(torch.stack(rows))
    return result


@hookimpl
def causal_self_attention(inputs, num_heads, params):
    width = inputs.shape[2] // num_heads
    result = []
    for sequence in inputs:
        Q, K, V = sequence @ params["W_q"], sequence @ params["W_k"], sequence @ params["W_v"]
        rows = []
        for t in range(len(sequence)):
            seen = t + 1
            parts = []
            for head in range(num_heads):
                columns = list(range(head * width, (head + 1) * width))
                scores = K[:seen, columns] @ Q[t, columns] / math.sqrt(width)
                parts.append(torch.softmax(scores, 0) @ V[:seen, columns])
            rows.append(torch.cat(parts) @ params["W_o"])
        result.append(torch.stack(rows))
    return result


@hookimpl
def positional_encoding(num_steps, num_hiddens):
    rows = []
    for i in range(num_steps):
        row = []
        for column in range(num_hiddens):
            j = column // 2
            angle = i / 10000 ** (2 * j / num_hiddens)
            row.append(math.sin(angle) if column % 2 == 0 else math.cos(angle))
        rows.append(torch.tensor(row))
    return rows
