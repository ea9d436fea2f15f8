"""Batches, built by threads a few steps ahead so that the network never waits for them."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType

from torch import Tensor

Tensors = dict[str, Tensor]


class Feed:
    """Calls `make(n)` for n = start, start + 1, … and hands the results out in that order.

    Args:
        make: builds the n-th batch; must depend on n alone.
        start: the first n.
        workers: threads that build ahead; 0 builds in the calling thread.

    Attributes:
        waited: seconds that `next` has spent so far.
    """

    def __init__(self, make: Callable[[int], Tensors], start: int, workers: int) -> None:
        self._make = make
        self._number = start
        self._pool = ThreadPoolExecutor(workers) if workers else None
        self._ahead: deque[Future[Tensors]] = deque()
        self._depth = 2 * workers
        self.waited = 0.0

    def next(self) -> Tensors:
        """The next batch; raises what building it raised."""
        begin = time.perf_counter()
        if self._pool is None:
            result = self._make(self._number)
            self._number += 1
        else:
            while len(self._ahead) < self._depth:
                self._ahead.append(self._pool.submit(self._make, self._number))
                self._number += 1
            result = self._ahead.popleft().result()
        self.waited += time.perf_counter() - begin
        return result

    def __enter__(self) -> Feed:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
