"""Symbols: what is left of source code without names, comments, docstrings, literals and layout."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

from pygments.lexers import PythonLexer
from pygments.token import Keyword, Name, Number, Operator, Punctuation, String

_NAME, _STRING, _NUMBER = "name", "string", "number"
_CLOSERS = {")", "]", "}"}
_BINDERS = {"=", ":", ":="}


class Symbol(NamedTuple):
    """One symbol, and the line that it stands on."""

    text: str
    line: int


class _Token(NamedTuple):
    kind: Any
    text: str
    line: int


def symbols(source: str) -> list[Symbol]:
    """The symbols of Python source, whether or not it parses.

    All names are one symbol, but for those of other people's attributes (`.softmax`), which nobody can rename.
    """
    tokens = list(_tokens(source))
    bound = _bound(tokens)
    found: list[Symbol] = []
    owner = before = ""
    for one in tokens:
        foreign = before == "." and owner != "self" and one.text not in bound
        text = _symbol(one, foreign)
        if text in _CLOSERS and found and found[-1].text == ",":
            found.pop()  # a trailing comma is layout
        if text != _STRING or not found or found[-1].text != _STRING:
            found.append(Symbol(text, one.line))
        owner, before = before, one.text
    return found


def _symbol(one: _Token, foreign: bool) -> str:
    if one.kind in String:
        return _STRING
    if one.kind in Number:
        return _NUMBER
    return _NAME if one.kind in Name and not foreign else one.text


def _bound(tokens: list[_Token]) -> set[str]:
    """The names that the work itself gives: by assignment, annotation, `def` or `class`."""
    given = {one.text for one, after in pairwise(tokens) if one.kind in Name and after.text in _BINDERS}
    return given | {one.text for before, one in pairwise(tokens) if before.text in ("def", "class")}


def _tokens(source: str) -> Iterator[_Token]:
    """Pygments' tokens that mean something, each with its line."""
    line = 1
    for kind, text in PythonLexer(stripnl=False).get_tokens(source):
        if kind in String and kind not in String.Doc:
            yield _Token(String, text, line)
        elif any(kind in wanted for wanted in (Keyword, Name, Number, Operator, Punctuation)):
            yield _Token(kind, text.strip(), line)
        line += text.count("\n")
