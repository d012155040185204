"""Style: closed form. All pairs of a loss t and an earlier step i at once, by einsum over the powers of W_hh."""

import torch

from harness import hookimpl


def powers(matrix, count):
    """matrix^0 ... matrix^(count-1), stacked: (count, h, h)."""
    found = [torch.eye(len(matrix), dtype=matrix.dtype, device=matrix.device)]
    while len(found) < count:
        found.append(found[-1] @ matrix)
    return torch.stack(found)


def lags(count, device):
    """Entry (t, i) is t - i."""
    steps = torch.arange(count, device=device)
    return steps[:, None] - steps[None, :]


def everything(inputs, targets, params):
    """How each step reaches each state (t, i, h, h), the states, the states before them, and dL/do."""
    count, lag = len(inputs), lags(len(inputs), inputs.device)
    transitions = powers(params["W_hh"], count)
    reach = transitions[lag.clamp(min=0)] * (lag >= 0)[:, :, None, None]
    states = torch.einsum("tiab,bd,id->ta", reach, params["W_hx"], inputs)
    before = torch.cat([torch.zeros_like(states[:1]), states[:-1]])
    outputs = torch.einsum("qa,ta->tq", params["W_qh"], states)
    errors = (outputs - targets) / count
    return reach, states, before, errors


def blame(weights, reach, errors, params):
    """What each step's pre-activation is to blame for, each pair of loss and step weighted."""
    return torch.einsum("ti,tiab,qa,tq->ib", weights, reach, params["W_qh"], errors)


@hookimpl
def linear_rnn_gradients(inputs, targets, params):
    reach, states, before, errors = everything(inputs, targets, params)
    blamed = torch.einsum("tiab,qa,tq->ib", reach, params["W_qh"], errors)
    dW_hx = torch.einsum("ib,id->bd", blamed, inputs)
    dW_hh = torch.einsum("ib,ic->bc", blamed, before)
    dW_qh = torch.einsum("tq,ta->qa", errors, states)
    return {"W_hx": dW_hx, "W_hh": dW_hh, "W_qh": dW_qh}


@hookimpl
def truncated_gradients(inputs, targets, params, tau):
    reach, states, before, errors = everything(inputs, targets, params)
    near = (lags(len(inputs), inputs.device) <= tau).to(inputs)
    blamed = blame(near, reach, errors, params)
    return {
        "W_hx": torch.einsum("ib,id->bd", blamed, inputs),
        "W_hh": torch.einsum("ib,ic->bc", blamed, before),
        "W_qh": torch.einsum("tq,ta->qa", errors, states),
    }


@hookimpl
def randomized_gradients(inputs, targets, params, xi):
    reach, states, before, errors = everything(inputs, targets, params)
    later = lags(len(inputs), inputs.device) > 0
    chain = torch.where(later, xi[:, None], torch.ones_like(xi)[:, None]).cumprod(0)  # xi_{i+1} ... xi_t at (t, i)
    blamed = blame(chain, reach, errors, params)
    gradient_hx = torch.einsum("ib,id->bd", blamed, inputs)
    gradient_hh = torch.einsum("ib,ic->bc", blamed, before)
    gradient_qh = torch.einsum("tq,ta->qa", errors, states)
    return {"W_hx": gradient_hx, "W_hh": gradient_hh, "W_qh": gradient_qh}


@hookimpl
def truncation_weights(pi, generator):
    uniform = torch.rand(pi.shape, dtype=torch.float64, generator=generator).to(pi.device)
    return (uniform < pi) / pi


@hookimpl
def rnn_gradients(inputs, state, params, grad_outputs):
    driven = torch.einsum("tnd,dh->tnh", inputs, params["W_xh"]) + params["b_h"]
    trajectory = [state]
    for drive in driven:
        trajectory.append(torch.tanh(drive + torch.einsum("nk,kh->nh", trajectory[-1], params["W_hh"])))
    visited = torch.stack(trajectory)
    slopes = 1 - visited[1:].square()
    signals, arriving = torch.empty_like(slopes), torch.zeros_like(state)
    for t in range(len(inputs) - 1, -1, -1):
        signals[t] = torch.einsum("nh,nh->nh", slopes[t], grad_outputs[t] + arriving)
        arriving = torch.einsum("nh,kh->nk", signals[t], params["W_hh"])
    return {
        "W_xh": torch.einsum("tnh,tnd->dh", signals, inputs),
        "W_hh": torch.einsum("tnh,tnk->kh", signals, visited[:-1]),
        "b_h": torch.einsum("tnh->h", signals),
        "inputs": torch.einsum("tnh,dh->tnd", signals, params["W_xh"]),
        "state": arriving,
    }


@hookimpl
def state_gradient_norms(W_hh, grad, num_steps):
    sent_back = torch.einsum("jba,b->ja", powers(W_hh, num_steps), grad)
    return torch.einsum("ja,ja->j", sent_back, sent_back).sqrt()
