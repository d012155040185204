"""Grading seeds: numbers, and secrets that no record tells."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.cli import main
from harness.grading.seed import SeedError, seed_of
from harness.grading.suite import suite

from .exams import written

WRONG = "@hookimpl\ndef tokenize(text, unit):\n    return text.split(' ')\n"
SECRET = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"


def secret(folder: Path, content: str = SECRET, name: str = "seed.txt") -> Path:
    file = folder / name
    file.write_text(content, encoding="utf-8")
    return file


def grade(folder: Path, seed: str, out: str = "out") -> str:
    rubric = folder / "rubric.toml"
    rubric.write_text('name = "one"\n[components]\ntokenize = 2\n', encoding="utf-8")
    work = written(folder, WRONG)
    done = CliRunner().invoke(
        main, ["grade", str(work), "--out", str(folder / out), "--rubric", str(rubric), "--seed", seed, "--jobs", "1"]
    )
    assert done.exit_code == 0, done.output
    return (folder / out / "work" / "grade.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("number", [0, 7, 2**32 - 1])
def test_a_number_is_itself(number: int) -> None:
    """And records say so."""
    assert (seed_of(str(number)).value, seed_of(str(number)).name) == (number, number)


@pytest.mark.parametrize("text", [str(2**32), "-1", "1.5", "missing.txt", ""])
def test_what_is_neither_is_refused(text: str) -> None:
    """With the way to a secret, where it is no number at all."""
    with pytest.raises(SeedError):
        seed_of(text)


def test_a_secret_decides_cases_and_is_known_by_a_fingerprint(tmp_path: Path) -> None:
    """The same content, whatever the file and the space around it; another content, another seed."""
    one = seed_of(str(secret(tmp_path)))
    assert one == seed_of(str(secret(tmp_path, f"  {SECRET}\n", "copy.txt")))
    other = seed_of(str(secret(tmp_path, SECRET.upper(), "other.txt")))
    assert (one.value, one.name) != (other.value, other.name)
    assert one.value > 2**64
    assert str(one.name).startswith("secret ")


def test_a_short_secret_is_refused(tmp_path: Path) -> None:
    """Whoever knows a case could try them all."""
    with pytest.raises(SeedError, match="can be guessed"):
        seed_of(str(secret(tmp_path, "1234")))


def test_nothing_that_is_written_tells_the_secret(tmp_path: Path) -> None:
    """Neither the content, nor the seed, nor where the file is: in the record, the feedback, and the store."""
    file = secret(tmp_path)
    record = json.loads(grade(tmp_path, str(file)))
    assert record["seed"] == seed_of(str(file)).name
    assert any(check["verdict"] == "failed" for check in record["checks"])
    everything = b"".join(item.read_bytes() for item in (tmp_path / "out").rglob("*") if item.is_file())
    for told in (SECRET, str(file), str(seed_of(str(file)).value), f"{seed_of(str(file)).value:x}"):
        assert told.encode() not in everything


def test_each_secret_has_cases_of_its_own(tmp_path: Path) -> None:
    """The same one the same again."""
    one, other = (seed_of(str(secret(tmp_path, content))).value for content in (SECRET, SECRET.upper()))
    check = next(check for check in suite() if check.strategy is not None)
    assert check.plan(one) == check.plan(one)
    assert check.plan(one) != check.plan(other)
