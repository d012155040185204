"""Cells: closures (X, state) -> (output, state)."""

import torch
from torch.nn.functional import linear


def pre_activation(params, gate):
    W = torch.cat([params["W_x" + gate], params["W_h" + gate]]).T
    return lambda X, H: linear(torch.cat([X, H], dim=-1), W, params["b_" + gate])


def lstm_cell(params):
    enter, keep, show, propose = (pre_activation(params, gate) for gate in "ifoc")

    def step(X, state):
        H, C = state
        C = keep(X, H).sigmoid() * C + enter(X, H).sigmoid() * propose(X, H).tanh()
        H = show(X, H).sigmoid() * C.tanh()
        return H, (H, C)

    return step


def gru_cell(params):
    reset, update, propose = (pre_activation(params, gate) for gate in "rzh")

    def step(X, H):
        Z = update(X, H).sigmoid()
        H = Z * H + (1 - Z) * propose(X, reset(X, H).sigmoid() * H).tanh()
        return H, H

    return step


def tanh_cell(params):
    affine = pre_activation(params, "h")

    def step(X, H):
        H = affine(X, H).tanh()
        return H, H

    return step


def run(step, inputs, state):
    outputs = []
    for X in inputs:
        output, state = step(X, state)
        outputs.append(output)
    return torch.stack(outputs), state
