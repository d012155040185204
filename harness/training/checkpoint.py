"""Checkpoints: a training after an epoch, in one file that holds arrays and JSON, and nothing that could run."""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
import zlib
from dataclasses import fields
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import torch

from harness.training.recipe import Recipe

FILE = "checkpoint.npz"
SCHEMA = 1
TOLD = "training.json"


class CheckpointError(Exception):
    """A checkpoint that is missing, damaged, or of another training; the message says so, and the mend."""


class Row(msgspec.Struct, frozen=True):
    """An epoch that is done: perplexities, and the gradients' norms before clipping, batch by batch."""

    epoch: int
    train: float
    val: float
    norms: list[float]


class Told(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a checkpoint says besides the weights. text and submission: their SHA-256 (None: the reference). names and
    digest: the weights'. epochs: how many are wanted."""

    recipe: Recipe
    epochs: int
    text: str
    submission: str | None
    origins: dict[str, str]
    history: list[Row]
    names: list[str]
    digest: str
    schema: int = SCHEMA

    @property
    def epoch(self) -> int:
        """The last epoch that is done."""
        return len(self.history)


Weights = dict[str, torch.Tensor]


def digest(weights: Weights) -> str:
    """The SHA-256 of the weights' names, shapes and values."""
    found = hashlib.sha256()
    for name, weight in weights.items():
        found.update(f"{name} {tuple(weight.shape)} ".encode() + weight.numpy().tobytes())
    return found.hexdigest()


def told(state: Told, sample: str) -> bytes:
    """What a checkpoint says, and a generated text, as JSON for a person."""
    data = {"sample": sample, **msgspec.to_builtins(state)}
    return msgspec.json.format(msgspec.json.encode(data), indent=2)


def save(folder: Path, state: Told, weights: Weights) -> None:
    """Write a checkpoint in place of the last one: whole, or not at all. Raises CheckpointError."""
    arrays: dict[str, Any] = {f"w{i}": weight.numpy() for i, weight in enumerate(weights.values())}
    arrays["told"] = np.frombuffer(msgspec.json.encode(state), dtype=np.uint8)
    beside = folder / f".{FILE}.new"
    try:
        with beside.open("wb") as file:
            np.savez(file, **arrays)
        os.replace(beside, folder / FILE)
    except OSError as error:
        raise CheckpointError(
            f"{folder / FILE}: cannot be written ({error.strerror}); the one before it is whole: --resume"
        ) from error


def restore(folder: Path) -> tuple[Told, Weights]:
    """Read the checkpoint in a folder. Raises CheckpointError."""
    file = folder / FILE
    try:
        with np.load(io.BytesIO(file.read_bytes()), allow_pickle=False) as arrays:
            state = msgspec.json.decode(arrays["told"].tobytes(), type=Told)
            weights = {name: torch.from_numpy(arrays[f"w{i}"].copy()) for i, name in enumerate(state.names)}
    except FileNotFoundError as error:
        raise CheckpointError(
            f"{file}: there is no checkpoint to resume from; leave out --resume, or give the --out of a training"
        ) from error
    except OSError as error:
        raise CheckpointError(f"{file}: cannot be read ({error.strerror or error}); check its permissions") from error
    except (ValueError, KeyError, EOFError, TypeError, zipfile.BadZipFile, zlib.error, msgspec.MsgspecError) as error:
        raise CheckpointError(f"{file}: is damaged, or no checkpoint ({error}); begin anew in another --out") from error
    if state.schema != SCHEMA or state.digest != digest(weights):
        raise CheckpointError(f"{file}: its weights are not those that it tells of; begin anew in another --out")
    return state, weights


def fitting(folder: Path, state: Told, given: dict[str, Any], text: str | None = None) -> Recipe:
    """The checkpoint's recipe, if nothing that was given contradicts it. Raises CheckpointError."""
    file = folder / FILE
    for field in fields(Recipe):
        kept = getattr(state.recipe, field.name)
        if field.name in given and given[field.name] != kept:
            raise CheckpointError(
                f"{file}: was trained with {field.name}={kept!r}, not {given[field.name]!r}; "
                "leave that option out, or begin anew in another --out"
            )
    if text is not None and text != state.text:
        raise CheckpointError(
            f"{file}: was trained on other tokens; give the same --corpus (and preprocess, tokenize, vocab), "
            "or begin anew in another --out"
        )
    return state.recipe
