"""The template: the program that the judge starts once, in an interpreter of its own, to fork workers from.

It has a clean environment, one descriptor beside the standard three, and one thread. It holds no check, no
reference, no seed and no submission; after it has imported what workers need, it moves into the namespaces that
this system grants and becomes their zygote.
"""

from __future__ import annotations

import gc
import importlib
import os
import socket
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.worker.confinement import landlock, namespaces, paths, probe, process
from harness.worker.confinement.confine import Cell
from harness.worker.levels import Level

# Imported before any fork where a worker could not import them later, since it may open no file.
STANDARD = """
    abc argparse array ast base64 bisect calendar cmath collections collections.abc concurrent.futures contextlib
    contextvars copy copyreg csv dataclasses datetime decimal difflib enum fractions functools gc getopt glob hashlib
    heapq html importlib inspect io itertools json keyword linecache locale logging math numbers operator os pathlib
    pickle platform pprint queue random re reprlib secrets selectors shlex shutil signal statistics string struct sys
    tempfile textwrap threading time timeit token tokenize traceback types typing unicodedata unittest unittest.mock
    uuid warnings weakref zlib numpy numpy.linalg numpy.random numpy.fft numpy.testing numpy.lib.stride_tricks
    numpy.typing torch.nn torch.nn.functional torch.nn.utils.rnn torch.optim torch.func torch.jit torch.autograd
    torch.utils.data torch.testing torch._dynamo torch.fx torch.distributions encodings.idna encodings.latin_1
    encodings.ascii encodings.utf_8_sig torch._decomp.decompositions_for_jvp
    encodings.cp1252 encodings.utf_16 encodings.unicode_escape _strptime graphlib doctest
    torch._subclasses.schema_check_mode torch.utils.serialization
""".split()


def main(descriptor: int) -> None:
    """Set up as the first message says, answer with the level, and serve."""
    from harness.worker.zygote import Zygote, receive, reply

    sys.orig_argv.clear()  # which names the checkout
    del sys.argv[1:]
    control = socket.socket(fileno=descriptor)
    setup, _ = receive(control)
    if setup is None:
        return
    level, reason = probe.granted(Level(setup["at_most"]))
    if level is Level.FULL:
        _go_on_in_child()
    else:
        process.adopt_orphans()
    known = _import_contracts(setup)
    process.not_dumpable()
    cell, statm, own_pids = _move_in(level, [Path(path) for path in setup["hidden"]], setup["contracts"])
    try:
        reply(control, {"level": level.value, "reason": reason})
    except ConnectionError:
        return  # the judge has hung up already
    Zygote(control, known, cell, statm, own_pids).run()


def _go_on_in_child() -> None:
    """Become the first process of a pid namespace; this one only waits for it."""
    namespaces.enter_user_and_pid()
    child = os.fork()
    if child:
        os.closerange(3, 100)
        os.waitpid(child, 0)
        os._exit(0)
    process.die_with_parent()


def _import_contracts(setup: dict[str, Any]) -> Mapping[str, Any]:
    """Import torch and the contracts, in one thread; what was imported can be found no more afterwards."""
    gc.disable()
    sys.path[:] = setup["path"]
    import torch

    from harness.contracts.ambient import RandomStates
    from harness.contracts.component import components_of

    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    known = {}
    for name in setup["contracts"]:
        known.update(components_of(importlib.import_module(name)))
    gc.enable()
    _use_once(torch)
    RandomStates.now()  # numpy makes pointers to its generator's functions the first time
    tempfile.tempdir = "/tmp"  # found without trying to write there
    if threads := len(os.listdir("/proc/self/task")) - 1 if os.path.isdir("/proc/self/task") else 0:
        raise RuntimeError(f"importing torch and the contracts started {threads} threads")
    return known


def _use_once(torch: Any) -> None:
    """What kernels find out about the processor at their first use, they read from files that workers do not see; and
    the first LSTM that is to be differentiated makes its code, for 22 ms. Forward only: a backward pass would start the
    engine's state, which does not survive a fork."""
    state = torch.get_rng_state()
    torch.nn.LSTM(2, 2)(torch.zeros(1, 1, 2))
    torch.set_rng_state(state)
    with torch.no_grad():
        square = torch.zeros(16, 16)
        torch.tanh(torch.nn.functional.linear(square @ square, square)).softmax(-1).sum()
        torch.randn(2, generator=torch.Generator().manual_seed(0))


def _move_in(level: Level, hidden: list[Path], contracts: list[str]) -> tuple[Cell, int | None, int | None]:
    """Take the view of the machine that workers shall have."""
    paths.keep_importable()
    hidden = [*hidden, *paths.traces("seqgrade")]
    readable = paths.readable(hidden)
    if level is Level.NO_PATHS or (level is not Level.FULL and not paths.open_to_all(paths.roots())):
        for name in STANDARD:
            importlib.import_module(name)
    _hide_harness(contracts)
    statm = os.open("/proc/self/statm", os.O_RDONLY) if os.path.exists("/proc/self/statm") else None
    own_pids = None
    if level is Level.FULL:
        own_pids = namespaces.own_pid_namespace()
        namespaces.enter_others(readable, hidden)
    rules, listed = None, paths.listed(hidden)
    if level in (Level.FULL, Level.NO_NAMESPACES):
        rules = landlock.ruleset([*readable, *paths.DEVICES], listed, paths.DEVICES[:1])  # the null device
    return Cell(level, readable, listed, rules, 0), statm, own_pids


def _hide_harness(contracts: list[str]) -> None:
    """Leave of the harness what a submission imports. All that a worker needs of the rest is imported, and hangs
    together without names."""
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == "harness" and hasattr(module, "__path__"):
            module.__path__ = []
        if (name.startswith("harness.") and name != "harness.markers") or name in contracts:
            del sys.modules[name]
