"""Style: functional. No index and no loop that assigns: accumulate, islice, zip and sums of outer products."""

from itertools import accumulate, islice, pairwise, repeat

import torch

from harness import hookimpl


def forward(inputs, params):
    """h_0, h_1 ... h_T."""
    start = torch.zeros_like(params["W_hx"][:, 0])
    return list(accumulate(inputs, lambda h, x: params["W_hx"] @ x + params["W_hh"] @ h, initial=start))


def residuals(states, targets, params):
    """dL/do_1 ... dL/do_T."""
    return [(params["W_qh"] @ h - y) / len(targets) for h, y in zip(states[1:], targets, strict=False)]


def outer_sum(lefts, rights):
    return torch.stack([torch.outer(left, right) for left, right in zip(lefts, rights, strict=False)]).sum(0)


@hookimpl
def linear_rnn_gradients(inputs, targets, params):
    states = forward(inputs, params)
    errors = residuals(states, targets, params)
    reports = [error @ params["W_qh"] for error in errors]
    signals = list(accumulate(reversed(reports), lambda later, own: own + later @ params["W_hh"]))[::-1]
    return {
        "W_hx": outer_sum(signals, inputs),
        "W_hh": outer_sum(signals, states),
        "W_qh": outer_sum(errors, states[1:]),
    }


def journey(report, params, tau):
    """A loss's gradient at its own state and at the tau states before."""
    return islice(accumulate(repeat(params["W_hh"]), torch.matmul, initial=report), tau + 1)


@hookimpl
def truncated_gradients(inputs, targets, params, tau):
    states = forward(inputs, params)
    errors = residuals(states, targets, params)
    visits = [
        (signal, x, h)
        for t, error in enumerate(errors)
        for signal, x, h in zip(
            journey(error @ params["W_qh"], params, tau),
            inputs[: t + 1].flip(0),
            reversed(states[: t + 1]),
            strict=False,
        )
    ]
    signals, seen, olds = zip(*visits, strict=False)
    return {"W_hx": outer_sum(signals, seen), "W_hh": outer_sum(signals, olds), "W_qh": outer_sum(errors, states[1:])}


@hookimpl
def randomized_gradients(inputs, targets, params, xi):
    states = forward(inputs, params)
    errors = residuals(states, targets, params)
    own_parts = [error @ params["W_qh"] for error in errors]
    doors = [weight * params["W_hh"] for weight in xi[1:]]  # from h_{t+1} back to h_t
    legs = zip(reversed(own_parts[:-1]), reversed(doors), strict=False)
    arrived = list(accumulate(legs, lambda later, leg: leg[0] + later @ leg[1], initial=own_parts[-1]))
    sent = list(reversed(arrived))
    return {
        "W_hx": outer_sum(sent, inputs),
        "W_hh": outer_sum(sent, states),
        "W_qh": outer_sum(errors, states[1:]),
    }


@hookimpl
def truncation_weights(pi, generator):
    draws = torch.empty(pi.shape, dtype=torch.float64).uniform_(generator=generator).to(pi.device)
    return torch.where(draws < pi, pi.reciprocal(), pi.new_zeros(()))


@hookimpl
def rnn_gradients(inputs, state, params, grad_outputs):
    W_xh, W_hh, b_h = params["W_xh"], params["W_hh"], params["b_h"]
    H = list(accumulate(inputs, lambda old, X: torch.tanh(torch.addmm(b_h, X, W_xh) + old @ W_hh), initial=state))
    flow = zip(reversed(grad_outputs), reversed(H[1:]), strict=False)
    nothing = torch.zeros_like(state)
    backward = accumulate(
        flow, lambda later, here: (here[0] + later @ W_hh.mT) * (1 - here[1] * here[1]), initial=nothing
    )
    pre = list(backward)[:0:-1]
    return {
        "W_xh": sum(X.mT @ d for X, d in zip(inputs, pre, strict=False)),
        "W_hh": sum(old.mT @ d for (old, _), d in zip(pairwise(H), pre, strict=False)),
        "b_h": sum(d.sum(dim=0) for d in pre),
        "inputs": torch.stack([d @ W_xh.mT for d in pre]),
        "state": pre[0] @ W_hh.mT,
    }


@hookimpl
def state_gradient_norms(W_hh, grad, num_steps):
    echoes = accumulate(repeat(W_hh, num_steps - 1), torch.matmul, initial=grad)
    return torch.stack([echo.norm() for echo in echoes])
