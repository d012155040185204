"""Torch's own layers in a module of the course's."""

from torch import nn


class Layer(nn.Module):
    def __init__(self, kind, num_inputs, num_hiddens):
        super().__init__()
        self.add_module("only", getattr(nn, kind)(num_inputs, num_hiddens))

    def forward(self, inputs, state=None):
        return self.only(inputs, state)
