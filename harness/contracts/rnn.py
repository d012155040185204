"""Recurrent neural networks: cells, the language model around them, clipping, generation and training."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import nn

from harness.contracts.answers import LanguageModel, Mark, Step, Witness
from harness.contracts.component import NO_RECURRENT_KERNELS, Hook, component
from harness.contracts.modules import ONE_LAYER, OneLayer, drive_module
from harness.contracts.partner import ASK
from harness.contracts.results import Anything, Array, Fields, Ints, ListOf, Parts, Str

Params = dict[str, torch.Tensor]


@component(Array("T n V"), points=1)
def one_hot(indices: torch.Tensor, vocab_size: int) -> torch.Tensor:
    """Turn token indices into time-major one-hot vectors.

    Shapes: indices (n, T) int64; (T, n, V) out, V = vocab_size.
    Conventions: float32, on the device of the indices, transposed to time-major. Tokens may be missing from
        the indices: V is vocab_size, whatever occurs.
    Source: D2L 9.5.2.
    """


@component(
    Parts(outputs=Array("T n h"), state=Array("n h", state=True)),
    points=3,
    gradients=True,
    rules=(NO_RECURRENT_KERNELS,),
)
def rnn_scratch(inputs: torch.Tensor, state: torch.Tensor | None, params: Params) -> tuple[torch.Tensor, torch.Tensor]:
    """Run a tanh RNN over a sequence, from scratch.

    Shapes: inputs (T, n, d); state (n, h) or None; params W_xh (d, h), W_hh (h, h), b_h (h,);
        (outputs (T, n, h), state (n, h)) out.
    Conventions: H_t = tanh(X_t W_xh + H_{t-1} W_hh + b_h); `state=None` means zeros; the final state equals
        the last output. Differentiable in inputs, state and every parameter. Forbidden: torch.nn's recurrent
        modules and cells, torch.rnn_tanh, rnn_relu, lstm, gru, the *_cell functions, and whatever reaches the
        same kernels.
    Source: D2L 9.4.2 and 9.5.1, equation 9.4.5.
    """


@component(
    Fields(
        module=OneLayer("torch.nn.RNN", **ONE_LAYER, nonlinearity="tanh"),
        mutated=ListOf(Str()),
        result=Parts(outputs=Array("T n h"), state=Array("1 n h", state=True)),
    ),
    points=2,
    observer=partial(drive_module, nn.RNN),
    gradients=True,
    may_draw=True,
)
def rnn_concise(num_inputs: int, num_hiddens: int) -> nn.Module:
    """Build a tanh RNN on torch.nn.RNN.

    Shapes: `module(inputs (T, n, d), state)` gives (outputs (T, n, h), state (1, n, h)), where d = num_inputs,
        h = num_hiddens, and the state given is None or (1, n, h).
    Conventions: the module is or holds exactly one torch.nn.RNN (1 layer, tanh, one direction), and has no
        parameters besides that layer's own four (weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0). A state
        of None means zeros, at every call. Differentiable in inputs, state and the four parameters. Initial
        weights are random; they may be drawn from torch's global generator, which may not be seeded.
    Source: D2L 9.6.
    """


@component(Array("n T V"), points=1, gradients=True)
def output_layer(hiddens: torch.Tensor, params: Params) -> torch.Tensor:
    """Turn hidden states into logits over the vocabulary.

    Shapes: hiddens (T, n, h); params W_hq (h, V), b_q (V,); logits (n, T, V) out: batch first.
    Conventions: O_t = H_t W_hq + b_q; no softmax. Differentiable in hiddens and every parameter.
    Source: D2L 9.4.2 and 9.5.2, equation 9.4.6.
    """


@component(Array(""), points=1, gradients=True)
def language_model_loss(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Compute the mean cross-entropy of next-token predictions.

    Shapes: logits (n, T, V); targets (n, T) int64; a scalar tensor out.
    Conventions: the mean over all n·T positions, in nats; logits, not probabilities. Stable for logits of
        ±1e4: finite, and within 1e-2 in float32 (full accuracy in float64). Differentiable in the logits.
    Source: D2L 9.4.3 and 9.5.2.
    """


def observe_clip_gradients(hook: Hook, arguments: dict[str, Any], drive: dict[str, Any]) -> dict[str, Any]:
    """Attach the drive's `grads`, call, and write down the grads and the parameters' values. The judge is told before
    and afterwards which objects the grads and the list's items are."""
    values = enumerate(arguments["parameters"])
    parameters = [nn.Parameter(value) if i % 2 else value.requires_grad_() for i, value in values]
    for parameter, grad in zip(parameters, drive["grads"], strict=True):
        parameter.grad = grad
    kept, given = [parameter.grad for parameter in parameters], list(parameters)
    drive[ASK]([list(map(id, kept)), list(map(id, given))])
    hook(**{**arguments, "parameters": given})
    after = [parameter.grad for parameter in parameters]
    drive[ASK]([list(map(id, after)), list(map(id, given))])
    return {"grads": after, "values": [parameter.detach() for parameter in parameters]}


@component(
    Fields(grads=ListOf(Anything()), values=ListOf(Anything())),
    points=2,
    observer=observe_clip_gradients,
    partner=Witness,
    may_change=("parameters",),
)
def clip_gradients(parameters: list[torch.Tensor], max_norm: float) -> None:
    """Rescale gradients in place so that their norm, taken over all parameters together, is at most max_norm.

    Shapes: `parameters` is a list of tensors with `.grad` of their own shape, or None; the result is ignored.
    Conventions: g <- g · min(1, max_norm/||g||), one norm over all parameters together, within 1e-5
        relative. In place on `.grad`: the same tensor object stays. Parameters whose `.grad` is None are
        skipped; the parameters' values stay. Ungraded: zero norm; 0-d parameters.
    Source: D2L 9.5.3, equation 9.5.3.
    """


def observe_generate(hook: Hook, arguments: dict[str, Any], drive: dict[str, Any]) -> Any:
    """Hand the hook a step that the judge answers. drive: `rule` ("memory": the logits depend on all tokens so
    far; "successor": the next index), `seed`, `like` (a tensor (V,)), `state` (the history of the first); `level` and
    `gap` of the logits where these are not 0 and 1."""
    state = None if drive["state"] is None else Mark(0)
    return hook(**arguments, step=Step(drive[ASK], drive["like"]), state=state)


@component(Ints(), points=2, observer=observe_generate, partner=LanguageModel)
def generate(
    prefix: list[int], num_preds: int, step: Callable[[int, Any], tuple[torch.Tensor, Any]], state: Any
) -> list[int]:
    """Continue a prefix with greedy predictions.

    Shapes: `prefix` is a list of int; a list of int out: the prefix, then `num_preds` tokens.
    Conventions: `step(token, state)` gives (logits (V,), state); the state is passed on as it came, `state`
        first, whatever it is. Each prefix token and each prediction but the last is fed exactly once, in
        order; `step` may be handed an int or a 0-d tensor. A prediction is the argmax of the logits.
        Ungraded: ties; num_preds 0.
    Raises: ValueError on an empty prefix.
    Source: D2L 9.5.4.
    """


@component(
    Fields(W_xh=Array("V h"), W_hh=Array("h h"), b_h=Array("h"), W_hq=Array("h V"), b_q=Array("V")),
    points=4,
    cpu_seconds=60.0,
)
def train_language_model(
    corpus: list[int],
    vocab_size: int,
    num_hiddens: int,
    num_steps: int,
    batch_size: int,
    num_epochs: int,
    learning_rate: float,
    max_norm: float,
    generator: torch.Generator,
) -> Params:
    """Train a one-layer tanh RNN language model and return its weights.

    Shapes: `corpus` is a list of int; a dict W_xh (V, h), W_hh (h, h), b_h (h,), W_hq (h, V), b_q (V,) out,
        V = vocab_size, h = num_hiddens.
    Conventions: one-hot input, `rnn_scratch` and `output_layer` in equations, mean cross-entropy of the next
        token, SGD with the given learning rate, gradients clipped to `max_norm` by their global norm.
        Initial weights come from `generator`, a CPU generator, and so does all other randomness. Initial
        scale, window sampling and carried state are free; an epoch is about len/(num_steps·batch_size)
        updates. float32 weights, which may or may not require grad; vocab_size may exceed the tokens that
        occur. Graded by the perplexity that the harness computes from the returned weights on text held out
        from training: at most 1.15 times that of the reference trained on the same case.
    Source: D2L 9.5.
    """
