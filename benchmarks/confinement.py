"""What confinement costs: the start of a worker, one question, and a whole submission, against the same in process.

    python benchmarks/confinement.py [--level LEVEL] [--runs N] [SUBMISSION]

Medians; the whole submission is graded in turns, confined and in process, and compared by CPU time, the
workers' included; template, plans and the reference's observations are made once a class, and left out.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch

from harness.contracts.observation import Request
from harness.corpus import open_corpus
from harness.grading.exam import Exam
from harness.grading.grade import judge_submission
from harness.grading.opening import open_submission
from harness.grading.rubric import default_rubric
from harness.grading.suite import suite
from harness.judge.confined import Confined
from harness.judge.limits import Limits
from harness.judge.oracle import Oracle
from harness.judge.workers import MEGABYTE, Workers
from harness.plugins import read
from harness.worker.levels import Level
from harness.worker.rules import FREE

SMALL = """
from harness import hookimpl

@hookimpl
def output_layer(hiddens, params):
    return (hiddens @ params["W_hq"] + params["b_q"]).transpose(0, 1)
"""


def median_of(step: Callable[[], float], runs: int) -> float:
    """The median of what `step` measures, in milliseconds."""
    return 1000 * statistics.median(step() for _ in range(runs))


def timed(step: Callable[[], object]) -> float:
    """Seconds of wall time."""
    began = time.perf_counter()
    step()
    return time.perf_counter() - began


def request(floats: int) -> Request:
    """A question with so many floats in it, and about as many in the answer."""
    hiddens = torch.randn(floats // 8, 1, 8)
    return Request("output_layer", {"hiddens": hiddens, "params": {"W_hq": torch.eye(8), "b_q": torch.zeros(8)}})


def start(workers: Workers, path: Path, spare: bool) -> float:
    """Seconds from asking for a worker to the first answer of a submission in it."""
    line = workers._line(FREE)
    if not spare:
        line.drop_spares()
    else:
        time.sleep(0.05)  # the spare is there
    subject = Confined(read(path), workers, Limits())

    def first_answer() -> None:
        subject.load()
        subject.observe(request(64))

    seconds = timed(first_answer)
    subject.close()
    return seconds


def graded(path: Path, workers: Workers | None) -> float:
    """CPU seconds of one whole submission of a class, over every check: the judge's and its workers'."""
    exam = Exam(suite(), default_rubric(suite()), 0, "cpu", open_corpus(), ORACLE)
    began = time.process_time()
    submission = open_submission(path, None, workers)
    assert submission.subject is not None
    judge_submission(exam, submission)
    return time.process_time() - began + submission.subject.cpu_seconds()


ORACLE = Oracle()


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("submission", nargs="?", default="submissions/class_style", type=Path)
    options.add_argument("--level", default=Level.FULL, type=Level)
    options.add_argument("--runs", type=int, default=5)
    given = options.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder, Workers(given.level) as workers:
        path = Path(folder, "small.py")
        path.write_text(SMALL, encoding="utf-8")
        print(f"isolation {workers.level}")
        start(workers, path, spare=False)
        for spare in (False, True):
            cost = median_of(lambda spare=spare: start(workers, path, spare), 10 * given.runs)
            print(f"{'a spare' if spare else 'a fresh'} worker, to its first answer  {cost:8.2f} ms")
        subject = Confined(read(path), workers, Limits())
        subject.load()
        for floats in (64, 4096, 2**18):
            asked = request(floats)
            cost = median_of(lambda asked=asked: timed(lambda: subject.observe(asked)), 100 * given.runs)
            print(f"one question, {4 * floats / 1024:7.1f} KB each way     {cost:8.3f} ms")
        fork = median_of(lambda: timed(lambda: workers.take(FREE, 512 * MEGABYTE).end()), 10)
        print(f"a worker, taken and ended             {fork:8.2f} ms")
    with Workers(given.level) as workers:
        both = (workers, None)
        for where in both:  # what is made once a class: the template, the plans, the reference's observations
            graded(given.submission, where)
        pairs = [[graded(given.submission, where) for where in both] for _ in range(given.runs)]
    confined, free = (statistics.median(one) for one in zip(*pairs, strict=True))
    ratio = statistics.median(one / other for one, other in pairs)
    print(f"{given.submission}: {confined:.2f} s of CPU confined, {free:.2f} s in process; ratio {ratio:.2f}")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
