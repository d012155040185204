"""Tests of the check suite: every mutant dies at the check that names it, every check kills one."""

from __future__ import annotations

import pytest

from harness.corpus import open_corpus
from harness.grading.suite import suite
from harness.judge.mutant import Mutant, mutants
from harness.judge.oracle import Oracle
from harness.judge.trial import Bench
from harness.judge.verdict import Verdict
from harness.units import components

CHECKS = {one.name: one for one in suite()}


@pytest.fixture(scope="module")
def oracle() -> Oracle:
    return Oracle()


@pytest.mark.parametrize("one", mutants(), ids=lambda one: one.id)
def test_a_mutant_dies_at_the_check_that_names_it(one: Mutant, oracle: Oracle) -> None:
    """The check that a mutant names fails on it, with a message."""
    killer = CHECKS[one.killed_by]
    assert killer.component == one.component
    outcome = killer.judge(Bench(one.subject(), oracle, corpus=open_corpus()))
    assert outcome.verdict not in (Verdict.PASSED, Verdict.NOT_SUBMITTED), f"{one.id} survives {one.killed_by}"
    assert outcome.message


@pytest.mark.slow
@pytest.mark.parametrize("component", components())
def test_a_mutant_dies_under_another_seed_too(component: str, oracle: Oracle) -> None:
    """A kill that hangs on one seed's cases is luck. (`make matrix SEED=…` takes any.)"""
    survivors = []
    for one in (one for one in mutants() if one.component == component):
        outcome = CHECKS[one.killed_by].judge(Bench(one.subject(), oracle, seed=2, corpus=open_corpus()))
        if outcome.verdict is Verdict.PASSED:
            survivors.append(one.id)
    assert not survivors


def test_every_check_kills_a_mutant() -> None:
    """A check that kills nothing is unproven."""
    unproven = set(CHECKS) - {one.killed_by for one in mutants()}
    assert not unproven, f"checks that no mutant names: {sorted(unproven)}"


def test_check_names_are_unique() -> None:
    """Test names alone identify checks, in rubrics and in replays."""
    assert len(CHECKS) == len(suite())


TWELVE = {"vocab", "ngram_model", "rnn_scratch", "lstm_scratch", "gru_scratch", "random_batches", "sequential_batches"}


@pytest.mark.parametrize("component", components())
def test_every_component_has_mutants_enough(component: str) -> None:
    """Six at least; twelve for recurrent cells, backpropagation through time, vocabularies, n-grams and batches."""
    found = [one.name for one in mutants() if one.component == component]
    assert len(found) >= (12 if component in TWELVE or components()[component].unit == "bptt" else 6)
    assert len(set(found)) == len(found)
