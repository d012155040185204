"""Tests of the suite itself: vacuous work fails, the submission is what is called, nothing flakes."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from harness.contracts.observation import Observation, Request
from harness.grading.grade import judge_submission
from harness.grading.opening import open_submission
from harness.grading.suite import suite
from harness.judge.oracle import Oracle
from harness.judge.subject import InProcess
from harness.judge.verdict import Verdict
from harness.plugins import Problem
from harness.units import components

from .exams import ROOT, exam, graded, oracle, written


class Tampered:
    """The reference, each result of which is replaced before the judge sees it."""

    name = "tampered"
    isolation = InProcess.isolation

    def __init__(self, known: Oracle, tamper: Callable[[Observation], Observation]) -> None:
        self.oracle, self.tamper = known, tamper

    def implements(self, component: str) -> bool:
        return True

    def problems_of(self, component: str) -> list[Problem]:
        return []

    def observe(self, request: Request) -> Observation:
        return self.tamper(self.oracle.subject(request.component).observe(request))

    def isolate(self, component: str) -> bool:
        return False

    def cpu_seconds(self) -> float:
        return 0.0

    def close(self) -> None:
        pass


def each(change: Callable[[Any], Any]) -> Callable[[Observation], Observation]:
    """Tamper with every leaf of a result and of its gradients."""
    return lambda seen: replace(seen, result=_walk(seen.result, change), gradients=_walk(seen.gradients, change))


def _walk(value: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(value, (list, tuple)):
        return type(value)(_walk(item, change) for item in value)
    if isinstance(value, dict):
        return {key: _walk(item, change) for key, item in value.items()}
    return change(value)


def zeros(leaf: Any) -> Any:
    """Zeros of the right type and shape."""
    return torch.zeros_like(leaf) if isinstance(leaf, torch.Tensor) else type(leaf)() if leaf is not None else None


def constant(leaf: Any) -> Any:
    """The same number everywhere."""
    if isinstance(leaf, torch.Tensor):
        return torch.full_like(leaf, 1)
    return {int: 1, float: 1.0, str: "a"}.get(type(leaf), leaf)


def noisy(leaf: Any) -> Any:
    """A right float result, off by one part in a hundred."""
    if isinstance(leaf, torch.Tensor) and leaf.is_floating_point():
        return leaf * 1.01
    return leaf * 1.01 if isinstance(leaf, float) else leaf


def previous() -> Callable[[Observation], Observation]:
    """The answer to the call before."""
    memory = [Observation()]

    def tamper(seen: Observation) -> Observation:
        memory.append(seen)
        return memory[-2]

    return tamper


VACUOUS: dict[str, Callable[[], Callable[[Observation], Observation]]] = {
    "zeros": lambda: each(zeros),
    "a constant": lambda: each(constant),
    "the previous answer": previous,
    "None": lambda: lambda seen: replace(seen, result=None, gradients=None),
}


def _lost(component: str, tamper: Callable[[Observation], Observation]) -> tuple[int, int]:
    sitting = exam(component=component)
    bench = sitting.bench(Tampered(oracle(), tamper))
    verdicts = [one.judge(bench).verdict for one in sitting.checks]
    return sum(verdict is not Verdict.PASSED for verdict in verdicts), len(verdicts)


@pytest.mark.parametrize("how", VACUOUS)
@pytest.mark.parametrize("component", components())
def test_vacuous_work_loses_most_of_its_checks(component: str, how: str) -> None:
    """Zeros, a constant, the previous answer, None: no component can be passed without the work."""
    lost, total = _lost(component, VACUOUS[how]())
    assert lost * 2 >= total, f"{component}: {how} fails only {lost} of {total} checks"


FLOATS = [
    name for name, item in components().items() if "float" in str(item.result).lower() or "Real" in str(item.result)
]


@pytest.mark.parametrize("component", FLOATS)
def test_an_error_of_one_percent_is_found(component: str) -> None:
    """No tolerance is so wide that a result off by 1 % passes."""
    if component in ("train_language_model",):  # judged by the perplexity reached, on purpose
        pytest.skip("any weights that predict as well are right")
    lost, _ = _lost(component, each(noisy))
    assert lost, f"{component}: a result off by 1 % passes every check"


def test_the_submission_is_what_is_called(tmp_path: Path) -> None:
    """A watermark in a result turns up in the messages about it."""
    path = written(tmp_path, "@hookimpl\ndef preprocess(text):\n    return 'watermark 4711'\n")
    record = graded(path, component="preprocess")
    assert record.score == 0
    assert any("watermark 4711" in one.message for one in record.checks)


def test_every_check_of_the_suite_has_its_place_in_a_record() -> None:
    """As many verdicts as checks, whatever the submission implements."""
    record = graded(ROOT / "submissions" / "template")
    assert [one.id for one in record.checks] == [one.id for one in suite()]
    assert {one.verdict for one in record.checks} == {"not_submitted"}


def test_a_seed_gives_the_same_verdicts_and_cases(tmp_path: Path) -> None:
    """Same seed, same record but for the times, wherever the file lies and whatever it is called."""
    source = (ROOT / "submissions" / "mistakes_text.py").read_text(encoding="utf-8")
    (tmp_path / "other.py").write_text(source, encoding="utf-8")
    records = [graded(path, seed=3) for path in (ROOT / "submissions" / "mistakes_text.py", tmp_path / "other.py")]
    first, second = ([(one.id, one.verdict, one.case) for one in record.checks] for record in records)
    assert first == second


SEEDS = int(os.environ.get("SEQGRADE_SEEDS", "20"))
RIGHT = ["reference", "submissions/class_style"]


@pytest.mark.parametrize("seed", [1, 2])
def test_right_work_gets_full_marks(seed: int) -> None:
    """The reference, loaded as a submission, and the class-style solution lose nothing."""
    _full_marks(seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3, 3 + SEEDS))
def test_right_work_gets_full_marks_under_many_seeds(seed: int) -> None:
    """The same over many grading seeds: $SEQGRADE_SEEDS, or 20."""
    _full_marks(seed)


def _full_marks(seed: int) -> None:
    sitting = exam(seed)
    for name in RIGHT:
        record = judge_submission(sitting, open_submission(ROOT / name))
        assert [one.message for one in record.checks if one.verdict != "passed"] == []
        assert record.score == record.max_score
