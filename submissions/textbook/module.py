"""What all models here are."""

from torch import nn


class Module(nn.Module):
    """A model that computes with the weights that it is given by name."""

    def __init__(self, params=None):
        super().__init__()
        for name, value in (params or {}).items():
            setattr(self, name, value)
