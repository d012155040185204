"""Tests of printable text: what a submission says cannot move the cursor, colour anything, or turn lines around."""

from __future__ import annotations

import unicodedata

import pytest

from harness.judge.printable import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        ("plain: α β, ✘ 日本\n\tindented", "plain: α β, ✘ 日本\n\tindented"),
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("over\rwritten", "over\\x0dwritten"),
        ("\x00\x07\x08\x7f\x9b", "\\x00\\x07\\x08\\x7f\\x9b"),
        ("\u202eevil\u202c \u2066x\u2069 \u200f", "\\u202eevil\\u202c \\u2066x\\u2069 \\u200f"),
    ],
)
def test_control_characters_are_shown_as_escapes(text: str, shown: str) -> None:
    """Letters of any script, newlines and tabs stay; the rest of the controls can be read and does nothing."""
    assert printable(text) == shown
    assert printable(shown) == shown


def test_no_control_and_no_turn_of_direction_is_left() -> None:
    """Of all characters that there are."""
    left = printable("".join(map(chr, range(0x110000))))
    assert {one for one in left if unicodedata.category(one) == "Cc"} == {"\n", "\t"}
    turning = {"RLO", "LRO", "RLE", "LRE", "PDF", "RLI", "LRI", "FSI", "PDI"}
    assert not {one for one in left if unicodedata.bidirectional(one) in turning}
