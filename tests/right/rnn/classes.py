"""Right work in class style: objects that keep their state, torch's SGD, batches that carry the state on."""

from dataclasses import dataclass, field

import torch
from torch import nn

from harness import hookimpl


@dataclass
class Tanh:
    """One recurrent layer at work: it keeps where it is and what it has seen."""

    weights: dict
    hidden: torch.Tensor = None
    seen: list = field(default_factory=list)

    def begin(self, batch, like):
        h = self.weights["b_h"].numel()
        self.hidden = torch.zeros(batch, h, dtype=like.dtype, device=like.device)

    def step(self, x):
        into = torch.mm(x, self.weights["W_xh"])
        over = torch.mm(self.hidden, self.weights["W_hh"])
        self.hidden = torch.tanh(into + over + self.weights["b_h"])
        self.seen.append(self.hidden)

    def run(self, sequence, start):
        if start is None:
            self.begin(sequence.shape[1], sequence)
        else:
            self.hidden = start
        for x in sequence:
            self.step(x)
        return torch.stack(self.seen, dim=0), self.hidden


class Projection:
    def __init__(self, weights):
        self.weights = weights

    def __call__(self, hiddens):
        return nn.functional.linear(hiddens.permute(1, 0, 2), self.weights["W_hq"].t(), self.weights["b_q"])


class ConciseRNN(nn.RNN):
    """torch's layer, with fixed choices."""

    def __init__(self, num_inputs, num_hiddens):
        super().__init__(num_inputs, num_hiddens, num_layers=1)

    def forward(self, inputs, state=None):
        return super().forward(inputs, state)


class Encoder:
    def __init__(self, size):
        self.size = size

    def __call__(self, indices):
        n, T = indices.shape
        vectors = torch.zeros(T, n, self.size, device=indices.device)
        return vectors.scatter_(2, indices.T.unsqueeze(2), 1.0)


class Clipper:
    def __init__(self, limit):
        self.limit = limit

    def norm(self, grads):
        return torch.stack([torch.linalg.vector_norm(grad) for grad in grads]).norm()

    def clip(self, parameters):
        grads = [p.grad for p in parameters if p.grad is not None]
        total = self.norm(grads)
        if total > self.limit:
            for grad in grads:
                grad.mul_(self.limit / total)


class Writer:
    """Reads tokens and writes on, with what the model says next."""

    def __init__(self, step, state):
        self.step, self.state, self.logits = step, state, None

    def read(self, token):
        self.logits, self.state = self.step(token, self.state)

    def next_token(self):
        return int(self.logits.argmax(dim=-1))


class Model:
    def __init__(self, size, hidden, generator):
        scale = hidden**-0.5
        self.size = size
        self.weights = nn.ParameterDict(
            {
                "W_xh": scale * torch.randn(size, hidden, generator=generator),
                "W_hh": scale * torch.randn(hidden, hidden, generator=generator),
                "b_h": torch.zeros(hidden),
                "W_hq": scale * torch.randn(hidden, size, generator=generator),
                "b_q": torch.zeros(size),
            }
        )

    def __call__(self, X, state):
        hiddens, state = Tanh(self.weights).run(Encoder(self.size)(X), state)
        return Projection(self.weights)(hiddens), state


class Trainer:
    def __init__(self, model, learning_rate, max_norm):
        self.model = model
        self.parameters = list(model.weights.parameters())
        self.optimizer = torch.optim.SGD(self.parameters, lr=learning_rate)
        self.clipper = Clipper(max_norm)

    def update(self, X, Y, state):
        logits, state = self.model(X, state)
        self.optimizer.zero_grad()
        CrossEntropy()(logits, Y).backward()
        self.clipper.clip(self.parameters)
        self.optimizer.step()
        return state.detach()

    def epoch(self, text, batch_size, num_steps, generator):
        offset = int(torch.randint(0, num_steps, (1,), generator=generator))
        length = (len(text) - 1 - offset) // batch_size
        inputs = text[offset : offset + length * batch_size].view(batch_size, length)
        labels = text[offset + 1 : offset + 1 + length * batch_size].view(batch_size, length)
        state = None
        for i in range(length // num_steps):
            now = slice(i * num_steps, (i + 1) * num_steps)
            state = self.update(inputs[:, now], labels[:, now], state)


class CrossEntropy:
    def __init__(self):
        self.mean = nn.CrossEntropyLoss()

    def __call__(self, logits, targets):
        return self.mean(logits.reshape(-1, logits.shape[-1]), targets.reshape(-1))


class Answers:
    """The hooks, as methods of one object."""

    def one_hot(self, indices, vocab_size):
        return Encoder(vocab_size)(indices)

    def rnn_scratch(self, inputs, state, params):
        return Tanh(params).run(inputs, state)

    def rnn_concise(self, num_inputs, num_hiddens):
        return ConciseRNN(num_inputs, num_hiddens)

    def output_layer(self, hiddens, params):
        return Projection(params)(hiddens)

    def language_model_loss(self, logits, targets):
        return CrossEntropy()(logits, targets)

    def clip_gradients(self, parameters, max_norm):
        Clipper(max_norm).clip(parameters)

    def generate(self, prefix, num_preds, step, state):
        if not prefix:
            raise ValueError("there is no prefix")
        writer, text = Writer(step, state), list(prefix)
        for token in text:
            writer.read(token)
        for _ in range(num_preds - 1):
            text.append(writer.next_token())
            writer.read(text[-1])
        text.append(writer.next_token())
        return text

    def train_language_model(
        self, corpus, vocab_size, num_hiddens, num_steps, batch_size, num_epochs, learning_rate, max_norm, generator
    ):
        model, text = Model(vocab_size, num_hiddens, generator), torch.tensor(corpus)
        trainer = Trainer(model, learning_rate, max_norm)
        for _ in range(num_epochs):
            trainer.epoch(text, batch_size, num_steps, generator)
        return dict(model.weights.items())


_answers = Answers()


@hookimpl
def one_hot(indices, vocab_size):
    return _answers.one_hot(indices, vocab_size)


@hookimpl
def rnn_scratch(inputs, state, params):
    return _answers.rnn_scratch(inputs, state, params)


@hookimpl
def rnn_concise(num_inputs, num_hiddens):
    return _answers.rnn_concise(num_inputs, num_hiddens)


@hookimpl
def output_layer(hiddens, params):
    return _answers.output_layer(hiddens, params)


@hookimpl
def language_model_loss(logits, targets):
    return _answers.language_model_loss(logits, targets)


@hookimpl
def clip_gradients(parameters, max_norm):
    return _answers.clip_gradients(parameters, max_norm)


@hookimpl
def generate(prefix, num_preds, step, state):
    return _answers.generate(prefix, num_preds, step, state)


@hookimpl
def train_language_model(
    corpus, vocab_size, num_hiddens, num_steps, batch_size, num_epochs, learning_rate, max_norm, generator
):
    return _answers.train_language_model(
        corpus, vocab_size, num_hiddens, num_steps, batch_size, num_epochs, learning_rate, max_norm, generator
    )
