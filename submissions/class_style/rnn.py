"""The recurrent network and its language model."""

import torch
from torch import nn
from torch.func import functional_call
from torch.nn import functional as F

from harness import hookimpl


class RNN(nn.Module):
    """A tanh RNN over time-major inputs."""

    def __init__(self, num_inputs, num_hiddens, sigma=0.01, generator=None):
        super().__init__()
        self.num_hiddens = num_hiddens
        self.W_xh = nn.Parameter(sigma * torch.randn(num_inputs, num_hiddens, generator=generator))
        self.W_hh = nn.Parameter(sigma * torch.randn(num_hiddens, num_hiddens, generator=generator))
        self.b_h = nn.Parameter(torch.zeros(num_hiddens))

    def forward(self, inputs, state=None):
        if state is None:
            state = inputs.new_zeros(inputs.shape[1], self.W_hh.shape[0])
        outputs = []
        for X in inputs:
            state = torch.tanh(X @ self.W_xh + state @ self.W_hh + self.b_h)
            outputs.append(state)
        return torch.stack(outputs), state


class Head(nn.Module):
    """The output layer: hidden states to logits, batch first."""

    def __init__(self, num_hiddens, vocab_size, sigma=0.01, generator=None):
        super().__init__()
        self.W_hq = nn.Parameter(sigma * torch.randn(num_hiddens, vocab_size, generator=generator))
        self.b_q = nn.Parameter(torch.zeros(vocab_size))

    def forward(self, hiddens):
        return (hiddens @ self.W_hq + self.b_q).swapaxes(0, 1)


class RNNLM(nn.Module):
    """A character language model."""

    def __init__(self, vocab_size, num_hiddens, generator):
        super().__init__()
        self.vocab_size = vocab_size
        self.rnn = RNN(vocab_size, num_hiddens, sigma=num_hiddens**-0.5, generator=generator)
        self.head = Head(num_hiddens, vocab_size, sigma=num_hiddens**-0.5, generator=generator)

    def forward(self, X, state=None):
        outputs, state = self.rnn(F.one_hot(X.T, self.vocab_size).float(), state)
        return self.head(outputs), state


class Trainer:
    """Gradient descent with clipping, the state carried through each epoch."""

    def __init__(self, model, learning_rate, max_norm):
        self.model, self.max_norm = model, max_norm
        self.optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate)

    def fit(self, corpus, batch_size, num_steps, num_epochs, generator):
        data = torch.as_tensor(corpus)
        for _ in range(num_epochs):
            offset = int(torch.randint(num_steps, (1,), generator=generator))
            width = (len(data) - offset - 1) // batch_size
            x = data[offset : offset + width * batch_size].reshape(batch_size, width)
            y = data[offset + 1 : offset + 1 + width * batch_size].reshape(batch_size, width)
            state = None
            for i in range(0, width - num_steps + 1, num_steps):
                state = self.step(x[:, i : i + num_steps], y[:, i : i + num_steps], state)

    def step(self, X, Y, state):
        logits, state = self.model(X, state)
        loss = F.cross_entropy(logits.flatten(0, 1), Y.flatten())
        self.optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), self.max_norm)
        self.optimizer.step()
        return state.detach()


class ConciseRNN(nn.Module):
    """torch's own RNN behind the course's signature."""

    def __init__(self, num_inputs, num_hiddens):
        super().__init__()
        self.rnn = nn.RNN(num_inputs, num_hiddens)

    def forward(self, inputs, state=None):
        return self.rnn(inputs, state)


@hookimpl
def one_hot(indices, vocab_size):
    return F.one_hot(indices.T, vocab_size).to(torch.float32)


def shape_of(module, *sizes):
    """A module without values (nor draws from the global generator), to be called with given weights."""
    with torch.device("meta"):
        return module(*sizes)


@hookimpl
def rnn_scratch(inputs, state, params):
    return functional_call(shape_of(RNN, 1, 1), params, (inputs, state))


@hookimpl
def rnn_concise(num_inputs, num_hiddens):
    return ConciseRNN(num_inputs, num_hiddens)


@hookimpl
def output_layer(hiddens, params):
    return functional_call(shape_of(Head, 1, 1), params, (hiddens,))


@hookimpl
def language_model_loss(logits, targets):
    return F.cross_entropy(logits.flatten(0, 1), targets.flatten())


@hookimpl
def clip_gradients(parameters, max_norm):
    gradients = [p.grad for p in parameters if p.grad is not None]
    norm = torch.sqrt(sum((g * g).sum() for g in gradients))
    if norm > max_norm:
        for gradient in gradients:
            gradient *= max_norm / norm


@hookimpl
def generate(prefix, num_preds, step, state):
    if not prefix:
        raise ValueError("the prefix is empty")
    tokens = list(prefix)
    for i in range(len(prefix) + num_preds - 1):
        logits, state = step(tokens[i], state)
        if i >= len(prefix) - 1:
            tokens.append(int(logits.argmax()))
    return tokens


@hookimpl
def train_language_model(
    corpus, vocab_size, num_hiddens, num_steps, batch_size, num_epochs, learning_rate, max_norm, generator
):
    model = RNNLM(vocab_size, num_hiddens, generator)
    Trainer(model, learning_rate, max_norm).fit(corpus, batch_size, num_steps, num_epochs, generator)
    return {name.rpartition(".")[2]: parameter for name, parameter in model.named_parameters()}
