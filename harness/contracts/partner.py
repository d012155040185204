"""Partners: what a hook calls back, answered by the judge.

Where a contract says how often and with what a callable is to be called, a record of the calls beside the
submission's own code would be the submission's to correct. So the callable that a hook is handed only asks; a
partner, in the judge, answers and takes the notes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from harness.plain import Plain

Ask = Callable[[Plain], Plain]
ASK = "ask"
"""The name under which an observer finds the way to the partner in its `drive`."""


class Partner(Protocol):
    """One observation's worth of answers and notes."""

    def answer(self, question: Plain) -> Plain:
        """The answer to a question of the observer's. Raises ValueError for one that the observer does not ask."""

    def notes(self) -> Plain:
        """What has been asked, in the form that the checks of the component read."""


PartnerMaker = Callable[[Mapping[str, Plain], Mapping[str, Plain]], Partner]
"""Makes a partner of a case's `arguments` and `drive`."""
