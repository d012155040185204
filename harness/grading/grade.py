"""Grading one submission: load it, judge every check of the rubric, add up its record."""

from __future__ import annotations

import platform
import shlex
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import numpy as np
import torch

from harness.corpus import Corpus
from harness.grading.record import SCHEMA, CheckRecord, ComponentRecord, Record
from harness.grading.rubric import Rubric
from harness.judge.check import Check
from harness.judge.limits import Limits
from harness.judge.oracle import Oracle
from harness.judge.spec import Spec
from harness.judge.subject import EndedError, InfrastructureError, InProcess, Subject
from harness.judge.trial import Bench
from harness.judge.verdict import Outcome, Verdict
from harness.plugins import LoadError, Source, load_source, read
from harness.worker.levels import IN_PROCESS

if TYPE_CHECKING:
    from harness.judge.workers import Workers

JUDGE_FAULT = "not run: a fault of the judge, not of the submission; please report it"

Progress = Callable[[Check, Outcome], None]


@dataclass(frozen=True)
class Exam:
    """What every submission of a run is graded by: checks, rubric, seed, device, corpus, oracle."""

    checks: tuple[Check, ...]
    rubric: Rubric
    seed: int
    device: str
    corpus: Corpus
    oracle: Oracle
    echo: bool = True  # whether records hold what submissions printed: with hidden cases, they should not

    def only(self, checks: tuple[Check, ...]) -> Exam:
        """This exam cut down to some of its checks: the points are theirs."""
        points = {one.id: self.rubric.checks[one.id] for one in checks}
        worth: dict[str, float] = {}
        for one in checks:
            worth[one.component] = worth.get(one.component, 0.0) + points[one.id]
        return replace(self, checks=checks, rubric=replace(self.rubric, components=worth, checks=points))

    def bench(self, subject: Subject) -> Bench:
        """The bench on which a subject sits this exam."""
        return Bench(subject, self.oracle, self.device, self.seed, self.corpus, self.rubric.limits)


@dataclass(frozen=True)
class Submission:
    """A submission that may or may not have loaded; `error` says why it did not, `verdict` what that earns."""

    name: str
    path: Path
    source: Source | None
    subject: Subject | None
    error: str | None = None
    problems: tuple[str, ...] = ()
    verdict: Verdict = Verdict.ERROR
    isolation: str = IN_PROCESS


def unavailable(device: str) -> str | None:
    """Why checks cannot run on a device here; None where they can."""
    if device == "cuda" and not torch.cuda.is_available():
        return "there is no CUDA device here, or this torch was built without CUDA; `seqgrade doctor` says which"
    return None


def open_submission(
    path: Path, name: str | None = None, workers: Workers | None = None, limits: Limits | None = None
) -> Submission:
    """Load a submission, confined where there are workers, else in this very process. What keeps it from loading
    becomes part of it, never an exception."""
    isolation = ""
    try:
        isolation = workers.level.value if workers else IN_PROCESS
        source = read(path)
    except InfrastructureError as error:
        return Submission(name or path.stem, path, None, None, f"not run: {error}", (), Verdict.NOT_RUN, isolation)
    except LoadError as error:
        return Submission(name or path.stem, path, None, None, str(error), isolation=isolation)
    opened = Submission(name or source.name, path, source, None, isolation=isolation)
    try:
        if workers is None:
            plugin = load_source(source)
            return replace(opened, subject=InProcess(plugin), problems=tuple(map(str, plugin.problems)))
        from harness.judge.confined import Confined  # not on every system

        subject = Confined(source, workers, limits or Limits())
        loaded = subject.load()
    except LoadError as error:
        return replace(opened, error=str(error))
    except EndedError as ended:
        return replace(opened, error=f"{path}: {ended.headline}", verdict=ended.verdict)
    except InfrastructureError as error:
        return replace(opened, error=f"not run: {error}", verdict=Verdict.NOT_RUN)
    if loaded.error is not None:
        subject.close()
        return replace(opened, error=loaded.error)
    return replace(opened, subject=subject, problems=tuple(map(str, loaded.problems)))


def judge_submission(exam: Exam, submission: Submission, progress: Progress = lambda one, outcome: None) -> Record:
    """Judge every check of the exam and return the record."""
    began = time.perf_counter()
    outcomes: dict[str, Outcome] = {}
    for one in exam.checks:
        outcomes[one.id] = outcome = judge_check(exam, submission, one)
        progress(one, outcome)
    if submission.subject is not None:
        submission.subject.close()
    return record_of(exam, submission, outcomes, time.perf_counter() - began)


def judge_check(exam: Exam, submission: Submission, one: Check, only: Spec | None = None) -> Outcome:
    """The outcome of one check, on one case if `only` is given; also where a submission or device is missing."""
    missing = unavailable(exam.device)
    if missing:
        return Outcome(Verdict.NOT_RUN, f"{one.component}: not run: {missing}")
    if submission.subject is None:
        return Outcome(submission.verdict, submission.error or "the submission could not be loaded")
    try:
        return one.judge(exam.bench(submission.subject), only)
    except InfrastructureError as error:
        return Outcome(Verdict.NOT_RUN, f"{one.component}: not run: {error}")
    except Exception:  # ours, whatever it is: this check has no verdict, the others go on, and there is no score
        return Outcome(Verdict.NOT_RUN, f"{one.component}: {JUDGE_FAULT}\n{traceback.format_exc()}")


def record_of(exam: Exam, submission: Submission, outcomes: Mapping[str, Outcome], seconds: float) -> Record:
    """The record of what was judged; a check of the rubric without a verdict earns nothing, and says so."""
    missing = Outcome(Verdict.NOT_RUN, "no verdict: this check was not run")
    checks = [_check_record(exam, submission, one, outcomes.get(one.id, missing)) for one in exam.checks]
    graded = {name: _component_record(exam, name, checks) for name in exam.rubric.components}
    scored = not any(one.id in outcomes and outcomes[one.id].verdict is Verdict.NOT_RUN for one in exam.checks)
    return Record(
        schema=SCHEMA,
        submission=submission.name,
        path=str(submission.path),
        sha256=submission.source.sha256 if submission.source else "",
        assignment=exam.rubric.name,
        seed=exam.seed,
        device=exam.device,
        isolation=submission.isolation,
        corpus="timemachine.txt" if exam.corpus.golden else exam.corpus.origin,
        versions=versions(),
        score=_rounded(sum(item.score for item in graded.values())) if scored else None,
        max_score=_rounded(exam.rubric.max_score),
        error=submission.error,
        problems=list(submission.problems),
        components=graded,
        checks=checks,
        seconds=round(seconds, 3),
    )


def _check_record(exam: Exam, submission: Submission, one: Check, outcome: Outcome) -> CheckRecord:
    worth = exam.rubric.checks[one.id]
    failed = outcome.verdict not in (Verdict.PASSED, Verdict.NOT_SUBMITTED, Verdict.NOT_RUN)
    return CheckRecord(
        id=one.id,
        component=one.component,
        verdict=outcome.verdict.value,
        points=worth if outcome.verdict is Verdict.PASSED else 0.0,
        max_points=worth,
        claim=one.claim,
        message=outcome.message,
        hint=outcome.hint,
        case=outcome.case,
        output=outcome.output if exam.echo else "",
        replay=replay_command(submission.path, one, outcome, exam) if failed and submission.subject else "",
        seconds=outcome.seconds,
    )


def replay_command(path: Path, one: Check, outcome: Outcome, exam: Exam) -> str:
    """One line that judges one check again, on the very case that failed."""
    parts = ["seqgrade", "check", str(path), "--check", one.name]
    if outcome.replay:
        parts += ["--case", outcome.replay]
    elif exam.seed:
        parts += ["--seed", str(exam.seed)]
    if exam.corpus.given:
        parts += ["--corpus", exam.corpus.origin]
    if exam.device != "cpu":
        parts += ["--device", exam.device]
    return shlex.join(parts)


def _component_record(exam: Exam, name: str, checks: Sequence[CheckRecord]) -> ComponentRecord:
    own = [one for one in checks if one.component == name]
    absent = {Verdict.NOT_SUBMITTED.value}
    status = "not_submitted" if {one.verdict for one in own} <= absent else "graded"
    total = exam.rubric.components[name]
    passed = bool(own) and all(one.verdict == "passed" for one in own)
    won = total if passed else sum(one.points for one in own)
    return ComponentRecord(status, _rounded(won), _rounded(total))


def _rounded(points: float) -> float:
    return round(points, 6)


def versions() -> dict[str, str]:
    """The versions that a verdict may depend on."""
    from importlib.metadata import version

    return {
        "seqgrade": version("seqgrade"),
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "numpy": np.__version__,
        "hypothesis": hypothesis.__version__,
    }
