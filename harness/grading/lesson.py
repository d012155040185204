"""A lesson: a training under way, epoch by epoch, and what it leaves in its folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from harness.grading.job import Job, JobError, Learner, TextFile
from harness.judge.asking import Bench
from harness.judge.oracle import Oracle
from harness.judge.training import Epoch, Trainer
from harness.training.checkpoint import TOLD, Row, Told, digest, fitting, save, told
from harness.training.models import MODELS
from harness.training.recipe import SOURCE


class Lesson:
    """A training under way: its history, and the weights after the last epoch that is done."""

    def __init__(self, job: Job, learner: Learner, text: TextFile, prefix: str, seconds: float) -> None:
        """Ready for the next epoch. Raises TrainingError and CheckpointError."""
        self.name, self._job, self._sha256, self._origin = learner.name, job, learner.sha256, text.origin
        self._trainer = Trainer(Bench(learner.subject, Oracle(), job.recipe.device), job.recipe, seconds)
        self._trainer.survey()
        self._text = self._trainer.read(text.content, prefix)
        self._state: Told | None
        self._state, weights = job.last or (None, None)
        if self._state is not None and job.out is not None:
            fitting(job.out, self._state, {}, self._text.sha256)
        self._weights = weights or self._trainer.begin(self._text)
        self.history: list[Row] = list(self._state.history) if self._state else []
        self.tokens, self.seconds = 0, 0.0

    @property
    def done(self) -> int:
        """How many epochs are done."""
        return len(self.history)

    @property
    def origins(self) -> dict[str, str]:
        """Whose each part is, by name."""
        return self._trainer.origins

    @property
    def headline(self) -> str:
        """One line on what is trained, by what recipe, on what."""
        recipe = self._job.recipe
        return (
            f"{recipe.model} of {self.name} · {SOURCE[MODELS[recipe.model].cell]} · h {recipe.num_hiddens}, "
            f"T {recipe.num_steps}, n {recipe.batch_size}, lr {recipe.learning_rate:g}, clip {recipe.max_norm:g}, "
            f"seed {recipe.seed} · {self._job.epochs} epochs on {recipe.device}\n"
            f"{len(self._text.tokens)} tokens of {self._origin}"
        )

    @property
    def notes(self) -> list[str]:
        """What a person should know who resumes."""
        if self._state is None or self._state.submission == self._sha256:
            return []
        return [f"note: the code has changed since epoch {self._state.epoch}; what follows is the new code's"]

    @property
    def told_file(self) -> Path | None:
        """Where all figures are written."""
        return self._job.out / TOLD if self._job.out else None

    def epochs(self) -> Iterator[Epoch]:
        """The epochs that are left; after each, the checkpoint is written. Raises TrainingError, CheckpointError."""
        for epoch in self._trainer.epochs(self._text, self._weights, self.done, self._job.epochs):
            self.history.append(Row(epoch.number, epoch.train, epoch.val, epoch.norms))
            self._weights = epoch.weights
            self.tokens, self.seconds = self.tokens + epoch.tokens, self.seconds + epoch.seconds
            self._keep()
            yield epoch

    def _keep(self) -> None:
        if self._job.out is not None:
            save(self._job.out, self._told(), self._weights)

    def _told(self) -> Told:
        return Told(
            recipe=self._job.recipe,
            epochs=self._job.epochs,
            text=self._text.sha256,
            submission=self._sha256,
            origins=self.origins,
            history=self.history,
            names=list(self._weights),
            digest=digest(self._weights),
        )

    def sample(self, num_preds: int) -> str:
        """The generated text; all figures are written with it. Raises TrainingError, JobError."""
        sample = self._trainer.sample(self._text, self._weights, num_preds)
        if (file := self.told_file) is not None:
            try:
                file.write_bytes(told(self._told(), sample))
            except OSError as error:
                raise JobError(f"{file}: cannot be written ({error.strerror})") from error
        return sample
