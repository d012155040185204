"""Tests of similarity: copies are told whatever they wear, independent work is not, and nothing is ever run."""

from __future__ import annotations

import ast
import json
import random
import zipfile
from itertools import combinations
from pathlib import Path

import msgspec
import numpy as np
import pytest
from click.testing import CliRunner, Result

from harness.cli import main
from harness.grading.similarity.handed import starter
from harness.grading.similarity.pairs import COMMON_AT_LEAST, LEAST, Pair, Similarity, groups, similarity
from harness.grading.similarity.passages import LENGTH, Work, covered, passages, shared, work_of
from harness.grading.similarity.symbols import symbols
from harness.grading.similarity.texts import Text, texts_of
from harness.template import single_file
from harness.units import components

from .exams import ROOT
from .test_statistics import kept, record

RIGHT = [path for path in sorted((ROOT / "tests" / "right").glob("*/*")) if not path.name.startswith("__")]
FIXED = {one for name, item in components().items() for one in (name, *item.parameters)}
SOURCE = (ROOT / "tests" / "right" / "gated" / "classes.py").read_text(encoding="utf-8")
OTHER = (ROOT / "tests" / "right" / "gated" / "functional.py").read_text(encoding="utf-8")


class Disguise(ast.NodeTransformer):
    """Other names for all that a work names itself, and other docstrings."""

    def __init__(self, tree: ast.AST) -> None:
        stored = {one.id for one in ast.walk(tree) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)}
        made = {one.name for one in ast.walk(tree) if isinstance(one, ast.FunctionDef | ast.ClassDef)}
        given = {one.arg for one in ast.walk(tree) if isinstance(one, ast.arg)} - {"self", "cls"}
        own = {one for one in stored | made | given if one not in FIXED and not one.startswith("__")}
        self.names = {name: f"q{number}" for number, name in enumerate(sorted(own))}

    def generic_visit(self, node: ast.AST) -> ast.AST:
        super().generic_visit(node)
        for field in ("id", "arg", "name", "attr"):
            if isinstance(old := getattr(node, field, None), str) and not isinstance(node, ast.alias):
                setattr(node, field, self.names.get(old, old))
        if isinstance(node, ast.FunctionDef) and ast.get_docstring(node) is None:
            node.body.insert(0, ast.Expr(ast.Constant("In my own words.")))
        return node


def disguised(source: str, seed: int = 0) -> str:
    """Renamed, reordered, laid out anew, with other docstrings and without comments."""
    tree = ast.parse(source)
    Disguise(tree).visit(tree)
    functions = [one for one in tree.body if isinstance(one, ast.FunctionDef)]
    rest = [one for one in tree.body if one not in functions]
    random.Random(seed).shuffle(functions)
    tree.body = [*rest, *functions]
    return ast.unparse(ast.fix_missing_locations(tree))


def work(name: str, source: str) -> Work:
    return work_of(name, [Text(f"{name}.py", source)])


def test_right_work_is_not_flagged_and_its_disguised_copy_is() -> None:
    """Among all right works and a disguised copy of each, the pairs told are those, and no other."""
    works = []
    for path in RIGHT:
        name, texts = f"{path.parent.name}/{path.stem}", texts_of(path)
        copied = disguised("\n".join(one.source for one in texts))
        works += [work_of(name, texts), work(f"{name}, copied", copied)]
    assert len(works) == 2 * len(RIGHT) >= 2 * 57
    found = similarity(works, starter([]))
    copies = {(one.name, copied.name) for one, copied in zip(works[::2], works[1::2], strict=True)}
    assert {(one.first, one.second) for one in found.pairs} == copies
    assert min(max(one.first_share, one.second_share) for one in found.pairs) > 0.75
    assert found.not_compared == {}


def test_independent_works_stay_far_below_the_threshold() -> None:
    """Unit by unit, so that nothing is left out for being common: not even a third."""
    for unit in {path.parent.name for path in RIGHT}:
        works = [work_of(path.stem, texts_of(path)) for path in RIGHT if path.parent.name == unit]
        assert similarity(works, starter([]), threshold=1 / 3).pairs == []


def test_layout_names_comments_and_literals_leave_no_symbol() -> None:
    """What is the same to Python, but for names and literals, is the same here."""
    plain = "def f(x, n=3):\n    return torch.softmax(x + n, dim=-1)\n"
    dressed = (
        "def other(  values, # a comment\n   count = 4_000,):\n    '''A docstring.'''\n\n"
        "    return (torch\n      .softmax)(values + count, dim = - 2)\n".replace(
            "(torch\n      .softmax)", "torch.softmax"
        )
    )
    assert [one.text for one in symbols(plain)] == [one.text for one in symbols(dressed)]
    assert "softmax" in [one.text for one in symbols(plain)]
    assert "f" not in [one.text for one in symbols(plain)]


def test_symbols_know_their_lines() -> None:
    """Also after a docstring, a continued line and a string of several lines."""
    source = 'def f(x):\n    """Two\n    lines."""\n    y = """a\nb"""\n    return \\\n        x\n'
    lines = [one.line for one in symbols(source)]
    assert lines == [1, 1, 1, 1, 1, 1, 4, 4, 4, 6, 7]


def test_what_does_not_parse_is_compared() -> None:
    """A syntax error hides nothing."""
    found = similarity([work("a", SOURCE), work("b", "def broken(:\n" + disguised(SOURCE))])
    assert len(found.pairs) == 1


def test_passages_are_the_same_in_every_process() -> None:
    """Pinned: no hash of Python's, which differ from run to run."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    assert passages(list(letters[:LENGTH])).tolist() == [3014947081637111518]
    assert len(passages(list(letters[: LENGTH - 1]))) == 0
    assert len(passages(list(letters[: LENGTH + 3]))) == 4


def test_tables_tell_nothing() -> None:
    """Long lists of numbers are alike whoever writes them, and cost no time."""
    table = f"x = [{', '.join(['0.5'] * 20_000)}]\n"
    assert set(passages(["number", ","] * LENGTH).tolist()) == {0}
    assert similarity([work("a", table + SOURCE), work("b", table + OTHER)]).pairs == []


def test_symbols_are_covered_by_their_passages() -> None:
    """Two passages that overlap cover each symbol once."""
    marks = np.zeros(30, dtype=bool)
    marks[[2, 5]] = True
    assert np.nonzero(covered(marks))[0].tolist() == list(range(2, 5 + LENGTH))
    assert covered(np.zeros(0, dtype=bool)).sum() == 0


def test_shared_passages_have_their_lines() -> None:
    """A function that moved: where it stands in both."""
    body = "def f(x, y):\n    z = x * y + x / y - 3\n    return [z for z in (x, y, z) if z > 0]\n"
    first, second = work("a", f"import torch\n\n{body}"), work("b", f"class C:\n    pass\n\n\n\n{body}")
    told = np.intersect1d(first.hashes, second.hashes)
    (one,) = shared(first, second, told)
    assert (one.first_file, one.first_lines) == ("a.py", (3, 5))
    assert (one.second_file, one.second_lines) == ("b.py", (6, 8))
    assert one.symbols == len(symbols(body))


def test_a_package_is_compared_as_a_whole(tmp_path: Path) -> None:
    """The same work as one file and as three; passages name the files within."""
    tree = ast.parse(SOURCE)
    (tmp_path / "parts").mkdir()
    for number in range(3):
        lines = [ast.unparse(one) for one in tree.body[number::3]]
        (tmp_path / "parts" / f"part{number}.py").write_text("\n".join(lines), encoding="utf-8")
    found = similarity([work("whole", SOURCE), work_of("parts", texts_of(tmp_path / "parts"))])
    assert found.pairs[0].second_share > 0.8
    assert {one.second_file for one in found.pairs[0].passages} == {"part0.py", "part1.py", "part2.py"}


def test_the_starter_and_what_everybody_has_count_for_nothing() -> None:
    """Two templates have nothing of their own; a file given to all; what more works have than chance would give."""
    bare = similarity([work("a", single_file()), work("b", single_file())], starter([]))
    assert bare.pairs == []
    assert bare.not_compared.keys() == {"a", "b"}
    given = similarity([work("a", SOURCE), work("b", SOURCE)], [work("", SOURCE).hashes])
    assert given.pairs == []
    everybody = [work(str(i), SOURCE) for i in range(COMMON_AT_LEAST + 1)]
    assert similarity(everybody).pairs == []
    assert len(similarity(everybody[1:]).pairs) == COMMON_AT_LEAST * (COMMON_AT_LEAST - 1) // 2


def test_short_works_and_small_classes_have_no_pairs() -> None:
    """Nobody, one, and two of a line each."""
    assert similarity([]).pairs == []
    assert similarity([work("a", SOURCE)]).pairs == []
    line = "x = [f(y) for y in range(3) if y > 1 and not y == 2]\n"
    found = similarity([work("a", line), work("b", line)])
    assert found.pairs == []
    assert str(LEAST) in found.not_compared["a"]


def test_shares_are_of_each_works_own() -> None:
    """A copy with as much again: all of the one, half of the other; the threshold looks at the greater."""
    (pair,) = similarity([work("a", SOURCE), work("b", SOURCE + OTHER)]).pairs
    assert pair.first_share == 1.0
    assert 0.4 < pair.second_share < 0.8
    assert similarity([work("a", SOURCE), work("b", OTHER)]).pairs == []


def test_groups_hang_together_through_pairs() -> None:
    """a–b, b–c and d–e are two groups, the larger first; merged groups stay merged."""
    pairs = [Pair(*names, 1.0, 1.0, 99, []) for names in ("ab", "de", "bc")]
    assert groups(pairs) == [["a", "b", "c"], ["d", "e"]]
    assert groups([*pairs, Pair("c", "d", 1.0, 1.0, 99, [])]) == [["a", "b", "c", "d", "e"]]
    everyone = [Pair(*names, 1.0, 1.0, 99, []) for names in combinations("abcd", 2)]
    assert groups(everyone) == [["a", "b", "c", "d"]]


def notebook(folder: Path, source: str, name: str = "work.ipynb") -> Path:
    """A notebook: a cell a statement, text and outputs between."""
    cells = [{"cell_type": "markdown", "source": [SOURCE]}]
    for one in ast.parse(source).body:
        text = ast.unparse(one)
        cells.append({"cell_type": "code", "source": text.splitlines(keepends=True), "outputs": [{"text": OTHER}]})
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(json.dumps({"cells": cells, "nbformat": 4, "metadata": {}}), encoding="utf-8")
    return folder / name


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["similar", *map(str, arguments)])


def told(*arguments: object) -> Similarity:
    """What the command writes as JSON."""
    file = Path(str(arguments[0])).parent / "told.json"
    done = run(*arguments, "--json", file)
    assert done.exit_code == 0, done.output
    return msgspec.json.decode(file.read_bytes(), type=Similarity)


def test_a_class_folder_is_compared_with_all_that_it_holds(tmp_path: Path) -> None:
    """Files, packages, notebooks, zips, what does not parse; nothing is imported, and the folder stays as it is."""
    folder = tmp_path / "class"
    (folder / "bob").mkdir(parents=True)
    side = f"open({str(tmp_path / 'ran')!r}, 'w').close()\nraise SystemExit\n"
    (folder / "ada.py").write_text(side + SOURCE, encoding="utf-8")
    (folder / "bob" / "__init__.py").write_text("from .work import *\n", encoding="utf-8")
    (folder / "bob" / "work.py").write_text(disguised(SOURCE), encoding="utf-8")
    notebook(folder / "cyd", disguised(SOURCE, 1))
    with zipfile.ZipFile(folder / "dan.zip", "w") as packed:
        packed.write(notebook(tmp_path, disguised(SOURCE, 2)), "hw/work.ipynb")
    (folder / "eve.py").write_text("def (:\n" + disguised(SOURCE, 3), encoding="utf-8")
    (folder / "fay.py").write_text(OTHER, encoding="utf-8")
    (folder / "gil.py").write_text("x = 1\n", encoding="utf-8")
    before = sorted(folder.rglob("*"))
    found = told(folder)
    assert found.groups == [["ada", "bob", "cyd", "dan", "eve"]]
    assert len(found.pairs) == 10
    assert found.not_compared.keys() == {"gil"}
    assert "code cell" in next(one for one in found.pairs if one.second == "cyd").passages[0].second_file
    assert sorted(folder.rglob("*")) == before
    assert not (tmp_path / "ran").exists()


def test_the_report_names_both_with_lines_and_says_that_it_is_no_verdict(tmp_path: Path) -> None:
    """Pinned where a human reads it."""
    for name, text in (("ada", SOURCE), ("bob", SOURCE)):
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
    out = run(tmp_path).output
    assert "ada 100 % · bob 100 %" in out
    last = len(SOURCE.splitlines())
    assert f"ada.py:3-{last} = bob.py:3-{last}" in out
    assert "1 pair of 2 submissions from 60 % on; for a human to look at: similarity is no verdict, and no part" in out
    assert "0 pairs of 2" in run(tmp_path, "--starter", tmp_path / "ada.py").output


def test_a_run_directory_stands_for_what_was_graded_there(tmp_path: Path) -> None:
    """By the paths in its records; what is gone is named."""
    records = []
    for name, text in (("ada", SOURCE), ("bob", SOURCE), ("cyd", None)):
        if text is not None:
            (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
        records.append(msgspec.structs.replace(record(name, {"vocab": "p"}), path=str(tmp_path / f"{name}.py")))
    found = told(kept(tmp_path / "run", records))
    assert [(one.first, one.second) for one in found.pairs] == [("ada", "bob")]
    assert "is not there any more" in found.not_compared["cyd"]


def test_two_notebooks_of_one_name_are_told_apart(tmp_path: Path) -> None:
    """Given one by one, from folders of their own."""
    paths = [notebook(tmp_path / name, SOURCE) for name in ("ada", "bob")]
    assert {told(*paths).pairs[0].first, told(*paths).pairs[0].second} == {str(path) for path in paths}


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("bad.ipynb", "{", "is not a notebook of Jupyter"),
        ("deep.ipynb", '{"cells": ' + "[" * 100_000, "is not a notebook of Jupyter"),
        ("text.ipynb", '{"cells": [{"cell_type": "markdown", "source": "x"}]}', "no code cell"),
        ("big.py", "x = 1\n" * 200_000, "more than 1 MB"),
    ],
)
def test_what_cannot_be_read_is_named_and_stops_nobody(tmp_path: Path, name: str, content: str, said: str) -> None:
    """The others are compared."""
    (tmp_path / name).write_text(content, encoding="utf-8")
    for one in ("ada.py", "bob.py"):
        (tmp_path / one).write_text(SOURCE, encoding="utf-8")
    found = told(tmp_path / "ada.py", tmp_path / "bob.py", tmp_path / name)
    assert said in found.not_compared[Path(name).stem]
    assert len(found.pairs) == 1


def test_links_are_not_followed(tmp_path: Path) -> None:
    """What a link in a package leads to is not its author's."""
    (tmp_path / "secret.py").write_text(SOURCE, encoding="utf-8")
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "__init__.py").write_text("x = 1\n", encoding="utf-8")
    (tmp_path / "work" / "link.py").symlink_to(tmp_path / "secret.py")
    assert [one.file for one in texts_of(tmp_path / "work")] == ["__init__.py"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere.py"], "there is no such file"),
        ([".", "--threshold", "2"], "0<x<=1"),
        ([".", "--starter", "nowhere.py"], "does not exist"),
        (["."], "nothing to compare"),
    ],
)
def test_bad_usage_exits_with_two(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    """A message, not a traceback."""
    monkeypatch.chdir(tmp_path)
    done = run(*arguments)
    assert done.exit_code == 2
    assert said in " ".join(done.output.split())
