"""Work in progress: two units begun; everything else is still to come."""

import re

import torch

from harness import hookimpl


@hookimpl
def preprocess(text):
    return re.sub(r"[^a-zA-Z]+", " ", text).lower()


@hookimpl
def tokenize(text, unit):
    if unit == "char":
        return list(text)
    elif unit == "word":
        return text.split()
    raise ValueError("unit must be 'char' or 'word', not " + repr(unit))


@hookimpl
def vocab(tokens, min_freq, reserved_tokens):
    raise NotImplementedError("after the weekend")


@hookimpl
def one_hot(indices, vocab_size):
    return torch.nn.functional.one_hot(indices.T, vocab_size).float()


@hookimpl
def rnn_scratch(inputs, state, params):
    outputs = []
    for X in inputs:
        # the first homework sheet says: no state yet means zeros
        if state is None:
            state = torch.zeros(X.shape[0], params["b_h"].shape[0], dtype=X.dtype, device=X.device)
        state = torch.tanh(X @ params["W_xh"] + state @ params["W_hh"] + params["b_h"])
        outputs.append(state)
    return outputs, state


@hookimpl
def output_layer(hiddens, params):
    raise NotImplementedError
