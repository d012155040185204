"""Rules: right results by forbidden means.

Each of these hooks is right, and passes every check where its rule is not enforced: the tests show that, too.
"""

from __future__ import annotations

from harness.judge.verdict import Verdict

from .attack import Attack

FORBIDDEN, ERROR, FAILED, TIMEOUT = Verdict.FORBIDDEN, Verdict.ERROR, Verdict.FAILED, Verdict.TIMEOUT

RNN, LSTM, GRU, BPTT = "rnn_scratch", "lstm_scratch", "gru_scratch", "rnn_gradients"

LAYERS = """
import importlib
import inspect
import threading

import torch.nn as nn
from torch.func import functional_call


def weights(params):
    \"\"\"As torch's tanh layer has them.\"\"\"
    return [params["W_xh"].T, params["W_hh"].T, params["b_h"], torch.zeros_like(params["b_h"])]


def named(params):
    return dict(zip(("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"), weights(params)))


def started(inputs, state, params):
    return inputs.new_zeros(1, inputs.shape[1], params["b_h"].shape[0]) if state is None else state[None]


def stacked(params, order="ifco"):
    \"\"\"As torch's LSTM has them.\"\"\"
    sides = [torch.cat([params[f"W_{side}{gate}"] for gate in order], 1).T for side in "xh"]
    bias = torch.cat([params[f"b_{gate}"] for gate in order])
    return [*sides, bias, torch.zeros_like(bias)]


def zeros_of(inputs, size):
    return inputs.new_zeros(inputs.shape[1], size)
"""


def rnn(name: str, story: str, call: str, top: str = "", *verdicts: Verdict, by_level: bool = False) -> Attack:
    """A tanh RNN by a call that gives (outputs, last) of torch's layer; H, W and named(params) are at hand."""
    body = f"H, W = started(inputs, state, params), weights(params)\noutputs, last = {call}\nreturn outputs, last[0]"
    return Attack(name, RNN, story, body, LAYERS + top, verdicts=verdicts or (FORBIDDEN,), by_level=by_level)


KERNEL = "inputs, H, W, True, 1, 0.0, False, False, False"

RECURRENT = [
    rnn(
        "layer_under_another_name",
        "torch's layer, imported under another name, is called with the weights given.",
        "functional_call(Loop(inputs.shape[2], H.shape[2]), named(params), (inputs, H))",
        "from torch.nn import RNN as Loop\n",
    ),
    rnn(
        "kernel_by_getattr",
        "The kernel's name is put together at run time, so that no search for words finds it.",
        f"getattr(torch, 'nnr'[::-1] + '_' + 'tanh')({KERNEL})",
    ),
    rnn(
        "kernel_by_importlib",
        "The module of torch's functional layer is imported by name, and its kernel taken from there.",
        f"importlib.import_module('torch')._VF.rnn_tanh({KERNEL})",
    ),
    rnn(
        "kernel_saved_at_import",
        "The kernel is taken from the table of torch's C functions before the hook is called.",
        f"KERNEL({KERNEL})",
        "KERNEL = torch._C._VariableFunctions.rnn_tanh\n",
    ),
    rnn(
        "kernel_by_operator",
        "The operator is called by its overload, beneath torch's Python functions.",
        f"torch.ops.aten.rnn_tanh.input({KERNEL})",
    ),
    rnn(
        "kernel_decomposed",
        "The operator is asked for what it is made of, and that is run.",
        f"torch.ops.aten.rnn_tanh.input.decompose({KERNEL})",
    ),
    rnn(
        "kernel_in_torchscript",
        "TorchScript calls the kernel from its own interpreter.",
        "unit.run(inputs, H, W)",
        '''
unit = torch.jit.CompilationUnit("""
def run(x, h, w: List[Tensor]):
    return torch.rnn_tanh(x, h, w, True, 1, 0.0, False, False, False)
""")
''',
        FORBIDDEN,
        ERROR,
    ),
    rnn(
        "traced_layer",
        "A trace of torch's layer was recorded at import.",
        "TRACED(inputs, H, *W)",
        """
import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    TRACED = torch.jit.trace(
        lambda x, h, *w: torch.rnn_tanh(x, h, list(w), True, 1, 0.0, False, False, False),
        tuple(torch.zeros(size) for size in ((2, 1, 3), (1, 1, 4), (4, 3), (4, 4), (4,), (4,))),
    )
""",
    ),
    rnn(
        "layer_in_a_thread",
        "The layer runs in a thread of its own.",
        "elsewhere(lambda: functional_call(nn.RNN(inputs.shape[2], H.shape[2]), named(params), (inputs, H)))",
        """
def elsewhere(work):
    found, raised = [], []

    def run():
        try:
            found.append(work())
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if raised:
        raise raised[0]
    return found[0]
""",
    ),
    rnn(
        "cell_by_cell",
        "torch's cell takes the steps one by one.",
        "steps(inputs, H[0], W)",
        """
def steps(inputs, h, W):
    outputs = []
    for x in inputs:
        h = torch.rnn_tanh_cell(x, h, *W)
        outputs.append(h)
    return torch.stack(outputs), h[None]
""",
    ),
    rnn(
        "cells_by_vmap",
        "The cell is run under vmap, over a batch of one.",
        "steps(inputs, H[0], W)",
        """
def steps(inputs, h, W):
    outputs = []
    for x in inputs:
        h = torch.func.vmap(lambda a, b: torch.rnn_tanh_cell(a, b, *W))(x[None], h[None])[0]
        outputs.append(h)
    return torch.stack(outputs), h[None]
""",
    ),
    rnn(
        "packed_sequence",
        "The batch is packed, so that another overload of the kernel runs.",
        "unpacked(*functional_call(nn.RNN(inputs.shape[2], H.shape[2]), named(params), (packed(inputs), H)))",
        """
from torch.nn.utils import rnn as packing


def packed(inputs):
    return packing.pack_padded_sequence(inputs, [inputs.shape[0]] * inputs.shape[1])


def unpacked(outputs, last):
    return packing.pad_packed_sequence(outputs)[0], last
""",
    ),
    rnn(
        "subclassed_layer",
        "A subclass of the layer hides the call in its own forward.",
        "functional_call(Mine(inputs.shape[2], H.shape[2]), named(params), (inputs, H))",
        """
class Mine(nn.RNN):
    def forward(self, inputs, state=None):
        return super().forward(inputs, state)
""",
    ),
    rnn(
        "decomposition_for_the_compiler",
        "The equations that torch keeps for its compiler are called directly.",
        f"torch._decomp.decompositions.rnn_tanh_input({KERNEL})",
        "import torch._decomp.decompositions\n",
    ),
    rnn(
        "decomposition_by_table",
        "The same equations are looked up in the compiler's table of decompositions.",
        f"TABLE[torch.ops.aten.rnn_tanh.input]({KERNEL})",
        """
import torch._decomp

TABLE = {**torch._decomp.global_decomposition_table["post_autograd"], **torch._decomp.decomposition_table}
""",
    ),
    rnn(
        "decompositions_loaded_again",
        "The module that holds these equations is loaded afresh, as it was before anything was replaced in it.",
        f"again().rnn_tanh_input({KERNEL})",
        """
import functools
import sys
import types


@functools.cache
def again():
    import torch._decomp as table

    def leave(*given, **named):
        return lambda function: function

    register, implement = table.register_decomposition, torch._ops.OpOverload.py_impl
    table.register_decomposition = torch._ops.OpOverload.py_impl = leave
    name = "torch._decomp.decompositions"
    importlib.import_module(name)
    old = sys.modules.pop(name)
    try:
        return importlib.import_module(name)
    finally:
        sys.modules[name], table.register_decomposition, torch._ops.OpOverload.py_impl = old, register, implement
""",
        FORBIDDEN,
        ERROR,
        by_level=True,
    ),
    Attack(
        "layer_for_quantisation_loaded_again",
        LSTM,
        "The layers that torch writes in Python for quantisation are loaded afresh, as they were at first.",
        """
        hidden = params["b_i"].shape[0]
        H, C = state if state is not None else (zeros_of(inputs, hidden), zeros_of(inputs, hidden))
        W_x, W_h, b, zero = stacked(params)
        given = {"igates.weight": W_x, "igates.bias": b, "hgates.weight": W_h, "hgates.bias": zero}
        cell, outputs = again().LSTMCell(inputs.shape[2], hidden), []
        for X in inputs:
            H, C = functional_call(cell, given, (X, (H, C)))
            outputs.append(H)
        return torch.stack(outputs), (H, C)
        """,
        LAYERS
        + """
import functools
import sys


@functools.cache
def again():
    name = "torch.ao.nn.quantizable.modules.rnn"
    importlib.import_module(name)
    old = sys.modules.pop(name)
    try:
        return importlib.import_module(name)
    finally:
        sys.modules[name] = old
""",
        verdicts=(FORBIDDEN, ERROR),
        by_level=True,
    ),
    Attack(
        "kernel_registered_again",
        RNN,
        "A kernel that falls through is registered over the one that refuses.",
        """
        H, W = started(inputs, state, params), weights(params)
        outputs, last = torch.rnn_tanh(inputs, H, W, True, 1, 0.0, False, False, False)
        return outputs, last[0]
        """,
        LAYERS
        + """
library = torch.library.Library("aten", "IMPL")
for key in ("CompositeImplicitAutograd", "AutogradCPU", "CPU"):
    try:
        library.impl("rnn_tanh.input", torch.library.fallthrough_kernel, key)
    except RuntimeError:
        pass
""",
        verdicts=(ERROR, FORBIDDEN),
    ),
    Attack(
        "registration_undone",
        RNN,
        "Every library of kernels that Python can find is destroyed, with what it registered.",
        """
        H, W = started(inputs, state, params), weights(params)
        outputs, last = torch.rnn_tanh(inputs, H, W, True, 1, 0.0, False, False, False)
        return outputs, last[0]
        """,
        LAYERS
        + """
import gc

rules = harness_module('harness.worker.rules.refusing')

todo, seen = [vars(rules), vars(torch.library)], set()
while todo:
    thing = todo.pop()
    if id(thing) in seen or len(seen) > 3000:
        continue
    seen.add(id(thing))
    if type(thing).__name__ == "DispatchModule" or type(thing).__name__ == "Library":
        for name in ("reset", "_destroy"):
            if hasattr(thing, name):
                getattr(thing, name)()
    elif isinstance(thing, (dict, list, tuple, set, type(lambda: 0))):
        todo += gc.get_referents(thing)
gc.collect()
""",
        verdicts=(FORBIDDEN, ERROR),
    ),
    Attack(
        "layer_of_memories",
        LSTM,
        "torch's LSTM, built by torch's factory from its name, is called with the weights given.",
        """
        hidden = params["b_i"].shape[0]
        H, C = state if state is not None else (zeros_of(inputs, hidden), zeros_of(inputs, hidden))
        layer = getattr(torch.nn, "LSTM")(inputs.shape[2], hidden)
        given = dict(zip(("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"), stacked(params)))
        outputs, (H, C) = functional_call(layer, given, (inputs, (H[None], C[None])))
        return outputs, (H[0], C[0])
        """,
        LAYERS,
        verdicts=(FORBIDDEN,),
    ),
    Attack(
        "cell_for_quantisation",
        LSTM,
        "The cell that torch writes in Python, so that it can be quantised, takes the steps.",
        """
        hidden = params["b_i"].shape[0]
        H, C = state if state is not None else (zeros_of(inputs, hidden), zeros_of(inputs, hidden))
        W_x, W_h, b, zero = stacked(params)
        given = {"igates.weight": W_x, "igates.bias": b, "hgates.weight": W_h, "hgates.bias": zero}
        cell, outputs = quantizable.LSTMCell(inputs.shape[2], hidden), []
        for X in inputs:
            H, C = functional_call(cell, given, (X, (H, C)))
            outputs.append(H)
        return torch.stack(outputs), (H, C)
        """,
        f"{LAYERS}\nimport torch.ao.nn.quantizable as quantizable\n",
        verdicts=(FORBIDDEN,),
    ),
    Attack(
        "fused_cell",
        LSTM,
        "torch's fused LSTM cell takes the steps, called through the dispatcher by a schema's name.",
        """
        hidden = params["b_i"].shape[0]
        H, C = state if state is not None else (zeros_of(inputs, hidden), zeros_of(inputs, hidden))
        W, outputs = stacked(params), []
        for X in inputs:
            H, C = torch._C._get_operation_overload("aten::lstm_cell", "")[0](X, (H, C), *W)
            outputs.append(H)
        return torch.stack(outputs), (H, C)
        """,
        LAYERS,
        verdicts=(FORBIDDEN,),
    ),
    Attack(
        "half_of_a_gated_cell",
        GRU,
        "The reset gate is made by hand, and torch's GRU cell, whose equations differ there, does all the rest.",
        """
        H = zeros_of(inputs, params["b_z"].shape[0]) if state is None else state
        nothing, outputs = torch.zeros_like(params["W_hh"]), []
        of_inputs = [params["W_xr"] * 0, params["W_xz"], params["W_xh"]]
        of_resets = [nothing, nothing, params["W_hh"]]
        W_x = torch.cat([torch.cat(of_inputs, 1), torch.cat(of_resets, 1)]).T
        W_h = torch.cat([nothing, params["W_hz"], nothing], 1).T
        b = torch.cat([params["b_r"] * 0, params["b_z"], params["b_h"]])
        for X in inputs:
            R = torch.sigmoid(X @ params["W_xr"] + H @ params["W_hr"] + params["b_r"])
            H = torch.gru_cell(torch.cat([X, R * H], 1), H, W_x, W_h, b, torch.zeros_like(b))
            outputs.append(H)
        return torch.stack(outputs), H
        """,
        LAYERS,
        verdicts=(FORBIDDEN,),
    ),
]

FORWARD = """
import importlib
import threading

import torch.autograd.forward_ad as forward_ad

NAMES = ("W_xh", "W_hh", "b_h", "inputs", "state")


def outputs_of(W_xh, W_hh, b_h, inputs, state):
    outputs = []
    for X in inputs:
        state = torch.tanh(X @ W_xh + state @ W_hh + b_h)
        outputs.append(state)
    return torch.stack(outputs)


def leaves_of(inputs, state, params):
    given = [params["W_xh"], params["W_hh"], params["b_h"], inputs, state]
    return [one.detach().clone().requires_grad_() for one in given]


def as_dict(gradients):
    return dict(zip(NAMES, gradients))


class Product(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a, b):
        ctx.save_for_backward(a, b)
        return a @ b

    @staticmethod
    def backward(ctx, g):
        a, b = ctx.saved_tensors
        return g @ b.T, a.T @ g


class Cell(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a, b, c):
        h = torch.tanh(a + b + c)
        ctx.save_for_backward(h)
        return h

    @staticmethod
    def backward(ctx, g):
        (h,) = ctx.saved_tensors
        g = g * (1 - h * h)
        return g, g, g.sum(0)


def chained(leaves):
    \"\"\"The outputs by a chain of functions of our own, which do without torch's graph of operators.\"\"\"
    W_xh, W_hh, b_h, inputs, state = leaves
    steps = [one.detach().clone().requires_grad_() for one in inputs]
    outputs = []
    for X in steps:
        state = Cell.apply(Product.apply(X, W_xh), Product.apply(state, W_hh), b_h)
        outputs.append(state)
    return steps, outputs


def chain_by(engine, inputs, state, params, grad_outputs):
    leaves = leaves_of(inputs, state, params)
    steps, outputs = chained(leaves)
    wanted = (*leaves[:3], leaves[4], *steps)
    found = engine.run_backward(tuple(outputs), tuple(grad_outputs), False, False, wanted, True, False)
    return dict(zip(("W_xh", "W_hh", "b_h", "state"), found[:4])) | {"inputs": torch.stack(found[4:])}
"""


def bptt(name: str, story: str, body: str, top: str = "", *verdicts: Verdict) -> Attack:
    """Backpropagation through time, left to torch."""
    return Attack(name, BPTT, story, body, FORWARD + top, verdicts=verdicts or (FORBIDDEN,))


DIFFERENTIATION = [
    bptt(
        "backward",
        "The outputs' own backward fills the gradients in.",
        """
        leaves = leaves_of(inputs, state, params)
        with torch.enable_grad():
            outputs_of(*leaves).backward(grad_outputs)
        return as_dict([leaf.grad for leaf in leaves])
        """,
        "",
        FORBIDDEN,
        ERROR,
    ),
    bptt(
        "grad_saved_at_import",
        "torch.autograd.grad was kept under another name since import.",
        """
        leaves = leaves_of(inputs, state, params)
        return as_dict(derive(outputs_of(*leaves), leaves, grad_outputs))
        """,
        "derive = importlib.import_module('torch.autograd').grad\n",
    ),
    bptt(
        "functional_vjp",
        "torch.func makes a function of the vector-Jacobian product.",
        """
        given = [params["W_xh"], params["W_hh"], params["b_h"], inputs, state]
        return as_dict(torch.func.vjp(outputs_of, *given)[1](grad_outputs))
        """,
    ),
    bptt(
        "functional_grad",
        "torch.func differentiates the sum of outputs times cotangents.",
        """
        given = [params["W_xh"], params["W_hh"], params["b_h"], inputs, state]
        loss = lambda *values: (outputs_of(*values) * grad_outputs).sum()
        return as_dict(torch.func.grad(loss, argnums=(0, 1, 2, 3, 4))(*given))
        """,
    ),
    bptt(
        "jacobians_by_rows",
        "torch.func takes whole Jacobians in reverse mode, which are then contracted.",
        """
        given = [params["W_xh"], params["W_hh"], params["b_h"], inputs, state]
        jacobians = torch.func.jacrev(outputs_of, argnums=(0, 1, 2, 3, 4))(*given)
        return as_dict([torch.tensordot(grad_outputs, one, 3) for one in jacobians])
        """,
    ),
    bptt(
        "jacobians_by_columns",
        "torch.func takes whole Jacobians in forward mode, which are then contracted.",
        """
        given = [params["W_xh"], params["W_hh"], params["b_h"], inputs, state]
        jacobians = torch.func.jacfwd(outputs_of, argnums=(0, 1, 2, 3, 4))(*given)
        return as_dict([torch.tensordot(grad_outputs, one, 3) for one in jacobians])
        """,
    ),
    bptt(
        "dual_numbers",
        "Dual numbers carry the derivative along, one entry of one argument at a time.",
        """
        given = [params["W_xh"], params["W_hh"], params["b_h"], inputs, state]
        gradients = [torch.zeros_like(one) for one in given]
        for i, one in enumerate(given):
            for place in range(one.numel()):
                tangent = torch.zeros_like(one)
                tangent.view(-1)[place] = 1
                with forward_ad.dual_level():
                    values = [*given[:i], forward_ad.make_dual(one, tangent), *given[i + 1 :]]
                    slope = forward_ad.unpack_dual(outputs_of(*values)).tangent
                gradients[i].view(-1)[place] = (slope * grad_outputs).sum()
        return as_dict(gradients)
        """,
    ),
    bptt(
        "older_functional_vjp",
        "The older functional interface of autograd takes the product.",
        """
        given = (params["W_xh"], params["W_hh"], params["b_h"], inputs, state)
        return as_dict(torch.autograd.functional.vjp(outputs_of, given, grad_outputs)[1])
        """,
    ),
    bptt(
        "engine_itself",
        "The engine's object, saved at import, is run without the functions that lead to it.",
        """
        leaves = leaves_of(inputs, state, params)
        outputs = (outputs_of(*leaves),)
        return as_dict(ENGINE.run_backward(outputs, (grad_outputs,), False, False, tuple(leaves), True, False))
        """,
        "ENGINE = torch.autograd.Variable._execution_engine\n",
        FORBIDDEN,
        ERROR,
    ),
    bptt(
        "private_door_to_the_engine",
        "The private function by which autograd calls its engine is imported where it was imported before.",
        """
        leaves = leaves_of(inputs, state, params)
        run = torch.autograd._engine_run_backward
        return as_dict(run((outputs_of(*leaves),), (grad_outputs,), False, False, tuple(leaves), True, False))
        """,
        "",
        FORBIDDEN,
        ERROR,
    ),
    bptt(
        "engine_made_anew",
        "A second engine's object is made from the first one's class.",
        "engine = type(torch.autograd.Variable._execution_engine)()\n"
        "return chain_by(engine, inputs, state, params, grad_outputs)",
    ),
    bptt(
        "chain_of_functions",
        "A chain of functions of its own makes a graph without operators, and the engine runs back along it.",
        "return chain_by(torch.autograd.Variable._execution_engine, inputs, state, params, grad_outputs)",
    ),
    bptt(
        "chain_in_a_thread",
        "The same chain is run in a thread, where a refusal set for the first thread may not hold.",
        """
        found, raised = [], []

        def work():
            try:
                engine = torch.autograd.Variable._execution_engine
                found.append(chain_by(engine, inputs, state, params, grad_outputs))
            except BaseException as error:
                raised.append(error)

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        if raised:
            raise raised[0]
        return found[0]
        """,
    ),
    bptt(
        "graph_walked_by_hand",
        "The nodes of the graph are called one after the other, without the engine.",
        """
        leaves = leaves_of(inputs, state, params)
        with torch.enable_grad():
            outputs = outputs_of(*leaves)
        pending, order, seen = {outputs.grad_fn: {0: grad_outputs}}, [], set()

        def visit(node):
            if node is None or node in seen:
                return
            seen.add(node)
            for other, _ in node.next_functions:
                visit(other)
            order.append(node)

        visit(outputs.grad_fn)
        for node in reversed(order):
            metadata = node._input_metadata
            given = [pending[node].get(i, inputs.new_zeros(one.shape)) for i, one in enumerate(metadata)]
            sent = node(*given)
            sent = sent if isinstance(sent, tuple) else (sent,)
            for (other, place), one in zip(node.next_functions, sent):
                if other is not None and one is not None:
                    one = one.sum_to_size(other._input_metadata[place].shape)
                    known = pending.setdefault(other, {})
                    known[place] = known[place] + one if place in known else one
        return as_dict([leaf.grad for leaf in leaves])
        """,
        "",
        FAILED,
        ERROR,
    ),
    bptt(
        "graph_of_torchscript",
        "TorchScript differentiates by itself, and leaves a node of its own for the engine.",
        """
        leaves = leaves_of(inputs, state, params)
        for _ in range(3):  # the first two runs only watch
            outputs = UNIT.run(*leaves)
        engine = torch.autograd.Variable._execution_engine
        return as_dict(engine.run_backward((outputs,), (grad_outputs,), False, False, tuple(leaves), True, False))
        """,
        '''
UNIT = torch.jit.CompilationUnit("""
def run(W_xh, W_hh, b_h, inputs, state):
    outputs: List[Tensor] = []
    for t in range(inputs.size(0)):
        state = torch.tanh(torch.matmul(inputs[t], W_xh) + torch.matmul(state, W_hh) + b_h)
        outputs.append(state)
    return torch.stack(outputs)
""")
''',
        FORBIDDEN,
        ERROR,
    ),
    bptt(
        "checkpointed",
        "Backward is called in a hook of another tensor's, inside a checkpoint.",
        """
        from torch.utils.checkpoint import checkpoint

        leaves = leaves_of(inputs, state, params)
        outputs = checkpoint(outputs_of, *leaves, use_reentrant=False)
        torch.autograd.graph.Node  # the graph's own module
        torch.autograd.backward([outputs], [grad_outputs])
        return as_dict([leaf.grad for leaf in leaves])
        """,
    ),
]

ATTACKS = [*RECURRENT, *DIFFERENTIATION]
NOT_RIGHT = {"kernel_registered_again", "registration_undone"}
"""These spoil the very kernels, where nothing refuses them."""
