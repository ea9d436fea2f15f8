"""Stopping a training run when it is asked to, not in the middle of a step."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any


@contextmanager
def stop_requests() -> Iterator[Callable[[], bool]]:
    """Yield a function that tells whether SIGTERM or SIGUSR1 came (main thread only)."""
    received: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        received.append(number)

    previous: dict[signal.Signals, Any] = {}
    try:
        for kind in (signal.SIGTERM, signal.SIGUSR1):
            previous[kind] = signal.signal(kind, note)
    except ValueError:  # not the main thread: whoever runs us there decides when to stop
        pass
    try:
        yield lambda: bool(received)
    finally:
        for kind, handler in previous.items():
            signal.signal(kind, handler)
