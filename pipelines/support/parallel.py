"""Many items in several processes, one of which may die without taking the run along.

Each worker has a pipe of its own, which is what the pools of others lack. Tried: loky 3.7, where a
crash also costs what the other workers have in hand, workers are killed without a chance to tidy
up, and live on when the run is killed; pebble 5.2, whose workers share one pipe, so that the run
hangs for good once a worker is killed while it hands over its result.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import warnings
from collections.abc import Callable, Generator, Iterator, Sequence
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import FrameType
from typing import Any, TypeVar

from pipelines.support.errors import TERMINATED, MacedanceError, raise_stop_within

Item = TypeVar("Item")
Result = TypeVar("Result")

_PATIENCE = 10.0
"""Seconds that a worker gets to tidy up when the run is stopped."""


class WorkerDied(MacedanceError):
    """A worker process ended in the middle of an item: a crash, or the system was out of memory."""


def each(
    function: Callable[[Item], Result], items: Sequence[Item], workers: int, apart: bool = False
) -> Generator[tuple[Item, Result | Exception], None, None]:
    """`function` of every item, in the order in which they are done.

    An item that raises gives its exception as the result; so does one whose process died. With one
    worker everything runs in this process. Close the generator (contextlib.closing) to stop the
    workers for certain.

    Args:
        function: at the top of a module, since other processes have to find it.
        items: what is handed over must be picklable, and so must results.
        workers: processes.
        apart: also a single worker, or a single item, gets a process of its own, for what may
            crash.
    """
    if not items or (not apart and (workers <= 1 or len(items) <= 1)):
        for item in items:
            yield item, _outcome(function, item)
        return
    crew = _Crew(function, min(workers, len(items)))
    try:
        yield from crew.work(items)
    finally:
        crew.dismiss()


def _outcome(function: Callable[[Item], Result], item: Item) -> Result | Exception:
    try:
        return function(item)
    except Exception as error:
        raise_stop_within(error)
        return error


class _Crew:
    """Processes that wait for items at pipes of their own."""

    def __init__(self, function: Callable[[Any], Any], size: int) -> None:
        self._function = function
        # Not forked: threads and OpenGL contexts of this process would come along, half alive.
        self._context = multiprocessing.get_context("spawn")
        self._hands: dict[Connection, BaseProcess] = {}
        self._at_work: dict[Connection, Any] = {}
        for _ in range(size):
            self._hire()

    def work(self, items: Sequence[Any]) -> Iterator[tuple[Any, Any]]:
        left = list(reversed(items))
        while left or self._at_work:
            for pipe in list(self._hands):
                if left and pipe not in self._at_work:
                    self._hand_over(pipe, left)
            for ready in wait(list(self._at_work)):
                assert isinstance(ready, Connection)
                item = self._at_work.pop(ready)
                try:
                    result = ready.recv()
                except (EOFError, OSError):
                    result = self._lost(ready)
                yield item, result

    def _hand_over(self, pipe: Connection, left: list[Any]) -> None:
        item = left.pop()
        try:
            pipe.send(item)
            self._at_work[pipe] = item
        except OSError:
            # It died while it had nothing to do; another one takes its place.
            self._lost(pipe)
            left.append(item)

    def dismiss(self) -> None:
        for pipe in self._hands:
            pipe.close()
        for pipe, process in self._hands.items():
            if pipe in self._at_work:
                process.terminate()
        for process in self._hands.values():
            process.join(_PATIENCE)
            if process.is_alive():
                process.kill()
                process.join()

    def _lost(self, pipe: Connection) -> WorkerDied:
        process = self._hands.pop(pipe)
        process.join()
        pipe.close()
        self._hire()
        code = process.exitcode or 0
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return WorkerDied(f"the process that worked on it died ({how})", "try fewer --workers")

    def _hire(self) -> None:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(
            target=_serve, args=(theirs, self._function, os.getpid()), daemon=True
        )
        process.start()
        theirs.close()
        self._hands[ours] = process


def _serve(pipe: Connection, function: Callable[[Any], Any], parent: int) -> None:
    # Ctrl-C goes to the whole group; the parent decides, and sends SIGTERM.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _leave)
    warnings.simplefilter("ignore")
    while True:
        try:
            item = pipe.recv()
        except (EOFError, OSError):
            return
        outcome = _outcome(function, item)
        if os.getppid() != parent:
            return
        try:
            pipe.send(outcome)
        except OSError:
            # The run is being stopped, and nobody waits for this any more.
            return


def _leave(number: int, frame: FrameType | None) -> None:
    raise SystemExit(TERMINATED)
