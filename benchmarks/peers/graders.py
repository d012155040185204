"""The graders: for each how a class is laid out, what commands grade it, and which claims a submission fails by it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from peers import notebooks, source
from peers.work import bare

RUBRIC = 'name = "peers"\n' + "".join(
    f"[components.{component}]\npoints = 3\nonly = {[name for name, of in source.CLAIMS.items() if of == component]}\n"
    for component in ("vocab", "rnn_scratch")
)
FIXTURES = "import pytest\n\nimport submission\n" + "".join(
    f"\n\n@pytest.fixture\ndef {name}():\n    return submission.{name}\n" for name in ("vocab", "rnn_scratch")
)
RUNNER = """
import os
import sys
import unittest

sys.path.insert(0, os.getcwd())

from gradescope_utils.autograder_utils.json_test_runner import JSONTestRunner

if __name__ == "__main__":
    suite = unittest.defaultTestLoader.discover(os.path.join(os.path.dirname(os.path.abspath(__file__)), "tests"))
    with open("results.json", "w") as results:
        JSONTestRunner(visibility="visible", stream=results).run(suite)
"""

Class = dict[str, str]
"""Submissions by name, as seqgrade wants them."""


class Command(NamedTuple):
    """One process of a grader's, and where it runs."""

    arguments: list[str]
    folder: str


class Grader(NamedTuple):
    """A grader: what `pip` calls all that it needs, and three functions. Paths are those of a folder of its own."""

    name: str
    needs: tuple[str, ...]
    prepare: Callable[[Path, Class, str], None]  # folder, class, python
    commands: Callable[[Path, list[str], str], list[Command]]  # folder, names, python
    failed: Callable[[Path, str], set[str]]  # folder, name


def write(path: Path, text: str) -> None:
    """Write a file, and the folders it lies in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def run(arguments: list[str], folder: Path) -> None:
    """Run a command of the preparation. Raises RuntimeError with what it printed, where it fails."""
    around = environment(arguments[0], folder.parent)
    done = subprocess.run(arguments, cwd=folder, env=around, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")


def environment(python: str, home: Path) -> dict[str, str]:
    """What every grader finds around it: its programs, as if activated, one thread, bytecode, a home of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    path = os.pathsep.join([str(Path(python).parent), kept.get("PATH", os.defpath)])
    return {**kept, "PATH": path, "OMP_NUM_THREADS": "1", "HOME": str(home)}


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _a_folder_each(folder: Path, work: Class) -> None:
    for name, text in work.items():
        write(folder / "class" / name / "submission.py", bare(text))


# -- seqgrade --------------------------------------------------------------------------------------------


def prepare_seqgrade(folder: Path, work: Class, python: str) -> None:
    """A class folder of modules, and a rubric of two components."""
    write(folder / "rubric.toml", RUBRIC)
    for name, text in work.items():
        write(folder / "class" / f"{name}.py", text)


def seqgrade_commands(folder: Path, names: list[str], python: str) -> list[Command]:
    """One run for the whole class."""
    files = [f"class/{name}.py" for name in names]
    options = ["--out", "out", "--rubric", "rubric.toml", "--require-isolation", "FULL"]
    return [Command([python, "-m", "harness", "grade", *files, *options], str(folder))]


def bare_commands(folder: Path, names: list[str], python: str) -> list[Command]:
    """The same without diagnoses, which no peer makes."""
    (whole,) = seqgrade_commands(folder, names, python)
    return [whole._replace(arguments=[*whole.arguments, "--no-diagnose"])]


def seqgrade_failed(folder: Path, name: str) -> set[str]:
    """From the records."""
    checks = _json(folder / "out" / name / "grade.json")["checks"]
    return _complete({re.split("[:.]+", one["id"])[-1]: one["verdict"] == "passed" for one in checks})


# -- pytest ----------------------------------------------------------------------------------------------


def prepare_pytest(folder: Path, work: Class, python: str) -> None:
    """The claims as tests; fixtures hand them the functions of the module `submission`."""
    _a_folder_each(folder, work)
    write(folder / "tests" / "test_claims.py", source.TEXT)
    write(folder / "tests" / "conftest.py", FIXTURES)


def pytest_commands(folder: Path, names: list[str], python: str) -> list[Command]:
    """A process for each submission, in its folder: `python -m pytest` finds modules there."""
    return [
        Command(
            [python, "-m", "pytest", "-q", "--rootdir=../../tests", f"--junitxml=../../out/{name}.xml", "../../tests"],
            str(folder / "class" / name),
        )
        for name in names
    ]


def pytest_failed(folder: Path, name: str) -> set[str]:
    """From the JUnit report."""
    return _complete(
        {
            case.attrib["name"]: case.find("failure") is None and case.find("error") is None
            for case in ElementTree.parse(folder / "out" / f"{name}.xml").iter("testcase")
        }
    )


# -- gradescope-utils ------------------------------------------------------------------------------------


def prepare_gradescope(folder: Path, work: Class, python: str) -> None:
    """Its documented layout: run_tests.py, and a TestCase in tests/ with a weight for every test."""
    _a_folder_each(folder, work)
    write(folder / "run_tests.py", RUNNER)
    write(folder / "tests" / "claims.py", source.TEXT)
    write(folder / "tests" / "test_claims.py", source.test_case())


def gradescope_commands(folder: Path, names: list[str], python: str) -> list[Command]:
    """A process for each submission, as each has a container there."""
    return [Command([python, "../../run_tests.py"], str(folder / "class" / name)) for name in names]


def gradescope_failed(folder: Path, name: str) -> set[str]:
    """From the JSON that Gradescope reads."""
    tests = _json(folder / "class" / name / "results.json")["tests"]
    return _complete({one["name"].split(" ")[0]: one["status"] == "passed" for one in tests})


# -- otter-grader ----------------------------------------------------------------------------------------


def prepare_otter(folder: Path, work: Class, python: str) -> None:
    """Notebooks, and an autograder.zip of one test file with a test case for every claim."""
    for name, text in work.items():
        write(folder / "class" / name / "work.ipynb", notebooks.notebook([notebooks.code("work", bare(text))]))
    write(folder / "tests" / "claims.py", source.test_cases())
    run([python, "-m", "otter", "generate", "-t", "tests", "-o", "autograder.zip"], folder)


def otter_commands(folder: Path, names: list[str], python: str) -> list[Command]:
    """`otter run` for each submission: what `otter grade` runs in a container each."""
    shared = [python, "-m", "otter", "run", "--no-logo", "-a", "autograder.zip"]
    return [Command([*shared, "-o", f"class/{name}", f"class/{name}/work.ipynb"], str(folder)) for name in names]


def otter_failed(folder: Path, name: str) -> set[str]:
    """From results.json: full points, or an output that names the test cases and says how each went."""
    (test,) = (one for one in _json(folder / "class" / name / "results.json")["tests"] if "max_score" in one)
    if test["score"] == test["max_score"] == len(source.CLAIMS):
        return set()
    return _complete(
        {name: "passed" in said for name, said in re.findall(r"(test_\w+) result:\s*(.*)", test["output"])}
    )


# -- nbgrader --------------------------------------------------------------------------------------------


def prepare_nbgrader(folder: Path, work: Class, python: str) -> None:
    """A course with one assignment, a graded cell for every claim, and notebooks handed in for it."""
    solution = "### BEGIN SOLUTION\nvocab = rnn_scratch = None\n### END SOLUTION\n"
    write(folder / "nbgrader_config.py", notebooks.CONFIG)
    write(folder / "source" / "peers" / "peers.ipynb", notebooks.assignment(solution))
    run([python, "-m", "nbgrader", "generate_assignment", "peers"], folder)
    for name, text in work.items():
        write(folder / "submitted" / name / "peers" / "peers.ipynb", notebooks.assignment(bare(text)))


def nbgrader_commands(folder: Path, names: list[str], python: str) -> list[Command]:
    """One run for the whole class, a kernel for each submission."""
    students = names[0] if len(names) == 1 else "*"
    return [Command([python, "-m", "nbgrader", "autograde", "peers", f"--student={students}"], str(folder))]


def nbgrader_failed(folder: Path, name: str) -> set[str]:
    """From the autograded notebook: a cell that raised earns nothing."""
    return _complete(notebooks.graded(_json(folder / "out" / name / "peers" / "peers.ipynb")))


# -- shared ----------------------------------------------------------------------------------------------


def _complete(passed: dict[str, bool]) -> set[str]:
    """The claims that failed. Raises RuntimeError unless every claim was judged."""
    if set(passed) != set(source.CLAIMS):
        raise RuntimeError(f"not judged: {sorted(set(source.CLAIMS) ^ set(passed))}")
    return {name for name, good in passed.items() if not good}


def clean(folder: Path) -> None:
    """Forget what an earlier run wrote."""
    for path in [*folder.glob("out/*"), *folder.glob("class/*/results.json")]:
        shutil.rmtree(path) if path.is_dir() else path.unlink()


BARE = Grader("no diagnoses", (), prepare_seqgrade, bare_commands, seqgrade_failed)
OURS = Grader("seqgrade", (), prepare_seqgrade, seqgrade_commands, seqgrade_failed)
PEERS = [
    Grader("pytest", ("pytest", "torch"), prepare_pytest, pytest_commands, pytest_failed),
    Grader(
        "gradescope-utils", ("gradescope-utils", "torch"), prepare_gradescope, gradescope_commands, gradescope_failed
    ),
    Grader("otter-grader", ("otter-grader", "torch"), prepare_otter, otter_commands, otter_failed),
    Grader("nbgrader", ("nbgrader", "torch"), prepare_nbgrader, nbgrader_commands, nbgrader_failed),
]
