"""`seqgrade doctor`: versions, devices, the corpus, and what this machine offers."""

from __future__ import annotations

import os
import platform
import sys

import click
import torch

from harness.cli.options import friendly
from harness.corpus import CorpusError, open_corpus
from harness.grading.isolation import said, workers_for
from harness.grading.suite import suite
from harness.grading.versions import versions
from harness.reports.console import console
from harness.units import components, units


@click.command()
@click.option("--corpus", metavar="PATH", help="The book's timemachine.txt.")
@friendly
def doctor(corpus: str | None) -> None:
    """Show what a bug report needs: versions, devices, corpus, isolation. Exits with 2 if something is amiss."""
    lines = dict(versions())
    lines["platform"] = f"{platform.system()} {platform.release()} {platform.machine()}, {os.cpu_count()} cores"
    lines["executable"] = sys.executable
    lines["units"] = ", ".join(units())
    lines["suite"] = f"{len(components())} components, {len(suite())} checks"
    lines["cuda"] = _cuda()
    with workers_for("cpu", False, None) as workers:
        lines["isolation"] = said(workers).removeprefix("isolation ")
    problem = None
    try:
        found = open_corpus(corpus)
        golden = "verified" if found.golden else "no timemachine.txt at hand; `seqgrade corpus` fetches it"
        lines["corpus"] = f"{found.origin} ({golden})"
    except CorpusError as error:
        lines["corpus"] = problem = str(error)
    out = console()
    for name, text in lines.items():
        out.print(f"{name:<12} {text}", markup=False)
    if problem:
        raise SystemExit(2)


def _cuda() -> str:
    if not torch.cuda.is_available():
        built = f"for CUDA {torch.version.cuda}" if torch.version.cuda else "without CUDA"
        return f"no device (torch built {built}); --device cuda gives the verdict not_run"
    names = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
    return f"{', '.join(names)} (torch built for CUDA {torch.version.cuda})"
