"""A trial: one check on one case of one submission. What a check's body asks and compares with.

Every question goes to the subject as a request and comes back as plain data; every method that compares
raises `Failure` with a message a student can read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch

from harness.contracts.component import Component
from harness.contracts.observation import Observation, Raised, Request
from harness.contracts.results import WrongKind
from harness.corpus import Corpus
from harness.judge import tolerances
from harness.judge.compare import compare, compare_reals, compare_tensors, shown
from harness.judge.oracle import Oracle, in_float64
from harness.judge.subject import Subject
from harness.judge.verdict import Failure, Verdict
from harness.limits import WALL
from harness.plain import Plain

Arguments = Mapping[str, Plain]
NONE: Arguments = {}


@dataclass(frozen=True)
class Bench:
    """What all trials of a run share: the subject, the oracle, the device, the seed and the corpus."""

    subject: Subject
    oracle: Oracle
    device: str = "cpu"
    seed: int = 0
    corpus: Corpus | None = None


@dataclass(frozen=True)
class Trial:
    """One check's view of one submission."""

    bench: Bench
    component: Component
    printed: list[str] = field(default_factory=list)

    # -- asking ------------------------------------------------------------------------------------

    def observe(self, arguments: Arguments, drive: Arguments = NONE, **options: Any) -> Observation:
        """Run the submission on a case, whatever comes of it.

        options: `cotangent_seed`, `global_seed`, `cpu_seconds` as in `Request`. Raises Failure where the
        hook is not implemented yet, ran out of time, or used up its memory.
        """
        request = Request(self.component.name, arguments, drive, self.bench.device, **options)
        seen = self.bench.subject.observe(request)
        self.printed.append(seen.output)
        call = self.call_text(arguments)
        if seen.out_of_time is not None:
            headline = f"used {seen.out_of_time:g} s of CPU time, the limit, or slept for {WALL} times as long"
            raise self.failure(headline, call, verdict=Verdict.TIMEOUT)
        if seen.raised and seen.raised.is_a(MemoryError):
            raise self.failure("ran out of memory", *_said(seen.raised), call, verdict=Verdict.OUT_OF_MEMORY)
        if seen.raised and seen.raised.is_a(NotImplementedError) and seen.raised.by_hand:
            raise self.failure("is not implemented yet", call, verdict=Verdict.NOT_SUBMITTED)
        return seen

    def ask(self, arguments: Arguments, drive: Arguments = NONE, **options: Any) -> Any:
        """The submission's result in canonical form. Raises Failure if it raised or is of another kind."""
        return self._result(self.observe(arguments, drive, **options), arguments)

    def _result(self, seen: Observation, arguments: Arguments) -> Any:
        if seen.raised:
            raise self._raised(seen.raised, arguments)
        try:
            return self.component.result.canonical(seen.result, "result")
        except WrongKind as finding:
            raise self.failure(str(finding), self.call_text(arguments), hint="") from None

    def reference(self, arguments: Arguments, drive: Arguments = NONE, **options: Any) -> Any:
        """The reference's result in canonical form, for the arguments as they are, on the CPU."""
        seen = self.oracle_saw(arguments, drive, **options)
        return self.component.result.canonical(seen.result, "result")

    def oracle_saw(self, arguments: Arguments, drive: Arguments = NONE, **options: Any) -> Observation:
        """The reference's observation. Raises RuntimeError if the reference raised: our fault, not theirs."""
        seen = self.bench.oracle.observe(Request(self.component.name, arguments, drive, **options))
        if seen.raised:
            raise RuntimeError(f"the reference raised {seen.raised.kind}: {seen.raised.message}")
        return seen

    # -- comparing with the reference ----------------------------------------------------------------

    def agrees(self, arguments: Arguments, drive: Arguments = NONE, *, stable: bool = False) -> Any:
        """Type, dtype, device, shape, finiteness and values equal the float64 reference's; returns them.

        stable: allow what scores of ±1e4 lose in float32 (see the tolerance table).
        """
        call = self.call_text(arguments)
        seen = self.observe(arguments, drive)
        actual = self._result(seen, arguments)
        own = self.reference(arguments, drive)
        exact = self.reference(in_float64(arguments), in_float64(drive))
        self._same_dtypes(actual, own, call)
        self._on_device(seen.devices, arguments, drive, call)
        errors = self._own_errors(own, exact)

        def tolerance(name: str, one: torch.Tensor, expected: torch.Tensor) -> float:
            if stable and one.dtype is not torch.float64:
                return tolerances.STABLE
            return tolerances.value_tolerance(one.dtype, expected, errors.get(name, 0.0))

        self.matches(actual, exact, call=call, tolerance=tolerance)
        return actual

    def _own_errors(self, own: Any, exact: Any) -> dict[str, float]:
        kind = self.component.result
        pairs = zip(kind.tensors(own, "result"), kind.tensors(exact, "result"), strict=True)
        return {
            name: tolerances.largest(mine.double() - truth.double())
            for (name, mine), (_, truth) in pairs
            if mine.dtype.is_floating_point and mine.shape == truth.shape
        }

    def _same_dtypes(self, actual: Any, own: Any, call: str) -> None:
        kind = self.component.result
        expected = dict(kind.tensors(own, "result"))
        for name, tensor in kind.tensors(actual, "result"):
            if name in expected and tensor.dtype != expected[name].dtype:
                wanted = expected[name].dtype
                raise self.failure(f"{name} has dtype {tensor.dtype}, but should have {wanted}", call)

    def _on_device(self, devices: list[str], arguments: Arguments, drive: Arguments, call: str) -> None:
        if not _has_tensor(arguments) and not _has_tensor(drive):
            return
        wrong = [device for device in devices if device.partition(":")[0] != self.bench.device]
        if wrong:
            headline = f"a result is on device {wrong[0]}, but should be on {self.bench.device}"
            raise self.failure(headline, call, "results follow the device of the arguments")

    def gradients_agree(self, arguments: Arguments, drive: Arguments = NONE, *, seed: int = 1) -> None:
        """Vector-Jacobian products with random cotangents equal the float64 reference's, for every
        floating-point argument."""
        call = self.call_text(arguments)
        found = self.gradients(arguments, drive, seed=seed)
        own = self.oracle_saw(arguments, drive, cotangent_seed=seed).gradients or {}
        exact = self.oracle_saw(in_float64(arguments), in_float64(drive), cotangent_seed=seed).gradients or {}
        everywhere = max((tolerances.largest(g) for g in exact.values() if g is not None), default=0.0)
        for name, truth in exact.items():
            mine = own[name]
            expected = torch.zeros(()) if truth is None else truth
            error = tolerances.largest(mine.double() - expected) if mine is not None else 0.0
            self._gradient_agrees(name, found.get(name), truth, error, everywhere, call)

    def _gradient_agrees(
        self,
        name: str,
        found: torch.Tensor | None,
        truth: torch.Tensor | None,
        own_error: float,
        everywhere: float,
        call: str,
    ) -> None:
        if truth is None or not bool(truth.any()):
            small = found is None or bool((found.abs() <= 1e-6 * everywhere).all())  # nan is not
            if not small:
                raise self.failure(f"a gradient reaches {name}, on which no result depends", call)
            return
        if found is None:
            raise self.failure(
                f"no gradient reaches {name}", call,
                hint="The graph is cut: look for detach(), .data, .item(), NumPy, torch.no_grad() or a tensor "
                "built anew from another's values.",
            )  # fmt: skip

        def tolerance(what: str, one: torch.Tensor, expected: torch.Tensor) -> float:
            return tolerances.gradient_tolerance(one.dtype, expected, own_error, everywhere)

        with self.explaining(call):
            compare_tensors(f"the gradient of {name}", found, truth, tolerance)

    def gradients(
        self, arguments: Arguments, drive: Arguments = NONE, *, seed: int = 1
    ) -> dict[str, torch.Tensor | None]:
        """The submission's vector-Jacobian products by argument path. Raises Failure if there are none."""
        seen = self.observe(arguments, drive, cotangent_seed=seed)
        self._result(seen, arguments)
        found = seen.gradients or {}
        if not any(gradient is not None for gradient in found.values()):
            raise self.failure(
                "the results are not differentiable: no gradient reaches any argument", self.call_text(arguments),
                hint="The graph is cut: look for detach(), .data, NumPy, torch.no_grad() or tensors built anew.",
            )  # fmt: skip
        return found

    # -- laws ----------------------------------------------------------------------------------------

    def matches(self, actual: Any, expected: Any, what: str = "", *, call: str = "", tolerance: Any = None) -> None:
        """`actual` equals `expected`, tensors within a tolerance (by default the one for laws).

        what: a name for the compared value; without one, they are results, and their parts get their names.
        """

        def law(name: str, one: torch.Tensor, other: torch.Tensor) -> float:
            return tolerances.law_tolerance(one.dtype, other)

        kind = {} if what else {"kind": self.component.result}
        with self.explaining(call):
            compare(what or "result", actual, expected, tolerance or law, **kind)

    def near(
        self, actual: float, expected: float, what: str, tolerance: float = tolerances.REAL, call: str = ""
    ) -> None:
        """Two floats agree within a relative tolerance."""
        with self.explaining(call):
            compare_reals(what, actual, expected, tolerance)

    def require(self, condition: bool, headline: str, *details: str, hint: str | None = None) -> None:
        """Fail with a headline where a condition does not hold."""
        if not condition:
            raise self.failure(headline, *details, hint=hint)

    def raises(self, exception: type[BaseException], arguments: Arguments, drive: Arguments = NONE) -> None:
        """The call raises the documented exception, or a subclass of it."""
        seen = self.observe(arguments, drive)
        call = self.call_text(arguments)
        if not seen.raised:
            raise self.failure(f"returned {shown(seen.result)}, but should raise {exception.__name__}", call)
        if not seen.raised.is_a(exception):
            headline = f"raised {seen.raised.kind}, but should raise {exception.__name__}"
            raise self.failure(headline, *_said(seen.raised), call)

    def is_pure(self, arguments: Arguments, drive: Arguments = NONE) -> None:
        """No argument is mutated, no global random state is moved, and none is depended on."""
        seen = self.observe(arguments, drive, global_seed=1)
        first = self._result(seen, arguments)
        call = self.call_text(arguments)
        if isinstance(first, dict) and first.get("mutated"):
            raise self.failure(
                f"the module changed its {' and '.join(first['mutated'])} in place", call, hint=_COPY_HINT
            )
        changed = [name for name in seen.changed if name not in self.component.may_change]
        if changed:
            raise self.failure(f"changed its argument {changed[0]!r} in place", call, hint=_COPY_HINT)
        moved = [name for name in seen.moved if not (self.component.may_draw and name == "torch")]
        if moved:
            raise self.failure(f"moved the global random state of {moved[0]}", call, hint=_GENERATOR_HINT)
        again = self.observe(arguments, drive, global_seed=2)
        if self.component.may_draw:
            if again.drawn == seen.drawn:
                raise self.failure("seeded the global random state of torch", call, hint=_GENERATOR_HINT)
            return
        self.matches(self._result(again, arguments), first, "a second call's result", call=call)

    # -- saying ----------------------------------------------------------------------------------------

    def failure(
        self, headline: str, *details: str, verdict: Verdict = Verdict.FAILED, hint: str | None = None
    ) -> Failure:
        """A Failure that names the component."""
        lines = [line for line in details if line]
        return Failure(f"{self.component.name}: {headline}", *lines, verdict=verdict, hint=hint)

    def explaining(self, call: str) -> _Explaining:
        """A block in which a bare comparison's Failure gets the component's name and the call."""
        return _Explaining(self, call)

    def call_text(self, arguments: Arguments) -> str:
        """The call as a person would write it, tensors by dtype and shape."""
        inside = ", ".join(f"{name}={_briefly(value)}" for name, value in arguments.items())
        return f"[{self.component.name}({inside})]"

    def _raised(self, raised: Raised, arguments: Arguments) -> Failure:
        headline = f"raised {raised.kind}{f': {raised.message}' if raised.message else ''}"
        return self.failure(headline, *raised.frames, self.call_text(arguments), verdict=Verdict.ERROR)


class _Explaining:
    def __init__(self, trial: Trial, call: str) -> None:
        self.trial, self.call = trial, call

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        prefix = f"{self.trial.component.name}: "
        if isinstance(error, Failure) and not error.headline.startswith(prefix):
            raise self.trial.failure(error.headline, self.call, *error.details, hint=error.hint) from None


_COPY_HINT = "Work on a copy (clone(), list(...)) or build a new value; the caller still needs its own."
_GENERATOR_HINT = "Draw from the generator argument; never seed or use torch's, numpy's or random's global state."


def _said(raised: Raised) -> list[str]:
    return [raised.message, *raised.frames] if raised.message else list(raised.frames)


def _has_tensor(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(_has_tensor(item) for item in value.values())
    if isinstance(value, (list, tuple)):
        return any(_has_tensor(item) for item in value[:4])
    return isinstance(value, torch.Tensor)


def _briefly(value: Any) -> str:
    if isinstance(value, torch.Tensor):
        if not value.ndim:
            return f"{value.item():.6g}"
        return f"{str(value.dtype).removeprefix('torch.')} {tuple(value.shape)}"
    if isinstance(value, dict):
        inside = ", ".join(f"{key}: {_briefly(item)}" for key, item in list(value.items())[:4])
        return f"{{{inside}{', …' if len(value) > 4 else ''}}}"
    if isinstance(value, (list, tuple)) and any(isinstance(item, (torch.Tensor, dict)) for item in value[:4]):
        return f"{type(value).__name__} of {len(value)}: {_briefly(value[0])}, …"
    return shown(value, limit=60)
