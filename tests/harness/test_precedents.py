"""Precedents: the same answers end in the same ruling without being judged again, and no other answers do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.contracts.observation import Observation, Request
from harness.judge import precedents as module
from harness.judge.precedents import Precedents
from harness.judge.subject import EndedError, InProcess, Memory, Question, Subject
from harness.judge.verdict import Failure, Verdict
from harness.plugins import load
from harness.wire import decode

from .exams import exam, written

FIRST, SECOND, OTHER = "first", "second", "other"


class Scripted(InProcess):
    """A subject that answers each text by a table, and notes what it was asked."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self._answers, self.asked, self._memory = answers, list[str](), Memory()

    def _seen(self, component: Any, arrived: Any, ask: Any) -> Observation:
        text = arrived["arguments"]["text"]
        self.asked.append(text)
        answer = self._answers[text]
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, Observation) else Observation(answer)


class Body:
    """A check's body: it asks FIRST, then what that says, and fails where the second answer is bad."""

    def __init__(self) -> None:
        self.runs = 0

    def __call__(self, subject: Subject) -> Failure | None:
        self.runs += 1
        try:
            following = said(subject, FIRST)
            last = said(subject, following) if following else None
        except EndedError as ended:
            return Failure(str(ended), verdict=ended.verdict)
        return Failure(f"{last} is bad", "because", hint="look") if last == "bad" else None


def said(subject: Subject, text: str) -> Any:
    return subject.observe(Request("preprocess", {"text": text}, cpu_seconds=1.0)).result


def judged(answers: dict[str, Any], known: Precedents, body: Callable[[Subject], Failure | None]) -> tuple[Any, Any]:
    subject = Scripted(answers)
    failure = known.judge("key", subject, body)
    return failure and failure.message, subject.asked


def test_the_same_answers_are_judged_once() -> None:
    """The second submission is asked the same, and the body does not run."""
    known, body = Precedents(), Body()
    for _ in range(3):
        assert judged({FIRST: SECOND, SECOND: "good"}, known, body) == (None, [FIRST, SECOND])
    assert body.runs == 1


def test_the_same_wrong_answers_fail_alike() -> None:
    """With the message, the details and the hint."""
    known, body = Precedents(), Body()
    found = [known.judge("key", Scripted({FIRST: SECOND, SECOND: "bad"}), body) for _ in range(2)]
    assert body.runs == 1
    assert [(one.message, one.hint, one.verdict) for one in found if one] == [
        ("bad is bad\n  because", "look", Verdict.FAILED)
    ] * 2


@pytest.mark.parametrize("new", [{FIRST: SECOND, SECOND: "bad"}, {FIRST: OTHER, OTHER: "bad"}])
def test_a_new_answer_is_judged(new: dict[str, Any]) -> None:
    """After any number of known ones; nothing is asked twice."""
    known, body = Precedents(), Body()
    judged({FIRST: SECOND, SECOND: "good"}, known, body)
    assert judged(new, known, body) == ("bad is bad\n  because", list(new))
    assert body.runs == 2
    assert judged({FIRST: SECOND, SECOND: "good"}, known, body) == (None, [FIRST, SECOND])
    assert body.runs == 2


def test_what_else_an_answer_tells_is_part_of_it() -> None:
    """The same result with something printed is another answer."""
    known, body = Precedents(), Body()
    judged({FIRST: None}, known, body)
    judged({FIRST: Observation(None, output="hello")}, known, body)
    assert body.runs == 2


def test_one_that_ends_is_no_precedent() -> None:
    """Wherever it ends, also on a path that is known; nothing is asked twice."""
    known, body = Precedents(), Body()
    ended = {FIRST: SECOND, SECOND: EndedError(Verdict.CRASHED, "it died")}
    for runs in (1, 2):
        assert judged(ended, known, body) == ("it died", [FIRST, SECOND])
        assert body.runs == runs
    judged({FIRST: SECOND, SECOND: "good"}, known, body)
    assert judged(ended, known, body) == ("it died", [FIRST, SECOND])
    assert body.runs == 4


def test_one_that_runs_out_of_time_is_no_precedent() -> None:
    """Time is this machine's doing too."""
    known, body = Precedents(), Body()
    for _ in range(2):
        judged({FIRST: Observation(None, out_of_time=1.0)}, known, body)
    assert body.runs == 2


def test_keys_are_kept_apart() -> None:
    """What is known of one check says nothing of another."""
    known, body = Precedents(), Body()
    for key in ("one", "other"):
        known.judge(key, Scripted({FIRST: None}), body)
    assert body.runs == 2


def test_a_body_that_asks_otherwise_is_a_fault_of_ours() -> None:
    """A check that is no function of the answers has no precedents; it is told, not covered up."""
    known, texts = Precedents(), iter([FIRST, OTHER])
    answers = {FIRST: SECOND, OTHER: SECOND, SECOND: "bad"}
    judged({FIRST: "good"}, known, lambda subject: said(subject, next(texts)) and None)
    with pytest.raises(RuntimeError, match="other questions than before"):
        judged(answers, known, lambda subject: said(subject, next(texts)) and None)


def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """From the limit on all is judged as if there were no precedents."""
    monkeypatch.setattr(module, "MOST_BYTES", 0)
    known, body = Precedents(), Body()
    for _ in range(2):
        assert judged({FIRST: SECOND, SECOND: "bad"}, known, body)[0] == "bad is bad\n  because"
    assert body.runs == 2
    assert not known._roots


COUNTING = """
calls = 0

@hookimpl
def preprocess(text):
    global calls
    calls += 1
    text = "".join(c if c.isascii() and c.isalpha() else " " for c in text).lower()
    while "  " in text:
        text = text.replace("  ", " ")
    return text if calls < 40 else "?"
"""


def test_a_submission_that_counts_is_asked_as_often_as_ever(tmp_path: Path) -> None:
    """Right at first and wrong later, it fails where it would without precedents."""
    sitting, found = exam(component="preprocess"), []
    for _ in range(2):  # the second time every answer but the last ones has been heard
        plugin = load(written(tmp_path, COUNTING))
        outcomes = [one.judge(sitting.bench(InProcess(plugin))) for one in sitting.checks]
        found.append([(one.verdict, one.message) for one in outcomes])
    assert found[0] == found[1]
    assert {verdict for verdict, _ in found[0]} == {Verdict.PASSED, Verdict.FAILED}


def test_a_question_is_the_request_and_its_budget() -> None:
    """And nothing that differs from one submission to the next."""
    request = Request("preprocess", {"text": "a"}, cpu_seconds=2.0)
    question = Question.of(request)
    assert question == Question.of(request)
    assert decode(question.frame) == {"kind": "observe", "request": request.plain()}
    assert question.cpu_seconds == 2.0
