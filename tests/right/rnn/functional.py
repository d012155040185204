"""Right work in functional style: folds and comprehensions, new values instead of changed ones."""

from functools import partial, reduce
from itertools import accumulate, chain, islice, pairwise

import torch
from torch import nn

from harness import hookimpl


@hookimpl
def one_hot(indices, vocab_size):
    places = torch.arange(vocab_size, device=indices.device)
    return torch.eq(indices.t().unsqueeze(-1), places).float()


def cell(params, hidden, x):
    return (x.matmul(params["W_xh"]) + hidden.matmul(params["W_hh"]) + params["b_h"]).tanh()


def unroll(inputs, state, params):
    return list(islice(accumulate(inputs.unbind(), partial(cell, params), initial=state), 1, None))


@hookimpl
def rnn_scratch(inputs, state, params):
    start = state if state is not None else inputs.new_zeros(inputs.shape[1], len(params["b_h"]))
    hiddens = unroll(inputs, start, params)
    return hiddens, (hiddens[-1],)  # a list of tensors, and a 1-tuple


@hookimpl
def rnn_concise(num_inputs, num_hiddens):
    return nn.RNN(input_size=num_inputs, hidden_size=num_hiddens)


@hookimpl
def output_layer(hiddens, params):
    project = partial(torch.addmm, params["b_q"], mat2=params["W_hq"])
    return torch.stack([project(mat1=hidden) for hidden in hiddens], dim=1)


@hookimpl
def language_model_loss(logits, targets):
    surprise = logits.logsumexp(dim=-1) - logits.gather(-1, targets.unsqueeze(-1)).squeeze(-1)
    return surprise.mean()


def global_norm(grads):
    return reduce(torch.add, (g.pow(2).sum() for g in grads)).sqrt()


def shrink(grads, max_norm):
    factor = (max_norm / global_norm(grads)).clamp(max=1.0)
    return [g * factor for g in grads]


@hookimpl
def clip_gradients(parameters, max_norm):
    owners = [p for p in parameters if p.grad is not None]
    for owner, new in zip(owners, shrink([p.grad for p in owners], max_norm), strict=True):
        owner.grad.copy_(new)


def greedy(step, past, _):
    tokens, logits, state = past
    token = logits.argmax().item()
    return [*tokens, token], *step(token, state)


@hookimpl
def generate(prefix, num_preds, step, state):
    if len(prefix) == 0:
        raise ValueError("prefix: at least one token is needed")
    logits, state = reduce(lambda past, token: step(token, past[1]), prefix, (None, state))
    start = ([*prefix], logits, state)
    tokens, logits, _ = reduce(partial(greedy, step), range(num_preds - 1), start)
    return [*tokens, logits.argmax().item()]


NAMES = ("W_xh", "W_hh", "b_h", "W_hq", "b_q")


def draw(shape, generator):
    return torch.randn(shape, generator=generator).mul(0.05) if len(shape) > 1 else torch.zeros(shape)


def rows(corpus, num_steps, offset):
    """Rows of num_steps + 1 tokens; the last of each is the first of the next."""
    bounds = pairwise(range(offset, len(corpus), num_steps))
    return torch.stack([corpus[a : b + 1] for a, b in bounds])


def epoch(corpus, num_steps, batch_size, generator):
    table = rows(corpus, num_steps, torch.randint(num_steps, (1,), generator=generator).item())
    order = torch.randperm(len(table), generator=generator)
    full = [part for part in order.split(batch_size) if len(part) == batch_size]
    return ((table[part, :-1], table[part, 1:]) for part in full)


def objective(params, vocab_size, pair):
    inputs, targets = pair
    start = torch.zeros(len(inputs), len(params["b_h"]))
    hiddens = unroll(one_hot(inputs, vocab_size), start, params)
    return language_model_loss(output_layer(hiddens, params), targets)


def descended(params, pair, *, vocab_size, learning_rate, max_norm):
    leaves = {name: value.detach().requires_grad_() for name, value in params.items()}
    grads = torch.autograd.grad(objective(leaves, vocab_size, pair), list(leaves.values()))
    moves = shrink(grads, max_norm)
    return {n: (v - learning_rate * g).detach() for (n, v), g in zip(leaves.items(), moves, strict=True)}


@hookimpl
def train_language_model(
    corpus, vocab_size, num_hiddens, num_steps, batch_size, num_epochs, learning_rate, max_norm, generator
):
    V, h = vocab_size, num_hiddens
    shapes = ((V, h), (h, h), (h,), (h, V), (V,))
    params = {name: draw(shape, generator) for name, shape in zip(NAMES, shapes, strict=True)}
    tokens = torch.tensor(corpus)
    batches = chain.from_iterable(epoch(tokens, num_steps, batch_size, generator) for _ in range(num_epochs))
    update = partial(descended, vocab_size=vocab_size, learning_rate=learning_rate, max_norm=max_norm)
    return reduce(update, batches, params)
