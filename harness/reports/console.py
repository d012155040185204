"""The terminal: one console for standard output, plain where it is no terminal; NO_COLOR is respected."""

from __future__ import annotations

import sys

from rich.console import Console

PLAIN_WIDTH = 100


def console() -> Console:
    """A console on standard output. Away from a terminal it writes plain text of a fixed width."""
    width = None if sys.stdout.isatty() else PLAIN_WIDTH
    return Console(file=sys.stdout, highlight=False, width=width, soft_wrap=True)
