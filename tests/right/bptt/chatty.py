"""Style: chatty. Prints what it does, warns of what it thinks odd, and returns lists of tensors and a 1-tuple."""

import warnings

import torch

from harness import hookimpl

print("bptt: ready to go back in time")


def talk(*words):
    print("[bptt]", *words)


def run_forward(inputs, params):
    hs = [inputs.new_zeros(params["W_hh"].size(0))]
    t = 0
    while t < len(inputs):
        hs.append(params["W_hx"].matmul(inputs[t]) + params["W_hh"].matmul(hs[t]))
        t += 1
    talk("forward done:", t, "steps, last state", hs[-1])
    return hs


def output_slopes(hs, targets, params):
    T = targets.size(0)
    slopes = []
    for h, y in zip(hs[1:], targets, strict=False):
        slopes.append((params["W_qh"].matmul(h) - y) / T)
    return slopes


@hookimpl
def linear_rnn_gradients(inputs, targets, params):
    hs = run_forward(inputs, params)
    slopes = output_slopes(hs, targets, params)
    g_hx, g_hh, g_qh = (torch.zeros_like(params[name]) for name in ("W_hx", "W_hh", "W_qh"))
    carry = torch.zeros_like(hs[0])
    t = len(inputs)
    while t > 0:
        g_qh.add_(torch.ger(slopes[t - 1], hs[t]))
        total = slopes[t - 1].matmul(params["W_qh"]) + carry
        g_hx.add_(torch.ger(total, inputs[t - 1]))
        g_hh.add_(torch.ger(total, hs[t - 1]))
        carry = total.matmul(params["W_hh"])
        talk("step", t, "carries", carry)
        t -= 1
    return {"W_hx": list(g_hx), "W_hh": list(g_hh), "W_qh": list(g_qh)}


@hookimpl
def truncated_gradients(inputs, targets, params, tau):
    if tau == 0:
        warnings.warn("tau = 0: this network has no memory", stacklevel=2)
    hs = run_forward(inputs, params)
    slopes = output_slopes(hs, targets, params)
    g_hx, g_hh, g_qh = (torch.zeros_like(params[name]) for name in ("W_hx", "W_hh", "W_qh"))
    for t in range(1, len(inputs) + 1):
        g_qh.add_(torch.ger(slopes[t - 1], hs[t]))
        message = slopes[t - 1].matmul(params["W_qh"])
        here, left = t, tau
        while True:
            g_hx.add_(torch.ger(message, inputs[here - 1]))
            g_hh.add_(torch.ger(message, hs[here - 1]))
            if left == 0 or here == 1:
                break
            message = message.matmul(params["W_hh"])
            here, left = here - 1, left - 1
        talk("loss", t, "reached back to step", here)
    return {"W_hx": tuple(g_hx), "W_hh": tuple(g_hh), "W_qh": tuple(g_qh)}


@hookimpl
def randomized_gradients(inputs, targets, params, xi):
    if not xi.any():
        warnings.warn("all weights are zero: nothing goes back", stacklevel=2)
    hs = run_forward(inputs, params)
    slopes = output_slopes(hs, targets, params)
    g_hx, g_hh, g_qh = (torch.zeros_like(params[name]) for name in ("W_hx", "W_hh", "W_qh"))
    parcel = torch.zeros_like(hs[0])
    for t in range(len(inputs), 0, -1):
        g_qh.add_(torch.ger(slopes[t - 1], hs[t]))
        parcel = parcel + slopes[t - 1].matmul(params["W_qh"])
        g_hx.add_(torch.ger(parcel, inputs[t - 1]))
        g_hh.add_(torch.ger(parcel, hs[t - 1]))
        parcel = xi[t - 1] * parcel.matmul(params["W_hh"])
        talk("step", t, "weight", xi[t - 1], "parcel", parcel)
    return {"W_hx": g_hx, "W_hh": list(g_hh), "W_qh": tuple(g_qh)}


@hookimpl
def truncation_weights(pi, generator):
    if (pi == 1).all():
        warnings.warn("nothing will ever be truncated", stacklevel=2)
    dice = torch.rand(len(pi), dtype=torch.float64, generator=generator).tolist()
    weights = []
    for p, u in zip(pi, dice, strict=False):
        weights.append(1 / p if u < p.item() else 0 * p)
    talk("drew", len(weights), "weights")
    return weights


@hookimpl
def rnn_gradients(inputs, state, params, grad_outputs):
    W_xh, W_hh, b_h = params["W_xh"], params["W_hh"], params["b_h"]
    hs = {0: state}
    for t in range(1, len(inputs) + 1):
        hs[t] = torch.tanh(inputs[t - 1].mm(W_xh) + hs[t - 1].mm(W_hh) + b_h)
        if hs[t].abs().max() > 0.99:
            warnings.warn(f"step {t} is saturated", stacklevel=2)
    g_x, g_h, g_b = torch.zeros_like(W_xh), torch.zeros_like(W_hh), torch.zeros_like(b_h)
    g_inputs = []
    dh_next = torch.zeros_like(state)
    for t in sorted(hs, reverse=True)[:-1]:
        dh = grad_outputs[t - 1] + dh_next
        d_raw = (1 - hs[t] * hs[t]) * dh
        g_x += inputs[t - 1].t().mm(d_raw)
        g_h += hs[t - 1].t().mm(d_raw)
        g_b += d_raw.sum(0)
        g_inputs.insert(0, d_raw.mm(W_xh.t()))
        dh_next = d_raw.mm(W_hh.t())
        talk("step", t, "of", len(inputs), "sends back", dh_next.norm())
    return {"W_xh": g_x, "W_hh": g_h, "b_h": g_b, "inputs": g_inputs, "state": (dh_next,)}


@hookimpl
def state_gradient_norms(W_hh, grad, num_steps):
    norms = []
    message = grad
    while len(norms) < num_steps:
        norms.append(torch.sqrt(torch.dot(message, message)))
        message = torch.mv(W_hh.t(), message)
    talk("the gradient", "explodes" if norms[-1] > norms[0] else "vanishes")
    return norms
