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
