"""Tests of the store: what is kept stays kept, and a run directory that cannot be used says so."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from harness.grading.setting import name_of, setting_of, suite_version
from harness.grading.store import FILE, SCHEMA, Store, StoreError
from harness.judge.verdict import Outcome, Verdict

from .exams import exam

FAILED = Outcome(Verdict.FAILED, "wrong", "a hint", "T=3", '{"case":"X"}', "printed", 0.25)


def test_verdicts_are_kept_by_submission_check_and_setting(tmp_path: Path) -> None:
    """As they were, for whoever opens the folder next."""
    with Store(tmp_path) as store:
        store.keep("abc", "s1", "test_a", FAILED)
        store.keep("abc", "s2", "test_a", Outcome(Verdict.PASSED))
        store.keep("def", "s1", "test_b", Outcome(Verdict.PASSED))
    with Store(tmp_path) as store:
        assert store.outcomes("abc", "s1") == {"test_a": FAILED}
        assert store.outcomes("abc", "s2") == {"test_a": Outcome(Verdict.PASSED)}
        assert store.outcomes("abc", "s3") == {}
        store.forget("abc", "s1")
        assert store.outcomes("abc", "s1") == {}
        assert store.outcomes("def", "s1")


def test_every_attempt_stays(tmp_path: Path) -> None:
    """A second attempt writes nothing of the first over; one that graded nothing is none."""
    with Store(tmp_path) as store:
        first = store.begin("s1", "{}")
        store.enter(first, "alice", "abc", '{"score": 1}')
        store.begin("s1", "{}")
        third = store.begin("s2", "{}")
        store.enter(third, "alice", "abc", '{"score": 2}')
        assert [number for number, _, _ in store.attempts()] == [first, third]
        assert store.records(first) == {"alice": '{"score": 1}'}
        assert store.records(third) == {"alice": '{"score": 2}'}


def test_a_second_grader_is_told(tmp_path: Path) -> None:
    """One at a time; the first goes on undisturbed."""
    with Store(tmp_path) as store:
        with pytest.raises(StoreError, match="another grader is at work here"):
            Store(tmp_path)
        store.keep("abc", "s1", "test_a", FAILED)
    with Store(tmp_path) as store:
        assert store.outcomes("abc", "s1")


def test_a_newer_store_is_left_alone(tmp_path: Path) -> None:
    """What a newer seqgrade wrote is not touched."""
    with sqlite3.connect(tmp_path / FILE) as made:
        made.execute(f"PRAGMA user_version = {SCHEMA + 1}")
    made.close()
    with pytest.raises(StoreError, match=r"newer seqgrade.*upgrade"):
        Store(tmp_path)
    with sqlite3.connect(tmp_path / FILE) as found:
        assert found.execute("PRAGMA user_version").fetchone() == (SCHEMA + 1,)
    found.close()


def test_a_folder_that_cannot_be_is_named(tmp_path: Path) -> None:
    """A file where the folder should be; something that is no database."""
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(StoreError, match=r"file/seqgrade\.sqlite"):
        Store(tmp_path / "file")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / FILE).write_bytes(b"no database at all, but long enough to be looked at" * 100)
    with pytest.raises(StoreError, match="cannot be opened"):
        Store(tmp_path / "out")


def test_a_full_disk_loses_nothing_that_was_kept(tmp_path: Path) -> None:
    """The error says so, and what was kept before is there afterwards."""
    with Store(tmp_path) as store:
        store.keep("abc", "s1", "test_a", FAILED)
        pages = store._db.execute("PRAGMA page_count").fetchone()[0]
        store._db.execute(f"PRAGMA max_page_count = {pages + 1}")
        with pytest.raises(StoreError, match=r"full.*nothing that was kept is lost"):
            store.keep("abc", "s1", "test_b", Outcome(Verdict.FAILED, "x" * 100_000))
    with Store(tmp_path) as store:
        assert store.outcomes("abc", "s1")["test_a"] == FAILED


def test_a_setting_is_all_that_a_verdict_depends_on() -> None:
    """Another seed, level or limit is another setting; the same facts have the same name."""
    base = setting_of(exam(), "FULL")
    assert name_of(base) == name_of(setting_of(exam(), "FULL"))
    others = [setting_of(exam(1), "FULL"), setting_of(exam(), "NO-PATHS"), {**base, "suite": "another"}]
    assert len({name_of(one) for one in [base, *others]}) == 4
    assert len(suite_version()) == 16
