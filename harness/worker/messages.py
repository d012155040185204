"""What crosses between judge and worker besides observations: a source, and how loading it went."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any

import torch

from harness.plain import Plain
from harness.plugins.source import Source
from harness.plugins.vetting import Problem

LOAD, OBSERVE, ASKED = "load", "observe", "asked"


@dataclass(frozen=True)
class Loaded:
    """What a worker says about a source: the components that it implements and its problems, or the error that
    kept it from loading. Believed no further than a submission may be: it can only cost its own points."""

    implemented: frozenset[str] = frozenset()
    problems: tuple[Problem, ...] = ()
    error: str | None = None

    def plain(self) -> dict[str, Plain]:
        """For the wire."""
        problems = [list(astuple(problem)) for problem in self.problems]
        return {"implemented": sorted(self.implemented), "problems": problems, "error": self.error}

    @staticmethod
    def of_plain(data: Plain) -> Loaded:
        """Read what came over the wire. Raises TypeError where it is not that."""
        if type(data) is not dict or set(data) != {"implemented", "problems", "error"}:
            raise TypeError("not what loading a submission gives")
        implemented, problems, error = data["implemented"], data["problems"], data["error"]
        lists = type(implemented) is list and type(problems) is list
        if not lists or not _all_texts(implemented) or not all(map(_is_problem, problems)):
            raise TypeError("not what loading a submission gives")
        if error is not None and type(error) is not str:
            raise TypeError("not what loading a submission gives")
        return Loaded(frozenset(implemented), tuple(Problem(*problem) for problem in problems), error)


def _all_texts(items: Iterable[Any]) -> bool:
    return all(type(item) is str for item in items)


def _is_problem(item: Plain) -> bool:
    if type(item) is not list or len(item) != len(fields(Problem)):
        return False
    file, line, hook, fault, mend, component = item
    return _all_texts((file, hook, fault, mend)) and type(line) is int and type(component) in (str, type(None))


def plain_source(source: Source) -> dict[str, Plain]:
    """A source as plain data: its bytes as tensors."""
    modules = {name: [str(file), _bytes_to_tensor(content)] for name, (file, content) in source.modules.items()}
    return {"name": source.name, "path": str(source.path), "modules": modules}


def source_of(data: Plain) -> Source:
    """The source again. The data come from the judge."""
    modules = {name: (Path(file), content.numpy().tobytes()) for name, (file, content) in data["modules"].items()}
    return Source(data["name"], Path(data["path"]), modules)


def _bytes_to_tensor(content: bytes) -> torch.Tensor:
    if not content:
        return torch.empty(0, dtype=torch.uint8)
    return torch.frombuffer(bytearray(content), dtype=torch.uint8)
