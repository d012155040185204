"""Grading one submission: load it, judge every check of the rubric, add up its record."""

from __future__ import annotations

import shlex
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path

from harness.grading.exam import Exam, unavailable
from harness.grading.opening import Submission
from harness.grading.record import SCHEMA, CheckRecord, Record
from harness.grading.scoring import component_record, rounded, score_of
from harness.grading.versions import versions
from harness.judge.check import Check
from harness.judge.diagnosis import Diagnosis, of_fault
from harness.judge.spec import Spec
from harness.judge.subject import InfrastructureError
from harness.judge.verdict import Outcome, Verdict

JUDGE_FAULT = "not run: a fault of the judge, not of the submission; please report it"
SECRET = "SECRET-FILE"
"""What stands for the secret's file in a replay command."""

DIAGNOSED = {Verdict.FAILED, Verdict.ERROR, Verdict.TIMEOUT}
"""The verdicts that a known mistake may explain."""
NO_DIAGNOSES: Mapping[str, Diagnosis] = {}

Progress = Callable[[Check, Outcome], None]


def judge_submission(exam: Exam, submission: Submission, progress: Progress = lambda one, outcome: None) -> Record:
    """Judge every check of the exam and return the record."""
    began = time.perf_counter()
    outcomes: dict[str, Outcome] = {}
    for one in exam.checks:
        outcomes[one.id] = outcome = judge_check(exam, submission, one)
        progress(one, outcome)
    explained = diagnoses(exam, submission, outcomes)
    if submission.subject is not None:
        submission.subject.close()
    return record_of(exam, submission, outcomes, time.perf_counter() - began, explained)


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


def diagnoses(exam: Exam, submission: Submission, outcomes: Mapping[str, Outcome]) -> dict[str, Diagnosis]:
    """The known mistakes that the components of a submission show, where they fail and the exam has a diagnoser."""
    subject, diagnoser = submission.subject, exam.diagnoser
    if subject is None or diagnoser is None:
        return {}
    verdicts = {one.name: outcomes[one.id].verdict for one in exam.checks if one.id in outcomes}
    failing = [one.component for one in exam.checks if verdicts.get(one.name) in DIAGNOSED]
    found: dict[str, Diagnosis] = {}
    for name in dict.fromkeys(failing):
        if subject.implements(name) and not subject.problems_of(name):
            try:
                diagnosis = diagnoser.diagnose(name, subject, verdicts, exam.device)
            except InfrastructureError:
                return found  # the verdicts stand, and nothing more can be said
            except Exception as error:  # ours, whatever it is: it costs nobody a verdict
                diagnosis = of_fault(error)
            if diagnosis:
                found[name] = diagnosis
    return found


def record_of(
    exam: Exam,
    submission: Submission,
    outcomes: Mapping[str, Outcome],
    seconds: float,
    explained: Mapping[str, Diagnosis] = NO_DIAGNOSES,
) -> Record:
    """The record of what was judged; a check of the rubric without a verdict earns nothing, and says so."""
    missing = Outcome(Verdict.NOT_RUN, "no verdict: this check was not run")
    checks = [
        _check_record(exam, submission, one, outcomes.get(one.id, missing), explained.get(one.component))
        for one in exam.checks
    ]
    graded = {}
    for name, total in exam.rubric.components.items():
        mistakes = explained[name].ids if name in explained else ()
        graded[name] = component_record(total, [one for one in checks if one.component == name], mistakes)
    ran = [one for one in checks if one.id in outcomes]
    return Record(
        schema=SCHEMA,
        submission=submission.name,
        path=str(submission.path),
        sha256=submission.source.sha256 if submission.source else "",
        assignment=exam.rubric.name,
        seed=exam.seed_told,
        device=exam.device,
        isolation=submission.isolation,
        corpus="timemachine.txt" if exam.corpus.golden else exam.corpus.origin,
        versions=versions(),
        score=score_of(graded, ran),
        max_score=rounded(exam.rubric.max_score),
        error=submission.error,
        problems=list(submission.problems),
        components=graded,
        checks=checks,
        seconds=round(seconds, 3),
    )


def _check_record(
    exam: Exam, submission: Submission, one: Check, outcome: Outcome, diagnosis: Diagnosis | None
) -> CheckRecord:
    worth = exam.rubric.checks[one.id]
    explained = diagnosis if outcome.verdict in DIAGNOSED else None
    failed = outcome.verdict not in (Verdict.PASSED, Verdict.NOT_SUBMITTED, Verdict.NOT_RUN)
    return CheckRecord(
        id=one.id,
        component=one.component,
        verdict=outcome.verdict.value,
        points=worth if outcome.verdict is Verdict.PASSED else 0.0,
        max_points=worth,
        claim=one.claim,
        message=outcome.message,
        hint=explained.hint if explained and explained.hint else outcome.hint,
        case=outcome.case,
        output=outcome.output if exam.echo else "",
        replay=replay_command(submission.path, one, outcome, exam) if failed and submission.error is None else "",
        diagnosis=explained.text if explained else None,
        seconds=outcome.seconds,
    )


def replay_command(path: Path, one: Check, outcome: Outcome, exam: Exam) -> str:
    """One line that judges one check again, on the very case that failed."""
    parts = ["seqgrade", "check", str(path), "--check", one.name]
    if outcome.replay:
        parts += ["--case", outcome.replay]
    elif exam.seed_told != 0:
        parts += ["--seed", str(exam.seed_told) if exam.seed_told == exam.seed else SECRET]
    if exam.corpus.given:
        parts += ["--corpus", exam.corpus.origin]
    if exam.device != "cpu":
        parts += ["--device", exam.device]
    return shlex.join(parts)
