"""NO_RECURRENT_KERNELS: every operator of torch's recurrent layers and cells refuses, whatever leads to it: a module,
`torch._VF`, `torch.ops`, TorchScript, a thread. torch's re-implementations of them in Python refuse too, as far as they
are imported; their text is equations, which a submission may contain as well.
"""

from __future__ import annotations

import importlib.abc
import importlib.util
import os
import sys
from pathlib import Path
from typing import Any

import torch

from harness.contracts.component import ForbiddenError
from harness.worker.rules.refusing import Registrar, demand_refusal, refuser

KERNEL_KEYS = (
    "CompositeImplicitAutograd", "CompositeExplicitAutograd", "CPU", "CUDA", "QuantizedCPU", "QuantizedCUDA",
    "MkldnnCPU", "MPS", "XPU", "HIP",
)  # fmt: skip
RECURRENT = ("rnn", "lstm", "gru")
SAID = "torch's recurrent layers, cells and kernels may not be used in this component"


def forbid_recurrent_kernels() -> list[Path]:
    with Registrar() as register:
        for name in torch._C._dispatch_get_all_op_names():
            if any(word in name.partition("::")[2] for word in RECURRENT):
                for key in KERNEL_KEYS:
                    if torch._C._dispatch_has_kernel_for_dispatch_key(name, key):
                        register(name, key, refuser(SAID))
    changed = _forbid_recurrent_python()
    demand_refusal(lambda: torch.rnn_tanh_cell(*(torch.zeros(1, 1) for _ in range(4))))
    return [Path(os.path.realpath(file)) for file in changed]


def _forbid_recurrent_python() -> list[str]:
    """The same layers again, which torch holds as Python: decompositions for its compiler, layers for quantisation."""
    import torch._decomp.decompositions as decompositions
    import torch.ao.nn.quantizable.modules.rnn as quantizable

    for name, thing in list(vars(decompositions).items()):
        if callable(thing) and any(word in name for word in RECURRENT):
            setattr(decompositions, name, refuser(SAID))
    for table in torch._decomp.global_decomposition_table.values():
        for operator in table:
            if any(word in str(operator) for word in RECURRENT):
                table[operator] = refuser(SAID)
    for packet in RECURRENT_PACKETS:
        for overload in getattr(torch.ops.aten, packet).overloads():
            kernels = getattr(getattr(torch.ops.aten, packet), overload).py_kernels
            for key in kernels:
                kernels[key] = refuser(SAID)
    for layer in vars(quantizable).values():
        if isinstance(layer, type) and issubclass(layer, torch.nn.Module) and layer.__module__ == quantizable.__name__:
            layer.forward = refuser(SAID)
    sys.meta_path.insert(0, _NoSecondImport({decompositions.__name__, quantizable.__name__}))
    texts = [str(module.__file__) for module in (decompositions, quantizable)]
    return [*texts, *map(importlib.util.cache_from_source, texts)]


class _NoSecondImport(importlib.abc.MetaPathFinder):
    """Refuses to import modules again that were changed: a second copy would be as torch wrote it."""

    def __init__(self, names: set[str]) -> None:
        self._names = names

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> None:
        if fullname in self._names:
            raise ForbiddenError(SAID)


RECURRENT_PACKETS = ("rnn_tanh", "rnn_relu", "lstm", "gru", "rnn_tanh_cell", "rnn_relu_cell", "lstm_cell", "gru_cell",
                     "mkldnn_rnn_layer")  # fmt: skip
