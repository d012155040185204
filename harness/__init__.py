"""seqgrade: a plugin-based testing and grading harness for a sequence-modelling course."""

from harness.markers import hookimpl

__all__ = ["hookimpl"]
