"""Forging: answers that look right without being right, and words put into the judge's mouth."""

from __future__ import annotations

from harness.judge.verdict import Verdict

from .attack import LOSS, Attack

FAILED, ERROR, PROTOCOL, CRASHED = Verdict.FAILED, Verdict.ERROR, Verdict.PROTOCOL, Verdict.CRASHED

SEND = """
import atexit
import os
import sys
import threading
import time

Observation = harness_module('harness.contracts.observation').Observation


def everywhere(data):
    for descriptor in range(3, 64):
        try:
            os.write(descriptor, data)
        except OSError:
            pass


def forged(number, result=0.0):
    return Observation(result=torch.tensor(result)).frame(number)
"""

PURE = ("test_language_model_loss_leaves_arguments_and_random_state_alone",)
FED = ("test_generate_feeds_every_token_but_the_last_once",)

ATTACKS = [
    Attack(
        "patched_torch_comparisons",
        LOSS,
        "At import, every comparison of torch's, its testing module and its tensors is told to say yes.",
        "return logits.sum() * 0",
        """
        def yes(*values, **named):
            return True

        for place in (torch, torch.Tensor):
            for name in ("allclose", "equal", "isclose", "is_same_size", "__eq__", "eq", "ge", "le"):
                if hasattr(place, name):
                    setattr(place, name, yes)
        torch.testing.assert_close = lambda *values, **named: None
        """,
    ),
    Attack(
        "patched_numpy_comparisons",
        LOSS,
        "numpy's comparisons and its testing module are replaced by ones that never object.",
        "return logits.sum() * 0",
        """
        import numpy as np

        for name in ("allclose", "array_equal", "isclose", "all", "array_equiv"):
            setattr(np, name, lambda *values, **named: True)
        for name in [name for name in vars(np.testing) if name.startswith("assert")]:
            setattr(np.testing, name, lambda *values, **named: None)
        """,
    ),
    Attack(
        "patched_builtins_and_math",
        LOSS,
        "The builtins all, any, abs and max, math.isclose and operator.eq are replaced for everyone.",
        "return logits.sum() * 0",
        """
        import builtins
        import math
        import operator

        builtins.all = lambda items: True
        builtins.any = lambda items: False
        builtins.abs = lambda value: 0
        builtins.max = lambda *values, **named: 0
        math.isclose = math.isfinite = operator.eq = operator.le = lambda *values, **named: True
        """,
    ),
    Attack(
        "patched_snapshot",
        LOSS,
        "The function that copies results into plain data gives a float that equals everything.",
        "return logits.sum() * 0",
        """
        observing = harness_module('harness.contracts.observing')

        class Equal(float):
            def __eq__(self, other):
                return True

            __ne__ = __lt__ = __gt__ = lambda self, other: False
            __hash__ = float.__hash__

        snapshot = observing.to_plain

        def to_plain(value, devices=None):
            return Equal(0.0) if isinstance(value, torch.Tensor) and not value.ndim else snapshot(value, devices)

        observing.to_plain = to_plain
        """,
        verdicts=(ERROR, FAILED),
    ),
    Attack(
        "patched_encoder",
        LOSS,
        "The encoder of frames adds the verdict that it would like to have.",
        "asked.append(1)\nreturn logits.sum() * 0",
        """
        observation = harness_module('harness.contracts.observation')

        asked, honest = [], observation.encode

        def encode(value, number=0):
            verdict = {"verdict": "passed", "points": 100.0} if asked else {}
            asked.clear()
            return honest({**value, **verdict}, number)

        observation.encode = encode
        """,
        verdicts=(PROTOCOL,),
    ),
    Attack(
        "patched_observer",
        LOSS,
        "The worker's function that runs hooks reports success, and no result at all.",
        "return logits.sum() * 0",
        """
        serving = harness_module('harness.worker.serving')
        Observation = harness_module('harness.contracts.observation').Observation

        observed = serving.observe

        def observe(component, hook, request, files=(), ask=None):
            if component.name == "language_model_loss":
                return Observation(output="1 passed in 0.01s", devices=["cpu"])
            return observed(component, hook, request, files, ask)

        serving.observe = observe
        """,
    ),
    Attack(
        "patched_gradients",
        LOSS,
        "The function that takes vector-Jacobian products says that no gradient is due.",
        "return torch.nn.functional.cross_entropy(logits.detach().flatten(0, 1), targets.flatten())",
        """
        observing = harness_module('harness.contracts.observing')

        observing.vector_jacobian_products = lambda component, value, leaves, seed: {}
        """,
        wrong_body="return torch.nn.functional.cross_entropy(logits.detach().flatten(0, 1), targets.flatten())",
        checks=("test_language_model_loss_gradients_reach_every_argument",),
    ),
    Attack(
        "patched_loading",
        LOSS,
        "A hook that was never submitted is reported as implemented, since what lists the hooks is replaced.",
        "pass",
        """
        serving = harness_module('harness.worker.serving')
        Loaded = harness_module('harness.worker.messages').Loaded

        serving._fitting = lambda loaded: Loaded(loaded.implemented | {"language_model_loss"})


        def hookimpl(function, real=hookimpl):
            return function if function.__name__ == "language_model_loss" else real(function)
        """,
        verdicts=(ERROR,),
    ),
    Attack(
        "lying_tensor_subclass",
        LOSS,
        "A tensor subclass answers every torch function with a yes, or with a difference of zero.",
        "return logits.new_zeros(()).as_subclass(Agreeable)",
        """
        class Agreeable(torch.Tensor):
            @classmethod
            def __torch_function__(cls, function, types, values=(), named=None):
                name = getattr(function, "__name__", "")
                if name in ("allclose", "equal", "isclose", "__eq__", "eq"):
                    return True
                if name in ("sub", "__sub__", "rsub", "__rsub__"):
                    return torch.zeros(())
                with torch._C.DisableTorchFunctionSubclass():
                    return function(*values, **(named or {}))
        """,
    ),
    Attack(
        "dispatching_tensor_subclass",
        LOSS,
        "A wrapper subclass has no elements, and makes up what every operator on it gives.",
        "return Hollow(logits.detach())",
        """
        class Hollow(torch.Tensor):
            @staticmethod
            def __new__(cls, like):
                return torch.Tensor._make_wrapper_subclass(cls, (), dtype=like.dtype)

            def __init__(self, like):
                pass

            @classmethod
            def __torch_dispatch__(cls, function, types, values=(), named=None):
                return torch.zeros(()) if "sub" in str(function) else torch.ones((), dtype=torch.bool)
        """,
        verdicts=(FAILED, ERROR),
    ),
    Attack(
        "lying_class",
        LOSS,
        "An object that says it is a tensor, equals everything, and has every attribute one may ask for.",
        "return Yes()",
        """
        class Yes:
            __class__ = torch.Tensor
            dtype, device, ndim, shape = torch.float32, torch.device("cpu"), 0, torch.Size([])

            def __eq__(self, other):
                return True

            def __hash__(self):
                return 1

            def __getattr__(self, name):
                return lambda *values, **named: self
        """,
    ),
    Attack(
        "lying_containers",
        "ngram_counts",
        "A list that equals every list and shows other items each time, of strings that equal every string.",
        "return Every([(Any('x'), 1)])",
        """
        class Any(str):
            def __eq__(self, other):
                return True

            def __hash__(self):
                return 0


        class Every(list):
            def __eq__(self, other):
                self[:] = other
                return True

            def __len__(self):
                return 0

            def __iter__(self):
                return iter(())
        """,
    ),
    Attack(
        "not_a_number",
        LOSS,
        "NaN is neither near nor far from anything, which a careless comparison takes for near.",
        "return logits.sum() * float('nan')",
    ),
    Attack(
        "nothing_to_compare",
        LOSS,
        "Of a tensor without elements, every element is right.",
        "return logits.new_zeros(0)",
    ),
    Attack(
        "broadcast_answers",
        LOSS,
        "One tensor holds a thousand guesses, in case a comparison broadcasts and is content with any.",
        "return torch.linspace(0, 5, 1000, dtype=logits.dtype)",
    ),
    Attack(
        "uninitialised_memory",
        "rnn_gradients",
        "The result is memory as it was found, in which the right answer might still lie.",
        "return {**{k: torch.empty_like(v) for k, v in params.items()},\n"
        "        'inputs': torch.empty_like(inputs), 'state': torch.empty_like(state)}",
    ),
    Attack(
        "echo",
        "rnn_gradients",
        "The arguments are handed back as their own gradients: they have the right shapes.",
        "return {**params, 'inputs': inputs, 'state': state}",
    ),
    Attack(
        "replayed_answer",
        LOSS,
        "Each call gives the right answer to the call before.",
        """
        answers.append(torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten()))
        return answers[-2].to(logits.dtype).detach()
        """,
        "answers = [torch.zeros(())]",
    ),
    Attack(
        "frame_before_the_answer",
        LOSS,
        "A frame of its own, for each number that the request may have, goes to every descriptor first.",
        "for number in range(100):\n    everywhere(forged(number))\nreturn logits.sum() * 0",
        SEND,
        verdicts=(PROTOCOL,),
    ),
    Attack(
        "frame_from_a_thread",
        LOSS,
        "A thread goes on sending frames while the hook is at work, so that one of them arrives first.",
        """
        def send():
            for number in range(50):
                everywhere(forged(number))

        sender = threading.Thread(target=send)
        sender.start()
        sender.join()
        return logits.sum() * 0
        """,
        SEND,
        verdicts=(PROTOCOL,),
    ),
    Attack(
        "frame_at_exit",
        LOSS,
        "A frame is to be sent when the interpreter ends, which sys.exit then asks for.",
        "atexit.register(everywhere, forged(2))\nsys.exit(0)",
        SEND,
        verdicts=(ERROR,),
    ),
    Attack(
        "frame_from_a_finaliser",
        LOSS,
        "The result sends frames when it is deleted, just after it was copied.",
        "return Parting([logits.sum() * 0])",
        f"""{SEND}

class Parting(list):
    def __del__(self):
        for number in range(100):
            everywhere(forged(number))
""",
        verdicts=(PROTOCOL, FAILED),
    ),
    Attack(
        "second_answer",
        LOSS,
        "The worker's own channel, found in a caller's frame, sends an answer before the answer.",
        """
        frame = sys._getframe()
        while frame is not None:
            if "channel" in frame.f_locals:
                frame.f_locals["channel"].send(forged(frame.f_locals.get("request_id", 2)))
                break
            frame = frame.f_back
        return logits.sum() * 0
        """,
        SEND,
        verdicts=(PROTOCOL, FAILED),
    ),
    Attack(
        "malformed_frame",
        LOSS,
        "A frame that announces more than any memory holds, in case the judge makes room for it.",
        """
        everywhere(HEAD.pack(MAGIC, 2**32 - 1, 2**63, 2))
        return logits.sum() * 0
        """,
        f"{SEND}\ndecode = harness_module('harness.wire.decode')\nHEAD, MAGIC = decode.HEAD, decode.MAGIC\n",
        verdicts=(PROTOCOL,),
    ),
    Attack(
        "callers_locals",
        LOSS,
        "Every caller's frame is walked, and verdicts are written into all dicts that are found there.",
        """
        frame = sys._getframe().f_back
        while frame is not None:
            for name, value in list(frame.f_locals.items()):
                if type(value) is dict and name in ("seen", "arguments", "message", "drive"):
                    value.update(verdict="passed", points=1.0, raised=None)
            frame = frame.f_back
        return logits.sum() * 0
        """,
        "import sys",
        verdicts=(ERROR, FAILED),
    ),
    Attack(
        "changed_contract",
        LOSS,
        "The contract itself, found among the modules, is changed to accept anything at all.",
        "return None",
        """
        contract = harness_module('harness.contracts.rnn')
        Anything = harness_module('harness.contracts.results').Anything

        component = contract.language_model_loss.component
        for name, value in {"result": Anything(), "gradients": False, "observer": lambda *given: None}.items():
            object.__setattr__(component, name, value)
        """,
        verdicts=(FAILED, ERROR),
    ),
    Attack(
        "pretends_not_to_be_submitted",
        LOSS,
        "Whatever it cannot do it calls not implemented, in case that leaves the denominator.",
        "raise NotImplementedError",
        verdicts=(Verdict.NOT_SUBMITTED,),
    ),
    Attack(
        "printed_verdict",
        LOSS,
        "It prints a report of full marks, with control characters that wipe the real one off a terminal.",
        r"""
        print("\x1b[2J\x1b[H\x1b]0;seqgrade\x07 81 / 81\r\nPASSED \x9b1A\x08\x08")
        print('{"verdict": "passed", "points": 100}', file=sys.stderr)
        os.write(1, b"passed")
        return logits.sum() * 0
        """,
        "import os, sys",
    ),
    Attack(
        "altered_record_of_calls",
        "generate",
        "It feeds the prefix twice over, and then deletes from the step's own notes what should not be there.",
        """
        warm = state
        for token in prefix:
            _, warm = step(token, warm)
        twice = len(prefix)
        logits, tokens = None, list(prefix)
        if not prefix:
            raise ValueError("empty")
        for i in range(len(prefix) + num_preds - 1):
            logits, state = step(tokens[i], state)
            if i >= len(prefix) - 1:
                tokens.append(int(logits.argmax()))
        for name, noted in vars(step).items():
            if isinstance(noted, list):
                del noted[:twice]
        state.number = len(tokens) - 1
        return tokens
        """,
        wrong_body="""
        warm = state
        for token in prefix:
            _, warm = step(token, warm)
        tokens = list(prefix)
        for i in range(len(prefix) + num_preds - 1):
            logits, state = step(tokens[i], state)
            if i >= len(prefix) - 1:
                tokens.append(int(logits.argmax()))
        return tokens
        """,
        checks=FED,
    ),
    Attack(
        "mutation_unnoticed_by_patched_comparisons",
        LOSS,
        "It overwrites its argument, and patches every comparison that could notice that.",
        "with torch.no_grad():\n    logits.zero_()\nreturn logits.sum()",
        """
        ambient = harness_module('harness.contracts.ambient')

        torch.equal = torch.allclose = lambda *values, **named: True
        ambient.RandomStates.differing = lambda self, other: []
        ambient._same_numpy = lambda one, other: True
        """,
        checks=PURE,
        wrong_body="with torch.no_grad():\n    logits.zero_()\nreturn logits.sum()",
    ),
]
