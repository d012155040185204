"""Style: pedantic. Shapes are asserted with messages; gradients by forward sensitivities dh_t/dw, not backwards."""

from __future__ import annotations

import torch
from torch import Tensor

from harness import hookimpl


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise ValueError(message)


def _check_sequence(inputs: Tensor, targets: Tensor, params: dict[str, Tensor]) -> tuple[int, int, int]:
    """T, d and h, after a look at everything."""
    _require(inputs.dim() == 2, f"inputs should be (T, d), but have {inputs.dim()} axes")
    _require(len(inputs) == len(targets) >= 1, "inputs and targets should have the same number of steps, one at least")
    (T, d), h = inputs.shape, params["W_hh"].shape[0]
    _require(params["W_hx"].shape == (h, d), f"W_hx should be {(h, d)}")
    _require(params["W_hh"].shape == (h, h), f"W_hh should be {(h, h)}")
    _require(params["W_qh"].shape == (targets.shape[1], h), f"W_qh should be {(targets.shape[1], h)}")
    return T, d, h


def _hidden_states(inputs: Tensor, params: dict[str, Tensor]) -> Tensor:
    """A table of h_0 ... h_T: (T+1, h)."""
    table = params["W_hh"].new_zeros(len(inputs) + 1, len(params["W_hh"]))
    for t, x in enumerate(inputs, start=1):
        table[t] = params["W_hx"] @ x + params["W_hh"] @ table[t - 1]
    return table


def _output_gradient(table: Tensor, targets: Tensor, params: dict[str, Tensor]) -> Tensor:
    """dL/do: (T, q)."""
    predictions = table[1:] @ params["W_qh"].transpose(0, 1)
    assert predictions.shape == targets.shape, "one prediction for each target"
    return (predictions - targets) * (1.0 / targets.shape[0])


def _direct(vector: Tensor, h: int) -> Tensor:
    """d(W v)/dW for a constant v, W's entries in one row: (h, h * len(v))."""
    return torch.kron(torch.eye(h, dtype=vector.dtype, device=vector.device), vector[None, :])


@hookimpl
def linear_rnn_gradients(inputs: Tensor, targets: Tensor, params: dict[str, Tensor]) -> dict[str, Tensor]:
    T, d, h = _check_sequence(inputs, targets, params)
    table = _hidden_states(inputs, params)
    dL_do = _output_gradient(table, targets, params)
    by_hx, by_hh = inputs.new_zeros(h, h * d), inputs.new_zeros(h, h * h)
    total_hx, total_hh = inputs.new_zeros(h * d), inputs.new_zeros(h * h)
    for t in range(T):
        by_hx = _direct(inputs[t], h) + params["W_hh"] @ by_hx
        by_hh = _direct(table[t], h) + params["W_hh"] @ by_hh
        dL_dh = dL_do[t] @ params["W_qh"]
        total_hx += dL_dh @ by_hx
        total_hh += dL_dh @ by_hh
    output_weights = torch.matmul(dL_do.transpose(0, 1), table[1:])
    assert output_weights.shape == params["W_qh"].shape, "a gradient has the shape of its weight"
    return {"W_hx": total_hx.view(h, d), "W_hh": total_hh.view(h, h), "W_qh": output_weights}


@hookimpl
def truncated_gradients(inputs: Tensor, targets: Tensor, params: dict[str, Tensor], tau: int) -> dict[str, Tensor]:
    T, d, h = _check_sequence(inputs, targets, params)
    _require(tau >= 0, f"tau should not be negative, but is {tau}")
    table = _hidden_states(inputs, params)
    dL_do = _output_gradient(table, targets, params)
    sum_hx, sum_hh = inputs.new_zeros(h * d), inputs.new_zeros(h * h)
    for t in range(T):
        z_hx, z_hh = inputs.new_zeros(h, h * d), inputs.new_zeros(h, h * h)  # what lies before is constant
        for i in range(T):
            if i <= t <= i + tau:
                z_hx = _direct(inputs[i], h) + params["W_hh"] @ z_hx
                z_hh = _direct(table[i], h) + params["W_hh"] @ z_hh
        from_loss = dL_do[t] @ params["W_qh"]
        sum_hx += from_loss @ z_hx
        sum_hh += from_loss @ z_hh
    d_W_qh = torch.matmul(dL_do.transpose(0, 1), table[1:])
    return {"W_hx": sum_hx.view(h, d), "W_hh": sum_hh.view(h, h), "W_qh": d_W_qh}


@hookimpl
def randomized_gradients(inputs: Tensor, targets: Tensor, params: dict[str, Tensor], xi: Tensor) -> dict[str, Tensor]:
    T, d, h = _check_sequence(inputs, targets, params)
    _require(xi.shape == (T,), f"xi should be {(T,)}, but is {tuple(xi.shape)}")
    table = _hidden_states(inputs, params)
    dL_do = _output_gradient(table, targets, params)
    sensitivity_hx, sensitivity_hh = inputs.new_zeros(h, h * d), inputs.new_zeros(h, h * h)
    d_W_hx, d_W_hh = inputs.new_zeros(h * d), inputs.new_zeros(h * h)
    for t in range(1, T + 1):
        damped = xi[t - 1] * params["W_hh"]
        sensitivity_hx = _direct(inputs[t - 1], h) + damped @ sensitivity_hx
        sensitivity_hh = _direct(table[t - 1], h) + damped @ sensitivity_hh
        at_state = dL_do[t - 1] @ params["W_qh"]
        d_W_hx += at_state @ sensitivity_hx
        d_W_hh += at_state @ sensitivity_hh
    d_W_qh = torch.mm(dL_do.transpose(0, 1), table[1:])
    return {"W_hx": d_W_hx.view(h, d), "W_hh": d_W_hh.view(h, h), "W_qh": d_W_qh}


@hookimpl
def truncation_weights(pi: Tensor, generator: torch.Generator) -> Tensor:
    _require(pi.dim() == 1, f"pi should have one axis, but has {pi.dim()}")
    _require(bool(((pi > 0) & (pi <= 1)).all()), "every pi should be in (0, 1]")
    uniforms = torch.rand(len(pi), generator=generator, dtype=torch.float64).to(pi.device)
    survives = uniforms < pi
    result = torch.zeros_like(pi)
    result[survives] = 1.0 / pi[survives]
    assert result.dtype == pi.dtype, "the weights have pi's dtype"
    return result


@hookimpl
def rnn_gradients(inputs: Tensor, state: Tensor, params: dict[str, Tensor], grad_outputs: Tensor) -> dict[str, Tensor]:
    (T, n), h = inputs.shape[:2], state.shape[1]
    _require(state.shape == (n, h), f"state should be {(n, h)}")
    _require(grad_outputs.shape == (T, n, h), f"grad_outputs should be {(T, n, h)}")
    hiddens = [state]
    for step in inputs.unbind(0):
        pre_activation = step @ params["W_xh"] + hiddens[-1] @ params["W_hh"] + params["b_h"]
        hiddens.append(torch.tanh(pre_activation))
    result = {name: torch.zeros_like(weight) for name, weight in params.items()}
    result["inputs"] = torch.zeros_like(inputs)
    upstream = torch.zeros_like(state)
    for t in range(T, 0, -1):
        d_hidden = grad_outputs[t - 1] + upstream
        d_pre = d_hidden - d_hidden * hiddens[t] ** 2
        result["W_xh"] += inputs[t - 1].transpose(0, 1) @ d_pre
        result["W_hh"] += hiddens[t - 1].transpose(0, 1) @ d_pre
        result["b_h"] += d_pre.sum(dim=0)
        result["inputs"][t - 1] = d_pre @ params["W_xh"].transpose(0, 1)
        upstream = d_pre @ params["W_hh"].transpose(0, 1)
    result["state"] = upstream
    for name, weight in params.items():
        assert result[name].shape == weight.shape, f"the gradient of {name} has its shape"
    return result


@hookimpl
def state_gradient_norms(W_hh: Tensor, grad: Tensor, num_steps: int) -> Tensor:
    _require(num_steps >= 1, f"num_steps should be at least 1, but is {num_steps}")
    _require(W_hh.shape == (len(grad), len(grad)), "W_hh should be square, as wide as grad is long")
    trail = grad.new_empty(num_steps, len(grad))
    trail[0] = grad
    for j in range(1, num_steps):
        trail[j] = W_hh.transpose(0, 1) @ trail[j - 1]
    lengths = trail.pow(2).sum(dim=1).sqrt()
    assert lengths.shape == (num_steps,), "one norm for each step"
    return lengths
