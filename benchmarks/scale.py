"""What a class costs: CPU a submission beside the submissions' own compute, and how time and memory grow with it.

    python benchmarks/scale.py [--sizes 20 200] [--jobs 2] [--only UNIT ...] [--sample 10]

The class is dealt from the right work of `tests/right`: each submission is a package with a file a unit, each in a
style drawn for it, and three in ten files have a bug of `tests/rewritten`. Its own compute is the CPU time that its
hooks, and the gradients through them, take in the checks, measured in one process on a sample. CPU is that of
`seqgrade grade`, a fresh run, all processes; memory is the resident set of the largest.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.table import Table

from harness.builtin import NAMES
from harness.cli.options import build_exam
from harness.contracts import observing
from harness.grading.grade import judge_submission
from harness.grading.opening import open_submission
from harness.grading.seed import seed_of
from harness.judge.modules import import_beside
from harness.units import components, units

ROOT = Path(__file__).resolve().parents[1]
CLOCK = Path(__file__).parent / "peers" / "clock.py"
BUGGY = 0.3


def deal(folder: Path, size: int, names: list[str], seed: int = 0) -> list[Path]:
    """Write a class of so many packages."""
    draw, twins = random.Random(seed), import_beside(ROOT / "tests" / "rewritten" / "rewriting.py").all_rewritten()
    bugs = {name: [one for one in twins if components()[one.original.component].unit == name] for name in names}
    made = []
    for index in range(size):
        place = folder / f"s{index:04}"
        place.mkdir(parents=True)
        for name in names:
            if draw.random() < BUGGY and bugs[name]:
                (_, content), *_ = draw.choice(bugs[name]).source().modules.values()
            else:
                styles = sorted((ROOT / "tests" / "right" / name).glob("*.py"))
                content = draw.choice(styles).read_bytes()
            (place / f"{name}.py").write_bytes(content)
        imports = "".join(f"from . import {name}\n" for name in names)
        (place / "__init__.py").write_text(f'"""Submission {index}."""\n\n{imports}', encoding="utf-8")
        made.append(place)
    return made


def rubric(folder: Path, names: list[str]) -> Path:
    """A rubric of those units."""
    points = {item.name: item.points for name in names for item in units()[name].components.values()}
    lines = "".join(f"{name} = {worth:g}\n" for name, worth in points.items())
    file = folder / "rubric.toml"
    file.write_text(f'name = "scale"\n\n[components]\n{lines}', encoding="utf-8")
    return file


@contextmanager
def listening() -> Iterator[list[float]]:
    """The CPU seconds of every hook's call, and of every gradient through one."""
    heard: list[float] = []

    def timed(function: Any) -> Any:
        def call(*given: Any) -> Any:
            began = time.process_time()
            try:
                return function(*given)
            finally:
                heard.append(time.process_time() - began)

        return call

    observers = {name: item.observer for name, item in components().items()}
    products = observing.vector_jacobian_products
    for item in components().values():
        object.__setattr__(item, "observer", timed(item.observer))
    observing.vector_jacobian_products = timed(products)
    try:
        yield heard
    finally:
        observing.vector_jacobian_products = products
        for name, item in components().items():
            object.__setattr__(item, "observer", observers[name])


def own_compute(paths: list[Path], file: Path) -> float:
    """CPU seconds that a submission's hooks take, on average."""
    exam = replace(build_exam(seed_of("0"), "cpu", file, None), diagnoser=None)
    exam.rehearse(exam.checks)
    with listening() as heard:
        before = len(heard)
        for path in paths:
            judge_submission(exam, open_submission(path))
    return sum(heard[before:]) / len(paths)


def graded(folder: Path, paths: list[Path], file: Path, jobs: int) -> dict[str, float]:
    """Grade those submissions in one run: wall and CPU seconds, MB."""
    out = folder / f"out{len(paths)}"
    command = [sys.executable, "-m", "harness", "grade", *map(str, paths), "--out", str(out), "--rubric", str(file)]
    around = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    spec = {"commands": [[[*command, "--jobs", str(jobs)], str(folder)]], "env": around, "log": str(folder / "log")}
    done = subprocess.run([sys.executable, CLOCK, json.dumps(spec)], stdout=subprocess.PIPE, text=True, check=True)
    missing = [path.name for path in paths if not (out / path.name / "grade.json").exists()]
    if missing:
        log = (folder / "log").read_text(encoding="utf-8", errors="replace")[-4000:]
        raise RuntimeError(f"no record of {', '.join(missing)}\n{log}")
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[20, 200])
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", nargs="+", choices=NAMES, default=list(NAMES), metavar="UNIT")
    parser.add_argument("--sample", type=int, default=10)
    given = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        paths, file = deal(folder / "class", max(given.sizes), given.only), rubric(folder, given.only)
        own = own_compute(paths[: given.sample], file)
        table = Table(
            title=f"own compute {own:.2f} s a submission; 1.5 × that + 0.2 s: {1.5 * own + 0.2:.2f} s", box=None
        )
        for name in ("submissions", "wall", "CPU", "CPU each", "× own", "MB"):
            table.add_column(name, justify="right")
        for size in given.sizes:
            cost = graded(folder, paths[:size], file, given.jobs)
            each = cost["cpu"] / size
            figures = f"{cost['wall']:.1f} {cost['cpu']:.1f} {each:.3f} {each / own:.2f} {cost['memory']:.0f}"
            table.add_row(str(size), *figures.split())
        Console(highlight=False, soft_wrap=True).print(table)


if __name__ == "__main__":
    main()
