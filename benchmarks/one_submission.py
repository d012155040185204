"""Where the time of grading one submission goes: CPU seconds by stage, medians over several fresh processes.

    python benchmarks/one_submission.py [PATH] [--runs 5]

Stages: importing torch, importing the harness, loading the suite, drawing the plans, the oracle's observations,
the submission (its own observations and the comparisons). These machines are noisy: quote medians and shares.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path


def stages(path: Path) -> dict[str, float]:
    """CPU seconds of each stage, in this process."""
    clock = [time.process_time()]
    taken: dict[str, float] = {}

    def lap(name: str) -> None:
        now = time.process_time()
        taken[name] = now - clock[0]
        clock[0] = now

    import torch

    lap("import torch")
    from harness.corpus import open_corpus
    from harness.grading.exam import Exam
    from harness.grading.grade import judge_submission
    from harness.grading.opening import open_submission
    from harness.grading.rubric import default_rubric
    from harness.grading.suite import suite
    from harness.judge.oracle import Oracle, ReferenceSubject
    from harness.units import components

    torch.set_num_threads(1)
    lap("import harness")
    exam = Exam(suite(), default_rubric(suite()), 0, "cpu", open_corpus(), Oracle())
    lap("load suite")
    for one in exam.checks:
        one.plan(exam.seed)
    lap("draw plans")
    bench = exam.bench(ReferenceSubject(exam.oracle))
    for one in exam.checks:
        one.judge(bench)
    whole = time.process_time() - clock[0]
    lap("oracle and first judging")
    record = judge_submission(exam, open_submission(path))
    lap("judge again, oracle warm")
    taken["oracle (difference)"] = whole - taken["judge again, oracle warm"]
    taken["total for one submission"] = sum(
        taken[name]
        for name in ("import torch", "import harness", "load suite", "draw plans", "oracle and first judging")
    )
    slow: dict[str, float] = {}
    for one in record.checks:
        unit = components()[one.component].unit
        slow[unit] = slow.get(unit, 0.0) + one.seconds
    taken.update({f"unit {name}": seconds for name, seconds in slow.items()})
    return taken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", nargs="?", type=Path, default=Path("submissions/class_style"))
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--once", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.once:
        print(json.dumps(stages(given.path)))
        return
    command = [sys.executable, __file__, str(given.path), "--once"]
    seen = [
        json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[-1])
        for _ in range(given.runs)
    ]
    for name in seen[0]:
        values = [one[name] for one in seen]
        print(f"{name:<26} {statistics.median(values):7.2f} s   ({min(values):.2f} to {max(values):.2f})")


if __name__ == "__main__":
    main()
