"""Settings: everything but the submission and the check that a verdict may depend on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

import harness
from harness.grading.exam import Exam
from harness.grading.versions import versions
from harness.units import units

DECIDING = ("contracts", "judge", "plugins", "wire", "worker", "plain.py", "limits.py")
"""What of the harness a verdict may depend on: no report, no command line."""


def setting_of(exam: Exam, isolation: str) -> dict[str, Any]:
    """The facts of a setting, for a store to note."""
    return {
        "seed": exam.seed_told,
        "device": exam.device,
        "isolation": isolation,
        "corpus": hashlib.sha256(exam.corpus.text.encode()).hexdigest()[:16],
        "limits": msgspec.to_builtins(exam.rubric.limits),
        "suite": suite_version(),
        "versions": versions(),
        "diagnoses": exam.diagnoser is not None,
        "echo": exam.echo,
    }


def name_of(facts: dict[str, Any]) -> str:
    """A setting's name: the same facts have the same."""
    return hashlib.sha256(msgspec.json.encode(facts, order="sorted")).hexdigest()[:16]


@cache
def suite_version() -> str:
    """A hash of the checks, cases, mutants, references and contracts of every unit, and of the judge: of their names
    and bytes, since they may lie elsewhere on another machine."""
    digest = hashlib.sha256()
    for content in sorted(file.name.encode() + b"\0" + file.read_bytes() + b"\0" for file in set(_files())):
        digest.update(content)
    return digest.hexdigest()[:16]


def _files() -> Iterator[Path]:
    home = Path(harness.__file__).parent
    for name in DECIDING:
        place = home / name
        yield from place.rglob("*.py") if place.is_dir() else [place]
    for unit in units().values():
        yield from (Path(str(unit.module.__file__)), unit.reference, unit.checks, unit.mutants)
        yield from (unit.checks.parent / "cases").glob("*.py")
