"""From raw text to tokens."""

import re
from enum import StrEnum


class Unit(StrEnum):
    CHAR = "char"
    WORD = "word"


def clean(text):
    return re.sub(r"([a-z]*)[^a-z]+", r"\1 ", re.sub("[A-Z]", lambda found: chr(ord(found[0]) + 32), text))


def cut(text, unit):
    return list(text) if Unit(unit) is Unit.CHAR else text.split()
