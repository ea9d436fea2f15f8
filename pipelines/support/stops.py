"""Steps that a stop must not cut in two."""

from __future__ import annotations

import signal
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
    try:
        for number in _STOPS:
            handler = signal.getsignal(number)
            if callable(handler):
                signal.signal(number, wait)
                handlers[number] = handler
    except ValueError:  # not the main thread
        pass
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for number in came:
            signal.raise_signal(number)
