"""Rules: what a component may not be made of, refused below Python, in torch's dispatcher.

A rule holds for a whole process and for good, so that a worker is of one of three kinds. The rule's kernels are
registered before any of the submission's code runs, and what registered them is out of Python's reach; a kernel
that is registered later can shadow ours, but it cannot call the one that ours replaced.
"""

from harness.worker.rules.kinds import FREE, KINDS, enforce, kind_of

__all__ = ["FREE", "KINDS", "enforce", "kind_of"]
