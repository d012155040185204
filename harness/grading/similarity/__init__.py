"""Similarity: submissions that share more source than chance gives. For a human to look at, never a verdict."""
