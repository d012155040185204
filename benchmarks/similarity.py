"""How far apart are copies and independent work? The figures behind the threshold of `seqgrade similar`.

python benchmarks/similarity.py
"""

from __future__ import annotations

import ast
import random
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

from harness.grading.similarity.handed import starter
from harness.grading.similarity.pairs import THRESHOLD, similarity
from harness.grading.similarity.passages import Work, work_of
from harness.grading.similarity.texts import Text, texts_of
from harness.units import components

ROOT = Path(__file__).resolve().parents[1]
FIXED = {one for name, item in components().items() for one in (name, *item.parameters)}
GIVEN = starter([])
Change = Callable[[ast.Module, random.Random], None]


def functions(tree: ast.AST) -> list[ast.FunctionDef]:
    """All functions, methods too."""
    return [one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)]


def other_docstrings(tree: ast.Module, rng: random.Random) -> None:
    """Docstrings go, and others come."""
    for one in functions(tree):
        one.body = [ast.Expr(ast.Constant("In my own words.")), *one.body[ast.get_docstring(one) is not None :]]


def other_names(tree: ast.Module, rng: random.Random) -> None:
    """What the work itself names has another name."""
    own = {one.id for one in ast.walk(tree) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)}
    own |= {one.name for one in ast.walk(tree) if isinstance(one, ast.FunctionDef | ast.ClassDef)}
    own |= {one.arg for one in ast.walk(tree) if isinstance(one, ast.arg)} - {"self", "cls"}
    names = {old: f"q{number}" for number, old in enumerate(sorted(own - FIXED)) if not old.startswith("__")}
    for node in ast.walk(tree):
        for field in ("id", "arg", "name", "attr"):
            if isinstance(old := getattr(node, field, None), str) and not isinstance(node, ast.alias):
                setattr(node, field, names.get(old, old))


def another_order(tree: ast.Module, rng: random.Random) -> None:
    """Functions stand in another order, behind the rest."""
    own = [one for one in tree.body if isinstance(one, ast.FunctionDef)]
    tree.body = [*(one for one in tree.body if one not in own), *rng.sample(own, len(own))]


def no_annotations(tree: ast.Module, rng: random.Random) -> None:
    """Signatures say no types."""
    for one in ast.walk(tree):
        if isinstance(one, ast.arg):
            one.annotation = None
        elif isinstance(one, ast.FunctionDef):
            one.returns = None


def dead_statements(every: int) -> Change:
    """A statement that does nothing, after every n-th on average."""

    def change(tree: ast.Module, rng: random.Random) -> None:
        for one in functions(tree):
            padded = []
            for statement in one.body:
                padded += [statement, *(ast.parse("unused = 0").body if rng.random() < 1 / every else [])]
            one.body = padded

    return change


def one_half(tree: ast.Module, rng: random.Random) -> None:
    """Every other function is left out."""
    own = [one for one in tree.body if isinstance(one, ast.FunctionDef)]
    tree.body = [one for one in tree.body if one not in own[::2]]


FULL = (other_docstrings, other_names, another_order)
DISGUISES: dict[str, tuple[Change, ...]] = {
    "layout and comments": (),
    "docstrings": (other_docstrings,),
    "names": (other_names,),
    "all these and order": FULL,
    "and no annotations": (*FULL, no_annotations),
    "and every fifth statement dead": (*FULL, no_annotations, dead_statements(5)),
    "and every third statement dead": (*FULL, no_annotations, dead_statements(3)),
    "all these, and half left out": (*FULL, one_half),
}


def disguised(source: str, changes: tuple[Change, ...]) -> str:
    """The source after some changes, laid out anew."""
    tree, rng = ast.parse(source), random.Random(0)
    for change in changes:
        change(tree, rng)
    return ast.unparse(ast.fix_missing_locations(tree))


def share(first: Work, second: Work) -> float:
    """The greater share of a pair that is a class of its own."""
    pairs = similarity([first, second], GIVEN, threshold=1e-6).pairs
    return max((max(one.first_share, one.second_share) for one in pairs), default=0.0)


def main() -> None:
    """Print the greatest shares of independent works, and the least of copies."""
    paths = [path for path in sorted((ROOT / "tests" / "right").glob("*/*")) if not path.name.startswith("__")]
    texts = {(path.parent.name, path.stem): texts_of(path) for path in paths}
    works = {key: work_of("/".join(key), text) for key, text in texts.items()}
    wholes = {name: work_of(name, texts_of(ROOT / name)) for name in ("reference", "submissions/class_style")}
    for style in sorted({style for _, style in works}):
        own = [text for (_, other), text in texts.items() if other == style]
        if len(own) > 4:
            wholes[f"*/{style}"] = work_of(style, [one for text in own for one in text])
    within = max((share(works[a], works[b]), *a, b[1]) for a, b in combinations(works, 2) if a[0] == b[0])
    print(f"{len(works)} right works: in one unit at most {within[0]:.2f} ({' '.join(within[1:])})")
    across = max(
        (share(work, whole), *key, name)
        for key, work in works.items()
        for name, whole in wholes.items()
        if name != f"*/{key[1]}"
    )
    print(f"with a whole course of another style at most {across[0]:.2f} ({' '.join(across[1:])})")
    for name, changes in DISGUISES.items():
        found = []
        for key, text in texts.items():
            copied = disguised("\n".join(one.source for one in text), changes)
            found.append((share(works[key], work_of("copy", [Text("copy.py", copied)])), *key))
        told = [one for one in found if one[0] >= THRESHOLD]
        missed = ", ".join("/".join(one[1:]) for one in found if one not in told)
        print(f"copies, {name}: {len(told)} told, at least {min(told)[0]:.2f}{missed and f'; missed: {missed}'}")


if __name__ == "__main__":
    main()
