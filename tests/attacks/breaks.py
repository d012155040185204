"""Breaking: hooks that hang, crash, fill memory or disturb what runs after them. And honest work that looks odd."""

from __future__ import annotations

from harness.judge.verdict import Verdict

from .attack import BY_THE_KERNEL, LOSS, Attack

FAILED, ERROR, TIMEOUT, CRASHED = Verdict.FAILED, Verdict.ERROR, Verdict.TIMEOUT, Verdict.CRASHED
MEMORY, PROTOCOL, FORBIDDEN = Verdict.OUT_OF_MEMORY, Verdict.PROTOCOL, Verdict.FORBIDDEN
ONE = ("test_language_model_loss_is_the_mean_cross_entropy_in_float32",)
FIRST_OF_VOCAB = ("test_vocab_lists_sorted_frequent_and_reserved_tokens",)

ZERO = "\nreturn logits.sum() * 0\n"


def hang(name: str, story: str, body: str, top: str = "", cpu_seconds: float = 0.2, slow: bool = False) -> Attack:
    """An attack that ends by the clock alone."""
    return Attack(name, LOSS, story, body, top, verdicts=(TIMEOUT,), cpu_seconds=cpu_seconds, checks=ONE, slow=slow)


def hog(name: str, story: str, body: str, top: str = "") -> Attack:
    """An attack that ends for want of memory."""
    return Attack(name, LOSS, story, body, top, verdicts=(MEMORY,), checks=ONE, cpu_seconds=2.0)


def blow(name: str, story: str, body: str, *verdicts: Verdict, top: str = "") -> Attack:
    """An attack with one blow."""
    return Attack(name, LOSS, story, body, top, verdicts=verdicts)


ATTACKS = [
    hang("endless_loop", "A loop in Python never ends.", "while True:\n    pass"),
    hang(
        "loop_that_catches_everything",
        "A loop swallows whatever is raised in it, the end of its time included.",
        "while True:\n    try:\n        while True:\n            pass\n    except BaseException:\n        pass",
    ),
    hang(
        "loop_in_c",
        "An iterator of C's own never returns to the interpreter, which could act on a signal.",
        "collections.deque(itertools.repeat(0), maxlen=0)",
        "import collections, itertools",
    ),
    hang(
        "backtracking",
        "A regular expression backtracks through more paths than there are atoms.",
        "return re.match('(a|a)*$', 'a' * 60 + 'b')",
        "import re",
    ),
    hang(
        "endless_power",
        "A power of integers is asked for that takes hours, and never looks at a signal.",
        "return pow(3, 10**9)",
    ),
    hang("sleep", "It sleeps, and so uses no CPU time at all.", "time.sleep(10**6)", "import time", 0.1),
    hang(
        "deaf_sleep",
        "It sleeps with every signal blocked.",
        "signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\ntime.sleep(10**6)",
        "import signal, time",
        0.1,
        slow=True,
    ),
    hang(
        "stopped_clock",
        "The timers that end a call are switched off, and their signals ignored.",
        """
        for timer in (signal.ITIMER_PROF, signal.ITIMER_REAL):
            signal.setitimer(timer, 0)
        for number in (signal.SIGPROF, signal.SIGALRM):
            signal.signal(number, signal.SIG_IGN)
        while True:
            pass
        """,
        "import signal",
    ),
    hang(
        "half_a_frame",
        "Half of an answer is sent, and then work goes on for ever.",
        """
        for descriptor in range(3, 64):
            try:
                os.write(descriptor, b"SQG2\\0\\0")
            except OSError:
                pass
        while True:
            try:
                while True:
                    pass
            except BaseException:
                pass
        """,
        "import os",
    ),
    hang(
        "raised_end_of_time",
        "The exception by which the harness ends a call is raised by the hook itself.",
        "raise OutOfTimeError",
        "OutOfTimeError = harness_module('harness.limits').OutOfTimeError",
    ),
    Attack(
        "endless_vocabulary",
        "vocab",
        "The object returned is quick to make, and never answers what it is asked.",
        "return Endless()",
        """
        class Endless:
            unk, token_to_idx, token_freqs = 0, {}, []

            def __len__(self):
                return 2**40

            @property
            def idx_to_token(self):
                return list(iter(int, 1))
        """,
        verdicts=(TIMEOUT, MEMORY),
        checks=FIRST_OF_VOCAB,
        cpu_seconds=0.1,
    ),
    blow(
        "recursion",
        "A function calls itself for ever.",
        "return language_model_loss(logits, targets)",
        ERROR,
    ),
    Attack(
        "recursion_through_c",
        LOSS,
        "Recursion goes through C with the limit lifted, until the stack of the process is used up.",
        "sys.setrecursionlimit(10**9)\nreturn deep(0)",
        "import functools, sys\n\n\ndef deep(n):\n    return functools.reduce(lambda a, b: deep(n), (1, 2, 3))",
        verdicts=(CRASHED,),
        checks=ONE,
        cpu_seconds=5.0,
    ),
    hog("memory_by_lists", "Lists of bytes grow for ever.", "kept = []\nwhile True:\n    kept.append(bytes(10**7))"),
    hog(
        "memory_by_tensors",
        "Tensors are kept until there is no more memory.",
        "kept = []\nwhile True:\n    kept.append(torch.ones(10**6))",
    ),
    hog("one_huge_tensor", "A single tensor is larger than any machine's memory.", "return torch.zeros(10**13).sum()"),
    hog(
        "memory_by_numpy",
        "A single array is larger than any machine's memory.",
        "return np.ones(10**13)",
        "import numpy as np",
    ),
    Attack(
        "memory_by_mappings",
        LOSS,
        "Shared anonymous mappings take memory that a limit on data does not count.",
        """
        while True:
            kept.append(mmap.mmap(-1, 2**26))
            kept[-1][:: 4096] = bytes(2**14)
        """,
        "import mmap\nkept = []",
        verdicts=(ERROR, MEMORY),
        checks=ONE,
        cpu_seconds=2.0,
    ),
    Attack(
        "memory_never_given_back",
        LOSS,
        "All memory is taken, for good, so that nothing is left to answer with.",
        """
        size = 2**24
        while size > 64:
            try:
                kept.append(bytearray(size))
            except MemoryError:
                size //= 2
        return logits.sum() * 0
        """,
        "kept = []",
        verdicts=(MEMORY, CRASHED, ERROR, FAILED),
        checks=ONE,
        cpu_seconds=2.0,
    ),
    blow(
        "flood_of_output",
        "A hundred megabytes are printed, to both streams and to their descriptors.",
        """
        for _ in range(50):
            print("x" * 10**6)
            sys.stderr.write("y" * 10**6)
            os.write(1, b"z" * 10**5)
        """
        + ZERO.replace("\n", "\n        "),
        ERROR,
        top="import os, sys",
    ),
    blow(
        "exit_status_zero", "The process ends with the exit status of success.", "os._exit(0)", CRASHED, top="import os"
    ),
    Attack(
        "exit_at_import",
        LOSS,
        "The process ends while the file is imported.",
        "pass",
        "import os\n\nos._exit(0)",
        verdicts=(CRASHED,),
        loads=False,
    ),
    Attack(
        "system_exit_at_import",
        LOSS,
        "The file leaves by sys.exit while it is imported.",
        "pass",
        "import sys\n\nsys.exit(0)",
        verdicts=(ERROR,),
        loads=False,
    ),
    Attack(
        "endless_import",
        LOSS,
        "Importing the file never ends.",
        "pass",
        "while True:\n    try:\n        while True:\n            pass\n    except BaseException:\n        pass",
        verdicts=(TIMEOUT, ERROR),  # as it is caught inside a block or between two
        loads=False,
        slow=True,
    ),
    blow(
        "exit_from_a_thread",
        "A thread ends the process.",
        "thread = threading.Thread(target=os._exit, args=(0,))\nthread.start()\nthread.join()",
        CRASHED,
        top="import os, threading",
    ),
    blow("system_exit", "The hook leaves by sys.exit.", "sys.exit(0)", ERROR, top="import sys"),
    blow("keyboard_interrupt", "The hook raises what Ctrl-C raises.", "raise KeyboardInterrupt", ERROR),
    blow(
        "skips_like_pytest",
        "An exception of the name and module by which pytest skips a test is raised.",
        "raise Skipped('no need to look')",
        ERROR,
        top="""
        class Skipped(BaseException):
            __module__ = "_pytest.outcomes"

            def __init__(self, text):
                super().__init__(text)
                self.msg, self.allow_module_level, self.pytrace = text, True, False
        """,
    ),
    blow(
        "gives_up_like_hypothesis",
        "An exception of the name by which Hypothesis rejects a case is raised.",
        "raise UnsatisfiedAssumption",
        ERROR,
        top='class UnsatisfiedAssumption(BaseException):\n    __module__ = "hypothesis.errors"',
    ),
    blow(
        "closed_descriptors",
        "Every descriptor is closed, the line to the judge too.",
        "os.closerange(0, 64)",
        CRASHED,
        top="import os",
    ),
    blow(
        "descriptors_replaced",
        "Every descriptor is made a copy of the null device's.",
        "for number in range(3, 64):\n    try:\n        os.dup2(0, number)\n    except OSError:\n        pass" + ZERO,
        CRASHED,
        top="import os",
    ),
    blow("abort", "The process aborts.", "os.abort()", CRASHED, top="import os"),
    Attack(
        "kills_itself",
        LOSS,
        "The process sends itself the signal that the system sends for want of memory.",
        "signal.raise_signal(signal.SIGKILL)" + ZERO,
        "import signal",
        verdicts=(MEMORY, FAILED),
        checks=ONE,
        by_level=True,  # the first process of a namespace does not hear it
    ),
    blow(
        "bomb_of_threads",
        "Threads are started until no more can be.",
        """
        end, threads = threading.Event(), []
        try:
            for _ in range(10**5):
                threads.append(threading.Thread(target=end.wait, daemon=True))
                threads[-1].start()
        finally:
            end.set()
            for thread in threads[:-1]:
                thread.join()
        """,
        ERROR,
        MEMORY,
        top="import threading\n\nthreading.stack_size(65536)",
    ),
    blow(
        "settings_of_torch",
        "Default type, gradient mode, threads, determinism and anomaly detection are set otherwise.",
        """
        torch.set_default_dtype(torch.float64)
        torch.set_grad_enabled(False)
        torch.set_num_threads(2)
        torch.use_deterministic_algorithms(True)
        torch.autograd.set_detect_anomaly(True)
        torch.manual_seed(0)
        """
        + ZERO.replace("\n", "\n        "),
        FAILED,
    ),
    Attack(
        "settings_at_import",
        LOSS,
        "The same settings are made while the file is imported.",
        "return logits.sum() * 0",
        """
        torch.set_default_dtype(torch.float64)
        torch.set_grad_enabled(False)
        torch.use_deterministic_algorithms(True)
        """,
    ),
    blow(
        "default_device",
        "New tensors are to be made without elements.",
        "torch.set_default_device('meta')" + ZERO,
        FAILED,
        ERROR,
    ),
    blow(
        "settings_of_python",
        "Warnings become errors, the recursion limit small, collection of garbage off, the switch interval long.",
        """
        warnings.simplefilter("error")
        np.seterr(all="raise")
        sys.setrecursionlimit(120)
        sys.setswitchinterval(100)
        gc.disable()
        decimal.getcontext().prec = 1
        os.environ.clear()
        sys.path.clear()
        """
        + ZERO.replace("\n", "\n        "),
        FAILED,
        top="import decimal, gc, os, sys, warnings\n\nimport numpy as np",
    ),
    blow(
        "no_streams",
        "The streams are closed, and put away.",
        "sys.stdout.close()\nsys.stdout = sys.stderr = sys.__stdout__ = sys.__stderr__ = None" + ZERO,
        FAILED,
        top="import sys",
    ),
    blow(
        "message_that_never_ends",
        "The exception's text is computed for ever, and catches what would end that.",
        "raise Endless",
        ERROR,
        TIMEOUT,
        top="class Endless(Exception):\n    def __str__(self):\n        while True:\n            pass",
    ),
    blow(
        "message_that_raises",
        "The exception cannot be printed, nor can its class be asked for a name.",
        "raise Unprintable",
        ERROR,
        top="""
        class Nameless(type):
            def __getattribute__(cls, name):
                raise SystemExit(0)


        class Unprintable(Exception, metaclass=Nameless):
            def __str__(self):
                raise KeyboardInterrupt

            __repr__ = __str__
        """,
    ),
    blow(
        "message_with_control_characters",
        "The exception's message rewrites the terminal on which it is shown.",
        r'raise ValueError("\x1b[2J\x1b]0;full marks\x07\x9b31m\r\x08" + "\ud800" + "x" * 10**7)',
        ERROR,
    ),
    blow(
        "deep_result",
        "The result is a list in a list, a hundred thousand levels deep.",
        "deep = []\nfor _ in range(10**5):\n    deep = [deep]\nreturn deep",
        ERROR,
        FAILED,
    ),
    blow("circular_result", "The result contains itself.", "loop = {}\nloop[0] = [loop]\nreturn loop", ERROR, FAILED),
    blow("countless_items", "The result has ten million items.", "return [0] * 10**7", ERROR, FAILED),
    blow(
        "expanded_tensor",
        "The result is a tensor of a terabyte whose elements are all the same four bytes.",
        "return torch.zeros(1).expand(2**38)",
        ERROR,
        FAILED,
    ),
    blow(
        "tensor_over_a_wild_pointer",
        "The result's storage is made from an address at which there is no memory.",
        """
        storage = torch._C._construct_storage_from_data_pointer(8, torch.device("cpu"), 4096)
        return torch.empty(0).set_(storage, 0, (1000,), (1,))
        """,
        CRASHED,
    ),
    blow(
        "array_beyond_its_end",
        "The result is a view that numpy stretched far beyond the array's memory.",
        "return torch.from_numpy(np.lib.stride_tricks.as_strided(np.zeros(1), (2**15,), (2**30,)))",
        CRASHED,
        top="import numpy as np",
    ),
    blow(
        "stride_beyond_the_storage",
        "A view is asked for that lies outside of its storage.",
        "return torch.zeros(1).as_strided((10**6,), (10**6,))",
        ERROR,
    ),
    blow(
        "strange_layouts",
        "The result is sparse, and its indices point outside of it.",
        "return torch.sparse_coo_tensor([[10**9]], [1.0], (2,), check_invariants=False)",
        FAILED,
        ERROR,
        CRASHED,
    ),
    Attack(
        "worker_without_a_reader",
        LOSS,
        "The function with which the worker reads is deleted, so that it cannot hear the next request.",
        "del os.read" + ZERO,
        "import os",
        verdicts=(CRASHED, FAILED),
    ),
    blow(
        "garbled_answers",
        "The function with which the worker writes sends every answer backwards.",
        "os.write = lambda descriptor, data: write(descriptor, bytes(data)[::-1])" + ZERO,
        PROTOCOL,
        top="import os\n\nwrite = os.write",
    ),
    Attack(
        "kills_its_parent",
        LOSS,
        "A signal is sent to the process that forked this one, by a raw system call.",
        "raw(62, 129, os.getppid(), 9)\nraw(62, 129, -1, 9)" + ZERO,
        """
        import ctypes
        import os

        kernel = harness_module('harness.worker.confinement.kernel')


        def raw(x86, arm, *arguments):
            number = {"x86_64": x86, "aarch64": arm}[os.uname().machine]
            return kernel._libc.syscall(ctypes.c_long(number), *map(ctypes.c_long, arguments))
        """,
        levels=BY_THE_KERNEL,
    ),
]

_TERMS = " + ".join(f"0 * entropy * {i}" for i in range(1200))
_RIGHT = "torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())"

HONEST = [
    Attack(
        "expression_of_many_terms",
        LOSS,
        "Right work may be an expression of more than a thousand terms.",
        f"entropy = {_RIGHT}\nreturn entropy + {_TERMS}",
    ),
    Attack(
        "byte_order_mark",
        LOSS,
        "Right work may begin with a byte order mark.",
        f"return {_RIGHT}",
    ),
    Attack(
        "talkative",
        LOSS,
        "Right work may print, warn, and use threads.",
        f"""
        print("\\x1b[31mred\\x1b[0m", file=sys.stderr)
        warnings.warn("beware", DeprecationWarning)
        found = []
        thread = threading.Thread(target=lambda: found.append({_RIGHT}))
        thread.start()
        thread.join()
        return found[0]
        """,
        "import sys, threading, warnings",
    ),
]
"""Work that is right, and must not be taken for an attack."""
