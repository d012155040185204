"""Plugins: finding, reading, importing and vetting anything that implements hooks."""

from harness.plugins.loading import LoadError, Plugin, load, load_source
from harness.plugins.source import Source, find, read
from harness.plugins.vetting import Problem

__all__ = ["LoadError", "Plugin", "Problem", "Source", "find", "load", "load_source", "read"]
