"""`python -m harness` and the console script `seqgrade`."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from typing import NoReturn


def main() -> NoReturn:
    """Run the command line, then end at once: to take an interpreter with torch apart takes longer than many a check.

    What is registered to run at exit runs. Nothing of what is imported is garbage, so nobody looks for any meanwhile.
    """
    gc.disable()
    from harness.cli import main as command

    gc.enable()
    status: object = 0
    try:
        command()
    except SystemExit as ended:
        status = ended.code
    if isinstance(status, str):
        print(status, file=sys.stderr)
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(status if isinstance(status, int) else int(status is not None))


if __name__ == "__main__":
    main()
