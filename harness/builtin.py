"""The built-in units, brought in by the same entry point as anybody else's."""

from __future__ import annotations

from pathlib import Path

from harness.units import Unit, unit_hookimpl

NAMES = ("text", "markov", "sequence", "rnn", "bptt", "gated", "attention", "batching")
HERE = Path(__file__).resolve().parent


def suite_root() -> Path:
    """The folder that holds `tests/` and `submissions/`: the checkout, or, installed from a wheel, a copy."""
    checkout = HERE.parent
    return checkout if (checkout / "tests" / "cases").is_dir() else HERE / "_suite"


def unit(name: str) -> Unit:
    """The built-in unit of that name: one file stem in every layer."""
    tests = suite_root() / "tests"
    return Unit(
        name=name,
        contract=f"harness.contracts.{name}",
        reference=HERE.parent / "reference" / f"{name}.py",
        checks=tests / f"test_{name}.py",
        mutants=tests / "mutants" / f"{name}.py",
    )


@unit_hookimpl
def seqgrade_units() -> list[Unit]:
    """The built-in units, in the order of the course."""
    return [unit(name) for name in NAMES]
