"""Statistics: what the records of a class say about it, and about the checks."""
