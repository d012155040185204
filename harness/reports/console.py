"""The terminal: one console for standard output, plain where it is no terminal; NO_COLOR is respected."""

from __future__ import annotations

import sys

from rich.console import Console

PLAIN_WIDTH = 1000
"""Wider than any table, one of many units with long names included: away from a terminal nothing is cut."""


def console() -> Console:
    """A console on standard output. Away from a terminal it writes plain text, tables as wide as they are."""
    width = None if sys.stdout.isatty() else PLAIN_WIDTH
    return Console(file=sys.stdout, highlight=False, width=width, soft_wrap=True)
