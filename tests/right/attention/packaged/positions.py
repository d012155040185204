"""Positions as angles of clocks, each slower than the one before."""

import torch


def encode(steps, width):
    speeds = torch.exp2(torch.arange(0, width, 2) * (-torch.log2(torch.tensor(1e4, dtype=torch.float64)) / width))
    angles = torch.outer(torch.arange(steps, dtype=torch.float64), speeds)
    clocks = torch.cat([angles.sin()[..., None], angles.cos()[..., None]], dim=-1)
    return clocks.view(steps, width).to(torch.float32)
