"""Gathering: from what a learning-management system exports to submissions, one folder or file each."""

from harness.grading.gathering.caps import Caps
from harness.grading.gathering.found import Found, Person
from harness.grading.gathering.gather import gather

__all__ = ["Caps", "Found", "Person", "gather"]
