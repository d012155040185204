"""Tests of the suite itself: vacuous work fails, the submission is what is called, nothing flakes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from harness.contracts.observation import Observation, Request
from harness.grading.exam import Exam
from harness.grading.grade import judge_submission
from harness.grading.opening import open_submission
from harness.grading.suite import suite
from harness.judge.likeness import same
from harness.judge.oracle import Oracle, ReferenceSubject
from harness.judge.subject import InProcess
from harness.judge.trial import Bench, Trial
from harness.judge.verdict import Verdict
from harness.plugins import Problem
from harness.units import components

from .exams import ROOT, exam, graded, oracle, written

Tamper = Callable[[Observation, Request], Observation]


class Tampered:
    """The reference, each result of which is replaced before the judge sees it."""

    name = "tampered"
    isolation = InProcess.isolation

    def __init__(self, known: Oracle, tamper: Tamper) -> None:
        self.oracle, self.tamper = known, tamper
        self.changed = False

    def implements(self, component: str) -> bool:
        return True

    def problems_of(self, component: str) -> list[Problem]:
        return []

    def observe(self, request: Request) -> Observation:
        seen = self.oracle.observe(request)
        tampered = self.tamper(seen, request)
        if request.again is not None:
            again, kept = (self.tamper(replace(seen, result=one), request).result for one in (seen.again, seen.kept))
            tampered = replace(tampered, again=again, kept=kept)
        self.changed |= not same([seen.result, seen.gradients], [tampered.result, tampered.gradients])
        return tampered

    def isolate(self, component: str) -> bool:
        return False

    def cpu_seconds(self) -> float:
        return 0.0

    def close(self) -> None:
        pass


PARTS = ("result", "again", "kept", "gradients")


def each(change: Callable[[Any], Any]) -> Tamper:
    """Tamper with every leaf of a result, of later calls' results, and of the gradients."""
    return lambda seen, _: replace(seen, **{name: _walk(getattr(seen, name), change) for name in PARTS})


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


def shuffled(leaf: Any) -> Any:
    """The right numbers, each in its neighbour's place."""
    return leaf.reshape(-1).roll(1).reshape(leaf.shape) if isinstance(leaf, torch.Tensor) else leaf


def turned(value: Any) -> Any:
    """Lists and strings back to front, tensors shuffled."""
    if isinstance(value, (list, tuple)):
        return type(value)(turned(item) for item in reversed(value))
    if isinstance(value, dict):
        return {key: turned(item) for key, item in value.items()}
    return value[::-1] if isinstance(value, str) else shuffled(value)


def echo(seen: Observation, request: Request) -> Observation:
    """The numbers of the arguments, as many as the result has, in its form; for strings the first one."""
    text = next((value for value in request.arguments.values() if isinstance(value, str)), "")
    numbers = [float(one) for one in _numbers(request.arguments)][:1000] or [0.0]

    def put(leaf: Any) -> Any:
        if isinstance(leaf, torch.Tensor):
            return torch.tensor(numbers * leaf.numel())[: leaf.numel()].reshape(leaf.shape).to(leaf.dtype)
        if isinstance(leaf, str):
            return text
        return type(leaf)(numbers[0]) if type(leaf) in (int, float) else leaf

    return replace(seen, **{name: _walk(getattr(seen, name), put) for name in PARTS})


def _numbers(value: Any) -> Iterator[float]:
    if isinstance(value, torch.Tensor):
        yield from value.reshape(-1)[:1000].tolist()
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _numbers(item)
    elif isinstance(value, (list, tuple)):
        for item in value[:1000]:
            yield from _numbers(item)
    elif isinstance(value, (int, float)):
        yield value


def previous() -> Tamper:
    """The answer to the call before."""
    memory = [Observation()]

    def tamper(seen: Observation, request: Request) -> Observation:
        memory.append(seen)
        return memory[-2]

    return tamper


def meek(seen: Observation, request: Request) -> Observation:
    """No exception, ever: what the contract refuses gives None."""
    return replace(seen, raised=None)


def clumsy(seen: Observation, request: Request) -> Observation:
    """A right result, with arguments written over and random states moved."""
    changed = dict.fromkeys(seen.arguments or {})
    return replace(seen, arguments=changed if seen.arguments is not None else None, states={"torch": "elsewhere"})


VACUOUS: dict[str, Callable[[], Tamper]] = {
    "zeros": lambda: each(zeros),
    "a constant": lambda: each(constant),
    "an echo": lambda: echo,
    "the previous answer": previous,
    "None": lambda: lambda seen, _: replace(seen, result=None, gradients=None),
}
OTHER: dict[str, Callable[[], Tamper]] = {
    "shuffled": lambda: each(shuffled),
    "turned": lambda: lambda seen, _: replace(seen, result=turned(seen.result)),
    "meek": lambda: meek,
    "clumsy": lambda: clumsy,
}


def bench_for(sitting: Exam, subject: Tampered) -> Bench:
    """A bench without precedents: what is tampered with after the wire has no answers in bytes."""
    return replace(sitting.bench(subject), precedents=None)


def _verdicts(component: str, tamper: Tamper) -> dict[str, bool]:
    """By check, whether it passes."""
    sitting, found = exam(component=component), {}
    for one in sitting.checks:
        subject = Tampered(oracle(), tamper)
        found[one.name] = one.judge(bench_for(sitting, subject)).verdict is Verdict.PASSED
    return found


@pytest.mark.parametrize("component", components())
def test_vacuous_work_loses_most_of_its_checks(component: str) -> None:
    """Zeros, a constant, the arguments, the previous answer, None: no component can be passed without the work; and
    every check loses to some of these, or to work that is shuffled, meek or clumsy."""
    unbeaten = {one.name for one in exam(component=component).checks}
    for how, made in {**VACUOUS, **OTHER}.items():
        passed = _verdicts(component, made())
        unbeaten -= {name for name, well in passed.items() if not well}
        if how in VACUOUS:
            lost = sum(not well for well in passed.values())
            assert lost * 2 >= len(passed), f"{component}: {how} fails only {lost} of {len(passed)} checks"
    assert not unbeaten


@pytest.mark.parametrize("component", components())
def test_a_comparison_with_the_reference_passes_nothing_vacuous(
    component: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A check that compares with the reference fails wherever a result was replaced at all."""
    compared: list[bool] = []
    plain = Trial.agrees
    monkeypatch.setattr(Trial, "agrees", lambda *given, **options: (compared.append(True), plain(*given, **options))[1])
    sitting, vacuous = exam(component=component), []
    for one in sitting.checks:
        compared.clear()
        one.judge(sitting.bench(ReferenceSubject(oracle())))
        for how, made in {**VACUOUS, "shuffled": OTHER["shuffled"]}.items() if compared else ():
            subject = Tampered(oracle(), made())
            if one.judge(bench_for(sitting, subject)).verdict is Verdict.PASSED and subject.changed:
                vacuous.append((one.name, how))
    assert not vacuous


FLOATS = [
    name for name, item in components().items() if "float" in str(item.result).lower() or "Real" in str(item.result)
]


@pytest.mark.parametrize("component", FLOATS)
def test_an_error_of_one_percent_is_found(component: str) -> None:
    """No tolerance is so wide that a result off by 1 % passes."""
    if component in ("train_language_model",):  # judged by the perplexity reached, on purpose
        pytest.skip("any weights that predict as well are right")
    assert not all(_verdicts(component, each(noisy)).values()), f"{component}: a result off by 1 % passes every check"


@pytest.mark.parametrize("component", components())
def test_the_submission_is_what_is_called(component: str, tmp_path: Path) -> None:
    """A watermark turns up in what is said of every component."""
    parameters = ", ".join(components()[component].parameters)
    path = written(tmp_path, f"@hookimpl\ndef {component}({parameters}):\n    raise RuntimeError('watermark 4711')\n")
    record = graded(path, component=component)
    assert record.score == 0
    assert all("watermark 4711" in one.message or one.verdict == "failed" for one in record.checks)
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


SEEDS = int(os.environ.get("SEQGRADE_SEEDS", "8"))
RIGHT = ["reference", "submissions/class_style"]


@pytest.mark.parametrize("seed", [1, 2])
def test_right_work_gets_full_marks(seed: int) -> None:
    """The reference, loaded as a submission, and the class-style solution lose nothing."""
    _full_marks(seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3, 3 + SEEDS))
def test_right_work_gets_full_marks_under_many_seeds(seed: int) -> None:
    """The same over many grading seeds: $SEQGRADE_SEEDS, or 8."""
    _full_marks(seed)


def _full_marks(seed: int) -> None:
    sitting = exam(seed)
    for name in RIGHT:
        record = judge_submission(sitting, open_submission(ROOT / name))
        assert [one.message for one in record.checks if one.verdict != "passed"] == []
        assert record.score == record.max_score
