"""Tests of a class's statistics: every figure against one computed by hand."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from pathlib import Path

import matplotlib.image
import msgspec
import numpy as np
import pytest
from click.testing import CliRunner, Result

from harness.cli import main
from harness.grading.record import SCHEMA, CheckRecord, Record
from harness.grading.scoring import component_record, score_of
from harness.grading.statistics.classes import Statistics, statistics
from harness.grading.statistics.items import CHANCE, FEWEST, discrimination, flags_of, of_check
from harness.grading.statistics.papers import paper_of
from harness.grading.store import FILE, Store

LETTERS = {"p": "passed", "f": "failed", "e": "error", "t": "timeout", "-": "not_submitted", "?": "not_run"}


def record(
    name: str,
    verdicts: Mapping[str, str],
    *,
    mistakes: Mapping[str, list[str]] | None = None,
    error: str | None = None,
    sha: str = "",
    device: str = "cpu",
) -> Record:
    """A record from letters: {"vocab": "pf"} is two checks of vocab, a point each, the second failed."""
    checks = [
        CheckRecord(f"t.py::{c}_{i}", c, LETTERS[one], float(one == "p"), 1.0, f"claim {i}")
        for c, letters in verdicts.items()
        for i, one in enumerate(letters)
    ]
    parts = {
        c: component_record(len(letters), [one for one in checks if one.component == c], (mistakes or {}).get(c, []))
        for c, letters in verdicts.items()
    }
    return Record(
        SCHEMA, name, f"{name}.py", sha or name, "Homework", 0, device, "FULL", "made", {}, score_of(parts, checks),
        float(len(checks)), error, [], parts, checks, 0.0,
    )  # fmt: skip


CLASS = [
    record("ada", {"vocab": "ppp", "gru": "pp"}),
    record("bob", {"vocab": "ppf", "gru": "pf"}),
    record("cyd", {"vocab": "pff", "gru": "ff"}),
    record("dan", {"vocab": "ppf", "gru": "--"}),
    record("eve", {"vocab": "pff", "gru": "fp"}),
    record("fay", {"vocab": "ppp", "gru": "pp"}),
]


def item(found: Statistics, name: str) -> msgspec.Struct:
    return next(one for one in [*found.components, *found.checks] if one.id in (name, f"t.py::{name}"))


def test_scores_are_summed_up() -> None:
    """Scores 5 3 1 2 2 5 of 5: mean 3, quartiles 2, 2.5 and 4.5; a histogram of ten bins of 0.5."""
    scores = statistics(CLASS).scores
    assert (scores.n, scores.max_score, scores.mean) == (6, 5.0, 3.0)
    assert (scores.lower_quartile, scores.median, scores.upper_quartile) == (2.0, 2.5, 4.5)
    assert scores.counts == [0, 0, 1, 0, 2, 0, 1, 0, 0, 2]
    assert scores.edges == pytest.approx(np.arange(0, 5.5, 0.5).tolist())


def test_a_check_has_its_rates() -> None:
    """gru_0 was handed in by five, three of whom pass: half of the class's points."""
    one = item(statistics(CLASS), "gru_0")
    assert (one.submitted, one.passed, one.pass_rate, one.mean_share) == (5, 3, 0.6, 0.5)
    assert one.verdicts == {"passed": 3, "failed": 2, "not_submitted": 1}
    assert one.claim == "claim 0"


def test_a_component_passes_with_all_its_checks() -> None:
    """Of gru's five, ada and fay; its ten points of twelve: 2 1 0 (–) 1 2, six."""
    one = item(statistics(CLASS), "gru")
    assert (one.submitted, one.passed, one.pass_rate, one.mean_share) == (5, 2, 0.4, 0.5)


def test_discrimination_leaves_the_item_out_of_the_total() -> None:
    """gru_0: 1 1 0 0 1 against 4 2 1 2 4, by numpy and by hand; gru: 2 1 0 1 2 against 3 2 1 1 3, 3 / √11.2."""
    found = statistics(CLASS)
    by_numpy = np.corrcoef([1, 1, 0, 0, 1], [4, 2, 1, 2, 4])[0, 1]
    assert item(found, "gru_0").discrimination == pytest.approx(by_numpy)
    assert by_numpy == pytest.approx(2.2 / np.sqrt(1.2 * 7.2))
    assert item(found, "gru").discrimination == pytest.approx(np.corrcoef([2, 1, 0, 1, 2], [3, 2, 1, 1, 3])[0, 1])


def test_discrimination_agrees_with_numpy_on_anything() -> None:
    """A hundred random classes."""
    rng = np.random.default_rng(0)
    for _ in range(100):
        own = rng.integers(0, 2, 12).astype(float)
        rest = rng.normal(size=12)
        if 0 < own.sum() < 12:
            assert discrimination(own, own + rest) == pytest.approx(np.corrcoef(own, rest)[0, 1])


@pytest.mark.parametrize(
    ("own", "totals"),
    [
        ([], []),
        ([0.0, 1.0, 0.0, 1.0], [1.0, 2.0, 3.0, 4.0]),  # fewer than FEWEST
        ([1.0] * 6, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]),  # everybody passes
        ([0.1, 0.0, 0.1, 0.0, 0.1], [0.4, 0.3, 0.4, 0.3, 0.4]),  # the rest is 0.3 but for the dust of sums
    ],
)
def test_discrimination_is_undefined(own: list[float], totals: list[float]) -> None:
    """None, and never a number made of dust."""
    assert FEWEST == 5
    assert discrimination(own, totals) is None


def test_an_empty_class_and_a_class_of_one_have_what_they_can() -> None:
    """No mean of nothing, no quartile, no warning; one has no correlation."""
    nobody = statistics([])
    assert (nobody.submissions, nobody.scores.mean, nobody.scores.counts) == (0, None, [0] * 10)
    one = statistics(CLASS[1:2])
    assert (one.scores.mean, one.scores.median) == (3.0, 3.0)
    assert {check.discrimination for check in one.checks} == {None}
    assert one.everybody_fails == ["t.py::vocab_2", "t.py::gru_1"]


def test_what_nobody_and_everybody_fails_is_named() -> None:
    """Checks that were handed in by none are in neither list."""
    found = statistics([record("ada", {"a": "pfp-"}), record("bob", {"a": "pff-"})])
    assert found.nobody_fails == ["t.py::a_0"]
    assert found.everybody_fails == ["t.py::a_1"]
    assert item(found, "a_3").pass_rate is None


def test_mistakes_are_counted_the_most_frequent_first() -> None:
    """By component, whoever shows them."""
    wrong = [record(str(i), {"a": "f"}, mistakes={"a": ["a/x", "a/y"] if i else ["a/y"]}) for i in range(3)]
    assert list(item(statistics(wrong), "a").mistakes.items()) == [("a/y", 3), ("a/x", 2)]


def test_what_could_not_run_has_no_score_and_counts_nowhere() -> None:
    """not_run is no failure of its author's."""
    found = statistics([*CLASS, record("gil", {"vocab": "p??", "gru": "p?"})])
    assert found.no_score == ["gil"]
    assert found.scores == statistics(CLASS).scores
    assert item(found, "vocab_1").submitted == 6
    assert item(found, "gru_0").discrimination == item(statistics(CLASS), "gru_0").discrimination


def test_what_could_not_be_loaded_counts_in_scores_alone() -> None:
    """A syntax error says nothing about a check, and no two of them fail alike."""
    broken = [record(name, {"vocab": "eee", "gru": "ee"}, error="cannot be imported") for name in ("x", "y")]
    found = statistics([*CLASS, *broken])
    assert found.unloadable == ["x", "y"]
    assert found.scores.n == 8
    assert item(found, "vocab_0") == item(statistics(CLASS), "vocab_0")
    assert not any("x" in one.submissions for one in found.alike)


def test_equal_failures_of_different_files_are_grouped() -> None:
    """From two failures on; the smallest group and the longest vector first; equal files are told apart from them."""
    known = {"a": ["a/x"]}
    found = statistics([
        record("one", {"a": "ffffp"}, mistakes=known), record("two", {"a": "ffffp"}, mistakes=known),
        *(record(f"many{i}", {"a": "pppff"}) for i in range(3)),
        record("rare", {"a": "pfffp"}), record("rarer", {"a": "pfffp"}),
        record("same", {"a": "ffppp"}, sha="s"), record("as", {"a": "ffppp"}, sha="s"),
        record("few", {"a": "ppppf"}), record("fewer", {"a": "ppppf"}),
    ])  # fmt: skip
    assert [one.submissions for one in found.alike] == [["one", "two"], ["rare", "rarer"], ["many0", "many1", "many2"]]
    assert [one.mistakes for one in found.alike] == [["a/x"], [], []]
    assert found.alike[1].failures == ["t.py::a_1", "t.py::a_2", "t.py::a_3"]
    assert found.equal == [["same", "as"]]


def test_odd_checks_are_flagged() -> None:
    """Who passes a_0 fails the rest, in a class of ten; a_4 times out for four of them."""
    odd = [record(str(i), {"a": "pffff" if i % 2 else "fppp" + "tp"[i % 4 == 0]}) for i in range(10)]
    odd += [record(str(10 + i), {"a": "pfffe"}) for i in range(3)]
    told = {(flag.check, flag.reason.split(" (")[0]) for flag in statistics(odd).flags}
    assert ("t.py::a_0", "negative discrimination") in told
    assert ("t.py::a_4", "error in 3 of 13") in told


def test_a_negative_discrimination_within_chance_is_not_flagged() -> None:
    """r = -0.35 in six submissions is 0.64 standard errors below 0."""
    papers = [paper_of(record(str(i), {"a": row})) for i, row in enumerate(["pfp", "ppf", "fpp", "ppp", "ffp", "pff"])]
    check = of_check(record("", {"a": "ppp"}).checks[0], papers)
    check.discrimination = -0.35
    assert np.arctanh(-0.35) * np.sqrt(3) > -CHANCE
    assert flags_of(check) == []


def kept(folder: Path, records: list[Record]) -> Path:
    """A run directory with one attempt more."""
    with Store(folder) as store:
        attempt = store.begin("s", "{}")
        for one in records:
            store.enter(attempt, one.submission, one.sha256, msgspec.json.encode(one).decode())
    return folder


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["stats", *map(str, arguments)])


def test_stats_prints_writes_and_draws(tmp_path: Path) -> None:
    """The last attempt of a run directory; JSON reads back whole; the picture is one."""
    folder = kept(tmp_path / "run", CLASS)
    done = run(folder, "--json", tmp_path / "s.json", "--plot", tmp_path / "s.png")
    assert done.exit_code == 0, done.output
    assert "mean 3.00 of 5 · quartiles 2.00 · 2.50 · 4.50" in done.output
    assert "gru 5 40 % 50 % 0.90" in " ".join(done.output.split())
    read = msgspec.json.decode((tmp_path / "s.json").read_bytes(), type=Statistics)
    assert read == statistics(CLASS)
    assert matplotlib.image.imread(tmp_path / "s.png").shape[1] > 600


def test_stats_all_names_every_check(tmp_path: Path) -> None:
    """Also those that nobody fails."""
    folder = kept(tmp_path, CLASS)
    assert "vocab_0" not in run(folder).output
    assert run(folder, "--all").output.count("vocab_0") == 2


def test_stats_takes_another_attempt_or_device(tmp_path: Path) -> None:
    """By number, or the last on a device."""
    kept(tmp_path, CLASS)
    kept(tmp_path, [record("ada", {"vocab": "p"}, device="cuda")])
    assert "1 submission" in run(tmp_path).output
    assert "6 submissions" in run(tmp_path, "--attempt", 1).output
    assert "6 submissions" in run(tmp_path, "--device", "cpu").output
    assert "cuda · 1 submission" in run(tmp_path, "--device", "cuda").output


def test_stats_says_what_is_wrong_with_a_folder(tmp_path: Path) -> None:
    """No store (and none is made), an empty one, a newer one, a newer record, no such device, no place to write."""
    (tmp_path / "none").mkdir()
    assert "has no attempt yet" in run(kept(tmp_path / "empty", [])).output
    newer = kept(tmp_path / "record", [msgspec.structs.replace(CLASS[0], schema=SCHEMA + 1)])
    assert f"is of schema {SCHEMA + 1}" in " ".join(run(newer).output.split())
    folder = kept(tmp_path / "run", CLASS)
    assert "has no attempt on cuda" in " ".join(run(folder, "--device", "cuda").output.split())
    assert "cannot be written" in " ".join(run(folder, "--plot", tmp_path / "x.nonsense").output.split())
    with sqlite3.connect(folder / FILE) as made:
        made.execute("PRAGMA user_version = 99")
    made.close()
    for name, said in {"none": "nothing was graded there", "run": "newer seqgrade"}.items():
        done = run(tmp_path / name)
        assert done.exit_code == 2
        assert said in " ".join(done.output.split())
    assert not list((tmp_path / "none").iterdir())
