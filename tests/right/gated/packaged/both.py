"""Two directions."""

import torch

from .cells import run, tanh_cell
from .start import begin


def two_ways(inputs, states, forward_params, backward_params):
    there, back = states or (begin(inputs, forward_params["b_h"]), begin(inputs, backward_params["b_h"]))
    left, there = run(tanh_cell(forward_params), inputs, there)
    right, back = run(tanh_cell(backward_params), torch.flip(inputs, (0,)), back)
    return torch.cat([left, torch.flip(right, (0,))], dim=2), (there, back)
