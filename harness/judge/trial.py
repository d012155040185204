"""A trial: one check on one case of one submission. What a check's body asks and compares with.

Every question goes to the subject as a request and comes back as plain data; every method that compares
raises `Failure` with a message a student can read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch

from harness.contracts.observation import Observation, Request
from harness.judge import purity, tolerances
from harness.judge.asking import NONE, Arguments, Asking, Bench, said
from harness.judge.compare import compare, compare_reals, compare_tensors, shown
from harness.judge.oracle import in_float64
from harness.judge.verdict import Verdict

__all__ = ["NONE", "Arguments", "Bench", "Trial"]


SEEDS = 1_299_709, 15_485_863
"""Of the global random states, where these are watched: none that a hook would set by itself."""


@dataclass(frozen=True)
class Trial(Asking):
    """One check's view of one submission: asking, and comparing with the reference and with laws."""

    # -- comparing with the reference ----------------------------------------------------------------

    def agrees(
        self, arguments: Arguments, drive: Arguments = NONE, *, stable: bool = False, strided: bool = False
    ) -> Any:
        """Type, dtype, device, shape, finiteness and values equal the float64 reference's; returns them.

        stable: allow what scores of ±1e4 lose in float32 (see the tolerance table). strided: give tensors that do not
        lie in memory in one piece.
        """
        seen = self.observe(arguments, drive, strided=strided)
        actual = self.result_of(seen, arguments)
        how = ", whose tensors are strided in memory" if strided else ""
        self._agree(actual, seen, arguments, drive, f"{self.call_text(arguments)}{how}", stable)
        return actual

    def _agree(
        self, actual: Any, seen: Observation, arguments: Arguments, drive: Arguments, call: str, stable: bool = False
    ) -> None:
        """What `agrees` demands, of a result that the observation holds."""
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
        self.result_of(seen, arguments)
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
            raise self.failure(headline, *said(seen.raised), call)

    def watch(self, arguments: Arguments, drive: Arguments = NONE, *, seed: int = SEEDS[0]) -> Observation:
        """`observe`, under a global seed. Raises Failure if an argument was changed or a global random state moved."""
        seen = self.observe(arguments, drive, global_seed=seed)
        request, call = Request(self.component.name, arguments, drive, global_seed=seed), self.call_text(arguments)
        self.result_of(seen, arguments)
        changed = [name for name in purity.changed(request, seen) if name not in self.component.may_change]
        if changed:
            raise self.failure(f"changed its argument {changed[0]!r} in place", call, hint=_COPY_HINT)
        moved = [name for name in purity.moved(request, seen) if not (self.component.may_draw and name == "torch")]
        if moved:
            raise self.failure(f"moved the global random state of {moved[0]}", call, hint=_GENERATOR_HINT)
        return seen

    def computes_anew(self, arguments: Arguments, others: Arguments, drive: Arguments = NONE) -> None:
        """Called again with the same objects, which have other contents by then, the hook gives the reference's result
        for these, and a further call leaves that result as it was."""
        seen = self.observe(arguments, drive, again=others)
        call = f"{self.call_text(arguments)} again, with the same objects, which hold other values by then"
        if seen.raised:
            raise self.failure(f"raised {seen.raised.kind}", *said(seen.raised), call, verdict=Verdict.ERROR)
        self.result_of(seen, arguments)
        second, kept = (self.result_of(replace(seen, result=one), others) for one in (seen.again, seen.kept))
        self._agree(second, seen, others, drive, call)
        self.matches(kept, second, "the result, after one more call,", call=call)

    def is_pure(self, arguments: Arguments, drive: Arguments = NONE) -> None:
        """No argument is mutated, no global random state is moved, and none is depended on."""
        seen = self.watch(arguments, drive)
        first = self.result_of(seen, arguments)
        call = self.call_text(arguments)
        if isinstance(first, dict) and first.get("mutated"):
            raise self.failure(
                f"the module changed its {' and '.join(first['mutated'])} in place", call, hint=_COPY_HINT
            )
        again = self.observe(arguments, drive, global_seed=SEEDS[1])
        if self.component.may_draw:
            if again.states.get("torch") == seen.states.get("torch"):
                raise self.failure("seeded the global random state of torch", call, hint=_GENERATOR_HINT)
            return
        self.matches(self.result_of(again, arguments), first, "a second call's result", call=call)


_COPY_HINT = "Work on a copy (clone(), list(...)) or build a new value; the caller still needs its own."
_GENERATOR_HINT = "Draw from the generator argument; never seed or use torch's, numpy's or random's global state."


def _has_tensor(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(_has_tensor(item) for item in value.values())
    if isinstance(value, (list, tuple)):
        return any(_has_tensor(item) for item in value[:4])
    return isinstance(value, torch.Tensor)
