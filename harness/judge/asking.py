"""Asking: the half of a trial that puts questions to the subject and the oracle, and words its failures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch

from harness.contracts.ambient import OutputFloodError
from harness.contracts.component import NO_AUTOGRAD, Component, ForbiddenError
from harness.contracts.observation import Observation, Raised, Request
from harness.contracts.results import WrongKind
from harness.corpus import Corpus
from harness.judge.compare import shown
from harness.judge.limits import Limits, spent_in_words
from harness.judge.oracle import Oracle
from harness.judge.precedents import Precedents
from harness.judge.subject import EndedError, Subject
from harness.judge.verdict import Failure, Verdict
from harness.plain import Plain
from harness.worker.levels import IN_PROCESS

Arguments = Mapping[str, Plain]
BY_RULE = "used what its rule forbids"
NO_GRAPH = "does not require grad and does not have a grad_fn"
"""torch's words where a backward pass is asked for of a tensor without a graph."""
NO_MEMORY = ("can't allocate memory", "std::bad_alloc")
"""torch's words where an allocation failed: it raises RuntimeError."""
NONE: Arguments = {}


@dataclass(frozen=True)
class Bench:
    """What all trials of a run share: the subject, the oracle, the device, the seed and the corpus; and how the
    run's checks have gone so far, where that is kept."""

    subject: Subject
    oracle: Oracle
    device: str = "cpu"
    seed: int = 0
    corpus: Corpus | None = None
    limits: Limits = field(default_factory=Limits)
    precedents: Precedents | None = None


@dataclass(frozen=True)
class Asking:
    """One check's view of one submission: what may be asked of it, and how a failure is worded."""

    bench: Bench
    component: Component
    printed: list[str] = field(default_factory=list)

    def observe(self, arguments: Arguments, drive: Arguments = NONE, **options: Any) -> Observation:
        """Run the submission on a case, whatever comes of it.

        options: `cotangent_seed`, `global_seed`, `cpu_seconds` as in `Request`. Raises Failure where the
        hook is not implemented yet, ran out of time, or used up its memory.
        """
        options.setdefault("cpu_seconds", self.bench.limits.cpu_of(self.component))
        request = Request(self.component.name, arguments, drive, self.bench.device, **options)
        call = self.call_text(arguments)
        try:
            seen = self.bench.subject.observe(request)
        except EndedError as ended:
            raise self.failure(ended.headline, *ended.details, call, verdict=ended.verdict) from None
        self.printed.append(seen.output)
        if seen.out_of_time is not None:
            seconds = options["cpu_seconds"]
            headline = spent_in_words(seconds, cpu=seen.seconds > seconds / 2)
            where = [f"it was at {frame}" for frame in seen.raised.frames[-1:]] if seen.raised else []
            raise self.failure(headline, *where, call, verdict=Verdict.TIMEOUT)
        if seen.raised:
            self._by_rule(seen.refused, seen.raised, call)
            self._special(seen.raised, call)
        return seen

    def _by_rule(self, refused: str, raised: Raised, call: str) -> None:
        """Raise where an exception came of what the component's rule forbids, whatever became of it on its way."""
        if not refused and NO_AUTOGRAD in self.component.rules and NO_GRAPH in raised.message:
            refused = "there is no graph here: derive the gradients by hand"
        if refused:
            own = [] if refused in raised.message else [raised.message]
            raise self.failure(BY_RULE, refused, *own, *raised.frames, call, verdict=Verdict.FORBIDDEN)

    def _special(self, raised: Raised, call: str) -> None:
        """Raise what an exception means beyond being one."""
        if raised.is_a(MemoryError) or any(words in raised.message for words in NO_MEMORY):
            limit = f"ran out of memory (the limit is {self.bench.limits.memory_of(self.component)} MB)"
            raise self.failure(limit, *said(raised), call, verdict=Verdict.OUT_OF_MEMORY)
        if raised.is_a(NotImplementedError) and raised.by_hand:
            raise self.failure("is not implemented yet", call, verdict=Verdict.NOT_SUBMITTED)
        if raised.is_a(OutputFloodError):
            raise self.failure(raised.message, *raised.frames, call, verdict=Verdict.ERROR)
        if raised.is_a(ForbiddenError):
            raise self.failure(BY_RULE, *said(raised), call, verdict=Verdict.FORBIDDEN)
        confined = self.bench.subject.isolation != IN_PROCESS
        if confined and (raised.is_a(PermissionError) or raised.is_a(FileNotFoundError)) and not raised.by_hand:
            headline = "tried what a submission may not do: no files, no network, no other processes"
            raise self.failure(headline, *said(raised), call, verdict=Verdict.FORBIDDEN)

    def ask(self, arguments: Arguments, drive: Arguments = NONE, **options: Any) -> Any:
        """The submission's result in canonical form. Raises Failure if it raised or is of another kind."""
        return self.result_of(self.observe(arguments, drive, **options), arguments)

    def result_of(self, seen: Observation, arguments: Arguments) -> Any:
        """An observation's result in canonical form. Raises Failure if the hook raised or it is of another kind."""
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
    def __init__(self, trial: Asking, call: str) -> None:
        self.trial, self.call = trial, call

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        prefix = f"{self.trial.component.name}: "
        if isinstance(error, Failure) and not error.headline.startswith(prefix):
            raise self.trial.failure(error.headline, self.call, *error.details, hint=error.hint) from None


def said(raised: Raised) -> list[str]:
    return [raised.message, *raised.frames] if raised.message else list(raised.frames)


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
