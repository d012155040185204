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
