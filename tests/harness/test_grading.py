"""Tests of rubrics, records, names, selections and the corpus."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.corpus import SHA1, CorpusError, embedded_text, open_corpus
from harness.grading.gathering import gather
from harness.grading.grade import judge_submission, record_of
from harness.grading.names import distinct_names
from harness.grading.opening import open_submission
from harness.grading.record import RecordError, read_record, record_path, write_record
from harness.grading.rubric import RubricError, default_rubric, read_rubric
from harness.grading.select import SelectionError, select
from harness.grading.suite import suite
from harness.units import components

from .exams import ROOT, exam, graded


def rubric_of(folder: Path, text: str) -> Path:
    file = folder / "rubric.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_the_default_rubric_gives_every_component_its_worth() -> None:
    """Check points add up to the component's, component points to the total."""
    rubric = default_rubric(suite())
    assert rubric.components == {name: item.points for name, item in components().items()}
    for name, points in rubric.components.items():
        own = [rubric.checks[one.id] for one in suite() if one.component == name]
        assert sum(own) == pytest.approx(points)


def test_a_rubric_weighs_components_and_checks(tmp_path: Path) -> None:
    """Points by component; weights of single checks split them."""
    text = (
        'name = "Homework 1"\n[components]\ntokenize = 4\n'
        "[components.preprocess]\npoints = 6\n"
        "checks = {test_preprocess_gives_the_corpus_its_known_length = 4}\n"
    )
    rubric = read_rubric(rubric_of(tmp_path, text), suite())
    assert rubric.max_score == 10
    assert rubric.checks["tests/test_text.py::test_preprocess_gives_the_corpus_its_known_length"] == pytest.approx(4)
    assert {name.rpartition("::")[0] for name in rubric.checks} == {"tests/test_text.py"}


def test_a_rubric_may_let_only_some_checks_run(tmp_path: Path) -> None:
    """They share the component's points; the others have no place in it, and so are not run."""
    only = ["test_tokenize_splits_as_its_unit_says", "test_tokenize_refuses_an_unknown_unit"]
    text = f"[components.tokenize]\npoints = 3\nonly = {only}\nchecks = {{{only[0]} = 2}}\n"
    rubric = read_rubric(rubric_of(tmp_path, text), suite())
    assert {name.rpartition("::")[2]: worth for name, worth in rubric.checks.items()} == {only[0]: 2.0, only[1]: 1.0}


ONLY = '[components.tokenize]\npoints = 1\nonly = ["test_tokenize_refuses_an_unknown_unit"]\nchecks = {'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (ONLY + "test_tokenize_splits_as_its_unit_says = 1}\n", "is not among those that `only` of tokenize lets run"),
        (ONLY + "test_tokenize_refuses_an_unknown_unit = 0}\n", "every check of tokenize weighs 0"),
        ("[components.vocab]\npoints = 1\nonly = ['test_x']\n", "no check of vocab named 'test_x'"),
        ("[components]\nvocabb = 1\n", "no component named 'vocabb'; did you mean 'vocab'?"),
        ("[components.vocab]\npoints = 1\nchecks = {test_x = 1}\n", "no check of vocab named 'test_x'"),
        ("[components]\nvocab = -1\n", "is not a rubric"),
        ("[components]\nvocab = 'one'\n", "is not a rubric"),
        ("[components]\n", "[components] is empty"),
        ("points = 3\n", "is not a rubric"),
        ("[components\n", "is not a rubric"),
        ("[components]\nvocab = 1\n[extra]\n", "is not a rubric"),
    ],
)
def test_a_faulty_rubric_is_refused_with_its_fault(tmp_path: Path, text: str, said: str) -> None:
    """The message names the file and the fault; unknown names come with the known ones."""
    with pytest.raises(RubricError) as caught:
        read_rubric(rubric_of(tmp_path, text), suite())
    assert said in str(caught.value)
    assert "rubric.toml" in str(caught.value)


def test_a_missing_rubric_is_refused(tmp_path: Path) -> None:
    """A path that is not there is named."""
    with pytest.raises(RubricError, match="cannot be read"):
        read_rubric(tmp_path / "none.toml", suite())


def test_a_record_round_trips(tmp_path: Path) -> None:
    """What is written is what is read."""
    record = graded(ROOT / "submissions" / "mistakes_text.py", component="vocab")
    path = record_path(tmp_path, "alice", "cpu")
    write_record(record, path)
    assert read_record(path) == record
    assert [file.name for file in path.parent.iterdir()] == ["grade.json"]


def test_a_record_of_another_schema_is_refused(tmp_path: Path) -> None:
    """A newer record is not misread."""
    record = graded(ROOT / "submissions" / "template", component="vocab")
    record.schema = 99
    write_record(record, tmp_path / "grade.json")
    with pytest.raises(RecordError, match="schema 99"):
        read_record(tmp_path / "grade.json")


def test_a_malformed_record_is_refused(tmp_path: Path) -> None:
    """Anything else than a record is named as such."""
    (tmp_path / "grade.json").write_text("{}")
    with pytest.raises(RecordError, match="is not a record"):
        read_record(tmp_path / "grade.json")


def test_a_check_without_a_verdict_earns_nothing() -> None:
    """The denominator is the rubric's: what did not run is a failure with a named cause."""
    sitting = exam(component="preprocess")
    record = record_of(sitting, open_submission(ROOT / "reference"), {}, 0.0)
    assert record.score == 0
    assert record.max_score == components()["preprocess"].points
    assert {one.message for one in record.checks} == {"no verdict: this check was not run"}


def test_a_submission_that_cannot_be_loaded_gets_a_record_with_no_points(tmp_path: Path) -> None:
    """The record says why, for the whole and for every check."""
    (tmp_path / "bad.py").write_bytes(b"x = '\xff'\n")
    record = judge_submission(exam(component="vocab"), open_submission(tmp_path / "bad.py"))
    assert record.score == 0
    assert record.error is not None
    assert "bad.py:1: is not UTF-8" in record.error
    assert {one.verdict for one in record.checks} == {"error"}


def test_names_are_distinct(tmp_path: Path) -> None:
    """Two files of one stem are told apart by their folders."""
    paths = [tmp_path / "alice" / "hw.py", tmp_path / "bob" / "hw.py", tmp_path / "carol.py"]
    assert list(distinct_names(paths)) == ["alice-hw", "bob-hw", "carol"]


def test_a_folder_stands_for_the_submissions_in_it(tmp_path: Path) -> None:
    """Files and packages, nothing else; a package stands for itself."""
    names = {one.name for one in gather([ROOT / "submissions"], tmp_path / "into")}
    assert {"template", "class_style", "mistakes_text"} <= names
    (only,) = gather([ROOT / "submissions" / "template"], tmp_path / "into")
    assert only.path == ROOT / "submissions" / "template"


def test_selection_by_component_name_and_expression() -> None:
    """-k takes and, or, not; names are checked."""
    checks = suite()
    assert {one.component for one in select(checks, wanted=["vocab"])} == {"vocab"}
    picked = select(checks, expression="tokenize and not refuses")
    assert picked
    assert all("tokenize" in one.name and "refuses" not in one.name for one in picked)
    for wrong in (
        {"wanted": ["vocabb"]},
        {"names": ["test_none"]},
        {"expression": "1 +"},
        {"expression": "nothing_so"},
    ):
        with pytest.raises(SelectionError):
            select(checks, **wrong)  # type: ignore[arg-type]


def test_a_look_alike_corpus_is_refused_with_both_hashes(tmp_path: Path) -> None:
    """The book's file is verified by hash."""
    (tmp_path / "timemachine.txt").write_text("The Time Machine")
    with pytest.raises(CorpusError) as caught:
        open_corpus(str(tmp_path / "timemachine.txt"))
    assert SHA1 in str(caught.value)
    assert "89b4ba7d" in str(caught.value) or "its SHA-1 is" in str(caught.value)


def test_the_embedded_corpus_is_the_same_everywhere() -> None:
    """It comes from a seed, not from the machine."""
    text = embedded_text()
    assert len(text) > 40_000
    assert text == embedded_text.__wrapped__()
