"""Things named as "module:name", so that a table of them imports nothing."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def named(place: str) -> Any:
    """What a place such as "pipelines.motion.readers:read_npz" names, imported now."""
    module, _, name = place.partition(":")
    return getattr(import_module(module), name)
