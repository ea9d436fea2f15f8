"""Stopping a training run when it is asked to, not in the middle of a step."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any


@contextmanager
def stop_requests(heard: Callable[[], None] = lambda: None) -> Iterator[Callable[[], bool]]:
    """Yield a function that tells whether SIGTERM, SIGUSR1 or Ctrl-C came (main thread only).

    A second Ctrl-C raises KeyboardInterrupt: who presses it again does not wait for a checkpoint.

    Args:
        heard: called at the first Ctrl-C.
    """
    received: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        if number == signal.SIGINT and number in received:
            raise KeyboardInterrupt
        received.append(number)
        if number == signal.SIGINT:
            heard()

    kinds = [signal.SIGTERM, signal.SIGUSR1]
    # A job that a shell has started in the background is not to hear of Ctrl-C.
    if signal.getsignal(signal.SIGINT) != signal.SIG_IGN:
        kinds.append(signal.SIGINT)
    previous: dict[signal.Signals, Any] = {}
    try:
        for kind in kinds:
            previous[kind] = signal.signal(kind, note)
    except ValueError:  # not the main thread: whoever runs us there decides when to stop
        pass
    try:
        yield lambda: bool(received)
    finally:
        for kind, handler in previous.items():
            signal.signal(kind, handler)
