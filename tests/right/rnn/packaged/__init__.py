"""Right work as a package: the hooks here, what they stand on in modules beside it, by relative imports."""

from torch import nn

from harness import hookimpl

from . import learning
from .cells import project, run
from .numbers import encode, rescale, surprise


@hookimpl
def one_hot(indices, vocab_size):
    return encode(indices.mT, vocab_size)


@hookimpl
def rnn_scratch(inputs, state, params):
    *_, last = outputs = list(run(inputs, state, **params))
    return outputs, last


@hookimpl
def rnn_concise(num_inputs, num_hiddens):
    return nn.RNN(num_inputs, num_hiddens, batch_first=False, bias=True)


@hookimpl
def output_layer(hiddens, params):
    return project(hiddens, **params)


@hookimpl
def language_model_loss(logits, targets):
    return surprise(logits, targets)


@hookimpl
def clip_gradients(parameters, max_norm):
    rescale([p.grad for p in parameters if p.grad is not None], max_norm)


@hookimpl
def generate(prefix, num_preds, step, state):
    return learning.write(prefix, num_preds, step, state)


@hookimpl
def train_language_model(
    corpus, vocab_size, num_hiddens, num_steps, batch_size, num_epochs, learning_rate, max_norm, generator
):
    course = learning.Course(learning_rate, max_norm, generator)
    course.enrol(vocab_size, num_hiddens)
    for _ in range(num_epochs):
        course.epoch(corpus, num_steps, batch_size)
    return course.weights()
