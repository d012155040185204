"""The four kernels, as functions of distance over width."""

import torch


def gaussian(u):
    return torch.exp(u.pow(2) / -2)


def boxcar(u):
    return torch.lt(u.abs(), 1).to(u.dtype)


def constant(u):
    return u * 0 + 1


def epanechnikov(u):
    return torch.nn.functional.threshold(1 - u.abs(), 0, 0)


def shape_of(name):
    shapes = (gaussian, boxcar, constant, epanechnikov)
    for shape in shapes:
        if shape.__name__ == name:
            return shape
    raise ValueError(f"no kernel {name!r}")
