"""Contracts: what a submission implements, one module a unit, and how its results are observed."""
