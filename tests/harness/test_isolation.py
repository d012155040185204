"""Tests of isolation as a user meets it: levels, what a command demands, refuses and records; limits in a rubric."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner, Result

from harness.cli import main
from harness.grading.grade import judge_submission
from harness.grading.isolation import IsolationError, as_required, said, workers_for
from harness.grading.opening import open_submission
from harness.grading.rubric import RubricError, read_rubric
from harness.grading.suite import suite
from harness.judge import workers as workers_module
from harness.judge.limits import MEMORY_MB, Limits
from harness.judge.workers import Workers
from harness.units import components
from harness.worker.levels import IN_PROCESS, Level

from .exams import exam, written

RIGHT = "import re\n@hookimpl\ndef preprocess(text):\n    return re.sub('[^A-Za-z]+', ' ', text).lower()\n"
ONE = "test_preprocess_keeps_letters_and_single_spaces_only"


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(one) for one in arguments])


def weaker(level: Level) -> SimpleNamespace:
    """Workers of a machine that grants no more."""
    return SimpleNamespace(level=level, reason="namespaces are refused (unshare: not permitted)")


def test_levels_are_ordered_and_each_has_a_meaning() -> None:
    """From the strongest to the weakest, as documented."""
    names = ["FULL", "NO-NAMESPACES", "NO-PATHS", "PROCESS-ONLY"]
    assert [level.value for level in Level] == names
    for stronger, level in zip(list(Level), list(Level)[1:], strict=False):
        assert level.weaker_than(stronger)
        assert not stronger.weaker_than(level)
        assert not level.weaker_than(level)
    assert len({level.meaning for level in Level}) == 4
    assert IN_PROCESS not in names


@pytest.mark.parametrize("required", list(Level), ids=str)
@pytest.mark.parametrize("granted", list(Level), ids=str)
def test_less_isolation_than_required_is_refused(granted: Level, required: Level) -> None:
    """With what there is, why, and what was asked for; as much or more is fine."""
    as_required(weaker(granted), None)
    if not granted.weaker_than(required):
        as_required(weaker(granted), required.value)
        return
    with pytest.raises(IsolationError) as caught:
        as_required(weaker(granted), required.value)
    told = str(caught.value)
    assert f"this system grants isolation {granted} (namespaces are refused (unshare: not permitted))" in told
    assert f"--require-isolation asks for {required}" in told


def test_a_weaker_machine_refuses_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 2 and a message; nothing is graded."""
    monkeypatch.setattr(Workers, "level", Level.PROCESS_ONLY)
    monkeypatch.setattr(Workers, "reason", "this system is not Linux")
    path, out = written(tmp_path, RIGHT), tmp_path / "out"
    for command in (["check", path], ["grade", path, "--out", out]):
        result = run(*command, "--require-isolation", "FULL")
        assert result.exit_code == 2
        assert "grants isolation PROCESS-ONLY (this system is not Linux)" in " ".join(result.output.split())
    assert not out.exists()


def test_a_level_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    """And the message lists those that do."""
    result = run("check", written(tmp_path, RIGHT), "--require-isolation", "SOME")
    assert result.exit_code == 2
    assert "PROCESS-ONLY" in result.output


def test_nothing_can_be_required_of_this_very_process() -> None:
    """--in-process has no isolation at all."""
    with pytest.raises(IsolationError, match="--in-process has none"), workers_for("cpu", True, "PROCESS-ONLY"):
        pass
    with workers_for("cpu", True, None) as workers:
        assert workers is None
    assert "IN-PROCESS" in said(None)
    assert "rules (no recurrent kernels, no autograd) are not enforced" in said(None)
    assert said(weaker(Level.NO_PATHS)).startswith("isolation NO-PATHS (namespaces are refused")


def test_grades_never_come_from_this_process(tmp_path: Path) -> None:
    """`grade --in-process` exits with 2 and says what it is for."""
    result = run("grade", written(tmp_path, RIGHT), "--out", tmp_path / "out", "--in-process")
    assert result.exit_code == 2
    assert "--in-process is for debugging one's own code" in " ".join(result.output.split())
    assert not (tmp_path / "out").exists()


def test_a_check_in_process_says_so_on_stderr(tmp_path: Path) -> None:
    """Once, in capitals, and the code does run in this process."""
    mark = tmp_path / "mark"
    text = f"open({str(mark)!r}, 'w').close()\n{RIGHT}"
    result = run("check", written(tmp_path, text), "--check", ONE, "--in-process")
    assert result.exit_code == 0
    assert "isolation IN-PROCESS: in this very process" in result.stderr
    assert "isolation" not in result.stdout
    assert mark.exists()


def test_a_confined_check_cannot_write(tmp_path: Path) -> None:
    """The same file, checked as by default."""
    mark = tmp_path / "mark"
    text = f"open({str(mark)!r}, 'w').close()\n{RIGHT}"
    result = run("check", written(tmp_path, text), "--check", ONE)
    assert result.exit_code == 1
    assert "a submission may not do this: it opened a file" in " ".join(result.output.split())
    assert not mark.exists()


def test_a_template_that_does_not_start_is_no_verdict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 3 and words, for no traceback is a message, and 1 would mean that points were lost."""
    monkeypatch.setattr(workers_module, "BOOT", "raise SystemExit(1)")
    path = written(tmp_path, RIGHT)
    for command in (["check", path, "--check", ONE], ["grade", path, "--out", tmp_path / "out"]):
        result = run(*command)
        assert result.exit_code == 3, result.exception
        assert "a fault of this machine or of ours" in " ".join(result.output.split())


def test_the_record_holds_the_level(tmp_path: Path) -> None:
    """What was granted, of what was allowed at most (of the others, see test_confinement)."""
    path = written(tmp_path, RIGHT)
    with Workers(Level.PROCESS_ONLY) as workers:
        record = judge_submission(exam(component="preprocess"), open_submission(path, None, workers))
        assert record.isolation == workers.level.value == "PROCESS-ONLY"
    assert record.score == record.max_score
    assert judge_submission(exam(component="preprocess"), open_submission(path)).isolation == "IN-PROCESS"


def test_grade_writes_the_level_and_says_it(tmp_path: Path) -> None:
    """In every record, and below the table."""
    rubric = tmp_path / "rubric.toml"
    rubric.write_text("[components]\npreprocess = 1\n")
    result = run("grade", written(tmp_path, RIGHT), "--out", tmp_path / "out", "--rubric", rubric,
                 "--require-isolation", "PROCESS-ONLY")  # fmt: skip
    assert result.exit_code == 0
    record = json.loads((tmp_path / "out" / "work" / "grade.json").read_text())
    assert record["isolation"] in {level.value for level in Level}
    assert f"isolation {record['isolation']}" in result.output


# -- limits in a rubric ------------------------------------------------------------------------------


def rubric(folder: Path, text: str) -> Path:
    path = folder / "rubric.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_limits_are_read_from_a_rubric(tmp_path: Path) -> None:
    """[limits] for all, and a component's own."""
    text = (
        "[limits]\ncpu_seconds = 2.5\nload_seconds = 7\nmemory_mb = 512\n"
        "[components]\nvocab = 2\n"
        "[components.preprocess]\npoints = 1\ncpu_seconds = 0.5\nmemory_mb = 128\n"
    )
    limits = read_rubric(rubric(tmp_path, text), suite()).limits
    assert limits == Limits(2.5, 7.0, 512, {"preprocess": 0.5}, {"preprocess": 128})
    known = components()
    assert (limits.cpu_of(known["preprocess"]), limits.cpu_of(known["vocab"])) == (0.5, 2.5)
    assert (limits.memory_of(known["preprocess"]), limits.memory_of(known["vocab"])) == (128, 512)


def test_a_rubric_without_limits_has_the_defaults(tmp_path: Path) -> None:
    """As the default rubric, whose training has its contract's budget."""
    limits = read_rubric(rubric(tmp_path, "[components]\nvocab = 2\n"), suite()).limits
    assert limits == Limits()
    assert limits.memory_mb == MEMORY_MB
    training = components()["train_language_model"]
    assert limits.cpu_of(training) == training.cpu_seconds


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[limits]\ncpu = 2\n[components]\nvocab = 2\n", "cpu"),
        ("[limits]\ncpu_seconds = 0\n[components]\nvocab = 2\n", "limits.cpu_seconds"),
        ("[limits]\ncpu_seconds = -1\n[components]\nvocab = 2\n", "limits.cpu_seconds"),
        ("[limits]\ncpu_seconds = inf\n[components]\nvocab = 2\n", "limits.cpu_seconds"),
        ("[limits]\ncpu_seconds = nan\n[components]\nvocab = 2\n", ""),
        ("[limits]\nload_seconds = '5'\n[components]\nvocab = 2\n", "limits.load_seconds"),
        ("[limits]\nmemory_mb = 1\n[components]\nvocab = 2\n", "limits.memory_mb"),
        ("[limits]\nmemory_mb = 512.5\n[components]\nvocab = 2\n", "limits.memory_mb"),
        ("[components.vocab]\npoints = 2\nseconds = 2\n", "seconds"),
        ("[components.vocab]\npoints = 2\nmemory_mb = 0\n", "memory_mb"),
        ("[components.vocab]\ncpu_seconds = 2\n", "points"),
        ("[limit]\ncpu_seconds = 2\n[components]\nvocab = 2\n", "limit"),
        ("[components]\nvocab = inf\n", "the points of vocab are not finite"),
        ("[components]\nvocab = nan\n", "Expected `float` >= 0.0"),
        ("[components]\nvocab = 0\n", "all points are 0, so there is nothing to win"),
    ],
)
def test_a_limit_that_is_none_is_refused(tmp_path: Path, text: str, said: str) -> None:
    """Unknown keys and senseless values, by name; nothing is left out in silence."""
    with pytest.raises(RubricError) as caught:
        read_rubric(rubric(tmp_path, text), suite())
    assert "is not a rubric" in str(caught.value)
    assert said in str(caught.value)


def test_a_rubrics_limits_hold(tmp_path: Path) -> None:
    """A loop ends at the component's own budget, and the record says which."""
    path = written(tmp_path, "@hookimpl\ndef preprocess(text):\n    while True: pass\n")
    text = "[components.preprocess]\npoints = 1\ncpu_seconds = 0.05\n"
    result = run("check", path, "--check", ONE, "--rubric", rubric(tmp_path, text))
    assert result.exit_code == 1
    assert "used 0.05 s of CPU time" in " ".join(result.output.split())


def test_prints_come_back_to_their_author_and_not_into_grades(tmp_path: Path) -> None:
    """`check` shows what a failing hook printed; `grade`, whose cases may be hidden, keeps none of it."""
    path = written(tmp_path, "@hookimpl\ndef preprocess(text):\n    print('saw', text)\n    return 'A'\n")
    shown = run("check", path, "--check", ONE)
    assert "your prints:" in shown.output
    assert "| saw " in shown.output
    run("grade", path, "--out", tmp_path / "out")
    record = json.loads((tmp_path / "out" / "work" / "grade.json").read_text(encoding="utf-8"))
    assert {one["output"] for one in record["checks"]} == {""}
    assert record["isolation"] != IN_PROCESS
