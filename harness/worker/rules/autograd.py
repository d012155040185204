"""NO_AUTOGRAD: every operator skips the kernel that would note down how to differentiate it, so no graph comes about,
neither for reverse nor for forward mode; torch's backward engine, which could still run a chain of
`autograd.Function`s, refuses at its entry.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import torch

from harness.worker.rules.refusing import Registrar, demand_refusal, refuser

AUTOGRAD_KEYS = ("Autograd", "AutogradCPU", "AutogradCUDA", "AutogradOther", "AutogradNestedTensor", "AutogradMeta")
SAID = "automatic differentiation may not be used in this component: derive the gradients by hand"


def forbid_autograd() -> None:
    _forbid_engine()
    with Registrar() as register:
        for name in torch._C._dispatch_get_all_op_names():
            if torch._C._dispatch_has_kernel_for_dispatch_key(name, "CompositeImplicitAutograd"):
                continue  # made of others
            for key in AUTOGRAD_KEYS:
                if torch._C._dispatch_has_kernel_for_dispatch_key(name, key):
                    register(name, key, torch.library.fallthrough_kernel)
        register("aten::_make_dual", "CompositeExplicitAutograd", refuser(SAID))
        register("aten::_make_dual", "Autograd", refuser(SAID))
    _forbid_autograd_doors()
    leaf = torch.zeros(1, requires_grad=True)
    if (leaf * 2).requires_grad:
        raise RuntimeError("this torch builds graphs although it was told not to")
    engine = torch.autograd.Variable._execution_engine
    demand_refusal(lambda: engine.run_backward((leaf,), (leaf.detach(),), False, False, (leaf,), True, False))


def _forbid_engine() -> None:
    """Every run of the backward engine goes through a compiler of graphs first, where one is set: ours refuses.
    It cannot be unset, since the function that sets it is taken away.

    TorchScript differentiates graphs by itself once it has seen them run a few times: it is told to go on looking for
    ever, and what tells it otherwise is taken away too.
    """
    engine = torch._C._dynamo.compiled_autograd
    engine.set_autograd_compiler(refuser(SAID), False)
    del engine.set_autograd_compiler
    for name, setting in (("profiling_executor", True), ("profiling_mode", True), ("num_profiled_runs", 2**62)):
        getattr(torch._C, f"_jit_set_{name}")(setting)
    for name in TORCHSCRIPT_SETTINGS:
        if hasattr(torch._C, name):
            _replace_everywhere(getattr(torch._C, name), refuser(SAID))


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
                setattr(module, name, refuser(SAID))
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
