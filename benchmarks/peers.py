"""What seqgrade costs beside other graders: the same assignment, submissions and claims, graded by each, in turns.

    python -m venv peers-env
    peers-env/bin/pip install otter-grader nbgrader gradescope-utils pytest torch==2.13.0
    python benchmarks/peers.py [--python peers-env/bin/python] [--submissions 20] [--runs 3] [--only NAME]

The peers live in that environment of their own, and one that is not installed is left out. Each grades vocab and the
forward of rnn_scratch by ten claims of seqgrade's checks: seqgrade over all of its drawn cases and fully confined, the
peers by a few asserts a claim (benchmarks/peers/claims.py) and unconfined, one submission after another. seqgrade and
nbgrader grade the class in one command; pytest, gradescope-utils and otter (`otter run`) have a process a submission.
They compare by torch.allclose, or with --assert-close by torch.testing.assert_close, as torch's documentation says
to: its first use takes a process 0.6 s. seqgrade grades once as it does, and once without looking for the known mistake
behind each failure, which no peer does.

CPU is user and system time of the whole process tree. All run with one thread and may write bytecode, and each is
warmed up by one submission. Medians; ratios are medians of the ratios within a run. The end says whether all
graders agree on who passes; it exits with 1 where they do not.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from peers import source
from peers.graders import BARE, OURS, PEERS, Class, Grader, clean, environment
from peers.work import dealt
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parent.parent
CLOCK = Path(__file__).parent / "peers" / "clock.py"
VERSIONS = "import sys; from importlib.metadata import version; print(*map(version, sys.argv[1:]))"
PIP = "otter-grader nbgrader gradescope-utils pytest torch==2.13.0"


class Cost(NamedTuple):
    """Seconds, and MB of the largest process."""

    wall: float
    cpu: float
    memory: float


def interpreter(grader: Grader, python: Path) -> str:
    """Ours is this one."""
    return sys.executable if grader in (OURS, BARE) else str(python)


def version_of(grader: Grader, python: Path) -> str | None:
    """The version installed; None where something that the grader needs is missing."""
    if grader in (OURS, BARE):
        return "this checkout"
    try:
        asked = subprocess.run(
            [python, "-I", "-c", VERSIONS, *grader.needs], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return asked.stdout.split()[0]


def timed(grader: Grader, folder: Path, names: list[str], python: Path) -> Cost:
    """Grade those submissions once. Raises RuntimeError with the end of the log, where one has no verdict."""
    clean(folder)
    chosen = interpreter(grader, python)
    around = environment(chosen, folder.parent) | ({"PYTHONPATH": str(ROOT)} if grader in (OURS, BARE) else {})
    spec = {"commands": grader.commands(folder, names, chosen), "env": around, "log": str(folder / "log")}
    done = subprocess.run([sys.executable, CLOCK, json.dumps(spec)], stdout=subprocess.PIPE, text=True, check=True)
    try:
        for name in names:
            grader.failed(folder, name)
    except (OSError, ValueError, RuntimeError) as error:
        log = (folder / "log").read_text(encoding="utf-8", errors="replace")[-4000:]
        raise RuntimeError(f"{grader.name} did not grade: {error}\n{log}") from error
    return Cost(**json.loads(done.stdout))


def measured(graders: list[Grader], work: Class, runs: int, python: Path, home: Path) -> dict[str, list[Cost]]:
    """The costs of every grader, run by run, in turns and there and back again; warmed up by one submission."""
    for grader in graders:
        (home / grader.name).mkdir()
        grader.prepare(home / grader.name, work, interpreter(grader, python))
        timed(grader, home / grader.name, list(work)[:1], python)
    costs: dict[str, list[Cost]] = {grader.name: [] for grader in graders}
    for run in range(runs):
        for grader in graders[:: -1 if run % 2 else 1]:
            costs[grader.name].append(timed(grader, home / grader.name, list(work), python))
    return costs


def table(costs: dict[str, list[Cost]], versions: dict[str, str | None], passed: dict[str, int], size: int) -> Table:
    """One row a grader: medians, and ratios to ours without diagnoses, which no peer makes."""
    made = Table(
        title=f"{size} submissions, seconds, median of {len(costs[OURS.name])}", box=None, title_justify="left"
    )
    made.add_column("grader")
    made.add_column("version")
    for name in ("pass", "wall", "CPU", "CPU each", "wall ×", "CPU ×"):
        made.add_column(name, justify="right")
    for name, seen in costs.items():
        wall, cpu = (statistics.median(one) for one in list(zip(*seen, strict=True))[:2])
        pairs = list(zip(seen, costs[BARE.name], strict=True))
        ratios = [statistics.median(one[i] / ours[i] for one, ours in pairs) for i in range(2)]
        figures = [f"{wall:.2f}", f"{cpu:.2f}", f"{cpu / size:.3f}", *(f"{ratio:.2f}" for ratio in ratios)]
        made.add_row(name, versions[name], str(passed[name]), *figures)
    return made


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", type=Path, default=Path("peers-env/bin/python"), help="the peers' interpreter")
    parser.add_argument("--submissions", type=int, default=20)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", action="append", choices=[one.name for one in PEERS], help="may be repeated")
    parser.add_argument("--assert-close", action="store_true", help="peers compare by torch.testing.assert_close")
    given = parser.parse_args()
    if min(given.submissions, given.runs) < 1:
        parser.error("--submissions and --runs must be at least 1")
    return given


def main() -> None:
    given, console = arguments(), Console(highlight=False, soft_wrap=True)
    if given.assert_close:
        source.use_assert_close()
    python = given.python.absolute()  # not resolved: an environment's interpreter is a link
    wanted = [OURS, BARE, *(one for one in PEERS if not given.only or one.name in given.only)]
    versions = {one.name: version_of(one, python) for one in wanted}
    for name in [name for name, version in versions.items() if version is None]:
        console.print(f"{name} is missing in {given.python}: {given.python.parent}/pip install {PIP}")
    graders, work = [one for one in wanted if versions[one.name]], dealt(given.submissions)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        costs = measured(graders, work, given.runs, python, home)
        failed = {one.name: {name: one.failed(home / one.name, name) for name in work} for one in graders}
    passed = {name: sum(not claims for claims in seen.values()) for name, seen in failed.items()}
    console.print(table(costs, versions, passed, len(work)))
    ours = failed.pop(OURS.name)
    apart = [f"{name} of {peer}" for peer in failed for name in work if bool(failed[peer][name]) != bool(ours[name])]
    alike = all(seen == ours for seen in failed.values())
    claims = f"and on each of the {len(source.CLAIMS)} claims" if alike else "but not on every claim"
    if failed:
        console.print(f"disagree: {', '.join(apart)}" if apart else f"all agree on who passes, {claims}")
    sys.exit(bool(apart))


if __name__ == "__main__":
    main()
