"""Recurrent networks and their language model, from scratch and concise (9.4-9.6)."""

import torch
from torch import nn
from torch.nn import functional as F

from harness import hookimpl

from .module import Module
from .sequence import Corpus


def normal(*shape, sigma=0.01, generator=None):
    return nn.Parameter(sigma * torch.randn(shape, generator=generator))


class RNNScratch(Module):
    """H_t = tanh(X_t W_xh + H_{t-1} W_hh + b_h), equation 9.4.5 (9.5.1)."""

    @staticmethod
    def init_params(num_inputs, num_hiddens, generator):
        return {
            "W_xh": normal(num_inputs, num_hiddens, generator=generator),
            "W_hh": normal(num_hiddens, num_hiddens, generator=generator),
            "b_h": nn.Parameter(torch.zeros(num_hiddens)),
        }

    def init_state(self, inputs):
        return torch.zeros(inputs.shape[1], len(self.b_h), dtype=inputs.dtype, device=inputs.device)

    def step(self, X, H):
        return torch.tanh(X @ self.W_xh + H @ self.W_hh + self.b_h)

    def forward(self, inputs, state=None):
        states = [self.init_state(inputs) if state is None else state]
        for X in inputs:  # (batch size, number of inputs)
            states.append(self.step(X, states[-1]))
        return states[1:], states[-1]


class RNNLMScratch(Module):
    """A language model on top of a recurrent network (9.5.2)."""

    def __init__(self, rnn, vocab_size, params):
        super().__init__(params)
        self.rnn, self.vocab_size = rnn, vocab_size

    @staticmethod
    def init_params(num_hiddens, vocab_size, generator):
        return {
            "W_hq": normal(num_hiddens, vocab_size, generator=generator),
            "b_q": nn.Parameter(torch.zeros(vocab_size)),
        }

    @staticmethod
    def one_hot(X, vocab_size):
        return F.one_hot(X.T, vocab_size).type(torch.float32)

    def output_layer(self, rnn_outputs):
        return torch.stack([H @ self.W_hq + self.b_q for H in rnn_outputs], dim=1)

    @staticmethod
    def loss(Y_hat, Y):
        return F.cross_entropy(Y_hat.reshape(-1, Y_hat.shape[-1]), Y.reshape(-1))

    def forward(self, X, state=None):
        rnn_outputs, _ = self.rnn(self.one_hot(X, self.vocab_size), state)
        return self.output_layer(rnn_outputs)

    @staticmethod
    def predict(prefix, num_preds, step, state):
        if not prefix:
            raise ValueError("a prefix is needed to start from")
        outputs = list(prefix)
        for token in prefix[:-1]:  # warm-up
            _, state = step(token, state)
        while len(outputs) < len(prefix) + num_preds:
            Y, state = step(outputs[-1], state)
            outputs.append(int(Y.argmax()))
        return outputs


class Trainer:
    """Minibatch gradient descent with clipping (9.5.3)."""

    def __init__(self, max_epochs, lr, gradient_clip_val):
        self.max_epochs, self.lr, self.gradient_clip_val = max_epochs, lr, gradient_clip_val

    @staticmethod
    def clip_gradients(grad_clip_val, params):
        grads = [p.grad for p in params if p.grad is not None]
        norm = torch.sqrt(sum(torch.sum(grad**2) for grad in grads))
        if norm > grad_clip_val:
            for grad in grads:
                grad *= grad_clip_val / norm

    def fit(self, model, data, batch_size, generator):
        optim = torch.optim.SGD(model.parameters(), lr=self.lr)
        for _ in range(self.max_epochs):
            for X, Y in data.random_batches(batch_size, generator):
                loss = model.loss(model(X), Y)
                optim.zero_grad()
                loss.backward()
                self.clip_gradients(self.gradient_clip_val, list(model.parameters()))
                optim.step()


class RNN(Module):
    """The layer that torch has (9.6.1)."""

    layer = nn.RNN

    def __init__(self, num_inputs, num_hiddens):
        super().__init__()
        self.rnn = self.layer(num_inputs, num_hiddens)

    def forward(self, inputs, H=None):
        return self.rnn(inputs, H)


@hookimpl
def one_hot(indices, vocab_size):
    return RNNLMScratch.one_hot(indices, vocab_size)


@hookimpl
def rnn_scratch(inputs, state, params):
    return RNNScratch(params)(inputs, state)


@hookimpl
def rnn_concise(num_inputs, num_hiddens):
    return RNN(num_inputs, num_hiddens)


@hookimpl
def output_layer(hiddens, params):
    return RNNLMScratch(None, len(params["b_q"]), params).output_layer(hiddens)


@hookimpl
def language_model_loss(logits, targets):
    return RNNLMScratch.loss(logits, targets)


@hookimpl
def clip_gradients(parameters, max_norm):
    Trainer.clip_gradients(max_norm, parameters)


@hookimpl
def generate(prefix, num_preds, step, state):
    return RNNLMScratch.predict(prefix, num_preds, step, state)


@hookimpl
def train_language_model(
    corpus, vocab_size, num_hiddens, num_steps, batch_size, num_epochs, learning_rate, max_norm, generator
):
    rnn = RNNScratch.init_params(vocab_size, num_hiddens, generator)
    head = RNNLMScratch.init_params(num_hiddens, vocab_size, generator)
    model = RNNLMScratch(RNNScratch(rnn), vocab_size, head)
    Trainer(num_epochs, learning_rate, max_norm).fit(model, Corpus(corpus, num_steps), batch_size, generator)
    return rnn | head
