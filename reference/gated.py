"""Modern recurrent networks, D2L 10.1-10.4."""

from __future__ import annotations

import torch
from torch import nn

from harness import hookimpl

Tensor = torch.Tensor
Params = dict[str, Tensor]


@hookimpl
def lstm_scratch(
    inputs: Tensor, state: tuple[Tensor, Tensor] | None, params: Params
) -> tuple[Tensor, tuple[Tensor, Tensor]]:
    p, outputs = params, []
    H, C = (_zeros(inputs, p["b_i"]), _zeros(inputs, p["b_c"])) if state is None else state  # each (n, h)
    for X in inputs:  # (n, d)
        I_t = torch.sigmoid(X @ p["W_xi"] + H @ p["W_hi"] + p["b_i"])  # [10.1.1]
        F_t = torch.sigmoid(X @ p["W_xf"] + H @ p["W_hf"] + p["b_f"])  # [10.1.1]
        O_t = torch.sigmoid(X @ p["W_xo"] + H @ p["W_ho"] + p["b_o"])  # [10.1.1]
        C_tilde = torch.tanh(X @ p["W_xc"] + H @ p["W_hc"] + p["b_c"])  # [10.1.2]
        C = F_t * C + I_t * C_tilde  # [10.1.3]
        H = O_t * torch.tanh(C)  # [10.1.4]
        outputs.append(H)
    return torch.stack(outputs), (H, C)  # (T, n, h), each (n, h)


@hookimpl
def lstm_concise(num_inputs: int, num_hiddens: int) -> nn.Module:
    return nn.LSTM(num_inputs, num_hiddens)


@hookimpl
def gru_scratch(inputs: Tensor, state: Tensor | None, params: Params) -> tuple[Tensor, Tensor]:
    p, outputs = params, []
    H = _zeros(inputs, p["b_z"]) if state is None else state  # (n, h)
    for X in inputs:  # (n, d)
        R = torch.sigmoid(X @ p["W_xr"] + H @ p["W_hr"] + p["b_r"])  # [10.2.1]
        Z = torch.sigmoid(X @ p["W_xz"] + H @ p["W_hz"] + p["b_z"])  # [10.2.1]
        H_tilde = torch.tanh(X @ p["W_xh"] + (R * H) @ p["W_hh"] + p["b_h"])  # [10.2.2]
        H = Z * H + (1 - Z) * H_tilde  # [10.2.3]
        outputs.append(H)
    return torch.stack(outputs), H  # (T, n, h), (n, h)


@hookimpl
def gru_concise(num_inputs: int, num_hiddens: int) -> nn.Module:
    return nn.GRU(num_inputs, num_hiddens)


@hookimpl
def deep_rnn(inputs: Tensor, states: list[Tensor] | None, layers: list[Params]) -> tuple[Tensor, list[Tensor]]:
    outputs, last = inputs, []
    for i, params in enumerate(layers):
        state = None if states is None else states[i]
        outputs, H = _rnn(outputs, state, params)  # [10.3.1]
        last.append(H)
    return outputs, last  # (T, n, h), L times (n, h)


@hookimpl
def bidirectional_rnn(
    inputs: Tensor, states: tuple[Tensor, Tensor] | None, forward_params: Params, backward_params: Params
) -> tuple[Tensor, tuple[Tensor, Tensor]]:
    forward_state, backward_state = (None, None) if states is None else states
    forward, forward_H = _rnn(inputs, forward_state, forward_params)  # [10.4.1]
    backward, backward_H = _rnn(inputs.flip(0), backward_state, backward_params)  # [10.4.1]
    return torch.cat([forward, backward.flip(0)], dim=-1), (forward_H, backward_H)  # (T, n, 2h), each (n, h)


def _rnn(inputs: Tensor, state: Tensor | None, params: Params) -> tuple[Tensor, Tensor]:
    W_xh, W_hh, b_h = params["W_xh"], params["W_hh"], params["b_h"]
    H, outputs = _zeros(inputs, b_h) if state is None else state, []
    for X in inputs:
        H = torch.tanh(X @ W_xh + H @ W_hh + b_h)  # [9.4.5]
        outputs.append(H)
    return torch.stack(outputs), H  # (T, n, h), (n, h)


def _zeros(inputs: Tensor, bias: Tensor) -> Tensor:
    return inputs.new_zeros(inputs.shape[1], bias.shape[0])
