"""Rules: what a component may not be made of, refused below Python, in torch's dispatcher.

A rule holds for a whole process and for good, so that a worker is of one of three kinds. The rule's kernels are
registered before any of the submission's code runs, and what registered them is out of Python's reach; a kernel
that is registered later can shadow ours, but it cannot call the one that ours replaced.

NO_RECURRENT_KERNELS: every operator of torch's recurrent layers and cells refuses, whatever leads to it: a
module, `torch._VF`, `torch.ops`, TorchScript, a thread. torch's re-implementations of them in Python refuse too, as
far as they are imported; their text is equations, which a submission may contain as well.

NO_AUTOGRAD: every operator skips the kernel that would note down how to differentiate it, so no graph comes
about, neither for reverse nor for forward mode; torch's backward engine, which could still run a chain of
`autograd.Function`s, refuses at its entry.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib.abc
import importlib.util
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import torch

from harness.contracts.component import NO_AUTOGRAD, NO_RECURRENT_KERNELS, ForbiddenError, refusals

FREE = "free"
KINDS = (FREE, NO_RECURRENT_KERNELS, NO_AUTOGRAD)

KERNEL_KEYS = (
    "CompositeImplicitAutograd", "CompositeExplicitAutograd", "CPU", "CUDA", "QuantizedCPU", "QuantizedCUDA",
    "MkldnnCPU", "MPS", "XPU", "HIP",
)  # fmt: skip
AUTOGRAD_KEYS = ("Autograd", "AutogradCPU", "AutogradCUDA", "AutogradOther", "AutogradNestedTensor", "AutogradMeta")
RECURRENT = ("rnn", "lstm", "gru")

_RECURRENT_SAID = "torch's recurrent layers, cells and kernels may not be used in this component"
_AUTOGRAD_SAID = "automatic differentiation may not be used in this component: derive the gradients by hand"


def kind_of(rules: frozenset[str]) -> str:
    """The kind of worker in which a component of these rules is observed. Raises ValueError for two rules at once."""
    if len(rules) > 1 or not rules <= set(KINDS):
        raise ValueError(f"no kind of worker enforces {', '.join(sorted(rules))}")
    return next(iter(rules), FREE)


def enforce(kind: str) -> list[Path]:
    """Apply a kind's rule to this process, for good, and give the files that it forbids to read besides.

    Raises RuntimeError where this torch does not obey the rule.
    """
    if kind == NO_RECURRENT_KERNELS:
        return _forbid_recurrent_kernels()
    if kind == NO_AUTOGRAD:
        _forbid_autograd()
    return []


def _refuser(said: str) -> Callable[..., NoReturn]:
    """A function that refuses. Each place gets one of its own: torch's compiler tells functions apart by identity."""

    def refuse(*values: Any, **named: Any) -> NoReturn:
        refusals.append(said)
        raise ForbiddenError(said)

    return refuse


def _forbid_recurrent_kernels() -> list[Path]:
    with _Registrar() as register:
        for name in torch._C._dispatch_get_all_op_names():
            if any(word in name.partition("::")[2] for word in RECURRENT):
                for key in KERNEL_KEYS:
                    if torch._C._dispatch_has_kernel_for_dispatch_key(name, key):
                        register(name, key, _refuser(_RECURRENT_SAID))
    changed = _forbid_recurrent_python()
    _demand_refusal(lambda: torch.rnn_tanh_cell(*(torch.zeros(1, 1) for _ in range(4))))
    return [Path(os.path.realpath(file)) for file in changed]


def _forbid_recurrent_python() -> list[str]:
    """The same layers again, which torch holds as Python: decompositions for its compiler, layers for quantisation."""
    import torch._decomp.decompositions as decompositions
    import torch.ao.nn.quantizable.modules.rnn as quantizable

    for name, thing in list(vars(decompositions).items()):
        if callable(thing) and any(word in name for word in RECURRENT):
            setattr(decompositions, name, _refuser(_RECURRENT_SAID))
    for table in torch._decomp.global_decomposition_table.values():
        for operator in table:
            if any(word in str(operator) for word in RECURRENT):
                table[operator] = _refuser(_RECURRENT_SAID)
    for packet in RECURRENT_PACKETS:
        for overload in getattr(torch.ops.aten, packet).overloads():
            kernels = getattr(getattr(torch.ops.aten, packet), overload).py_kernels
            for key in kernels:
                kernels[key] = _refuser(_RECURRENT_SAID)
    for layer in vars(quantizable).values():
        if isinstance(layer, type) and issubclass(layer, torch.nn.Module) and layer.__module__ == quantizable.__name__:
            layer.forward = _refuser(_RECURRENT_SAID)
    sys.meta_path.insert(0, _NoSecondImport({decompositions.__name__, quantizable.__name__}))
    texts = [str(module.__file__) for module in (decompositions, quantizable)]
    return [*texts, *map(importlib.util.cache_from_source, texts)]


class _NoSecondImport(importlib.abc.MetaPathFinder):
    """Refuses to import modules again that were changed: a second copy would be as torch wrote it."""

    def __init__(self, names: set[str]) -> None:
        self._names = names

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> None:
        if fullname in self._names:
            raise ForbiddenError(_RECURRENT_SAID)


RECURRENT_PACKETS = ("rnn_tanh", "rnn_relu", "lstm", "gru", "rnn_tanh_cell", "rnn_relu_cell", "lstm_cell", "gru_cell",
                     "mkldnn_rnn_layer")  # fmt: skip


def _forbid_autograd() -> None:
    _forbid_engine()
    with _Registrar() as register:
        for name in torch._C._dispatch_get_all_op_names():
            if torch._C._dispatch_has_kernel_for_dispatch_key(name, "CompositeImplicitAutograd"):
                continue  # made of others
            for key in AUTOGRAD_KEYS:
                if torch._C._dispatch_has_kernel_for_dispatch_key(name, key):
                    register(name, key, torch.library.fallthrough_kernel)
        register("aten::_make_dual", "CompositeExplicitAutograd", _refuser(_AUTOGRAD_SAID))
        register("aten::_make_dual", "Autograd", _refuser(_AUTOGRAD_SAID))
    _forbid_autograd_doors()
    leaf = torch.zeros(1, requires_grad=True)
    if (leaf * 2).requires_grad:
        raise RuntimeError("this torch builds graphs although it was told not to")
    engine = torch.autograd.Variable._execution_engine
    _demand_refusal(lambda: engine.run_backward((leaf,), (leaf.detach(),), False, False, (leaf,), True, False))


def _forbid_engine() -> None:
    """Every run of the backward engine goes through a compiler of graphs first, where one is set: ours refuses.
    It cannot be unset, since the function that sets it is taken away.

    TorchScript differentiates graphs by itself once it has seen them run a few times: it is told to go on looking for
    ever, and what tells it otherwise is taken away too.
    """
    engine = torch._C._dynamo.compiled_autograd
    engine.set_autograd_compiler(_refuser(_AUTOGRAD_SAID), False)
    del engine.set_autograd_compiler
    for name, setting in (("profiling_executor", True), ("profiling_mode", True), ("num_profiled_runs", 2**62)):
        getattr(torch._C, f"_jit_set_{name}")(setting)
    for name in TORCHSCRIPT_SETTINGS:
        if hasattr(torch._C, name):
            _replace_everywhere(getattr(torch._C, name), _refuser(_AUTOGRAD_SAID))


TORCHSCRIPT_SETTINGS = (
    "_jit_set_profiling_executor", "_jit_set_profiling_mode", "_jit_set_num_profiled_runs", "_jit_differentiate",
    "_jit_set_bailout_depth", "_set_graph_executor_optimize", "_jit_pass_create_autodiff_subgraphs",
    "_jit_pass_inline_autodiff_subgraphs",
)  # fmt: skip


def _replace_everywhere(old: object, new: object) -> None:
    """Put `new` wherever a module of torch holds `old`."""
    for module in list(sys.modules.values()):
        for name, value in list(getattr(module, "__dict__", {}).items()):
            if value is old:
                setattr(module, name, new)


def _forbid_autograd_doors() -> None:
    """The usual ways in, so that they refuse in words: without a graph some of them would just give zeros."""
    import torch._functorch.eager_transforms as transforms
    import torch.autograd.forward_ad as forward_ad
    import torch.autograd.functional as functional

    for module, names in {
        torch.autograd: ("backward", "grad"),
        torch.Tensor: ("backward",),
        functional: ("vjp", "jvp", "jacobian", "hessian", "vhp", "hvp"),
        transforms: NESTINGS,
        torch._C._functorch: NESTINGS,
        torch.autograd.graph: ("_engine_run_backward",),
        forward_ad: ("enter_dual_level", "make_dual"),
    }.items():
        for name in names:
            if hasattr(module, name):
                setattr(module, name, _refuser(_AUTOGRAD_SAID))
    apply = vars(torch.autograd.Function)["apply"].__func__
    without_graph = classmethod(lambda kind, *values: _without_graph(apply, kind, *values))
    setattr(torch.autograd.Function, "apply", without_graph)  # noqa: B010 - a method, which mypy lets nobody assign
    for module in (transforms, torch._C._functorch):  # what was not entered need not be left
        for name in ("_grad_decrement_nesting", "_jvp_decrement_nesting"):
            setattr(module, name, lambda: None)


def _without_graph(apply: Callable[..., Any], kind: type, *values: Any) -> Any:
    """The forward half of an `autograd.Function`: it notes its graph itself, past the dispatcher."""
    with torch.no_grad():
        return apply(kind, *values)


NESTINGS = ("_grad_increment_nesting", "_jvp_increment_nesting", "grad_increment_nesting", "jvp_increment_nesting")


def _demand_refusal(use: Callable[[], Any]) -> None:
    try:
        use()
    except ForbiddenError:
        return
    raise RuntimeError("this torch allows what it was told to refuse")


class _Registrar:
    """Registers kernels for operators of any namespace, and takes what undoes them out of Python's reach."""

    def __init__(self) -> None:
        self._libraries: dict[str, Any] = {}
        self._silence = contextlib.ExitStack()

    def __enter__(self) -> Callable[[str, str, Any], None]:
        self._silence.enter_context(_nothing_on_stderr())
        return self._register

    def _register(self, name: str, key: str, kernel: Any) -> None:
        namespace = name.partition("::")[0]
        if namespace not in self._libraries:
            self._libraries[namespace] = torch._C._dispatch_library("IMPL", namespace, "", __file__, 1)
        self._libraries[namespace].impl(name, key, kernel, False)

    def __exit__(self, *error: object) -> None:
        self._silence.close()
        for library in self._libraries.values():
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(library))  # kept for ever, by nothing that Python can find
        self._libraries.clear()


@contextlib.contextmanager
def _nothing_on_stderr() -> Iterator[None]:
    """torch warns about each kernel that is replaced, from C++ straight to descriptor 2."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
