"""Tests of `seqgrade train`: one result whatever interrupts it, a submission's own parts, errors as users meet them."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result
from filelock import FileLock

from harness.cli import main
from harness.corpus import open_corpus
from harness.judge.reading import _indices
from harness.judge.training import _are_weights, _is_epoch, _is_finite
from harness.plugins import load
from harness.training.checkpoint import FILE, CheckpointError, restore
from harness.training.models import MODELS
from harness.training.parts import SUBSTITUTES
from harness.training.recipe import Recipe, book_recipe, split

from .exams import ROOT, written

SMALL = ("--num-hiddens", "8", "--num-steps", "8", "--batch-size", "64", "--num-train", "600", "--num-val", "200")
RNN = """
import torch
@hookimpl
def rnn_scratch(inputs, state, params):
    H = inputs.new_zeros(inputs.shape[1], len(params["b_h"])) if state is None else state
    outputs = []
    for X in inputs:
        H = torch.tanh(X @ params["W_xh"] + H @ params["W_hh"] + params["b_h"])
        outputs.append(H)
    return torch.stack(outputs), H
"""
NO_CLIPPING = "\n@hookimpl\ndef clip_gradients(parameters, max_norm):\n    pass\n"


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A little text with something to learn in it."""
    rng = random.Random(0)
    file = tmp_path_factory.mktemp("text") / "little.txt"
    file.write_text(" ".join(rng.choices(["the", "time", "machine", "was", "here"], k=250)), encoding="utf-8")
    return file


def train(text: Path, *arguments: str | Path) -> Result:
    """`seqgrade train` of something small, in process where no submission is given."""
    given = ["train", "--corpus", text, *SMALL, *arguments]
    return CliRunner().invoke(main, [str(one) for one in given])


def well(result: Result) -> Result:
    assert result.exit_code == 0, result.output
    return result


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(text: Path, tmp_path: Path) -> None:
    """Weights, perplexities and norms: all of the checkpoint."""
    for name, seed in (("a", "3"), ("b", "3"), ("c", "4")):
        well(train(text, "--epochs", "2", "--seed", seed, "--out", tmp_path / name))
    first, again, other = ((tmp_path / name / FILE).read_bytes() for name in "abc")
    assert first == again
    assert first != other


@pytest.mark.parametrize("sampling", ["windows", "random", "sequential"])
@pytest.mark.parametrize("model", ["rnn", "rnn_concise"])
def test_a_resumed_training_ends_as_an_undisturbed_one(model: str, sampling: str, text: Path, tmp_path: Path) -> None:
    """Byte for byte, however the text is cut."""
    same = ("--model", model, "--sampling", sampling, "--batch-size", "16", "--clip", "0.1")
    well(train(text, *same, "--epochs", "3", "--out", tmp_path / "whole"))
    well(train(text, *same, "--epochs", "1", "--out", tmp_path / "parts"))
    well(train(text, "--batch-size", "16", "--resume", "--epochs", "3", "--out", tmp_path / "parts"))
    assert (tmp_path / "whole" / FILE).read_bytes() == (tmp_path / "parts" / FILE).read_bytes()


@pytest.mark.parametrize("model", MODELS)
def test_every_model_learns_and_leaves_its_figures(model: str, text: Path, tmp_path: Path) -> None:
    """The loss goes down; checkpoint, figures and picture are there; away from a terminal there is no bar."""
    rate = () if model == "deep" else ("--lr", "4")
    result = well(
        train(text, "--model", model, "--epochs", "3", *rate, "--generate", "the ", "--out", tmp_path / "out")
    )
    told = json.loads((tmp_path / "out" / "training.json").read_text())
    perplexities = [row["train"] for row in told["history"]]
    assert perplexities[-1] < perplexities[0] < 30
    assert told["history"][-1]["val"] < perplexities[0]
    assert told["sample"].startswith("the ")
    assert len(told["sample"]) == 4 + 60
    assert (tmp_path / "out" / "training.png").read_bytes().startswith(b"\x89PNG")
    assert result.stderr == ""
    with np.load(tmp_path / "out" / FILE, allow_pickle=False) as arrays:
        assert {str(arrays[name].dtype) for name in arrays.files} == {"float32", "uint8"}


def test_the_command_says_whose_each_part_is(text: Path, tmp_path: Path) -> None:
    """A line each: the submission's own, the reference's where the judge can run it, torch's beside the code."""
    mine = written(tmp_path, RNN + "\n@hookimpl\ndef one_hot(indices, vocab_size):\n    raise NotImplementedError\n")
    lines = [line.split(maxsplit=1) for line in well(train(text, mine, "--epochs", "1")).output.splitlines()[2:12]]
    assert dict(lines) == {
        "rnn_scratch": "the submission's",
        **dict.fromkeys(("preprocess", "tokenize", "vocab"), "the reference's"),
        **dict.fromkeys(
            ("language_model_windows", "one_hot", "output_layer", "language_model_loss", "clip_gradients", "generate"),
            "torch's functions",
        ),
    }


def test_a_submission_trains_as_the_reference_does_and_its_parts_are_used(text: Path, tmp_path: Path) -> None:
    """The same equations in a worker give the same weights; a clip_gradients that does nothing, others."""
    tight = ("--epochs", "2", "--clip", "0.01")
    well(train(text, *tight, "--out", tmp_path / "reference"))
    for name, source in (("right", RNN), ("unclipped", RNN + NO_CLIPPING)):
        well(train(text, written(tmp_path, source, f"{name}.py"), *tight, "--out", tmp_path / name))
    known, right, unclipped = (restore(tmp_path / name)[0] for name in ("reference", "right", "unclipped"))
    assert right.digest == known.digest
    assert unclipped.digest != known.digest
    assert unclipped.origins["clip_gradients"] == "the submission's"


@pytest.mark.parametrize(
    ("model", "source", "said"),
    [
        ("lstm", RNN, "lstm_scratch, which --model lstm trains, is not implemented; implement it, or choose"),
        (
            "rnn",
            "@hookimpl\ndef rnn_scratch(inputs, state, params):\n    raise NotImplementedError\n",
            "not implemented",
        ),
        ("rnn", "@hookimpl\ndef rnn_scratch(inputs, params):\n    pass\n" + NO_CLIPPING, "is refused: "),
        (
            "rnn_concise",
            RNN + "@hookimpl\ndef rnn_concise(num_inputs, num_hiddens):\n    return 1\n",
            "torch.nn.Module",
        ),
    ],
)
def test_a_missing_model_is_told(model: str, source: str, said: str, text: Path, tmp_path: Path) -> None:
    """Named, with the mend."""
    result = train(text, written(tmp_path, source), "--model", model, "--epochs", "1", "--in-process")
    assert result.exit_code == (1 if model == "rnn_concise" else 2)
    assert said in " ".join(result.output.split())


LATER = "calls = 0\ndef later():\n    global calls\n    calls += 1\n    return calls > {calls}\n"
SPOILT = "@hookimpl\ndef output_layer(hiddens, params):\n    if later():\n        {fault}\n" + (
    '    return (hiddens @ params["W_hq"] + params["b_q"]).transpose(0, 1)\n'
)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("print('here'); raise KeyError('lost')", ["epoch 2: raised KeyError: 'lost'", "work.py:", "| here"]),
        ("import os; os._exit(3)", ["epoch 2: ended its process (exit status 3)"]),
        ("while True: pass", ["epoch 2: used 1 s of CPU time, the limit", "it was at", "work.py:"]),
        ("return torch.rnn_tanh(hiddens, hiddens, [], False, 1, 0.0, False, False, False)", ["what its rule forbids"]),
        ("return hiddens", ["epoch 2: raised TypeError: output_layer: the result is of shape (8, 64, 8), but should"]),
        ("return hiddens.detach().transpose(0, 1) @ torch.full((8, 17), float('nan'))", ["epoch 2: "]),
    ],
)
def test_a_crash_leaves_the_last_checkpoint(fault: str, said: list[str], text: Path, tmp_path: Path) -> None:
    """The epoch is told as a check would be, and what is whole goes on with mended code as if nothing had been."""
    source = RNN + LATER.format(calls=16) + SPOILT.format(fault=fault)
    out = tmp_path / "out"
    result = train(text, written(tmp_path, source), "--epochs", "3", "--epoch-seconds", "1", "--out", out)
    assert result.exit_code == 1
    assert all(part in result.stderr for part in said), result.stderr
    assert f"{out / FILE}: the checkpoint of epoch 1 is whole; --resume goes on from it" in result.stderr
    assert restore(out)[0].epoch == 1


def test_mended_code_goes_on_and_is_noted(text: Path, tmp_path: Path) -> None:
    """Only the code may change between the epochs of a training."""
    out = tmp_path / "out"
    well(train(text, written(tmp_path, RNN), "--epochs", "1", "--out", out))
    mended = written(tmp_path, RNN + NO_CLIPPING)
    result = well(train(text, mended, "--epochs", "2", "--out", out, "--resume"))
    assert "the code has changed since epoch 1" in result.stderr
    assert restore(out)[0].epoch == 2


def test_checkpoints_that_do_not_fit_are_refused(text: Path, tmp_path: Path) -> None:
    """Missing, there already, of another model or text, beyond the epochs: the message names the file and the mend."""
    out, other = tmp_path / "out", tmp_path / "other.txt"
    other.write_text(text.read_text().replace("machine", "traveller"))
    well(train(text, "--epochs", "2", "--out", out))
    for told, given in {
        "there is no checkpoint to resume from": (text, "--resume", "--out", tmp_path / "none"),
        "is there already; --resume goes on": (text, "--out", out),
        "was trained with model='rnn', not 'lstm'": (text, "--resume", "--out", out, "--model", "lstm"),
        "was trained with seed=0, not 1": (text, "--resume", "--out", out, "--seed", "1"),
        "was trained on other tokens; give the same --corpus": (other, "--resume", "--out", out),
        "is of epoch 2, beyond --epochs 1": (text, "--resume", "--out", out, "--epochs", "1"),
        "say where it is with --out": (text, "--resume"),
    }.items():
        result = train(*given)
        assert result.exit_code == 2, told
        assert told in " ".join(result.output.split()), result.output


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "pickled"])
def test_a_damaged_checkpoint_is_told_apart(damage: str, text: Path, tmp_path: Path) -> None:
    """Whatever became of the file, it is an error that says so, and nothing in it is ever run."""
    well(train(text, "--epochs", "1", "--out", tmp_path))
    file = tmp_path / FILE
    content = bytearray(file.read_bytes())
    content[len(content) // 3] ^= 1
    if damage == "pickled":
        np.savez(file, told=np.array([_Bomb()], dtype=object))
    else:
        file.write_bytes({"cut": content[:200], "flipped": content, "empty": b""}[damage])
    with pytest.raises(CheckpointError, match=FILE):
        restore(tmp_path)
    assert not (tmp_path / "ran").exists()


class _Bomb:
    def __reduce__(self) -> Any:
        return os.mkdir, ("ran",)


def test_one_training_at_a_time_writes_in_a_folder(text: Path, tmp_path: Path) -> None:
    """The second is told, and can begin when the first is done."""
    with FileLock(tmp_path / ".training.lock"):
        result = train(text, "--epochs", "1", "--out", tmp_path)
        assert result.exit_code == 2
        assert "another training writes there" in " ".join(result.output.split())
    well(train(text, "--epochs", "1", "--out", tmp_path))
    well(train(text, "--epochs", "2", "--out", tmp_path, "--resume"))


@pytest.mark.parametrize("name", ["preprocess", "tokenize", "vocab"])
def test_what_is_wrong_with_the_text_components_is_told(name: str, text: Path, tmp_path: Path) -> None:
    """As a check would, or, where one is not implemented yet, by saying that the reference's reads."""
    hook = "@hookimpl\ndef {}({}):\n    raise {}\n"
    arguments = {"preprocess": "text", "tokenize": "text, unit", "vocab": "tokens, min_freq, reserved_tokens"}[name]
    for error, code in (("KeyError('lost')", 1), ("NotImplementedError", 0)):
        mine = written(tmp_path, RNN + hook.format(name, arguments, error))
        result = train(text, mine, "--epochs", "1", "--in-process")
        assert result.exit_code == code
        assert (f"{name}: raised KeyError: 'lost'" if code else "the reference's") in result.output


def test_a_diverging_training_says_so(text: Path, tmp_path: Path) -> None:
    """Infinite losses end it, with the mend."""
    loss = "@hookimpl\ndef language_model_loss(logits, targets):\n    return logits.sum() * float('inf')\n"
    result = train(text, written(tmp_path, RNN + loss), "--epochs", "2", "--in-process")
    assert result.exit_code == 1
    assert "epoch 1: the loss of batch 1 is not finite: the training diverged; a lower --lr or --clip" in result.output


def test_bad_input_is_named(text: Path, tmp_path: Path) -> None:
    """Texts that are missing, too short or not UTF-8, prefixes of which nothing is left, batches too large."""
    short, latin = tmp_path / "short.txt", tmp_path / "latin.txt"
    short.write_text("time")
    latin.write_bytes(b"caf\xe9")
    for told, given in {
        "none.txt: the text cannot be read": (tmp_path / "none.txt",),
        "latin.txt: is not UTF-8 (byte 3)": (latin,),
        "the text has 4 tokens, too few": (short,),
        "--generate '': nothing is left of it": (text, "--generate", ""),
        "random_batches: gave no batch": (text, "--sampling", "random", "--batch-size", "1000"),
        "is not one of": (text, "--model", "bidirectional"),
    }.items():
        result = train(*given)
        assert result.exit_code in (1, 2), told
        assert told in " ".join(result.output.split()), result.output


def test_what_a_worker_answers_is_not_believed() -> None:
    """An epoch's answer has known fields, and weights of the names, shapes and type that were sent."""
    weights = {"W": torch.zeros(2, 3)}
    answer = {"train": 2.0, "val": 2.0, "norms": [0.1], "tokens": 5, "weights": weights}
    assert _is_epoch(answer, weights)
    for spoilt in (
        {"weights": {"W": torch.zeros(3, 2)}},
        {"weights": {"V": torch.zeros(2, 3)}},
        {"weights": {"W": torch.zeros(2, 3, dtype=torch.float64)}},
        {"train": "2.0"},
        {"norms": [None]},
        {"more": 1},
    ):
        assert not _is_epoch({**answer, **spoilt}, weights), spoilt
    assert _is_finite(answer)
    assert not _is_finite({**answer, "norms": [float("inf")]})
    assert not _is_finite({**answer, "weights": {"W": torch.full((2, 3), float("nan"))}})
    assert _indices([{"value": [0, 1]}, {"value": []}], 2) == [[0, 1], []]
    for lie in (None, [], [1, 2], [{"value": [0]}], [{"value": [2]}, {"value": [0]}], [{}, {"value": [0]}]):
        assert _indices(lie, 2) is None
    assert not _are_weights({"x" * 1000: torch.zeros(1)})
    assert not _are_weights([])


def test_substitutes_do_what_the_reference_does() -> None:
    """Bit for bit, on one case each."""
    draw = torch.Generator().manual_seed(0)
    corpus = torch.randint(5, (101,), generator=draw).tolist()
    logits, targets = torch.randn(3, 4, 5, generator=draw), torch.randint(5, (3, 4), generator=draw)
    head = {"W_hq": torch.randn(6, 5, generator=draw), "b_q": torch.randn(5, generator=draw)}
    cases: dict[str, Any] = {
        "one_hot": lambda: {"indices": targets, "vocab_size": 5},
        "output_layer": lambda: {"hiddens": torch.ones(4, 3, 6), "params": head},
        "language_model_loss": lambda: {"logits": logits, "targets": targets},
        "generate": lambda: {"prefix": [1, 2], "num_preds": 3, "step": _next, "state": 0},
        "language_model_windows": lambda: {"corpus": corpus, "num_steps": 7},
        "random_batches": lambda: {
            "corpus": corpus, "batch_size": 2, "num_steps": 4, "generator": torch.Generator().manual_seed(1),
        },
        "sequential_batches": lambda: {"corpus": corpus, "batch_size": 3, "num_steps": 4, "offset": 2},
    }  # fmt: skip
    for name, case in cases.items():
        unit = "rnn" if name in ("one_hot", "output_layer", "language_model_loss", "generate") else "sequence"
        expected, found = load(ROOT / "reference" / f"{unit}.py").hook(name)(**case()), SUBSTITUTES[name](**case())
        assert _flat(found) == _flat(expected), name


def _next(token: int, state: int) -> tuple[torch.Tensor, int]:
    return torch.eye(5)[(token + state) % 5], state + 1


def _flat(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return value.tolist()
    return value if isinstance(value, int) else [_flat(item) for item in value]


def test_clipping_in_place_of_a_missing_one_is_the_references() -> None:
    """One norm over all, in place."""
    grads = [torch.full((2, 2), 3.0), torch.full((3,), 4.0)]
    results = []
    for clip in (SUBSTITUTES["clip_gradients"], load(ROOT / "reference" / "rnn.py").hook("clip_gradients")):
        parameters = [torch.zeros_like(grad, requires_grad=True) for grad in grads]
        for parameter, grad in zip(parameters, grads, strict=True):
            parameter.grad = grad.clone()
        clip(parameters=parameters, max_norm=1.0)
        results.append([parameter.grad.tolist() for parameter in parameters if parameter.grad is not None])
    assert results[0] == results[1]


def test_the_books_recipe() -> None:
    """Learning rate and epochs by cell; what is given comes first; a short text keeps a third for validation."""
    assert book_recipe("rnn", "rnn", {}) == (Recipe("rnn"), 100)
    assert book_recipe("lstm", "lstm", {"seed": 2}) == (Recipe("lstm", learning_rate=4.0, seed=2), 50)
    assert split(20_000, Recipe("rnn")) == (slice(0, 10_032), slice(10_000, 15_032))
    assert split(332, Recipe("rnn")) == (slice(0, 232), slice(200, 332))


@pytest.mark.slow
@pytest.mark.skipif(not open_corpus().golden, reason="the figures are The Time Machine's: `seqgrade corpus` fetches it")
def test_the_book_recipe_reaches_its_perplexities(tmp_path: Path) -> None:
    """Train and held out, within a tenth of what the recipe was measured to reach (about 30 s)."""
    well(CliRunner().invoke(main, ["train", "--out", str(tmp_path)]))
    last = restore(tmp_path)[0].history[-1]
    assert last.train == pytest.approx(6.2, rel=0.1)
    assert last.val == pytest.approx(7.3, rel=0.1)
