"""What takes long to load is loaded once for many, and freed when they are made."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

T = TypeVar("T")
_KEPT: ContextVar[dict[str, tuple[Any, Any]] | None] = ContextVar("kept", default=None)


@contextmanager
def loading_once() -> Iterator[None]:
    """Within it `load_once` keeps the last of each kind."""
    token = _KEPT.set({})
    try:
        yield
    finally:
        _KEPT.reset(token)


def load_once(kind: str, key: object, load: Callable[[], T]) -> T:
    """What `load` gives, or what it gave before for this key; outside `loading_once` always anew.

    Args:
        kind: of each one is kept at most, and it goes before another is loaded.
        key: all that what is loaded depends on.
    """
    kept = _KEPT.get()
    if kept is None:
        return load()
    if kind not in kept or kept[kind][0] != key:
        if kept.pop(kind, None) is not None:
            gc.collect()  # networks refer to themselves
        kept[kind] = key, load()
    found: T = kept[kind][1]
    return found
