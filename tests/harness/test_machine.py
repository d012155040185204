"""Tests of the machine-made mutants: what makes and judges them works, and its ledger fits the code as it is."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from cosmic_ray.mutating import mutate_code

from tests.machine.ledger import survivors
from tests.machine.mutations import ROOT, mutations
from tests.machine.operators import OURS
from tests.machine.pointless import meaning
from tests.machine.reference import reached

MODULE = '''"""A module."""

from __future__ import annotations


def first(x: int | None = None) -> int:
    """Two more."""
    return x + 2


class Second:
    """Uses the first."""

    size: int = 3

    def twice(self, x: int) -> int:
        if x in (1, 2):
            print(x)
        return first(x)


def third() -> type[Second]:
    return Second
'''


@pytest.mark.parametrize("operator", OURS, ids=lambda one: one.__name__)
def test_an_operator_of_ours_does_what_its_example_says(operator: type) -> None:
    """Each once, where it can, and not elsewhere."""
    for example in operator.examples():
        assert mutate_code(example.pre_mutation_code, operator(), 0) == example.post_mutation_code
        assert mutate_code(example.pre_mutation_code, operator(), 1) is None


def test_mutations_mean_something_and_are_named_once(tmp_path: Path) -> None:
    """No annotation, docstring or import is changed; no two mutations have one name, or one text."""
    file = tmp_path / "module.py"
    file.write_text(MODULE, encoding="utf-8")
    made = mutations(os.path.relpath(file, ROOT))
    assert len({one.key for one in made}) == len({one.text for one in made}) == len(made)
    assert {one.within for one in made} == {"first", "Second"}
    by_operator = Counter(one.operator for one in made)
    assert by_operator["NumberReplacer"] == 8
    assert by_operator["ReplaceInWithNotIn"] == by_operator["RemoveStatement"] == by_operator["AddNot"] == 1
    assert by_operator["ReplaceBinaryOperator_Add_Mul"] == 1
    assert not any(name.startswith("ReplaceBinaryOperator_BitOr") for name in by_operator)
    removed = next(one for one in made if one.operator == "RemoveStatement")
    assert removed.text == MODULE.replace("print(x)", "pass")
    assert (removed.line, removed.becomes, removed.nth) == ("print(x)", "pass", 1)


def test_what_cannot_be_compiled_or_changes_no_meaning_is_left_out() -> None:
    """Nor is what Python itself warns of."""
    assert meaning("x = (") is None
    assert meaning("x = y is 'a'") is None
    assert meaning("def f(x: int) -> int:\n    'Doc.'\n    return x\n") == meaning(
        "def f(x):\n    pass\n    return x\n"
    )
    assert meaning("x = 1") != meaning("x = 2")


def test_a_change_reaches_whoever_uses_what_it_changes() -> None:
    """At whatever remove; a change at the top level reaches everything."""
    assert reached(MODULE, "first") == reached(MODULE, "") == {"first", "Second", "third"}
    assert reached(MODULE, "third") == {"third"}


def test_the_ledger_fits_the_code() -> None:
    """Each line that a survivor is on stands in its file, and each has a reason."""
    for one in survivors():
        lines = {" ".join(line.split()) for line in (ROOT / one.file).read_text(encoding="utf-8").splitlines()}
        assert one.line in lines, f"{one.file} has no line {one.line}"
        assert one.becomes
        assert one.reason.endswith(".")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_sample_of_mutants_dies() -> None:
    """A few of the comparator's mutants, and of the reference's, each judged in a child of a warm process."""
    command = [sys.executable, "-m", "tests.machine", "--every", "60", "harness/judge/compare.py", "reference/text.py"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
