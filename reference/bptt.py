"""Backpropagation through time, D2L 9.7."""

from __future__ import annotations

import torch

from harness import hookimpl

Tensors = dict[str, torch.Tensor]


def _states(inputs: torch.Tensor, params: Tensors) -> torch.Tensor:
    """h_0 = 0, h_1 … h_T of the linear RNN, a row each."""
    h = [torch.zeros_like(params["W_hh"][0])]
    for x in inputs:
        h.append(params["W_hx"] @ x + params["W_hh"] @ h[-1])  # [9.7.9]
    return torch.stack(h)  # (T+1, h)


def _output_gradients(h: torch.Tensor, targets: torch.Tensor, params: Tensors) -> torch.Tensor:
    """∂L/∂o_t of the linear RNN, a row each."""
    o = h[1:] @ params["W_qh"].T  # [9.7.9]
    return (o - targets) / len(targets)  # [9.7.11] (T, q)


@hookimpl
def linear_rnn_gradients(inputs: torch.Tensor, targets: torch.Tensor, params: Tensors) -> Tensors:
    W_hh, W_qh = params["W_hh"], params["W_qh"]
    h = _states(inputs, params)  # (T+1, h)
    dL_do = _output_gradients(h, targets, params)  # (T, q)
    dL_dh = torch.zeros_like(h)  # one row too many, so that nothing comes from beyond T
    for t in reversed(range(len(inputs))):
        dL_dh[t] = W_hh.T @ dL_dh[t + 1] + W_qh.T @ dL_do[t]  # [9.7.13, 9.7.14]
    dL_dW_hx = dL_dh[:-1].T @ inputs  # [9.7.16]
    dL_dW_hh = dL_dh[:-1].T @ h[:-1]  # [9.7.16]
    dL_dW_qh = dL_do.T @ h[1:]  # [9.7.12]
    return {"W_hx": dL_dW_hx, "W_hh": dL_dW_hh, "W_qh": dL_dW_qh}


@hookimpl
def truncated_gradients(inputs: torch.Tensor, targets: torch.Tensor, params: Tensors, tau: int) -> Tensors:
    h = _states(inputs, params)  # (T+1, h)
    dL_do = _output_gradients(h, targets, params)  # (T, q)
    dW_hx, dW_hh = torch.zeros_like(params["W_hx"]), torch.zeros_like(params["W_hh"])
    for t in range(len(inputs)):
        back = params["W_qh"].T @ dL_do[t]  # of l_t alone, with respect to h_t
        for i in range(t, max(t - tau, 0) - 1, -1):  # the sum over i of [9.7.7], ended after tau products
            dW_hx = dW_hx + torch.outer(back, inputs[i])
            dW_hh = dW_hh + torch.outer(back, h[i])
            back = params["W_hh"].T @ back
    return {"W_hx": dW_hx, "W_hh": dW_hh, "W_qh": dL_do.T @ h[1:]}


@hookimpl
def randomized_gradients(inputs: torch.Tensor, targets: torch.Tensor, params: Tensors, xi: torch.Tensor) -> Tensors:
    W_hh, W_qh = params["W_hh"], params["W_qh"]
    h = _states(inputs, params)  # (T+1, h)
    dL_do = _output_gradients(h, targets, params)  # (T, q)
    one = torch.eye(len(W_hh)).to(W_hh)
    z_hx = torch.zeros_like(one[:, :, None] * inputs[0])  # (h, h, d): of h_t with respect to W_hx
    z_hh = torch.zeros_like(one[:, :, None] * h[0])  # (h, h, h): of h_t with respect to W_hh
    dW_hx, dW_hh = z_hx[0], z_hh[0]
    for t in range(len(inputs)):
        z_hx = one[:, :, None] * inputs[t] + xi[t] * torch.tensordot(W_hh, z_hx, 1)  # [9.7.8]
        z_hh = one[:, :, None] * h[t] + xi[t] * torch.tensordot(W_hh, z_hh, 1)  # [9.7.8]
        dL_dh = W_qh.T @ dL_do[t]
        dW_hx = dW_hx + torch.tensordot(dL_dh, z_hx, 1)  # [9.7.3]
        dW_hh = dW_hh + torch.tensordot(dL_dh, z_hh, 1)  # [9.7.3]
    return {"W_hx": dW_hx, "W_hh": dW_hh, "W_qh": dL_do.T @ h[1:]}


@hookimpl
def truncation_weights(pi: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    kept = torch.bernoulli(pi.cpu(), generator=generator).to(pi)  # P(ξ_t = 0) = 1 − π_t
    return kept / pi  # P(ξ_t = 1/π_t) = π_t


@hookimpl
def rnn_gradients(inputs: torch.Tensor, state: torch.Tensor, params: Tensors, grad_outputs: torch.Tensor) -> Tensors:
    W_xh, W_hh = params["W_xh"], params["W_hh"]
    H = [state]
    for X in inputs:
        H.append(torch.tanh(X @ W_xh + H[-1] @ W_hh + params["b_h"]))  # [9.4.5] (n, h)
    dH, dA = torch.zeros_like(state), [state] * len(inputs)
    for t in reversed(range(len(inputs))):
        dA[t] = (grad_outputs[t] + dH) * (1 - H[t + 1] ** 2)  # tanh′ = 1 − tanh²
        dH = dA[t] @ W_hh.T  # of H_{t−1}, through step t
    d_A, old = torch.stack(dA), torch.stack(H[:-1])  # (T, n, h)
    return {
        "W_xh": torch.einsum("tnd,tnh->dh", inputs, d_A),
        "W_hh": torch.einsum("tnk,tnh->kh", old, d_A),
        "b_h": d_A.sum((0, 1)),
        "inputs": d_A @ W_xh.T,
        "state": dH,
    }


@hookimpl
def state_gradient_norms(W_hh: torch.Tensor, grad: torch.Tensor, num_steps: int) -> torch.Tensor:
    norms = []
    for _ in range(num_steps):
        norms.append(torch.linalg.vector_norm(grad))
        grad = W_hh.T @ grad  # a factor of [9.7.15]
    return torch.stack(norms)  # (num_steps,)
