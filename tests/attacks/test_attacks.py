"""Tests of the trust boundary: what attacks are worth, and what they leave behind."""

from __future__ import annotations

import os
import re
import signal
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import torch

from harness.contracts.ambient import RandomStates
from harness.grading.grade import judge_submission
from harness.grading.opening import open_submission
from harness.grading.record import Record
from harness.grading.suite import suite
from harness.judge import confined
from harness.judge.limits import Limits
from harness.judge.verdict import Verdict
from harness.judge.workers import Workers
from harness.worker.confinement import probe
from harness.worker.levels import Level
from harness.worker.rules import FREE, KINDS
from harness.worker.zygote import WARM

from ..harness.exams import ROOT, exam
from . import breaks, escape, forge, honest, rule, steal
from .attack import LOSS, MARK, Attack

ATTACKS = [*forge.ATTACKS, *steal.ATTACKS, *breaks.ATTACKS, *escape.ATTACKS, *rule.ATTACKS]
CHECKS = {one.name: one for one in suite()}
MEMORY_MB = 512
LOAD_SECONDS = 2.0
OPTIMISER = [b"torch.optim"]
"""A source for which the template imports more of torch. First of all: see the last test."""
SHARED = Path("/dev/shm")
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
QUICK = (Level.FULL, Level.NO_PATHS)
LEVELS = [pytest.param(level, marks=() if level in QUICK else pytest.mark.slow, id=level.value) for level in Level]


@dataclass
class Arena:
    """One level's workers, and everything that must be the same after an attack as before."""

    level: Level
    workers: Workers
    residents: set[int] = field(default_factory=set)
    controls: dict[tuple[str, ...], Record] = field(default_factory=dict)

    def record(self, path: Path, attack: Attack) -> Record:
        """The record of a submission over the checks that an attack sits, and the honest ones."""
        names = [*attack.check_names, *(name for names in honest.CHECKS.values() for name in names)]
        cpu = {attack.component: attack.cpu_seconds}
        limits = Limits(load_seconds=LOAD_SECONDS, memory_mb=MEMORY_MB, cpu_by_component=cpu)
        whole = exam().only(tuple(CHECKS[name] for name in names))
        sat = replace(whole, rubric=replace(whole.rubric, limits=limits))
        return judge_submission(sat, open_submission(path, workers=self.workers, limits=limits))

    def control(self, path: Path, attack: Attack, source: str = "") -> Record:
        """The record of a control, judged once: of the source, or of what lies at the path."""
        key = (attack.component, source, *attack.check_names)
        if key not in self.controls:
            if source:
                path.write_text(source, encoding="utf-8")
            self.controls[key] = self.record(path, replace(attack, cpu_seconds=5.0))
        return self.controls[key]

    def settle(self) -> set[int]:
        """The processes that are there for all submissions: what the template forked, less spare workers."""
        spares = set()
        for line in self.workers._lines.values():
            line.order(do=WARM, modules=[])  # reads the replies that are still to come
            spares |= {worker.pid for ready in line._spares.values() for worker in ready}
        assert self.workers._process is not None
        return below(self.workers._process.pid) - spares


@pytest.fixture(scope="module", params=LEVELS)
def arena(request: pytest.FixtureRequest) -> Iterator[Arena]:
    """Workers at one level, with a zygote of every kind."""
    level: Level = request.param
    granted, reason = probe.granted(level)
    if granted is not level:
        pytest.skip(f"this system grants {granted}: {reason}")
    with Workers(level) as workers:
        for kind in KINDS:
            workers.take(kind, MEMORY_MB * 2**20, OPTIMISER).end()
        made = Arena(level, workers)
        made.residents = made.settle()
        assert len(made.residents) >= len(KINDS)
        yield made
        for line in workers._lines.values():
            line.drop_spares()


def below(root: int) -> set[int]:
    """A process, its session, and all that descends from either."""
    table = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                values = (entry / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            except OSError:  # it has just ended
                continue
            table[int(entry.name)] = int(values[1]), int(values[3])
    found: set[int] = set()
    while len(
        more := {pid for pid, (parent, session) in table.items() if {pid, parent, session} & (found | {root})}
    ) > len(found):
        found = more
    return found


def settings() -> dict[str, Any]:
    """What code in the judge's own process could have changed for all that comes after."""
    return {
        "types": (torch.get_default_dtype(), torch.get_default_device()),
        "threads": (torch.get_num_threads(), torch.get_num_interop_threads()),
        "gradients": (
            torch.is_grad_enabled(),
            torch.is_anomaly_enabled(),
            torch.are_deterministic_algorithms_enabled(),
        ),
        "numpy": np.geterr(),
        "random": RandomStates.now().digests(),
        "modules": {name for name in sys.modules if "seqgrade_plugin" in name or name.partition(".")[0] == "work"},
        "folder": os.getcwd(),
        "environment": {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"},
        "path": (list(sys.path), list(sys.meta_path)),
        "limits": sys.getrecursionlimit(),
        "streams": (sys.stdout, sys.stderr),
        "signals": [signal.getsignal(number) for number in (signal.SIGALRM, signal.SIGPROF, signal.SIGINT)],
        "functions": (torch.allclose, torch.equal, torch.Tensor.__eq__, np.allclose, all, any, abs, max, os.read),
    }


def marked(folder: Path) -> list[Path]:
    """Files that an attack made, wherever attacks try to."""
    places = (folder, Path("/tmp"), SHARED, Path.cwd(), Path("/"))
    named = [path for place in places if place.is_dir() for path in place.glob(f"*{MARK}*")]
    return [*named, *SHARED.glob("torch_*")]  # torch chooses these names itself


def points(record: Record, component: str) -> float:
    return record.components[component].score


def full(record: Record, component: str) -> bool:
    return record.components[component].score == record.components[component].max_score


def by_id(attack: Attack) -> str:
    return attack.name


def by_value(level: Level) -> str:
    return level.value


def cases(attacks: list[Attack]) -> list[Any]:
    return [pytest.param(one, id=one.name, marks=[pytest.mark.slow] if one.slow else []) for one in attacks]


@pytest.mark.parametrize("attack", cases(ATTACKS))
def test_an_attack_wins_nothing_and_leaves_nothing_behind(arena: Arena, attack: Attack, tmp_path: Path) -> None:
    """No more points than the same wrong work without the trick; the honest hooks, the grader and the machine stay
    whole. Where the attack is known to get through, at a weaker level, the grader stays whole all the same."""
    wrong = arena.control(tmp_path / "wrong.py", attack, attack.wrong)
    right = arena.control(ROOT / "submissions" / "class_style", attack)
    assert not full(wrong, attack.component)
    assert full(right, attack.component)
    work = tmp_path / "work.py"
    work.write_text(attack.source, encoding="utf-8")
    files, before, others = sorted(tmp_path.iterdir()), settings(), marked(tmp_path)

    record = arena.record(work, attack)

    made = [path for path in marked(tmp_path) if path not in others]
    for path in made:
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
    assert record.score is not None, [one.message for one in record.checks]
    assert record.isolation == arena.level.value
    assert settings() == before
    assert arena.settle() == arena.residents, "a process is left, or one of the template's is gone"
    assert not CONTROL.search(" ".join(texts(msgspec.to_builtins(record))))
    if arena.level not in attack.levels:
        return
    assert not made
    assert sorted(tmp_path.iterdir()) == files
    failing = [one for one in record.checks if one.component == attack.component and one.verdict != "passed"]
    told = "\n".join(f"{one.verdict}: {one.message}" for one in failing)
    assert points(record, attack.component) <= points(wrong, attack.component), "it wins points"
    assert {one.verdict for one in failing} <= {verdict.value for verdict in attack.verdicts}, told
    assert attack.by_level or attack.verdicts[0].value in {one.verdict for one in failing}, told
    for component in honest.CHECKS if attack.loads else ():
        assert full(record, component), [one.message for one in record.checks if one.component == component]


def texts(value: Any) -> Iterator[str]:
    """Every text in a record."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from texts(list(value.values()))
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)


@pytest.mark.parametrize("attack", breaks.HONEST, ids=by_id)
def test_odd_but_honest_work_keeps_its_points(arena: Arena, attack: Attack, tmp_path: Path) -> None:
    """Right work passes, however it looks, and with a byte order mark before it."""
    work = tmp_path / "work.py"
    work.write_text(attack.source, encoding="utf-8-sig")
    record = arena.record(work, attack)
    assert record.score == record.max_score, [one.message for one in record.checks]


@pytest.mark.parametrize("arena", [Level.FULL], indirect=True, ids=by_value)
@pytest.mark.parametrize("attack", [one for one in rule.ATTACKS if one.name not in rule.NOT_RIGHT], ids=by_id)
def test_a_rule_is_all_that_an_attack_on_it_fails_by(
    arena: Arena, attack: Attack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a worker where no rule holds, the forbidden means give right results."""
    monkeypatch.setattr(confined, "kind_of", lambda rules: FREE)
    work = tmp_path / "work.py"
    work.write_text(attack.source, encoding="utf-8")
    record = arena.record(work, replace(attack, cpu_seconds=5.0))
    assert full(record, attack.component), [one.message for one in record.checks if one.component == attack.component]


def test_the_attacks_are_many_and_told_apart() -> None:
    """Every attack has a name of its own and a story of one sentence; every honest hook is graded beside it."""
    assert len(ATTACKS) >= 60
    assert len({one.name for one in ATTACKS}) == len(ATTACKS)
    assert all(one.story.endswith(".") and ". " not in one.story for one in [*ATTACKS, *breaks.HONEST])
    assert all(one.verdicts and Verdict.PASSED not in one.verdicts for one in ATTACKS)
    assert LOSS not in honest.CHECKS
    assert all(CHECKS[name].component == component for component, names in honest.CHECKS.items() for name in names)


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {FREE}))
def test_a_rule_in_force_does_not_end_the_template(kind: str) -> None:
    """What a submission needs of torch is imported for it, also where a rule is in force by then."""
    with Workers() as workers:
        workers.take(kind, MEMORY_MB * 2**20).end()
        workers.take(kind, MEMORY_MB * 2**20, OPTIMISER).end()
        for line in workers._lines.values():
            line.drop_spares()
