"""A file that is not Python: its record says where, and gives 0 points."""

from harness import hookimpl


@hookimpl
def preprocess(text)
    return text.lower()
