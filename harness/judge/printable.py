"""Text of a submission's, safe to show: nothing in it can move a terminal's cursor or colour what is ours."""

from __future__ import annotations

_ESCAPED = {code: f"\\x{code:02x}" for code in [*range(32), *range(127, 160)] if chr(code) not in "\n\t"}
_ESCAPED |= {
    code: f"\\u{code:04x}" for code in [*range(0x200E, 0x2010), *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
}


def printable(text: str) -> str:
    """The text with control characters, and those that turn the direction of writing, as escapes."""
    return text.translate(_ESCAPED)
