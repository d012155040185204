"""Naming: submissions' names, fit for a folder on any system, and distinct on all of them."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

from harness.grading.gathering.entries import key

_LONGEST = 150
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def safe(name: str) -> str:
    """The name as a folder can have it: no separators, control characters or leading dots, and not too long."""
    text = unicodedata.normalize("NFC", name)
    text = "".join("_" if unicodedata.category(one)[0] == "C" or one in '/\\:*?"<>|' else one for one in text)
    text = text.encode()[:_LONGEST].decode(errors="ignore").lstrip(" .-").rstrip(" .") or "unnamed"
    return f"{text}_" if _DEVICES.fullmatch(text) else text


def distinct(wanted: Sequence[tuple[str, str, tuple[str, ...]]]) -> list[str]:
    """A name each for (name, id, folders above): the name; where several share it, with the id, else with as many
    folders as it takes; else numbered."""
    names = [safe(name) for name, _, _ in wanted]
    for depth in range(1, 4):
        counts = Counter(key((name,)) for name in names)
        for index, (name, number, above) in enumerate(wanted):
            if counts[key((names[index],))] > 1 and (number or len(above) >= depth):
                names[index] = safe(f"{name}-{number}" if number else "-".join((*above[-depth:], name)))
    taken: set[str] = set()
    numbers: Counter[str] = Counter()
    for index, name in enumerate(names):
        while key((names[index],)) in taken:
            numbers[name] += 1
            names[index] = f"{name}-{numbers[name] + 1}"
        taken.add(key((names[index],)))
    return names
