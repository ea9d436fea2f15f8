"""Ctrl-C and SIGTERM as exceptions that end a command, wherever they arrive."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from pipelines.support.errors import TERMINATED

_AGAIN_SECONDS = 0.02
_LOADING_CODE = "_raw_object_cache"
"""Begins the names of the functions through which LLVM asks Python for numba's cached code."""


@contextmanager
def stoppable() -> Iterator[None]:
    """Inside, SIGINT raises KeyboardInterrupt and SIGTERM SystemExit(TERMINATED), for certain.

    Python drops an exception that a signal raises inside a callback from C or in a finalizer, and
    the command would go on. Such an exception is raised again a moment later. Where numba loads
    compiled code it is not even raised: without the answer that it asks for, LLVM would call code
    that is not there.
    """
    reason = signal.SIGINT

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal reason
        if number != signal.SIGALRM:
            reason = signal.Signals(number)
        if _is_loading_code(frame):
            _try_again()
        elif reason == signal.SIGINT:
            raise KeyboardInterrupt
        else:
            raise SystemExit(TERMINATED)

    def lost(unraisable: Any) -> None:
        if issubclass(unraisable.exc_type, (KeyboardInterrupt, SystemExit)):
            _try_again()
        else:
            hook(unraisable)

    numbers = [signal.SIGTERM, signal.SIGALRM]
    # A job that a shell has started in the background is not to hear of Ctrl-C.
    if signal.getsignal(signal.SIGINT) != signal.SIG_IGN:
        numbers.append(signal.SIGINT)
    handlers = {number: signal.signal(number, stop) for number in numbers}
    hook = sys.unraisablehook
    sys.unraisablehook = lost
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        sys.unraisablehook = hook
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _try_again() -> None:
    """Have the handler called once more, when whoever runs now has gone on a little."""
    signal.setitimer(signal.ITIMER_REAL, _AGAIN_SECONDS)


def _is_loading_code(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_name.startswith(_LOADING_CODE):
            return True
        frame = frame.f_back
    return False
