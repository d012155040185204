"""Verdicts: the outcome of one check for one submission."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Verdict(StrEnum):
    """What a check can end with. Only `passed` earns points."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    TIMEOUT = "timeout"
    CRASHED = "crashed"
    OUT_OF_MEMORY = "out_of_memory"
    FORBIDDEN = "forbidden"
    PROTOCOL = "protocol"
    NOT_SUBMITTED = "not_submitted"
    NOT_RUN = "not_run"


class Failure(Exception):  # noqa: N818 - a finding about a submission, not an error of ours
    """Why a check does not pass: one headline, and lines that say more.

    Raised by a check's body through its trial; `hint` overrides the check's own. `output` is what the
    submission printed in that trial.
    """

    def __init__(
        self, headline: str, *details: str, verdict: Verdict = Verdict.FAILED, hint: str | None = None
    ) -> None:
        super().__init__(headline)
        self.headline = headline
        self.details = details
        self.verdict = verdict
        self.hint = hint
        self.output = ""

    @property
    def message(self) -> str:
        """The headline and the details, a line each."""
        return "\n".join([self.headline, *(f"  {line}" for line in self.details)])


@dataclass(frozen=True)
class Outcome:
    """A check's verdict with what a report says about it. `case` is in words, `replay` is its JSON."""

    verdict: Verdict
    message: str = ""
    hint: str = ""
    case: str = ""
    replay: str = ""
    output: str = ""
    seconds: float = field(default=0.0, compare=False)
