"""Steps that a stop must not cut in two."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

_STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGALRM)


@contextmanager
def held_back() -> Iterator[None]:
    """Inside, signals that have a handler in Python wait; they are handled when the block ends.

    For the short moment in which a file or a process is made and noted: an exception between the
    two, which a handler may raise at any place, would leave behind what nobody knows of. Whoever
    uses this must expect the exception at the end of the block. Outside the main thread, where no
    handler runs, nothing is held back.
    """
    came: list[signal.Signals] = []

    def wait(number: int, frame: FrameType | None) -> None:
        came.append(signal.Signals(number))

    handlers: dict[signal.Signals, Any] = {}
    if threading.current_thread() is threading.main_thread():
        found = {number: signal.getsignal(number) for number in _STOPS}
        handlers = {number: handler for number, handler in found.items() if callable(handler)}
    try:
        for number in handlers:
            signal.signal(number, wait)
        yield
    finally:
        # One that is back may raise at once, and the others would never be.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, handlers)
        try:
            for number, handler in handlers.items():
                signal.signal(number, handler)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        for number in came:
            signal.raise_signal(number)
