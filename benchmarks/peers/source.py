"""The claims' source in each grader's own format, all made from claims.py, so that all judge alike."""

from __future__ import annotations

import ast
from pathlib import Path

TEXT = Path(__file__).with_name("claims.py").read_text(encoding="utf-8")
_TESTS = [node for node in ast.parse(TEXT).body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]
CLAIMS = {node.name: node.args.args[0].arg for node in _TESTS}
"""The name of each claim, and of the function that it is about."""

HELPERS = "".join(TEXT.splitlines(keepends=True)[: _TESTS[0].lineno - 1])
BARE, PROPER = (
    f"    {compares}(actual, expected, rtol=tolerance, atol=tolerance)\n"
    for compares in ("assert torch.allclose", "torch.testing.assert_close")
)


def use_assert_close() -> None:
    """Compare as torch's documentation says to, where claims.py asks for a bare yes or no."""
    global TEXT, HELPERS
    if BARE not in HELPERS:
        raise RuntimeError("claims.py compares in another way than is known here")
    TEXT, HELPERS = TEXT.replace(BARE, PROPER), HELPERS.replace(BARE, PROPER)


def cells() -> dict[str, str]:
    """For nbgrader: the source of each claim, and its call."""
    sources = {node.name: ast.get_source_segment(TEXT, node) for node in _TESTS}
    return {name: f"{sources[name]}\n\n\n{name}({argument})\n" for name, argument in CLAIMS.items()}


def test_case() -> str:
    """For gradescope-utils: a TestCase with a weighted method for each claim."""
    methods = [
        f"    @weight(1)\n    def {name}(self):\n        claims.{name}(submission.{argument})\n"
        for name, argument in CLAIMS.items()
    ]
    imports = "import unittest\n\nimport claims\nimport submission\n"
    imports += "from gradescope_utils.autograder_utils.decorators import weight\n"
    return f"{imports}\n\nclass TestClaims(unittest.TestCase):\n" + "\n".join(methods)


def test_cases() -> str:
    """For otter: a test file with a decorated function for each claim, which gets its argument by name."""
    head = 'from otter.test_files import test_case\n\nOK_FORMAT = False\nname = "claims"\npoints = None\n'
    text = TEXT
    for name in CLAIMS:
        text = text.replace(f"def {name}(", f'@test_case(name="{name}", points=1)\ndef {name}(')
    return head + text
