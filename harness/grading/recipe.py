"""Recipes: what makes an exam anew in another process, or on another machine, as plain data."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from harness.corpus import Corpus
from harness.grading.exam import Exam
from harness.grading.rubric import Rubric
from harness.grading.suite import suite
from harness.judge.oracle import Oracle


@dataclass(frozen=True)
class Recipe:
    """An exam without what every machine has by itself: checks by their ids, no reference, no oracle. The seed is
    written out: a secret one has more bits than numbers have on the way."""

    checks: tuple[str, ...]
    rubric: Rubric
    seed: str
    seed_name: int | str | None
    device: str
    corpus: Corpus
    echo: bool
    diagnosing: bool


def recipe_of(exam: Exam) -> Recipe:
    """The recipe of an exam."""
    return Recipe(
        tuple(one.id for one in exam.checks),
        exam.rubric,
        str(exam.seed),
        exam.seed_name,
        exam.device,
        exam.corpus,
        exam.echo,
        exam.diagnoser is not None,
    )


def exam_of(recipe: Recipe) -> Exam:
    """The exam that a recipe makes of the suite that is installed here. Raises KeyError where that lacks a check."""
    torch.set_num_threads(1)  # more threads than one only fight one another on tensors this small
    known = {one.id: one for one in suite()}
    exam = Exam(
        tuple(known[one] for one in recipe.checks),
        recipe.rubric,
        int(recipe.seed),
        recipe.device,
        recipe.corpus,
        Oracle(),
        recipe.echo,
        seed_name=recipe.seed_name,
    )
    return exam.diagnosing() if recipe.diagnosing else exam
