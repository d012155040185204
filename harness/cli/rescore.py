"""`seqgrade rescore`: another rubric for what was graded, without running student code."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from harness.cli.options import feedback_option, friendly
from harness.grading.attempts import last_attempt
from harness.grading.record import Record, record_path, write_record
from harness.grading.rubric import read_rubric
from harness.grading.scoring import rescored
from harness.grading.store import Store
from harness.grading.suite import suite
from harness.reports.console import console
from harness.reports.feedback import Feedback
from harness.reports.student import write_feedback
from harness.reports.summary import print_summary


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False), metavar="DIR")
@click.option("--rubric", required=True, type=click.Path(path_type=Path), metavar="FILE", help="Points, in TOML.")
@feedback_option
@friendly
def rescore(folder: Path, rubric: Path, feedback: str) -> None:
    """Weigh the verdicts of DIR's last attempt anew, write its records and print the table.

    It becomes an attempt of its own: `seqgrade diff DIR` shows what it did to each score.
    """
    points = read_rubric(rubric, suite())
    with Store(folder) as store:
        before = last_attempt(store, folder)
        records = [rescored(msgspec.json.decode(told, type=Record), points) for told in before.records.values()]
        number = store.begin(before.setting, msgspec.json.encode(points).decode())
        for record in records:
            store.enter(number, record.submission, record.sha256, msgspec.json.encode(record).decode())
            place = record_path(folder, record.submission, record.device)
            write_record(record, place)
            write_feedback(record, place, Feedback(feedback))
    print_summary(console(), records, folder)
