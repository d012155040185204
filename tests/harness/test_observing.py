"""Tests of observing: all that a hook does is noted, none of it gets out, and the next case finds nothing of it."""

from __future__ import annotations

import contextlib
import random
import sys
import warnings
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import hypothesis
import numpy as np
import pytest
import torch

from harness.contracts.ambient import MAX_OUTPUT
from harness.contracts.component import Component, Observed, component
from harness.contracts.differentiating import cotangents
from harness.contracts.observation import Observation, Raised, Request
from harness.contracts.observing import observe
from harness.contracts.results import Anything, Array, Parts
from harness.judge import purity
from harness.judge.subject import InProcess
from harness.plain import Opaque
from harness.wire import decode, encode

Hook = Callable[..., Any]
RESULT = Parts(outputs=Array("T h"), state=Array("h", state=True))


def declared(**options: Any) -> Component:
    """A component whose contract has any arguments at all."""

    def spec(x: Any, params: Any) -> Any:
        """A contract."""

    kind = options.pop("result", Anything())
    made: Component = component(kind, **options)(spec).component
    return made


def nothing(*done: Any) -> None:
    """What a hook returns whose work is in its arguments."""


def seen(hook: Hook, arguments: dict[str, Any] | None = None, kind: Any = None, **options: Any) -> Observation:
    """What is observed of a hook on the given arguments."""
    one = declared(result=kind or Anything())
    return observe(one, hook, Request(one.name, arguments or {}, **options), files=(__file__,))


def subject(hook: Hook, monkeypatch: pytest.MonkeyPatch) -> InProcess:
    """A subject whose only component, `spec`, is the given hook."""
    monkeypatch.setattr("harness.judge.subject.component_of", lambda name: declared())
    return InProcess(SimpleNamespace(name="x", hook=lambda name: hook, files=(__file__,)))


# -- how arguments lie in memory, and what is kept between calls -------------------------------------------


def test_strided_arguments_hold_the_same_values_elsewhere() -> None:
    """Values, shapes, dtypes and grad as asked for, but not side by side in memory, however deep in a container."""
    given = {"x": torch.arange(6.0).reshape(2, 3), "params": {"b": torch.arange(3), "s": torch.tensor(2.0)}}
    told: list[Any] = []

    def hook(x: Any, params: Any) -> Any:
        told.extend([x.is_contiguous(), params["b"].is_contiguous(), x.requires_grad, params["b"].requires_grad])
        told.extend([x.storage_offset() == 0, params["b"].storage_offset() == 0])
        return {"x": x, **params}

    found = seen(hook, given, strided=True, cotangent_seed=None).result
    assert told == [False] * 6
    assert encode(found) == encode({"x": given["x"], **given["params"]})
    assert seen(lambda x: x.view(-1), {"x": given["x"]}, strided=True).raised.is_a(RuntimeError)
    assert seen(lambda x: x.view(-1), {"x": given["x"]}).raised is None


def test_strided_arguments_are_leaves_where_gradients_are_asked_for() -> None:
    """The gradient has the argument's shape and the right values."""
    given = {"x": torch.arange(6.0).reshape(2, 3), "params": torch.arange(3.0)}
    kind = Array("n d")
    found = seen(lambda x, params: x * params, given, kind, strided=True, cotangent_seed=1)
    plain = seen(lambda x, params: x * params, given, kind, cotangent_seed=1)
    assert encode(found.gradients) == encode(plain.gradients)
    assert found.gradients is not None


def test_a_second_call_gets_the_same_objects_with_other_contents() -> None:
    """Tensors, dicts and lists are the same objects, the generator too; what cannot be the same one is another."""
    ids: list[list[int]] = []
    values: list[Any] = []

    def hook(x: Any, params: Any, generator: Any) -> Any:
        ids.append([id(x), id(params), id(params["W"]), id(params["rows"]), id(generator)])
        values.append([x.tolist(), params["W"].tolist(), list(params["rows"]), generator.initial_seed()])
        kept.append((x, params, generator))
        return x + 1

    kept: list[Any] = []
    given = {"x": torch.zeros(2), "params": {"W": torch.ones(3), "rows": [1, 2, 3]}, "generator": 1}
    others = {"x": torch.full((2,), 5.0), "params": {"W": torch.zeros(3), "rows": [4, 5]}, "generator": 2}
    found = seen(hook, given, again=others)
    first, second, third = ids
    assert first == second
    assert not set(first) & set(third)
    assert values[1:] == [[[5.0, 5.0], [0.0] * 3, [4, 5], 2], values[0]]
    assert [found.result.tolist(), found.again.tolist(), found.kept.tolist()] == [[1, 1], [6, 6], [6, 6]]


def test_other_shapes_come_in_new_tensors() -> None:
    """A tensor cannot become one of another shape or dtype: its place in the container is what stays."""
    given = {"x": torch.zeros(2), "params": {"W": torch.ones(3)}}
    others = {"x": torch.ones(3), "params": {"V": torch.ones(2, dtype=torch.int64)}}
    found = seen(lambda x, params: [x, params], given, again=others)
    assert encode(found.again) == encode([others["x"], others["params"]])


def test_what_a_third_call_does_to_the_second_result_is_seen() -> None:
    """A buffer that is used again is an earlier result."""
    buffer = torch.zeros(2)
    found = seen(lambda x: buffer.copy_(x), {"x": torch.zeros(2)}, again={"x": torch.ones(2)})
    assert (found.again.tolist(), found.kept.tolist()) == ([1, 1], [0, 0])


# -- memory that nobody has written to ---------------------------------------------------------------------


def test_memory_that_was_never_written_to_is_never_right() -> None:
    """It is nan, or the largest number, each time, however it was come by; and torch is as it was afterwards."""
    before = torch.are_deterministic_algorithms_enabled()

    def hook() -> Any:
        x = torch.zeros(3)
        return [torch.empty(3), torch.empty_like(x), x.new_empty(3), torch.Tensor(3), torch.empty(2, dtype=torch.int64)]

    *floats, whole = seen(hook).result
    assert all(bool(one.isnan().all()) for one in floats)
    assert whole.tolist() == [2**63 - 1] * 2
    assert torch.are_deterministic_algorithms_enabled() is before


@pytest.mark.parametrize("mode", [True, False])
def test_settings_of_determinism_are_given_back(mode: bool) -> None:
    """Whatever a caller of ours, or a hook, has set."""
    torch.use_deterministic_algorithms(mode, warn_only=mode)
    torch.utils.deterministic.fill_uninitialized_memory = not mode  # type: ignore[attr-defined]
    try:
        seen(lambda: torch.use_deterministic_algorithms(not mode))
        assert torch.are_deterministic_algorithms_enabled() is mode
        assert torch.is_deterministic_algorithms_warn_only_enabled() is mode
        assert torch.utils.deterministic.fill_uninitialized_memory is not mode  # type: ignore[attr-defined]
    finally:
        torch.use_deterministic_algorithms(False)
        torch.utils.deterministic.fill_uninitialized_memory = True  # type: ignore[attr-defined]


# -- arguments and global state ---------------------------------------------------------------------------


def arguments() -> dict[str, Any]:
    return {"x": torch.zeros(2, 3), "params": {"W": torch.ones(2), "layers": [torch.zeros(1), torch.zeros(1)]}}


@pytest.mark.parametrize(
    ("change", "changed"),
    [
        (lambda x, params: x.add(1), []),
        (lambda x, params: x.add_(1), ["x"]),
        (lambda x, params: x.t_(), ["x"]),
        (lambda x, params: x.resize_(3), ["x"]),
        (lambda x, params: x.data.add_(1), ["x"]),
        (lambda x, params: x.numpy().__setitem__(0, 5), ["x"]),
        (lambda x, params: params["W"].zero_(), ["params"]),
        (lambda x, params: params.pop("W"), ["params"]),
        (lambda x, params: params.update(new=1), ["params"]),
        (lambda x, params: params["layers"].reverse(), []),
        (lambda x, params: params["layers"].append(torch.zeros(1)), ["params"]),
        (lambda x, params: params["layers"].append(2**70), ["params"]),
        (lambda x, params: params["layers"].append(params), ["params"]),
        (lambda x, params: params["layers"].append({1, 2}), ["params"]),
        (lambda x, params: params.update(W=params["W"].double()), ["params"]),
        (lambda x, params: (x.zero_().sub_(1), params.clear()), ["x", "params"]),
    ],
)
def test_changed_arguments_are_noted(change: Hook, changed: list[str]) -> None:
    """Values, shapes, dtypes and structure count, whatever an argument was changed into."""
    request = Request("spec", arguments(), global_seed=1)
    found = seen(lambda x, params: nothing(change(x, params)), arguments(), global_seed=1)
    assert purity.changed(request, Observation.of_plain(decode(found.frame()))) == changed


def test_a_case_is_not_changed_by_the_hook_that_gets_it() -> None:
    """The hook works on a copy; the request's own tensors and lists stay."""
    given = arguments()
    seen(lambda x, params: nothing(x.add_(1), params.clear()), given)
    assert encode(given) == encode(arguments())


def test_arguments_keep_their_types_and_structure() -> None:
    """Lists, tuples, dicts, dtypes, ints and None arrive as what they are."""
    given = {"x": (torch.zeros(2, dtype=torch.float64), [1, (2, None)], {3: "a"}), "params": torch.arange(3)}
    assert encode(seen(lambda x, params: [x, params], given).result) == encode([given["x"], given["params"]])


@pytest.mark.parametrize(
    ("draw", "moved"),
    [
        (lambda: torch.zeros(1), []),
        (lambda: torch.rand(1), ["torch"]),
        (lambda: torch.manual_seed(5), ["torch"]),
        (lambda: np.random.rand(), ["numpy"]),
        (lambda: random.random(), ["random"]),
        (lambda: (random.seed(1), np.random.seed(1), torch.rand(1)), ["torch", "numpy", "random"]),
        (lambda: torch.rand(1, generator=torch.Generator()), []),
        (lambda: np.random.default_rng(0).random(), []),
    ],
    ids=range(8),
)
@pytest.mark.parametrize("end", [lambda: None, lambda: 1 / 0], ids=["returns", "raises"])
def test_moved_random_states_are_noted_and_put_back(draw: Hook, moved: list[str], end: Hook) -> None:
    """Global random state is named where it moved, and is as it was afterwards."""
    before = torch.get_rng_state(), np.random.get_state()[1].tolist(), random.getstate()
    found = seen(lambda: nothing(draw(), end()), global_seed=7)
    after = torch.get_rng_state(), np.random.get_state()[1].tolist(), random.getstate()
    assert purity.moved(Request("spec", {}, global_seed=7), found) == moved
    assert torch.equal(before[0], after[0])
    assert before[1:] == after[1:]


def test_a_global_seed_gives_the_same_draws_again() -> None:
    """`global_seed` seeds all three generators; `states` tells where they ended."""

    def draw() -> list[float]:
        return [float(torch.rand(1)), float(np.random.rand()), random.random()]

    first, again, other = (seen(draw, global_seed=seed) for seed in (1, 1, 2))
    assert first.result == again.result
    assert all(a != b for a, b in zip(first.result, other.result, strict=True))
    assert first.states == again.states
    assert all(first.states[name] != other.states[name] for name in ("torch", "numpy", "random"))


def test_a_generator_is_made_of_its_seed() -> None:
    """The argument `generator` arrives as a CPU torch.Generator in the state that its seed gives."""
    given = {"generator": 7}
    result = seen(lambda generator: torch.rand(3, generator=generator), given, global_seed=1)
    assert torch.equal(result.result, torch.rand(3, generator=torch.Generator().manual_seed(7)))
    request = Request("spec", given, global_seed=1)
    assert purity.changed(request, result) == purity.moved(request, result) == []


@pytest.mark.parametrize(
    ("change", "state"),
    [
        (lambda: torch.set_grad_enabled(False), torch.is_grad_enabled),
        (lambda: torch.set_default_dtype(torch.float64), torch.get_default_dtype),
        (lambda: warnings.simplefilter("ignore"), lambda: list(warnings.filters)),
        (lambda: setattr(sys, "stdout", None), lambda: sys.stdout),
    ],
    ids=["gradients", "dtype", "warnings", "stdout"],
)
def test_switches_that_a_hook_turns_are_turned_back(change: Hook, state: Hook) -> None:
    """One submission's settings do not reach the next case, or the reference."""
    before = state()
    seen(lambda: nothing(change()))
    assert state() == before


def test_gradients_are_on_whatever_the_caller_does() -> None:
    """A judge under no_grad observes the same."""
    with torch.no_grad():
        assert seen(torch.is_grad_enabled).result is True


# -- what is said -----------------------------------------------------------------------------------------


def test_warnings_are_noted_and_fail_nothing() -> None:
    """Every warning is noted, repeated ones too, also where warnings are errors."""

    def hook() -> int:
        for _ in range(2):
            warnings.warn("careful", DeprecationWarning, stacklevel=1)
        warnings.warn("x" * 9999, stacklevel=1)
        return 3

    found = seen(hook)
    assert (found.result, found.raised) == (3, None)
    assert found.warned[:2] == ["DeprecationWarning: careful"] * 2
    assert [len(one) for one in found.warned] == [27, 27, 500]
    assert len(seen(lambda: [warnings.warn(str(i), stacklevel=1) for i in range(99)]).warned) == 20


@pytest.mark.parametrize(
    ("say", "output"),
    [
        (lambda: print("a", "b"), "a b\n"),
        (lambda: print("err", file=sys.stderr), "err\n"),
        (lambda: (print(1), print(2, file=sys.stderr), print(3)), "1\n2\n3\n"),
        (lambda: sys.stdout.write("no end"), "no end"),
        (lambda: sys.stdout.buffer.write(b"bytes \xff"), "bytes \ufffd"),
        (lambda: print("é \ud800"), "é \\ud800\n"),
        (lambda: (sys.stdout.reconfigure(line_buffering=True), print("x")), "x\n"),
        (lambda: (print("last words"), sys.stdout.close()), "last words\n"),
        (lambda: (print("kept"), sys.stdout.detach()), "kept\n"),
        (lambda: (print("before"), 1 / 0), "before\n"),
    ],
    ids=range(10),
)
def test_prints_are_captured(say: Hook, output: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What goes to stdout and stderr is kept in order, by whichever way it goes there, and shown to nobody."""
    assert seen(lambda: nothing(say())).output == output
    assert capsys.readouterr() == ("", "")


def test_endless_prints_are_cut() -> None:
    """One megabyte is kept of what is printed, and no more is held in memory."""

    def hook() -> None:
        for _ in range(300):
            print("x" * 10_000)

    assert len(seen(hook).output) == MAX_OUTPUT


# -- exceptions -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (ValueError("no"), "ValueError"),
        (SystemExit(0), "SystemExit"),
        (GeneratorExit(), "GeneratorExit"),
        (StopIteration(), "StopIteration"),
        (RecursionError(), "RecursionError"),
        (pytest.fail.Exception("x"), "Failed"),
        (pytest.skip.Exception("x"), "Skipped"),
        (pytest.exit.Exception("x"), "_pytest.outcomes.Exit"),
        (hypothesis.errors.UnsatisfiedAssumption(), "hypothesis.errors.UnsatisfiedAssumption"),
        (hypothesis.errors.StopTest(0), "hypothesis.errors.StopTest"),
        (ExceptionGroup("many", [ValueError()]), "ExceptionGroup"),
        (BaseException("base"), "BaseException"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_exception_is_the_submissions_own(error: BaseException, name: str) -> None:
    """SystemExit, and what pytest and Hypothesis steer by, are errors of the submission like any other."""

    def hook() -> None:
        raise error

    raised = seen(hook).raised
    assert raised is not None
    assert raised.kind == name
    assert raised.is_a(BaseException)
    assert raised.is_a(type(error)) or type(error).__module__ != "builtins"


def test_an_exception_brings_its_bases_message_and_own_frames() -> None:
    """Subclasses count for their base; of the frames, only those of the submission's files are kept."""

    class TooLongError(ValueError):
        pass

    def inner() -> None:
        raise TooLongError("x" * 9999)

    raised = seen(lambda: sorted([2, 1], key=lambda item: inner())).raised
    assert raised is not None
    assert raised.is_a(ValueError)
    assert raised.is_a(LookupError) is False
    assert raised.message == "x" * 4000
    assert raised.frames[-1].endswith('in inner: raise TooLongError("x" * 9999)')
    assert all(frame.startswith(f"{__file__}:") for frame in raised.frames)


def endless() -> str:
    while True:
        pass


@pytest.mark.parametrize(
    ("printing", "message"),
    [
        (lambda: 1 / 0, "(its message cannot be printed: ZeroDivisionError)"),
        (lambda: 5, "(its message cannot be printed: TypeError)"),
        (lambda: sys.exit(), "(its message cannot be printed: SystemExit)"),
        (lambda: pytest.skip("x"), "(its message cannot be printed: Skipped)"),
        (endless, "(its message cannot be printed: OutOfTimeError)"),
    ],
    ids=["raises", "no str", "exits", "skips", "endless"],
)
def test_what_cannot_be_printed_is_named_all_the_same(printing: Hook, message: str) -> None:
    """An exception or a warning whose message raises, or never ends, hides nothing and stops nobody."""

    class Mute(UserWarning):
        def __init__(self, patience: int) -> None:
            self.patience = patience

        def __str__(self) -> str:
            self.patience -= 1
            return "for now" if self.patience >= 0 else printing()

    def fail() -> None:
        raise Mute(0)

    def warn() -> None:
        warnings.warn(Mute(1), stacklevel=1)  # which Python itself prints once

    raised = seen(fail).raised
    assert raised is not None
    assert raised.is_a(Mute)
    assert raised.message == message
    assert seen(warn).warned == [f"Mute: {message}"]


def test_a_message_of_another_str_type_becomes_a_str() -> None:
    """Only plain data leave an observation."""

    class Text(str):
        def __getitem__(self, item: Any) -> Any:
            raise AssertionError

    class OddError(Exception):
        def __str__(self) -> str:
            return Text("odd")

    def hook() -> None:
        raise OddError

    raised = seen(hook).raised
    assert raised is not None
    assert type(raised.message) is str
    assert raised.message == "odd"


def test_keyboard_interrupt_ends_the_run() -> None:
    """Who presses Ctrl-C wants to stop."""

    def hook() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        seen(hook)


# -- limits -----------------------------------------------------------------------------------------------


def busy() -> None:
    while True:
        with contextlib.suppress(Exception):
            sum(range(1000))


def yields_for_ever() -> Iterator[int]:
    while True:
        yield 1


def test_an_endless_hook_runs_out_of_time() -> None:
    """The budget is CPU time, `except Exception` does not evade it, the request's comes first, and where it was is
    told."""
    found = seen(busy, cpu_seconds=0.1)
    assert found.out_of_time == 0.1
    assert (found.result, found.gradients) == (None, None)
    assert found.raised is not None
    assert ", in busy: " in found.raised.frames[-1]
    assert found.seconds > 0


def test_the_budget_covers_the_observer_and_is_taken_back() -> None:
    """Driving a result counts too; afterwards no timer is left to go off."""
    one = declared(cpu_seconds=0.1, observer=lambda hook, arguments, drive: list(hook()))
    assert observe(one, yields_for_ever, Request("spec", {})).out_of_time == 0.1
    assert sum(range(6_000_000)) > 0


@pytest.mark.parametrize(
    ("result", "name", "message"),
    [
        (torch.zeros(1).expand(2**30), "harness.plain.NotPlainError", "a tensor of shape (1073741824,) is larger"),
        (2**70, "harness.wire.frame.WireError", "the result cannot be written down: an integer beyond 64 bits"),
        ([None] * 14_000, "harness.wire.frame.WireError", "the result cannot be written down: the structure takes"),
        (torch.zeros([1] * 20), "harness.wire.frame.WireError", "the result cannot be written down: a tensor of"),
        (torch.zeros(0, 2**40), "harness.wire.frame.WireError", "the result cannot be written down: a tensor of"),
        (MemoryError("all of it"), "MemoryError", "all of it"),
    ],
    ids=["huge", "integer", "structure", "axes", "empty", "memory"],
)  # fmt: skip
def test_what_cannot_be_sent_is_an_error_of_the_submission(
    result: Any, name: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A subject answers with an observation whatever a hook returns or uses up; nothing is raised."""

    def hook() -> Any:
        if isinstance(result, MemoryError):
            raise result
        return result

    raised = subject(hook, monkeypatch).observe(Request("spec", {})).raised
    assert raised is not None
    assert raised.kind == name
    assert raised.message.startswith(message)


def test_the_deepest_result_can_be_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """What may be written down fits into an observation on the wire."""
    value: Any = 0
    for _ in range(25):
        value = {"a": value}
    assert subject(lambda: value, monkeypatch).observe(Request("spec", {})).result == value


# -- gradients --------------------------------------------------------------------------------------------


def affine(x: torch.Tensor, params: dict[str, torch.Tensor]) -> Any:
    outputs = x @ params["W"]
    return outputs, outputs[-1] * 2


def numbers() -> dict[str, Any]:
    generator = torch.Generator().manual_seed(3)
    shapes = {"x": (4, 3), "W": (3, 2), "unused": (2,)}
    drawn = {name: torch.randn(shape, generator=generator, dtype=torch.float64) for name, shape in shapes.items()}
    return {"x": drawn.pop("x"), "params": {**drawn, "size": torch.tensor([1, 2])}}


def test_vector_jacobian_products_of_a_known_function() -> None:
    """For outputs XW and state 2(XW)[-1] with cotangents C and c: G = C + 2c in the last row, GWᵀ and XᵀG."""
    given = numbers()
    found = seen(affine, given, RESULT, cotangent_seed=5).gradients
    assert found is not None
    outputs, state = affine(**given)
    weight, last = cotangents([outputs, state], 5)
    weight[-1] += 2 * last
    assert list(found) == ["x", "params.W", "params.unused"]
    assert torch.allclose(found["x"], weight @ given["params"]["W"].T, rtol=1e-12)
    assert torch.allclose(found["params.W"], given["x"].T @ weight, rtol=1e-12)
    assert found["params.unused"] is None


def test_cotangents_differ_by_seed_result_and_element() -> None:
    """A seed gives one set of cotangents, in each result's dtype; no two elements share one."""
    results = [torch.zeros(2, 3), torch.zeros(3, dtype=torch.float64)]
    first, again, other = (cotangents(results, seed) for seed in (1, 1, 2))
    assert [one.dtype for one in first] == [torch.float32, torch.float64]
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    values = [value for group in (first, other) for one in group for value in one.flatten().tolist()]
    assert len(set(values)) == len(values)


@pytest.mark.parametrize(
    "style",
    [
        lambda o, s: (list(o), (s,)),
        lambda o, s: (tuple(o), [*s]),
        lambda o, s: (torch.stack(list(o)), (s,)),
    ],
    ids=["lists", "tuples", "stacked"],
)
def test_gradients_do_not_depend_on_the_form_of_results(style: Hook) -> None:
    """Lists of tensors and 1-tuples have the gradients of the tensors that they stand for."""
    plain = seen(affine, numbers(), RESULT, cotangent_seed=5).gradients
    found = seen(lambda x, params: style(*affine(x, params)), numbers(), RESULT, cotangent_seed=5).gradients
    assert plain is not None
    assert found is not None
    for name in ("x", "params.W"):
        assert torch.allclose(found[name], plain[name], rtol=1e-12)


@pytest.mark.parametrize(
    ("hook", "reached"),
    [
        (lambda x, params: affine(x.detach(), params), ["params.W"]),
        (lambda x, params: tuple(one.detach() for one in affine(x, params)), []),
        (torch.no_grad()(affine), []),
        (lambda x, params: (affine(x, params)[0], torch.zeros(2, dtype=torch.float64)), ["x", "params.W"]),
    ],
    ids=["one argument", "all results", "no_grad", "one result"],
)
def test_a_cut_graph_shows_where_it_is_cut(hook: Hook, reached: list[str]) -> None:
    """Arguments that no gradient reaches have None; the results are written down all the same."""
    found = seen(hook, numbers(), RESULT, cotangent_seed=5)
    assert found.gradients is not None
    assert [name for name, one in found.gradients.items() if one is not None] == reached
    assert found.raised is None
    assert found.result is not None


def test_sparse_gradients_become_dense() -> None:
    """An embedding with sparse=True is as right as one without."""

    def hook(x: torch.Tensor, params: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.embedding(x, params, sparse=True)

    given = {"x": torch.tensor([2, 0, 2]), "params": torch.ones(3, 2)}
    found = seen(hook, given, Array("T h"), cotangent_seed=1).gradients
    assert found is not None
    assert found["params"] is not None
    assert found["params"].layout is torch.strided
    assert found["params"].abs().sum(1).gt(0).tolist() == [True, False, True]


def test_an_observers_own_leaves_get_gradients() -> None:
    """The weights of a module that a hook returned stand beside the arguments."""
    weight = torch.full((3, 2), 2.0, dtype=torch.float64, requires_grad=True)
    one = declared(result=Array("T h"), observer=lambda hook, a, d: Observed(a["x"] @ weight, {"weight": weight}))
    given = {"x": torch.ones(4, 3, dtype=torch.float64)}
    found = observe(one, len, Request("spec", given, cotangent_seed=2)).gradients
    assert found is not None
    assert list(found) == ["x", "weight"]
    (expected,) = cotangents([torch.zeros(4, 2, dtype=torch.float64)], 2)
    assert torch.allclose(found["weight"], given["x"].T @ expected, rtol=1e-12)


def test_a_result_of_the_wrong_kind_is_left_to_the_judge() -> None:
    """No gradients, no error: the judge names the kind from the result itself."""
    found = seen(lambda x, params: "no tensors", numbers(), RESULT, cotangent_seed=5)
    assert (found.result, found.gradients, found.raised) == ("no tensors", None, None)


def test_an_error_in_backward_is_the_submissions() -> None:
    """An in-place change that breaks the graph is an error where gradients are taken, and only there."""

    def hook(x: torch.Tensor, params: Any) -> Any:
        outputs = x.exp()
        outputs += 1
        return outputs, outputs[0]

    assert seen(hook, numbers(), RESULT).raised is None
    raised = seen(hook, numbers(), RESULT, cotangent_seed=5).raised
    assert raised is not None
    assert "modified by an inplace operation" in raised.message


# -- across the wire --------------------------------------------------------------------------------------

WHOLE = Observation(
    result=[torch.ones(2), Opaque("set")],
    raised=Raised(["builtins.ValueError", "builtins.BaseException"], "no", ["f.py:1, in f: x"]),
    gradients={"x": torch.zeros(1), "y": None},
    arguments={"x": torch.ones(1)},
    states={"torch": "ab"},
    output="hello",
    seconds=0.5,
)


def test_an_observation_arrives_as_it_was() -> None:
    """Every field crosses the wire, an exception and gradients included."""
    arrived = Observation.of_plain(decode(WHOLE.frame()))
    assert encode(arrived.plain()) == encode(WHOLE.plain())
    assert arrived.raised is not None
    assert arrived.raised.is_a(ValueError)


@pytest.mark.parametrize(
    "change",
    [
        {"raised": 5},
        {"raised": {"bases": [], "message": "", "frames": []}},
        {"raised": {"bases": ["a"], "message": None, "frames": []}},
        {"raised": {"bases": ["a"], "message": "", "frames": [1]}},
        {"raised": {"bases": ["a"], "message": ""}},
        {"raised": {"bases": "a", "message": "", "frames": []}},
        {"out_of_time": "soon"},
        {"gradients": [torch.zeros(1)]},
        {"gradients": {1: None}},
        {"gradients": {"x": 0.0}},
        {"arguments": [1]},
        {"arguments": {1: 1}},
        {"states": {"torch": 1}},
        {"states": None},
        {"devices": None},
        {"warned": {}},
        {"output": b""},
        {"seconds": "1"},
        {"extra": 1},
    ],
    ids=str,
)
def test_what_is_no_observation_is_refused(change: dict[str, Any]) -> None:
    """A worker that sends anything else in a field sends no observation."""
    with pytest.raises(TypeError):
        Observation.of_plain({**WHOLE.plain(), **change})


@pytest.mark.parametrize("empty", [None, "", [], {}, (), 0, False])
def test_an_empty_result_arrives_as_what_it_is(empty: Any) -> None:
    """Fields at their default do not cross; a result that only looks like one does."""
    arrived = Observation.of_plain(decode(Observation(result=empty, gradients={}).frame()))
    assert type(arrived.result) is type(empty)
    assert (arrived.result, arrived.gradients, arrived.arguments) == (empty, {}, None)


@pytest.mark.parametrize("data", [None, [], {"rais": None}, {1: 2}, "x", 5])
def test_what_has_no_fields_is_refused(data: Any) -> None:
    """A field of another name is refused, and so is what has no fields at all."""
    with pytest.raises(TypeError, match="not the fields of an observation"):
        Observation.of_plain(data)
