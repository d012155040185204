"""Style: one big system. The unrolled network is (I - N) h = b, N block subdiagonal; gradients solve its transpose."""

import torch

from harness import hookimpl


def chain(weights, block):
    """The blocks weights[t] * block, from step t-1 to step t, below the diagonal: (T h, T h)."""
    return torch.kron(torch.diag_embed(weights[1:], offset=-1), block.contiguous())


def forward(inputs, params):
    """The states h_1 ... h_T and h_0 ... h_{T-1}, both (T, h)."""
    drive = inputs @ params["W_hx"].mT
    network = -chain(torch.ones_like(inputs[:, 0]), params["W_hh"])
    solution = torch.linalg.solve_triangular(network, drive.reshape(-1, 1), upper=False, unitriangular=True)
    states = solution.reshape(drive.shape)
    return states, torch.cat([states.new_zeros(1, states.shape[1]), states[:-1]])


def output_errors(states, targets, params):
    return (states @ params["W_qh"].mT - targets).div(len(targets))


def backward(links, direct):
    """Solve the transposed system: what arrives at each state, (T, h)."""
    found = torch.linalg.solve_triangular(-links.mT, direct.reshape(-1, 1), upper=True, unitriangular=True)
    return found.reshape(direct.shape)


@hookimpl
def linear_rnn_gradients(inputs, targets, params):
    states, olds = forward(inputs, params)
    errors = output_errors(states, targets, params)
    direct = errors @ params["W_qh"]
    adjoint = backward(chain(torch.ones_like(direct[:, 0]), params["W_hh"]), direct)
    gradient = {"W_hx": adjoint.mT @ inputs, "W_hh": adjoint.mT @ olds}
    gradient["W_qh"] = errors.mT @ states
    return gradient


@hookimpl
def truncated_gradients(inputs, targets, params, tau):
    states, olds = forward(inputs, params)
    errors = output_errors(states, targets, params)
    T, h = states.shape
    links = chain(torch.ones_like(inputs[:, 0]), params["W_hh"])
    identity = torch.eye(T * h, dtype=states.dtype, device=states.device)
    influence = torch.linalg.solve_triangular(-links, identity, upper=False, unitriangular=True)
    band = torch.ones(T, T, dtype=states.dtype, device=states.device).tril().triu(-tau)
    cut = influence * torch.kron(band, states.new_ones(h, h))
    seen = cut.mT @ (errors @ params["W_qh"]).reshape(-1)
    arrived = seen.reshape(T, h)
    return {"W_hx": arrived.mT @ inputs, "W_hh": arrived.mT @ olds, "W_qh": errors.mT @ states}


@hookimpl
def randomized_gradients(inputs, targets, params, xi):
    states, olds = forward(inputs, params)
    errors = output_errors(states, targets, params)
    own = errors @ params["W_qh"]
    reached = backward(chain(xi, params["W_hh"]), own)
    return {"W_hx": reached.mT @ inputs, "W_hh": reached.mT @ olds, "W_qh": errors.mT.matmul(states)}


@hookimpl
def truncation_weights(pi, generator):
    kept = torch.zeros_like(pi, device="cpu").bernoulli_(pi.cpu(), generator=generator).to(pi.device)
    return kept.div(pi)


@hookimpl
def rnn_gradients(inputs, state, params, grad_outputs):
    (T, n), h = inputs.shape[:2], state.shape[1]
    hidden = inputs.new_empty(T + 1, n, h)
    hidden[0] = state
    for t in range(T):
        torch.tanh(params["b_h"] + inputs[t] @ params["W_xh"] + hidden[t] @ params["W_hh"], out=hidden[t + 1])
    slope = 1 - hidden[1:].pow(2)
    d_inner = torch.empty_like(grad_outputs)
    for s in range(n):  # a system for each sequence: dH_t = G_t + W_hh diag(slope_{t+1}) dH_{t+1}
        system = torch.eye(T * h, dtype=state.dtype, device=state.device).reshape(T, h, T, h)
        for t in range(T - 1):
            system[t, :, t + 1, :] = -params["W_hh"] * slope[t + 1, s]
        arriving = torch.linalg.solve_triangular(
            system.reshape(T * h, T * h), grad_outputs[:, s].reshape(-1, 1), upper=True
        )
        d_inner[:, s] = arriving.reshape(T, h) * slope[:, s]
    rows = d_inner.flatten(0, 1)
    return {
        "W_xh": inputs.flatten(0, 1).mT @ rows,
        "W_hh": hidden[:-1].flatten(0, 1).mT @ rows,
        "b_h": rows.sum(0),
        "inputs": d_inner.matmul(params["W_xh"].mT),
        "state": d_inner[0].matmul(params["W_hh"].mT),
    }


@hookimpl
def state_gradient_norms(W_hh, grad, num_steps):
    back = W_hh.mT
    sent = [torch.linalg.matrix_power(back, j) @ grad for j in range(num_steps)]
    return torch.linalg.vector_norm(torch.stack(sent), dim=1)
