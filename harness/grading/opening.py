"""Opening submissions: reading and loading one, confined or not. What keeps it from loading becomes part of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from harness.judge.limits import Limits
from harness.judge.subject import EndedError, InfrastructureError, InProcess, Subject
from harness.judge.verdict import Verdict
from harness.plugins import LoadError, Source, load_source, read
from harness.worker.levels import IN_PROCESS

if TYPE_CHECKING:
    from harness.judge.workers import Workers


@dataclass(frozen=True)
class Submission:
    """A submission that may or may not have loaded; `error` says why it did not, `verdict` what that earns."""

    name: str
    path: Path
    source: Source | None
    subject: Subject | None
    error: str | None = None
    problems: tuple[str, ...] = ()
    verdict: Verdict = Verdict.ERROR
    isolation: str = IN_PROCESS


def open_submission(
    path: Path, name: str | None = None, workers: Workers | None = None, limits: Limits | None = None
) -> Submission:
    """Load a submission, confined where there are workers, else in this very process. What keeps it from loading
    becomes part of it, never an exception."""
    try:
        source = read(path)
    except LoadError as error:
        isolation = _level(workers)
        return Submission(name or path.stem, path, None, None, str(error), isolation=isolation)
    return open_source(source, name, workers, limits)


def _level(workers: Workers | None) -> str:
    """The level of confinement; "" where the template cannot even say so."""
    try:
        return workers.level.value if workers else IN_PROCESS
    except InfrastructureError:
        return ""


def open_source(
    source: Source, name: str | None = None, workers: Workers | None = None, limits: Limits | None = None
) -> Submission:
    """`open_submission`, of one that has been read."""
    path = source.path
    opened = Submission(name or source.name, path, source, None, isolation=_level(workers))
    try:
        if workers is None:
            plugin = load_source(source)
            return replace(opened, subject=InProcess(plugin), problems=tuple(map(str, plugin.problems)))
        from harness.judge.confined import Confined  # not on every system

        subject = Confined(source, workers, limits or Limits())
        loaded = subject.load()
    except LoadError as error:
        return replace(opened, error=str(error))
    except EndedError as ended:
        return replace(opened, error=f"{path}: {ended.headline}", verdict=ended.verdict)
    except InfrastructureError as error:
        return replace(opened, error=f"not run: {error}", verdict=Verdict.NOT_RUN)
    if loaded.error is not None:
        subject.close()
        return replace(opened, error=loaded.error)
    return replace(opened, subject=subject, problems=tuple(map(str, loaded.problems)))
