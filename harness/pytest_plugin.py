"""The pytest door: `pytest --submission PATH` grades with plain pytest; plain `pytest` judges the reference."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from harness.builtin import suite_root
from harness.grading.exam import Exam
from harness.grading.grade import judge_check, record_of
from harness.grading.record import RecordError, record_path, write_record
from harness.grading.seed import seed_of
from harness.judge.check import Check
from harness.judge.verdict import Outcome, Verdict
from harness.pytest_session import DEVICES, SESSION, Session, session_of
from harness.reports.failure import failure_lines
from harness.units import units
from harness.worker.levels import Level


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("seqgrade", "grading submissions")
    group.addoption("--submission", action="append", metavar="PATH", help="a submission to grade; repeatable")
    group.addoption("--device", choices=list(DEVICES), default="cpu", help="where to run checks (default: cpu)")
    group.addoption(
        "--grading-seed", type=seed_of, default="0", metavar="N|FILE", help="the seed of all cases (default: 0)"
    )
    group.addoption("--rubric", metavar="FILE", help="a rubric in TOML (default: the whole course)")
    group.addoption("--corpus", metavar="PATH", help="the book's timemachine.txt")
    group.addoption("--in-process", action="store_true", help="run submissions in this process (implied by --pdb)")
    group.addoption("--require-isolation", choices=list(Level), help="refuse to run submissions with less")
    group.addoption("--record", metavar="DIR", help="write DIR/<submission>/grade.json")


class CheckFailed(Exception):  # noqa: N818 - pytest prints the name
    """A check that did not pass, as pytest shows it."""


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("submission") or config.getoption("record"):
        session_of(config)
        if config.args_source is not pytest.Config.ArgsSource.ARGS:  # no paths given: every unit's checks
            _demand_checkout(config)
            config.args = [str(unit.checks) for unit in units().values()]
        config.pluginmanager.register(_Gatherer(config), "seqgrade-gatherer")
        for kind in ("ResourceWarning", "pytest.PytestUnraisableExceptionWarning"):  # a submission's, not ours
            config.addinivalue_line("filterwarnings", f"ignore::{kind}")


def _demand_checkout(config: pytest.Config) -> None:
    """pytest takes a checkout's conftest.py only from within; elsewhere, say so instead of finding nothing."""
    root = suite_root()
    if (root / "conftest.py").is_file() and not config.invocation_params.dir.is_relative_to(root):
        raise pytest.UsageError(f"run pytest in {root}, or `seqgrade check PATH` anywhere")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """With `--submission`, only the units' checks are collected; the project's own tests stay out."""
    if not config.getoption("submission") or collection_path.is_dir():
        return None
    return collection_path.resolve() not in {unit.checks.resolve() for unit in units().values()} or None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "bench" not in metafunc.fixturenames:
        return
    session = session_of(metafunc.config)
    pairs = [(name, device) for name in session.submissions for device in session.exams]
    ids = [name if device == "cpu" else f"{name}-{device}" for name, device in pairs]
    metafunc.parametrize("bench", pairs, ids=ids, indirect=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With `--submission`, only checks of the rubric run."""
    if not config.getoption("submission"):
        return
    session = session_of(config)
    wanted = {one.id for exam in session.exams.values() for one in exam.checks}
    out = [item for item in items if (one := _check_of(item)) is None or one.id not in wanted]
    config.hook.pytest_deselected(items=out)
    items[:] = [item for item in items if item not in out]


def _check_of(item: pytest.Item) -> Check | None:
    return getattr(getattr(item, "function", None), "check", None)


@dataclass(frozen=True)
class Sitting:
    """One submission on one device, as a check's test function gets it."""

    session: Session
    name: str
    device: str

    def judge(self, one: Check) -> None:
        """Judge one check: note the outcome, and fail or skip the test accordingly."""
        exam = self.session.exams[self.device]
        outcome = judge_check(exam, self.session.submissions[self.name], one)
        self.session.outcomes.setdefault((self.name, self.device), {})[one.id] = outcome
        if outcome.verdict in (Verdict.NOT_RUN, Verdict.NOT_SUBMITTED):
            pytest.skip(outcome.message)
        if outcome.verdict is not Verdict.PASSED:
            raise CheckFailed(outcome.message)


@pytest.fixture
def bench(request: pytest.FixtureRequest) -> Sitting:
    """The submission that the check is to judge."""
    name, device = request.param
    return Sitting(session_of(request.config), name, device)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, None]:
    one = _check_of(item)
    seen = _outcome_of(item, one) if one is not None and call.when == "call" else None
    if one is not None and seen is not None:
        worth = seen.exam.rubric.checks.get(one.id, 0.0)
        item.user_properties += [
            ("component", one.component),
            ("claim", one.claim),
            ("verdict", seen.outcome.verdict.value),
            ("max_points", worth),
        ]
    report = (yield).get_result()
    if one is None or seen is None:
        return
    place = {"submission": seen.name, "device": seen.exam.device, "check": one.id}
    # Plain data, since xdist sends it to another process.
    report.seqgrade = {**vars(seen.outcome), "verdict": seen.outcome.verdict.value, **place}
    if call.excinfo is not None and call.excinfo.errisinstance(CheckFailed):
        report.longrepr = "\n".join(failure_lines(one, seen.outcome, seen.exam, seen.path))


@dataclass(frozen=True)
class Seen:
    """An outcome, and whose it is."""

    name: str
    path: Path
    exam: Exam
    outcome: Outcome


def _outcome_of(item: pytest.Item, one: Check) -> Seen | None:
    """What a test noted; None where the judge itself failed, whose traceback pytest shows whole."""
    session = session_of(item.config)
    name, device = item.callspec.params["bench"]  # type: ignore[attr-defined]
    outcome = session.outcomes.get((name, device), {}).get(one.id)
    if outcome is None:
        return None
    return Seen(name, session.submissions[name].path, session.exams[device], outcome)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say what was refused, and what skipped checks mean."""
    if not config.getoption("submission"):
        return
    terminalreporter.write_line(session_of(config).where)
    for name, submission in session_of(config).submissions.items():
        for problem in submission.problems:
            terminalreporter.write_line(f"{name}: {problem}", yellow=True)
    for (name, _), explained in session_of(config).explained.items():
        for component, diagnosis in explained.items():
            terminalreporter.write_line(f"{name}: {component}: {diagnosis.told}", yellow=True)
    skipped = len(terminalreporter.stats.get("skipped", []))
    if skipped:
        terminalreporter.write_line(f"{skipped} checks were not judged (-rs says why), so the exit code is not 0")


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the workers."""
    if SESSION in config.stash:
        config.stash[SESSION].close()


def _all_passed(config: pytest.Config) -> bool:
    outcomes = [one for checks in session_of(config).outcomes.values() for one in checks.values()]
    return all(one.verdict is Verdict.PASSED for one in outcomes)


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    """In `-v`, a check's line ends with its claim."""
    seen = getattr(report, "seqgrade", None)
    if not seen or report.when != "call":
        return None
    claim = dict(report.user_properties)["claim"]
    letter = {"passed": ".", "failed": "F", "skipped": "s"}[report.outcome]
    return report.outcome, letter, f"{report.outcome.upper()} {claim}"


class _Gatherer:
    """Collects outcomes from reports, which under xdist come from other processes."""

    def __init__(self, config: pytest.Config) -> None:
        self.session = session_of(config)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        seen = dict(getattr(report, "seqgrade", None) or {})
        if seen:
            place = seen.pop("submission"), seen.pop("device")
            name = seen.pop("check")
            seen["verdict"] = Verdict(seen["verdict"])
            self.session.outcomes.setdefault(place, {})[name] = Outcome(**seen)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Write records; and where checks were skipped, no exit code says that all is well."""
    if session.config.getoption("submission") and exitstatus == pytest.ExitCode.OK and not _all_passed(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    folder = session.config.getoption("record")
    if SESSION not in session.config.stash or hasattr(session.config, "workerinput"):
        return
    own = session_of(session.config)
    own.diagnose()
    if not folder:
        return
    for name, submission in own.submissions.items():
        for device, exam in own.exams.items():
            outcomes = own.outcomes.get((name, device), {})
            seconds = sum(one.seconds for one in outcomes.values())
            record = record_of(exam, submission, outcomes, seconds, own.explained.get((name, device), {}))
            try:
                write_record(record, record_path(Path(folder), name, device))
            except RecordError as error:
                raise pytest.UsageError(str(error)) from error
