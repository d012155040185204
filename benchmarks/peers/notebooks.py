"""Notebooks, written and read as JSON: this harness's environment has no nbformat."""

from __future__ import annotations

import json
from typing import Any

from peers import source

CONFIG = """
c = get_config()
c.CourseDirectory.course_id = "peers"
c.CourseDirectory.autograded_directory = "out"
"""
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def code(name: str, text: str, **nbgrader: Any) -> dict[str, Any]:
    """A code cell; keywords are nbgrader's."""
    marks = {"nbgrader": {"grade_id": name, "schema_version": 3, "task": False, **nbgrader}} if nbgrader else {}
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": name[-64:],
        "metadata": marks,
        "outputs": [],
        "source": text,
    }


def notebook(cells: list[dict[str, Any]]) -> str:
    """A notebook of those cells."""
    metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    return json.dumps({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5})


def assignment(work: str) -> str:
    """nbgrader's notebook: the work, then helpers, then a cell worth a point for each claim."""
    claims = [
        code(name, text, grade=True, locked=True, points=1, solution=False) for name, text in source.cells().items()
    ]
    return notebook(
        [
            code("work", work, grade=False, locked=False, solution=True),
            code("helpers", source.HELPERS, grade=False, locked=True, solution=False),
            *claims,
        ]
    )


def graded(executed: dict[str, Any]) -> dict[str, bool]:
    """Whether each graded cell of an executed notebook ran without an error."""
    marked = [(one["metadata"].get("nbgrader", {}), one) for one in executed["cells"]]
    return {
        marks["grade_id"]: all(output["output_type"] != "error" for output in cell["outputs"])
        for marks, cell in marked
        if marks.get("grade")
    }
