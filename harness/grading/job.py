"""Jobs: what is to be trained, on which text, by what recipe, and from which checkpoint on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from harness.corpus import Corpus
from harness.grading.exam import unavailable
from harness.grading.opening import open_submission
from harness.judge.oracle import Oracle
from harness.judge.subject import InfrastructureError, Subject
from harness.judge.training import TrainedReference
from harness.judge.verdict import Verdict
from harness.training.checkpoint import FILE, Told, Weights, fitting, restore
from harness.training.models import MODELS
from harness.training.recipe import Recipe, book_recipe


class JobError(Exception):
    """A training that was asked for wrongly; the message names the thing, the fault and the mend."""


@dataclass(frozen=True)
class TextFile:
    """A text to train on, and where it came from."""

    content: str
    origin: str

    @staticmethod
    def of(corpus: Corpus) -> TextFile:
        """The corpus that checks use."""
        made_up = "" if corpus.golden else ", not a book: `seqgrade corpus` fetches The Time Machine"
        return TextFile(corpus.text, f"{corpus.origin}{made_up}")

    @staticmethod
    def at(path: str) -> TextFile:
        """Any text in UTF-8. Raises JobError."""
        try:
            return TextFile(Path(path).read_text(encoding="utf-8-sig"), path)
        except OSError as error:
            raise JobError(f"{path}: the text cannot be read ({error.strerror}); give another --corpus") from error
        except UnicodeDecodeError as error:
            raise JobError(f"{path}: is not UTF-8 (byte {error.start}); save it as UTF-8") from error


@dataclass(frozen=True)
class Learner:
    """What is trained: a subject, its name, and its source's SHA-256; None for the reference."""

    subject: Subject
    name: str
    sha256: str | None


def opened(place: Path | None, workers: Any) -> Learner:
    """The learner at that place; without one, the reference. Raises JobError where it does not load, and
    InfrastructureError."""
    if place is None:
        return Learner(TrainedReference(Oracle()), "the reference", None)
    submission = open_submission(place, None, workers)
    if submission.verdict is Verdict.NOT_RUN:
        raise InfrastructureError(submission.error or "the submission could not be opened")
    if submission.subject is None or submission.source is None:
        raise JobError(submission.error or f"{place}: cannot be loaded")
    return Learner(submission.subject, submission.name, submission.source.sha256)


@dataclass
class Job:
    """What is to be trained, for how many epochs, and where its checkpoints go (None: nowhere)."""

    recipe: Recipe
    epochs: int
    out: Path | None = None
    last: tuple[Told, Weights] | None = None

    @staticmethod
    def of(chosen: dict[str, Any], epochs: int | None, out: Path | None, resume: bool) -> Job:
        """The job of these options; with `resume`, the one that the checkpoint in `out` is of.

        Raises JobError and CheckpointError.
        """
        if resume:
            assert out is not None
            last = restore(out)
            job = Job(fitting(out, last[0], chosen), epochs or last[0].epochs, out, last)
            if job.epochs < last[0].epoch:
                raise JobError(f"{out / FILE}: is of epoch {last[0].epoch}, beyond --epochs {epochs}; give more")
        else:
            model = chosen.pop("model", "rnn")
            recipe, usual = book_recipe(model, MODELS[model].cell, chosen)
            job = Job(recipe, epochs or usual, out)
        if fault := unavailable(job.recipe.device):
            raise JobError(f"--device {job.recipe.device}: {fault}")
        job._prepare(resume)
        return job

    def _prepare(self, resume: bool) -> None:
        if self.out is None:
            return
        if not resume and (self.out / FILE).exists():
            raise JobError(f"{self.out / FILE}: is there already; --resume goes on from it, or choose another --out")
        try:
            self.out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise JobError(f"{self.out}: cannot be made ({error.strerror}); choose another --out") from error

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other trainings out of the folder while the block runs. Raises JobError where there is one."""
        if self.out is None:
            yield
            return
        try:
            lock = FileLock(self.out / ".training.lock", timeout=0)
            lock.acquire()
        except Timeout as error:
            raise JobError(f"{self.out}: another training writes there; wait, or choose another --out") from error
        except OSError as error:
            raise JobError(f"{self.out}: cannot be written ({error.strerror}); choose another --out") from error
        try:
            yield
        finally:
            lock.release()

    def last_whole(self) -> str:
        """What is left of a training that broke off; "" where nothing was kept."""
        if self.out is None or not (self.out / FILE).exists():
            return ""
        epoch = restore(self.out)[0].epoch
        return f"{self.out / FILE}: the checkpoint of epoch {epoch} is whole; --resume goes on from it"
