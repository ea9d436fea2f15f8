"""Threads that wait sleep, and how many there are changes no number.

torch hands thousands of small operations to a team of threads, and between two of them libgomp
lets the team spin. On a busy machine the thread that all wait for is not running, and those that
spin keep it from running: a dance of 10 s took 70 s of processor time beside other work, and 9 s
with this.

numpy's OpenBLAS cuts a product by its threads and sums it in another order with two than with one:
loudness and timbre of a song came out 1e-5 apart, and a network that danced to them 3e-6. The
products are small, so that it gets a single thread; torch cuts by what it computes.
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


def keep_numpy_to_one_thread() -> None:
    """Products of numpy and scipy are the same on any number of cores.

    Heeded only before numpy is loaded. Stands above what the user has set: sites that set it for
    all programs would get other bytes.
    """
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
