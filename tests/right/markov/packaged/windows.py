"""Sliding windows, for counting and for scoring."""


def windows(items, width):
    """All windows as pairs (all but the last item, the last item)."""
    for end in range(width, len(items) + 1):
        yield tuple(items[end - width : end - 1]), items[end - 1]
