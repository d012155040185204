"""What an epoch of the book's language model costs: equations against torch's own layers, confined against in process.

    python benchmarks/training.py [--pairs N] [--num-hiddens H] [--batch-size N] [--cells rnn lstm gru] [--no-confined]

One thread. Each pair trains one epoch by either, from the first weights and on the same batches, in turns (now the
one first, now the other); told are the medians of the CPU seconds, and the median and quartiles of the pairs' ratios:
of the descent, of the perplexity on the text held out (without gradients, where torch has fused kernels), and of both.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch

from harness.corpus import open_corpus
from harness.grading.job import opened
from harness.judge.asking import Bench
from harness.judge.oracle import Oracle
from harness.judge.reading import TEXT
from harness.judge.subject import Subject
from harness.judge.training import TrainedReference, Trainer
from harness.judge.workers import Workers
from harness.training.loop import held_out, train_epoch
from harness.training.models import MODELS
from harness.training.parts import Parts
from harness.training.recipe import Recipe, book_recipe, split
from harness.training.steps import language_model

REFERENCE = Path(__file__).parents[1] / "reference"
PLACES = {"rnn": "rnn.py", "lstm": "gated.py", "gru": "gated.py"}
Times = tuple[float, ...]


class Contender:
    """A trainer before its first epoch."""

    def __init__(self, subject: Subject, recipe: Recipe) -> None:
        self.recipe, self.subject = recipe, subject
        self.trainer = Trainer(Bench(subject, Oracle()), recipe)
        self.trainer.survey()
        self.text = self.trainer.read(open_corpus().text, "it has")
        self.weights = self.trainer.begin(self.text)

    def whole(self, number: int) -> Times:
        """CPU seconds of an epoch as `seqgrade train` has it, wherever it is spent."""
        began = time.process_time() + self.subject.cpu_seconds()
        next(self.trainer.epochs(self.text, self.weights, number, number + 1))
        return (time.process_time() + self.subject.cpu_seconds() - began,)

    def halves(self, number: int) -> Times:
        """CPU seconds of the descent and of the text held out, of an epoch in this process; and of both."""
        train, val = (self.text.tokens[part].tolist() for part in split(len(self.text.tokens), self.recipe))
        own = [name for name, whose in self.trainer.origins.items() if whose == self.trainer.own and name not in TEXT]
        given = {"weights": self.weights, "vocab_size": len(self.text.vocab)}
        model = language_model(Parts(self.subject._hook, own), self.recipe, given)
        began = time.process_time()
        train_epoch(model, train, number, "cpu")
        between = time.process_time()
        held_out(model, val, "cpu")
        ended = time.process_time()
        return between - began, ended - between, ended - began


def compare(told: str, one: Callable[[int], Times], other: Callable[[int], Times], pairs: int) -> None:
    """Print the medians of both, and of their ratios, of each thing that they measure."""
    one(0), other(0)
    found: list[tuple[Times, Times]] = []
    for number in range(pairs):
        first, second = (one, other) if number % 2 else (other, one)
        seconds = first(number), second(number)
        found.append(seconds if number % 2 else seconds[::-1])
    parts = ("descent", "held out", "epoch") if len(found[0][0]) == 3 else ("epoch",)
    for i, part in enumerate(parts):
        low, ratio, high = statistics.quantiles([a[i] / b[i] for a, b in found], n=4)
        left, right = (1000 * statistics.median(pair[side][i] for pair in found) for side in (0, 1))
        print(
            f"{told:<26} {part:<9} {left:5.0f} / {right:.0f} ms   ratio {ratio:.2f} ({low:.2f} to {high:.2f})",
            flush=True,
        )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=20)
    parser.add_argument("--num-hiddens", type=int, default=32)
    parser.add_argument("--batch-size", type=int, default=1024)
    parser.add_argument("--cells", nargs="+", choices=list(PLACES), default=list(PLACES))
    parser.add_argument("--no-confined", action="store_true", help="leave confinement out")
    options = parser.parse_args()
    torch.set_num_threads(1)
    given = {"num_hiddens": options.num_hiddens, "batch_size": options.batch_size}
    print(f"torch {torch.__version__}, one thread, {options.pairs} pairs, {given}", flush=True)

    def contender(model: str, subject: Subject | None = None) -> Contender:
        recipe, _ = book_recipe(model, MODELS[model].cell, dict(given))
        return Contender(subject or TrainedReference(Oracle()), recipe)

    for cell in options.cells:
        scratch, torchs = contender(cell), contender(f"nn.{cell}")
        compare(f"{cell} / nn.{cell}", scratch.halves, torchs.halves, options.pairs)
    if options.no_confined:
        return
    with Workers() as workers:
        for cell in options.cells:
            learner = opened(REFERENCE / PLACES[cell], workers)
            here, there = contender(cell), contender(cell, learner.subject)
            compare(f"{cell}: confined / in process", there.whole, here.whole, options.pairs)
            learner.subject.close()


if __name__ == "__main__":
    main()
