"""Kinds: which rule a worker obeys, and how it comes into force."""

from __future__ import annotations

from pathlib import Path

from harness.contracts.component import NO_AUTOGRAD, NO_RECURRENT_KERNELS
from harness.worker.rules.autograd import forbid_autograd
from harness.worker.rules.recurrent import forbid_recurrent_kernels

FREE = "free"
KINDS = (FREE, NO_RECURRENT_KERNELS, NO_AUTOGRAD)


def kind_of(rules: frozenset[str]) -> str:
    """The kind of worker in which a component of these rules is observed. Raises ValueError for two rules at once."""
    if len(rules) > 1 or not rules <= set(KINDS):
        raise ValueError(f"no kind of worker enforces {', '.join(sorted(rules))}")
    return next(iter(rules), FREE)


def enforce(kind: str) -> list[Path]:
    """Apply a kind's rule to this process, for good, and give the files that it forbids to read besides.

    Raises RuntimeError where this torch does not obey the rule.
    """
    if kind == NO_RECURRENT_KERNELS:
        return forbid_recurrent_kernels()
    if kind == NO_AUTOGRAD:
        forbid_autograd()
    return []
