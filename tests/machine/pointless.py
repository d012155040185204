"""Pointless mutations: those that no test could be asked to find, whatever the code is for; left out by rule.

Each rule has its reason here, once. A mutation that is pointless for a reason of its own is in the ledger instead.
"""

from __future__ import annotations

import ast
import warnings

# What is compared by identity here are types, dtypes, layouts and None: each equals nothing but itself.
POINTLESS_OPERATORS = {"ReplaceComparisonOperator_Is_Eq", "ReplaceComparisonOperator_IsNot_NotEq"}


def meaning(text: str) -> str | None:
    """What a piece of a module does, as text: two pieces with one meaning are one mutant.

    None where it cannot be compiled, or only with a warning of Python's own: no one would leave it in.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", SyntaxWarning)
            compile(text, "<mutant>", "exec", dont_inherit=True)
    except (SyntaxError, SyntaxWarning):
        return None
    return ast.dump(_Bare().visit(ast.parse(text)))


class _Bare(ast.NodeTransformer):
    """A tree without what changes nothing that a test could see."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.decorator_list = []  # `@hookimpl`, `@property`, `@dataclass` decide what a thing is: nothing works without
        node.returns = None
        self._without_docstring(node)
        return self.generic_visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        node.decorator_list = []  # `frozen=True` and the like keep us from mistakes that no caller makes
        self._without_docstring(node)
        return self.generic_visit(node)

    def visit_arguments(self, node: ast.arguments) -> ast.AST:
        everything = [*node.posonlyargs, *node.args, *node.kwonlyargs]  # `*` between parameters is no product
        defaults = [one for one in (*node.defaults, *node.kw_defaults) if one is not None]
        plain = ast.arguments([], everything, node.vararg, [], [], node.kwarg, defaults)
        return self.generic_visit(plain)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None  # no annotation is evaluated: `from __future__ import annotations` is everywhere
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        node.annotation = ast.Constant(None)
        return self.generic_visit(node)

    def visit_If(self, node: ast.If) -> ast.AST | None:
        if isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            return None
        return self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> ast.AST | None:
        first = node.targets[0]
        if isinstance(first, ast.Name) and first.id == "__all__":
            return None
        return self.generic_visit(node)

    def _without_docstring(self, node: ast.FunctionDef | ast.ClassDef) -> None:
        if ast.get_docstring(node, clean=False) is not None:
            node.body[0] = ast.Pass()
