"""Right work with fused weights and einsum: one product a step on stacked weights, one flat vector of gradients."""

import torch
from torch import nn

from harness import hookimpl


@hookimpl
def one_hot(indices, vocab_size):
    return torch.eye(vocab_size, device=indices.device)[indices.permute(1, 0)]


def stacked(params):
    """[W_xh; W_hh; b_h], for rows [x, h, 1]."""
    return torch.cat((params["W_xh"], params["W_hh"], params["b_h"].unsqueeze(0)))


@hookimpl
def rnn_scratch(inputs, state, params):
    T, n, _ = inputs.size()
    h = params["W_hh"].size(0)
    weights, one = stacked(params), inputs.new_ones((n, 1))
    before = torch.zeros((n, h), dtype=inputs.dtype, device=inputs.device) if state is None else state
    steps = []
    for t in range(T):
        row = torch.cat((inputs[t], before, one), dim=1)
        before = torch.tanh(torch.einsum("ni,ih->nh", row, weights))
        steps.append(before.unsqueeze(0))
    return torch.cat(steps), before


class Layer(nn.Module):
    def __init__(self, d, h):
        super().__init__()
        self.layer = nn.RNN(d, h, num_layers=1, nonlinearity="tanh", bidirectional=False)

    def forward(self, inputs, state=None):
        result, last = self.layer(inputs, state)
        return result, last


@hookimpl
def rnn_concise(num_inputs, num_hiddens):
    return Layer(num_inputs, num_hiddens)


@hookimpl
def output_layer(hiddens, params):
    scores = torch.einsum("tnh,hv->ntv", hiddens, params["W_hq"])
    return scores + params["b_q"]


@hookimpl
def language_model_loss(logits, targets):
    axes = logits.movedim(-1, 1)  # (n, V, T): cross_entropy wants the classes second
    return nn.functional.cross_entropy(axes, targets)


@hookimpl
def clip_gradients(parameters, max_norm):
    present = [p.grad for p in parameters if p.grad is not None]
    flat = torch.cat([g.reshape(-1) for g in present])
    length = torch.sqrt(torch.einsum("i,i->", flat, flat))
    if length > max_norm:
        flat = flat * (max_norm / length)
    for g, piece in zip(present, flat.split([g.numel() for g in present]), strict=True):
        g[:] = piece.reshape(g.shape)


@hookimpl
def generate(prefix, num_preds, step, state):
    if len(prefix) < 1:
        raise ValueError("generate: an empty prefix gives nothing to go on")
    *warmup, token = prefix
    for index in warmup:
        _, state = step(index, state)
    result = [*warmup, token]
    while len(result) < len(prefix) + num_preds:
        scores, state = step(token, state)
        token = int(torch.argmax(scores))
        result.append(token)
    return result


def slices(V, h):
    """Where each weight lies in one flat vector."""
    shapes = {"W_xh": (V, h), "W_hh": (h, h), "b_h": (h,), "W_hq": (h, V), "b_q": (V,)}
    at, places = 0, {}
    for name, shape in shapes.items():
        size = shape[0] * (shape[1] if len(shape) == 2 else 1)
        places[name] = (slice(at, at + size), shape)
        at += size
    return places, at


@hookimpl
def train_language_model(
    corpus, vocab_size, num_hiddens, num_steps, batch_size, num_epochs, learning_rate, max_norm, generator
):
    places, size = slices(vocab_size, num_hiddens)
    theta = torch.empty(size).normal_(0.0, 0.1, generator=generator)
    theta.requires_grad_(True)
    text = torch.tensor(corpus)
    span = torch.arange(num_steps + 1)
    updates = len(text) // (num_steps * batch_size)
    for _ in range(num_epochs):
        for _ in range(updates):
            p = {name: theta[where].view(shape) for name, (where, shape) in places.items()}
            starts = torch.randint(0, len(text) - num_steps, (batch_size, 1), generator=generator)
            window = text[starts + span]  # (n, T + 1)
            hiddens, _ = rnn_scratch(one_hot(window[:, :-1], vocab_size), None, p)
            loss = language_model_loss(output_layer(hiddens, p), window[:, 1:])
            (slope,) = torch.autograd.grad(loss, theta)
            clipped = slope * torch.clamp(max_norm / slope.norm(), max=1.0)
            theta = (theta - learning_rate * clipped).detach().requires_grad_(True)
    flat = theta.detach()
    return {name: flat[where].view(shape) for name, (where, shape) in places.items()}
