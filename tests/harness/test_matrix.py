"""Tests of the kill matrix: what it finds amiss, and how it is shown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from harness.cli import main
from harness.grading.matrix import Matrix, Row
from harness.reports.matrix import matrix_json


def _row(mutant: str, *killers: str, named: str = "test_a") -> Row:
    return Row(f"tokenize/{mutant}", "tokenize", named, killers, 0.1)


MATRIX = Matrix(
    3,
    {"tokenize": ("test_a", "test_b", "test_c")},
    (_row("good", "test_a"), _row("better", "test_a", "test_b"), _row("missed"), _row("elsewhere", "test_b")),
    1.5,
)


def _mutants(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["mutants", *arguments])


def test_what_is_amiss_is_found() -> None:
    """Survivors, mutants that die elsewhere, idle checks, and checks that nothing else could replace."""
    assert [row.mutant for row in MATRIX.survivors] == ["tokenize/missed"]
    assert [row.mutant for row in MATRIX.misnamed] == ["tokenize/elsewhere"]
    assert MATRIX.idle == ["test_c"]
    assert MATRIX.alone == {"test_a": ["tokenize/good"], "test_b": ["tokenize/elsewhere"]}
    assert not MATRIX.clean


def test_the_json_holds_it_all() -> None:
    """What a program needs: every mutant's killers, and what is amiss."""
    data = json.loads(matrix_json(MATRIX))
    assert data["survivors"] == ["tokenize/missed"]
    assert data["kill_nothing"] == ["test_c"]
    assert data["mutants"][1]["killers"] == ["test_a", "test_b"]


def test_a_component_is_judged_shown_written_and_drawn(tmp_path: Path) -> None:
    """The command prints a table, writes JSON and a picture, and ends with 0 where nothing is amiss."""
    report, picture = tmp_path / "m.json", tmp_path / "m.png"
    result = _mutants("tokenize", "perplexity", "--jobs", "1", "--json", str(report), "--plot", str(picture))
    assert result.exit_code == 0, result.output
    assert "die at the check that they name" in result.output
    assert json.loads(report.read_text())["survivors"] == []
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_the_same_seed_gives_the_same_matrix(tmp_path: Path) -> None:
    """However many processes share the work."""
    found = []
    for jobs in ("1", "2"):
        assert _mutants("tokenize", "--seed", "5", "--jobs", jobs, "--json", str(tmp_path / jobs)).exit_code == 0
        found.append([row["killers"] for row in json.loads((tmp_path / jobs).read_text())["mutants"]])
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["tokenise"], "did you mean 'tokenize'?"),
        (["tokenize", "--plot", "/nowhere/m.png"], "/nowhere/m.png: cannot be written"),
        (["tokenize", "--plot", "m.doc"], "m.doc: cannot be written"),
    ],
)
def test_bad_input_is_named(arguments: list[str], said: str) -> None:
    """The message names the thing and the fault."""
    result = _mutants(*arguments)
    assert result.exit_code == 2
    assert said in result.output
