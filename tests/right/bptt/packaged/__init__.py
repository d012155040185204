"""Style: a package. The linear network, the tanh network and the rest in modules of their own."""

from .linear import linear_rnn_gradients, randomized_gradients, truncated_gradients
from .tanh import rnn_gradients
from .weights import state_gradient_norms, truncation_weights

__all__ = [
    "linear_rnn_gradients",
    "randomized_gradients",
    "rnn_gradients",
    "state_gradient_norms",
    "truncated_gradients",
    "truncation_weights",
]
