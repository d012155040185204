"""Tests of the sample submissions: what each gets, and for what."""

from __future__ import annotations

import re

import pytest

from harness.builtin import NAMES
from harness.grading.grade import judge_submission
from harness.grading.opening import open_submission
from harness.grading.record import Record
from harness.grading.suite import suite
from harness.units import components

from .exams import ROOT, exam, graded

WHOLE = 110.0
BUILT_IN = exam().only(tuple(one for one in suite() if components()[one.component].unit in NAMES))
SAMPLES: dict[str, tuple[float, set[str]]] = {
    "class_style": (110.0, set()),
    "textbook": (110.0, set()),
    "template": (0.0, set()),
    "unfinished.py": (6.0, set()),
    "mistakes_text.py": (5.2424, {"preprocess", "tokenize", "vocab", "ngram_counts"}),
    "mistakes_markov.py": (7.2709, {"most_likely_sequence", "ngram_model", "perplexity"}),
    "mistakes_sequence.py": (
        5.7293,
        {
            "autoregressive_windows",
            "fit_autoregression",
            "multistep_predictions",
            "random_batches",
            "sequential_batches",
        },
    ),
    "mistakes_recurrent.py": (
        10.6376,
        {"rnn_scratch", "lstm_scratch", "gru_scratch", "clip_gradients", "linear_rnn_gradients"},
    ),
    "mistakes_attention.py": (
        6.0566,
        {
            "masked_softmax",
            "dot_product_attention",
            "multi_head_attention",
            "causal_self_attention",
            "positional_encoding",
        },
    ),
    "mistakes_batching.py": (
        5.2684,
        {"encode_pair", "bucket_batches", "collate_pairs", "packed_outputs", "many_to_one", "greedy_decode"},
    ),
    "refused_hooks.py": (1.0, {"vocab", "build_corpus", "ngram_counts", "zipf_exponent", "perplexity"}),
}


def lost(record: Record) -> set[str]:
    """Submitted components that did not get all of their points."""
    return {name for name, item in record.components.items() if item.status == "graded" and item.score < item.max_score}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_loses_points_where_it_is_wrong_and_nowhere_else(name: str) -> None:
    """The total, and the components that lose points."""
    score, wrong = SAMPLES[name]
    record = judge_submission(BUILT_IN, open_submission(ROOT / "submissions" / name))
    assert lost(record) == wrong
    assert record.score == pytest.approx(score, abs=1e-3)
    assert record.max_score == WHOLE


def test_the_broken_sample_says_where_it_is_broken() -> None:
    """A syntax error: no points, and Python's own words."""
    record = graded(ROOT / "submissions" / "broken_syntax.py")
    assert record.score == 0
    assert record.error is not None
    assert "broken_syntax.py" in record.error
    assert "line 7" in record.error
    assert "SyntaxError: expected ':'" in record.error


def test_every_sample_is_pinned() -> None:
    """A new sample needs its line above."""
    found = {path.name for path in (ROOT / "submissions").iterdir() if not path.name.startswith(("_", "."))}
    assert found == {*SAMPLES, "broken_syntax.py", "published"}


ROW = re.compile(r"\| `(\w+)` \| (.+) \| (.+) \| `(test_\w+)` \|")


@pytest.fixture(scope="module")
def published() -> Record:
    """The book's own code, with diagnoses."""
    return judge_submission(BUILT_IN.diagnosing(), open_submission(ROOT / "submissions" / "published"))


def test_the_books_own_code_keeps_its_score(published: Record) -> None:
    """The total, but for `random_batches`, where the draw decides which checks see the fault."""
    assert published.score is not None
    assert published.score - published.components["random_batches"].score == pytest.approx(18.7982, abs=1e-3)
    assert published.max_score == WHOLE


def test_the_readme_tells_what_the_books_own_code_is_told(published: Record) -> None:
    """Each row of the table: the component, the diagnosis or message, and the first check that fails."""
    section = (ROOT / "README.md").read_text(encoding="utf-8").partition("## The book's own code")[2]
    rows = {name: (told, check) for name, _, told, check in ROW.findall(section)}
    assert set(rows) == lost(published)
    for name, (told, check) in rows.items():
        first = next(one for one in published.checks if one.component == name and one.verdict != "passed")
        said = first.diagnosis or first.message.splitlines()[0].removeprefix(f"{name}: ")
        assert re.fullmatch(".+".join(map(re.escape, told.split("…"))), said), name
        assert first.id.endswith(f"::{check}"), name
