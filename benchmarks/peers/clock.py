"""The clock: runs commands one after another, and prints wall and CPU seconds of them and all of their descendants,
and the largest resident memory of one of them, in MB.

    python clock.py SPEC     # {"commands": [[ARGUMENTS, FOLDER], ...], "env": {...}, "log": PATH}, in JSON

CPU time is what the kernel counts for children that were waited for, so this process adopts the orphans of its commands
(Linux) and waits for those, too.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import subprocess
import sys
import time
from typing import Any

PR_SET_CHILD_SUBREAPER = 36
ORPHAN_SECONDS = 10.0


def reap_orphans() -> None:
    """Wait for what the commands left behind. Raises RuntimeError where something stays."""
    until = time.monotonic() + ORPHAN_SECONDS
    while time.monotonic() < until:
        try:
            ended, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not ended:
            time.sleep(0.01)
    raise RuntimeError("a process of the grader's is still running, so its CPU time is unknown")


def main(spec: dict[str, Any]) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    began = time.perf_counter()
    with open(spec["log"], "wb") as log:
        for command, folder in spec["commands"]:
            subprocess.run(command, cwd=folder, env=spec["env"], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    wall = time.perf_counter() - began
    reap_orphans()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(json.dumps({"wall": wall, "cpu": used.ru_utime + used.ru_stime, "memory": used.ru_maxrss / 1024}))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
