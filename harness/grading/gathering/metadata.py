"""Gradescope's `submission_metadata.yml`, of which only the submitters are read, line by line: no YAML, no tags."""

from __future__ import annotations

import re

from harness.grading.gathering.found import GatherError, Person

METADATA = "submission_metadata.yml"
_KEY = re.compile(r"(?P<quote>['\"]?)(?P<name>[\w.-]+)(?P=quote):\s*")
_FIELD = re.compile(r"  (?P<first>- |  ):(?P<field>\w+):(?:\s+(?P<value>.*))?")
_ESCAPES = {"n": "\n", "t": "\t", "e": "\x1b", "0": "\0", " ": " "}
_ESCAPE = re.compile(r"\\(?:x(..)|u(.{4})|U(.{8})|(.))")


def submitters(content: bytes) -> dict[str, tuple[Person, ...]]:
    """Every submission's authors, by the name of its folder. Raises GatherError at the first line it cannot read."""
    people: dict[str, list[dict[str, str]]] = {}
    current, listing = "", False
    for number, line in enumerate(content.decode("utf-8-sig", "replace").splitlines(), 1):
        if line and not line[0].isspace() and line[0] not in "#-.":
            current, listing = _key(line, number), False
            if current in people:
                raise GatherError(f"line {number}: {current!r} is there twice; download the export again")
            people[current] = []
        elif re.match(r"  [^\s-]", line):
            listing = line.rstrip() == "  :submitters:"
        elif listing and line.strip():
            _add(people[current], line, number)
    return {name: tuple(Person(**fields) for fields in found) for name, found in people.items()}


def _key(line: str, number: int) -> str:
    match = _KEY.fullmatch(line)
    if match is None:
        raise GatherError(f"line {number}: is no submission's key ({line[:40]!r}); download the export again")
    return match["name"]


def _add(people: list[dict[str, str]], line: str, number: int) -> None:
    """Note a line of a list of submitters. Raises GatherError."""
    match = _FIELD.fullmatch(line)
    if match is None or (match["first"] == "  " and not people):
        raise GatherError(f"line {number}: is no submitter's line ({line[:40]!r}); download the export again")
    if match["first"] == "- ":
        people.append({"name": ""})
    if match["field"] in ("name", "sid", "email"):
        people[-1][match["field"]] = _scalar((match["value"] or "").strip(), number)


def _scalar(text: str, number: int) -> str:
    """A one-line scalar: plain, or in quotes. Raises GatherError for tags, anchors, blocks and the like."""
    if len(text) > 1 and text[0] == text[-1] == "'" and "'" not in text[1:-1].replace("''", ""):
        return text[1:-1].replace("''", "'")
    if re.fullmatch(r'"(?:[^"\\]|\\.)*"', text):
        return _ESCAPE.sub(_unescaped, text[1:-1])
    if text in ("", "~", "null"):
        return ""
    if text[0] in "'\"!&*|>{}[]%@`#,?" or ": " in text or " #" in text:
        raise GatherError(f"line {number}: is no plain text ({text[:40]!r}); download the export again")
    return text


def _unescaped(match: re.Match[str]) -> str:
    digits = match[1] or match[2] or match[3]
    if digits is None:
        return _ESCAPES.get(match[4], match[4])
    try:
        return chr(int(digits, 16))
    except (ValueError, OverflowError):
        return "\ufffd"
