"""The versions that a verdict may depend on."""

from __future__ import annotations

import platform
from importlib.metadata import version

import hypothesis
import numpy as np
import torch


def versions() -> dict[str, str]:
    """The versions that a verdict may depend on."""
    return {
        "seqgrade": version("seqgrade"),
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "numpy": np.__version__,
        "hypothesis": hypothesis.__version__,
    }
