"""Grading is arithmetic on verdicts: suites, rubrics, records."""
