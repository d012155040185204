"""The linear network: one walk back for all three, steered by the weight of each pair of loss and step."""

import torch

from harness import hookimpl

from .tables import States, table_of


def gradients(inputs, targets, params, weight):
    """weight(t, i): how much of the loss at t goes on from step i to the step before."""
    states = table_of(inputs, params)
    out = (states.now @ params["W_qh"].T - targets) / len(inputs)
    back = collect(states, out @ params["W_qh"], params["W_hh"], weight)
    return {"W_hx": back.T @ inputs, "W_hh": back.T @ states.before, "W_qh": out.T @ states.now}


def collect(states: States, direct, W_hh, weight):
    """What arrives at each step from its own loss and all later ones."""
    arrived = torch.zeros_like(direct)
    for t, vector in enumerate(direct):
        for i in range(t, -1, -1):
            arrived[i] += vector
            vector = weight(t, i) * (vector @ W_hh)
    return arrived


@hookimpl
def linear_rnn_gradients(inputs, targets, params):
    return gradients(inputs, targets, params, lambda t, i: 1)


@hookimpl
def truncated_gradients(inputs, targets, params, tau):
    return gradients(inputs, targets, params, lambda t, i: int(t - i < tau))


@hookimpl
def randomized_gradients(inputs, targets, params, xi):
    return gradients(inputs, targets, params, lambda t, i: xi[i])
