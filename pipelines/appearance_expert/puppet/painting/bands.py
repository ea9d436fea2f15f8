"""Pictures painted band by band, one thread per core.

Every pixel is computed by the same instructions whichever thread takes its band, so the bytes do
not depend on the number of cores.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

BAND_ROWS = 24
_MOST_THREADS = 4


class Bands:
    """Threads that share the bands of a picture out between them.

    Attributes:
        threads: how many there are, at most one per core.
    """

    def __init__(self) -> None:
        """Start as many as there are cores, up to four."""
        self.threads = max(1, min(_MOST_THREADS, len(os.sched_getaffinity(0))))
        self._pool = ThreadPoolExecutor(self.threads)

    def paint(self, rows: int, paint_band: Callable[[int, int], None]) -> None:
        """Call `paint_band(thread, first row)` for every band; returns when all are painted."""

        def work(thread: int) -> None:
            for top in range(thread * BAND_ROWS, rows, self.threads * BAND_ROWS):
                paint_band(thread, top)

        list(self._pool.map(work, range(self.threads)))

    def close(self) -> None:
        """Let the threads go."""
        self._pool.shutdown()
