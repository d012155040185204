"""Tests of the structure: equal stems in every layer, imports in one direction, contracts that say all."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from harness.builtin import NAMES
from harness.template import package_files
from harness.units import components, units

ROOT = Path(__file__).resolve().parents[2]
LAYERS = {
    "harness/contracts": "{}.py",
    "reference": "{}.py",
    "tests": "test_{}.py",
    "tests/cases": "{}.py",
    "tests/mutants": "{}.py",
    "submissions/template": "{}.py",
    "submissions/class_style": "{}.py",
    "submissions/textbook": "{}.py",
}
# A package may import from those to its right, and from the modules of `harness` itself.
ORDER = ["cli", "reports", "grading", "judge", "worker", "training", "plugins", "contracts", "wire"]


@pytest.mark.parametrize("folder", LAYERS)
@pytest.mark.parametrize("unit", NAMES)
def test_every_unit_has_its_file_in_every_layer(folder: str, unit: str) -> None:
    """One stem, everywhere."""
    assert (ROOT / folder / LAYERS[folder].format(unit)).is_file()


@pytest.mark.parametrize("file", sorted((ROOT / "harness").rglob("*.py")), ids=lambda f: str(f.relative_to(ROOT)))
def test_imports_point_one_way(file: Path) -> None:
    """Nothing imports from a layer above its own, nor from reference, submissions or tests."""
    inside = file.relative_to(ROOT / "harness").parts
    own = ORDER.index(inside[0]) if inside[0] in ORDER else None
    for name in _imports(file):
        top, *rest = name.split(".")
        assert top not in ("reference", "submissions", "tests"), f"{file} imports {name}"
        if top == "harness" and rest and rest[0] in ORDER and own is not None:
            assert ORDER.index(rest[0]) >= own, f"{file} imports {name}, a layer above its own"


def _imports(file: Path) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            found.append(node.module)
        elif isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
    return found


@pytest.mark.parametrize("name", components())
def test_a_contract_says_shapes_and_source(name: str) -> None:
    """Every hook has a docstring that begins with one sentence and names shapes and source."""
    text = components()[name].contract
    assert text.splitlines()[0].endswith(".")
    assert "Shapes:" in text
    assert "Source:" in text


def test_the_template_is_what_seqgrade_new_writes() -> None:
    """The sample template is generated from the contracts, and stays in step with them."""
    for name, text in package_files([units()[name] for name in NAMES]).items():
        assert (ROOT / "submissions" / "template" / name).read_text(encoding="utf-8") == text, name


@pytest.mark.parametrize("file", sorted((ROOT / "harness").rglob("*.py")), ids=lambda f: str(f.relative_to(ROOT)))
def test_every_module_opens_with_a_sentence(file: Path) -> None:
    """A module says what it is."""
    assert ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))
