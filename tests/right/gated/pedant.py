"""Pedantic style: every shape asserted with a message, outputs written into one tensor, everything annotated."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from harness import hookimpl


def _expect(condition: bool, message: str) -> None:
    assert condition, message


def _sizes(inputs: Tensor, bias: Tensor) -> tuple[int, int, int]:
    _expect(inputs.dim() == 3, f"inputs should be (T, n, d), not {tuple(inputs.shape)}")
    _expect(bias.dim() == 1, f"a bias should be (h,), not {tuple(bias.shape)}")
    return inputs.size(0), inputs.size(1), bias.size(0)


def _start(inputs: Tensor, state: Tensor | None, n: int, h: int) -> Tensor:
    if state is None:
        return torch.zeros((n, h), dtype=inputs.dtype, device=inputs.device)
    _expect(tuple(state.shape) == (n, h), f"a state should be ({n}, {h}), not {tuple(state.shape)}")
    return state


def _linear(X: Tensor, H: Tensor, params: Mapping[str, Tensor], gate: str) -> Tensor:
    """X W_x + H W_h + b, by F.linear, which wants its weights the other way round."""
    W_x, W_h, b = params["W_x" + gate], params["W_h" + gate], params["b_" + gate]
    _expect(W_x.shape == (X.size(1), b.size(0)), f"W_x{gate} should be (d, h)")
    _expect(W_h.shape == (b.size(0), b.size(0)), f"W_h{gate} should be (h, h)")
    return functional.linear(X, W_x.t(), b) + functional.linear(H, W_h.t())


@hookimpl
def lstm_scratch(
    inputs: Tensor, state: tuple[Tensor, Tensor] | None, params: Mapping[str, Tensor]
) -> tuple[Tensor, tuple[Tensor, Tensor]]:
    T, n, h = _sizes(inputs, params["b_i"])
    given_H, given_C = (None, None) if state is None else state
    H: Tensor = _start(inputs, given_H, n, h)
    C: Tensor = _start(inputs, given_C, n, h)
    outputs: Tensor = inputs.new_empty(T, n, h)
    for t in range(T):
        X: Tensor = inputs[t]
        input_gate: Tensor = torch.sigmoid(_linear(X, H, params, "i"))
        forget_gate: Tensor = torch.sigmoid(_linear(X, H, params, "f"))
        output_gate: Tensor = torch.sigmoid(_linear(X, H, params, "o"))
        candidate: Tensor = torch.tanh(_linear(X, H, params, "c"))
        C = torch.add(torch.mul(forget_gate, C), torch.mul(input_gate, candidate))
        H = torch.mul(output_gate, torch.tanh(C))
        outputs[t] = H
    _expect(outputs.shape == (T, n, h), "outputs should be (T, n, h)")
    return outputs, (H, C)


@hookimpl
def lstm_concise(num_inputs: int, num_hiddens: int) -> nn.Module:
    _expect(num_inputs > 0 and num_hiddens > 0, "sizes should be positive")
    return nn.LSTM(
        input_size=num_inputs, hidden_size=num_hiddens, num_layers=1, bias=True, batch_first=False, bidirectional=False
    )


@hookimpl
def gru_scratch(inputs: Tensor, state: Tensor | None, params: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
    T, n, h = _sizes(inputs, params["b_z"])
    H: Tensor = _start(inputs, state, n, h)
    hiddens: Tensor = inputs.new_empty(T, n, h)
    for t in range(T):
        X: Tensor = inputs[t]
        reset_gate: Tensor = torch.sigmoid(_linear(X, H, params, "r"))
        update_gate: Tensor = torch.sigmoid(_linear(X, H, params, "z"))
        what_is_left: Tensor = torch.mul(reset_gate, H)
        proposal: Tensor = torch.tanh(_linear(X, what_is_left, params, "h"))
        H = torch.mul(update_gate, H) + torch.mul(1 - update_gate, proposal)
        hiddens[t] = H
    _expect(hiddens.shape == (T, n, h), "outputs should be (T, n, h)")
    return hiddens, H


@hookimpl
def gru_concise(num_inputs: int, num_hiddens: int) -> nn.Module:
    _expect(num_inputs > 0 and num_hiddens > 0, "both sizes should be positive")
    return nn.GRU(
        input_size=num_inputs, hidden_size=num_hiddens, num_layers=1, bias=True, batch_first=False, bidirectional=False
    )


def _tanh_run(
    sequence: Tensor, state: Tensor | None, params: Mapping[str, Tensor], times: Sequence[int]
) -> tuple[Tensor, Tensor]:
    """Every hidden state in order of time, and the last one computed, reading the times in the given order."""
    T, n, h = _sizes(sequence, params["b_h"])
    _expect(sorted(times) == list(range(T)), "every time should be read once")
    H: Tensor = _start(sequence, state, n, h)
    everything: Tensor = sequence.new_empty(T, n, h)
    for t in times:
        H = torch.tanh(_linear(sequence[t], H, params, "h"))
        everything[t] = H
    return everything, H


@hookimpl
def deep_rnn(
    inputs: Tensor, states: list[Tensor] | None, layers: list[Mapping[str, Tensor]]
) -> tuple[Tensor, list[Tensor]]:
    _expect(len(layers) > 0, "at least one layer, please")
    starts: list[Tensor | None] = [None] * len(layers) if states is None else list(states)
    _expect(len(starts) == len(layers), f"{len(layers)} layers need as many states, not {len(starts)}")
    order = range(inputs.size(0))
    signal: Tensor = inputs
    finals: list[Tensor] = []
    for number in range(len(layers)):
        signal, final = _tanh_run(signal, starts[number], layers[number], order)
        finals.append(final)
    return signal, finals


@hookimpl
def bidirectional_rnn(
    inputs: Tensor,
    states: tuple[Tensor, Tensor] | None,
    forward_params: Mapping[str, Tensor],
    backward_params: Mapping[str, Tensor],
) -> tuple[Tensor, tuple[Tensor, Tensor]]:
    _expect(states is None or len(states) == 2, "states should be a pair")
    rightward, leftward = (None, None) if states is None else states
    ascending = range(inputs.size(0))
    descending = ascending[::-1]
    first_half, first_end = _tanh_run(inputs, rightward, forward_params, ascending)
    second_half, second_end = _tanh_run(inputs, leftward, backward_params, descending)
    joined: Tensor = torch.cat((first_half, second_half), dim=2)
    _expect(joined.size(2) == first_half.size(2) + second_half.size(2), "the halves should stand side by side")
    return joined, (first_end, second_end)
