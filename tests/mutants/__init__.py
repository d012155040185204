"""Mutants: the reference with one bug each, one module a unit."""
