"""A pytest run's session: its exams, its submissions, and the outcomes and diagnoses so far."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import torch

from harness.corpus import CorpusError, open_corpus
from harness.grading.exam import Exam
from harness.grading.grade import diagnoses
from harness.grading.isolation import IsolationError, said, workers_for
from harness.grading.names import distinct_names
from harness.grading.opening import Submission, open_submission
from harness.grading.rubric import RubricError, default_rubric, read_rubric
from harness.grading.suite import suite
from harness.judge.diagnosis import Diagnosis
from harness.judge.oracle import Oracle, ReferenceSubject
from harness.judge.verdict import Outcome
from harness.plugins import LoadError, find

DEVICES = {"cpu": ("cpu",), "cuda": ("cuda",), "all": ("cpu", "cuda")}


@dataclass
class Session:
    """What the plugin keeps for a run: an exam a device, the submissions, the outcomes so far."""

    exams: dict[str, Exam]
    submissions: dict[str, Submission]
    outcomes: dict[tuple[str, str], dict[str, Outcome]] = field(default_factory=dict)
    explained: dict[tuple[str, str], dict[str, Diagnosis]] = field(default_factory=dict)
    close: Callable[[], None] = lambda: None
    where: str = ""

    def diagnose(self) -> None:
        """Explain every component that failed, as far as its mistake is known."""
        for (name, device), outcomes in self.outcomes.items():
            self.explained[name, device] = diagnoses(self.exams[device], self.submissions[name], outcomes)


SESSION = pytest.StashKey[Session]()


def session_of(config: pytest.Config) -> Session:
    """The run's session, built when first asked for: a pytest run without graded checks has none."""
    if SESSION not in config.stash:
        torch.set_num_threads(1)
        try:
            config.stash[SESSION] = _session(config)
        except (RubricError, CorpusError, LoadError, IsolationError) as error:
            raise pytest.UsageError(str(error)) from error
    return config.stash[SESSION]


def _session(config: pytest.Config) -> Session:
    checks = suite()
    rubric_file = config.getoption("rubric")
    rubric = read_rubric(Path(rubric_file), checks) if rubric_file else default_rubric(checks)
    corpus, oracle = open_corpus(config.getoption("corpus")), Oracle()
    seed = config.getoption("grading_seed")
    chosen = tuple(one for one in checks if one.id in rubric.checks)
    exams = {
        device: Exam(chosen, rubric, seed.value, device, corpus, oracle, seed_name=seed.name).diagnosing()
        for device in DEVICES[config.getoption("device")]
    }
    paths = distinct_names([find(path) for path in config.getoption("submission") or []])
    if not paths:
        reference = Submission("reference", Path("reference"), None, ReferenceSubject(oracle))
        return Session(exams, {"reference": reference})
    in_process = config.getoption("in_process") or config.getoption("usepdb") or config.getoption("trace")
    device = "cuda" if "cuda" in exams else "cpu"
    with ExitStack() as stack:
        workers = stack.enter_context(workers_for(device, in_process, config.getoption("require_isolation")))
        limits = rubric.limits
        submissions = {name: open_submission(path, name, workers, limits) for name, path in paths.items()}
        return Session(exams, submissions, close=stack.pop_all().close, where=said(workers))
