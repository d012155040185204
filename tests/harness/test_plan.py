"""Plans: the same seed gives the same cases, whatever else is loaded."""

from __future__ import annotations

import sys
import types
from pathlib import Path

import hypothesis
import pytest
from hypothesis import strategies as st

from harness.grading.suite import suite
from harness.judge.plan import alone, draw, shrink

CONSTANTS = "".join(f"number_{i} = {7919 * i}\n" for i in range(1, 100))


@pytest.fixture
def local_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module of the user's, as any test beside ours may import."""
    module, file = types.ModuleType("a_local_module"), tmp_path / "a_local_module.py"
    file.write_text(CONSTANTS, encoding="utf-8")
    module.__file__ = str(file)
    monkeypatch.setitem(sys.modules, module.__name__, module)


def plans() -> list[str]:
    return [repr(draw(one.strategy, one.count, 3)) for one in suite() if one.strategy is not None]


def test_another_module_changes_no_case(request: pytest.FixtureRequest) -> None:
    """Hypothesis draws constants of the user's modules; here that would give each process cases of its own."""
    before = plans()
    request.getfixturevalue("local_module")
    assert plans() == before


def numbers() -> list[int]:
    """What Hypothesis draws by itself."""
    seen: list[int] = []

    @hypothesis.seed(1)
    @hypothesis.settings(max_examples=500, database=None, phases=[hypothesis.Phase.generate])
    @hypothesis.given(st.integers())
    def collect(number: int) -> None:
        seen.append(number)

    collect()
    return seen


def test_without_that_care_it_would(request: pytest.FixtureRequest) -> None:
    """Which shows that the test above tests something, and that the care is what helps."""
    careless = numbers()
    with alone():
        careful = numbers()
    request.getfixturevalue("local_module")
    with alone():
        assert numbers() == careful
    if numbers() == careless:
        pytest.skip("this Hypothesis draws no constants of modules")


def test_a_shrunken_case_fails_too() -> None:
    """And is simpler than the one it came from."""
    assert shrink(st.integers(0, 1000), lambda n: n >= 7, 991, seed=0, count=10) == 7
