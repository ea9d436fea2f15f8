"""Threads that wait sleep, instead of spinning while another program needs the core.

torch hands thousands of small operations to a team of threads, and between two of them libgomp
lets the team spin. On a busy machine the thread that all wait for is not running, and those that
spin keep it from running: a dance of 10 s took 70 s of processor time beside other work, and 9 s
with this.
"""

from __future__ import annotations

import os

_CALM = {
    "OMP_WAIT_POLICY": "PASSIVE",  # libgomp, and Intel's and LLVM's runtimes
    "GOMP_SPINCOUNT": "0",
    "KMP_BLOCKTIME": "0",
}


def let_idle_threads_sleep() -> None:
    """Ask the runtimes of OpenMP to; heeded only before the first of them is loaded.

    What the user has set in the environment stands. Processes that are started later inherit it.
    """
    for name, value in _CALM.items():
        os.environ.setdefault(name, value)
