"""Executors: where the submissions of a run are judged. Plugins, found through the entry point group of that name."""

from harness.grading.executors.executor import Executor, ExecutorError, executor_of, executors

__all__ = ["Executor", "ExecutorError", "executor_of", "executors"]
