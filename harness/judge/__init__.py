"""The judge's side: cases, the oracle, comparisons, checks and their verdicts."""
