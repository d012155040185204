"""The graded checks (test_<unit>.py), their cases and mutants, and the harness's own tests."""
