"""Right work with NumPy inside wherever no gradients are asked for; training is backpropagation by hand."""

import numpy as np
import torch
from torch import nn

from harness import hookimpl


@hookimpl
def one_hot(indices, vocab_size):
    places = indices.cpu().numpy().T
    vectors = np.zeros((*places.shape, vocab_size), dtype=np.float32)
    np.put_along_axis(vectors, places[..., None], 1.0, axis=-1)
    return torch.from_numpy(vectors).to(indices.device)


@hookimpl
def rnn_scratch(inputs, state, params):
    projected = inputs @ params["W_xh"] + params["b_h"]  # all steps at once
    h = torch.zeros_like(projected[0]) if state is None else state
    hiddens = ()
    for a in projected:
        h = (a + h @ params["W_hh"]).tanh()
        hiddens += (h[None],)
    return torch.vstack(hiddens), h


class Recurrent(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.core = nn.RNN(**sizes)

    def forward(self, inputs, state):
        if state is None:
            return self.core(inputs)
        return self.core(inputs, state)


@hookimpl
def rnn_concise(num_inputs, num_hiddens):
    return Recurrent({"input_size": num_inputs, "hidden_size": num_hiddens})


@hookimpl
def output_layer(hiddens, params):
    T, n, h = hiddens.shape
    flat = torch.addmm(params["b_q"], hiddens.reshape(T * n, h), params["W_hq"])
    return flat.reshape(T, n, -1).swapaxes(0, 1)


@hookimpl
def language_model_loss(logits, targets):
    log_probs = logits.log_softmax(dim=2)
    n, T = targets.shape
    rows, steps = torch.arange(n)[:, None], torch.arange(T)[None, :]
    return -log_probs[rows, steps, targets].sum() / (n * T)


@hookimpl
def clip_gradients(parameters, max_norm):
    arrays = [p.grad.detach().numpy() for p in parameters if p.grad is not None]  # they share their memory
    norm = np.sqrt(sum(np.square(a).sum() for a in arrays))
    ratio = np.minimum(1.0, max_norm / norm)
    for a in arrays:
        a *= ratio


@hookimpl
def generate(prefix, num_preds, step, state):
    if len(prefix) == 0:
        raise ValueError("cannot continue an empty prefix")
    tokens = np.zeros(len(prefix) + num_preds, dtype=np.int64)
    tokens[: len(prefix)] = prefix
    for i in range(len(tokens) - 1):
        logits, state = step(int(tokens[i]), state)
        if i + 1 >= len(prefix):
            tokens[i + 1] = np.argmax(logits.detach().numpy())
    return tokens.tolist()


def uniform(generator, *shape):
    drawn = torch.rand(shape, generator=generator).numpy() - np.float32(0.5)
    return drawn / np.float32(np.sqrt(shape[0]))


def gradient(p, X, Y):
    """The gradient of the mean cross-entropy, by backpropagation through time; X and Y are (T, n)."""
    T, n = X.shape
    hs = [np.zeros((n, len(p["b_h"])), dtype=np.float32)]
    for x in X:
        hs.append(np.tanh(p["W_xh"][x] + hs[-1] @ p["W_hh"] + p["b_h"]))
    g = {name: np.zeros_like(value) for name, value in p.items()}
    carried = np.zeros_like(hs[0])
    for t in reversed(range(T)):
        logits = hs[t + 1] @ p["W_hq"] + p["b_q"]
        probs = np.exp(logits - logits.max(axis=1, keepdims=True))
        probs /= probs.sum(axis=1, keepdims=True)
        probs[np.arange(n), Y[t]] -= 1.0
        error = probs / np.float32(T * n)
        g["W_hq"] += hs[t + 1].T @ error
        g["b_q"] += error.sum(axis=0)
        delta = (error @ p["W_hq"].T + carried) * (1 - hs[t + 1] ** 2)
        np.add.at(g["W_xh"], X[t], delta)
        g["W_hh"] += hs[t].T @ delta
        g["b_h"] += delta.sum(axis=0)
        carried = delta @ p["W_hh"].T
    return g


@hookimpl
def train_language_model(
    corpus, vocab_size, num_hiddens, num_steps, batch_size, num_epochs, learning_rate, max_norm, generator
):
    p = {
        "W_xh": uniform(generator, vocab_size, num_hiddens),
        "W_hh": uniform(generator, num_hiddens, num_hiddens),
        "b_h": np.zeros(num_hiddens, dtype=np.float32),
        "W_hq": uniform(generator, num_hiddens, vocab_size),
        "b_q": np.zeros(vocab_size, dtype=np.float32),
    }
    tokens = np.array(corpus)
    views = np.lib.stride_tricks.sliding_window_view(tokens, num_steps + 1)
    for _ in range(num_epochs):
        first = int(torch.randint(num_steps, (), generator=generator))
        table = views[first::num_steps]
        order = torch.randperm(len(table), generator=generator).numpy()
        for i in range(0, len(order) - batch_size + 1, batch_size):
            batch = table[order[i : i + batch_size]].T  # (T + 1, n)
            g = gradient(p, batch[:-1], batch[1:])
            norm = np.sqrt(sum(np.square(value).sum() for value in g.values()))
            rate = np.float32(learning_rate * min(1.0, max_norm / norm))
            for name in p:
                p[name] -= rate * g[name]
    return {name: torch.from_numpy(value) for name, value in p.items()}
