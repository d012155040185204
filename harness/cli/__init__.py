"""The command line: `seqgrade list | new | check | train`, `grade | rescore | diff | stats | similar`,
`mutants | doctor | corpus`.

Exit codes: 0 all went well (for `check`: full marks) · 1 points were lost (`check`), or a training broke
off (`train`) · 2 bad usage or input · 3 checks could not run (no such device, or a fault of ours): no score.
"""

from __future__ import annotations

import io
import sys

import click

from harness.cli.check import check
from harness.cli.corpus import corpus
from harness.cli.diff import diff
from harness.cli.doctor import doctor
from harness.cli.grade import grade
from harness.cli.list import list_contracts
from harness.cli.mutants import mutants
from harness.cli.new import new
from harness.cli.rescore import rescore
from harness.cli.similar import similar
from harness.cli.stats import stats
from harness.cli.train import train


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 well (check: full marks), 1 points lost (check) or broken off (train), 2 bad usage or input, "
    "3 no verdict.",
)
@click.version_option(package_name="seqgrade")
def main() -> None:
    """Test and grade implementations of a sequence-modelling course's components."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that lacks a character shows ? for it


main.add_command(list_contracts)
main.add_command(new)
main.add_command(check)
main.add_command(grade)
main.add_command(rescore)
main.add_command(diff)
main.add_command(stats)
main.add_command(similar)
main.add_command(train)
main.add_command(mutants)
main.add_command(doctor)
main.add_command(corpus)
