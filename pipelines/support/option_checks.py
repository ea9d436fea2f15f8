"""Checks of a command's options that several configs make; each names the flag and the way out."""

from __future__ import annotations

import os
from collections.abc import Mapping

from pipelines.support.errors import BadUsage


def flag(name: str) -> str:
    """How a config's field is written on the command line."""
    return f"--{name.replace('_', '-')}"


def check_choices(config: object, choices: Mapping[str, tuple[str, ...]]) -> None:
    """Raise BadUsage where a field is none of what it may be."""
    for name, allowed in choices.items():
        value = getattr(config, name)
        if value not in allowed:
            raise BadUsage(f"{flag(name)} {value}: unknown", f"choose {', '.join(allowed)}")


def check_numbers(
    config: object,
    positive: tuple[str, ...],
    not_negative: tuple[str, ...],
    shares: tuple[str, ...],
) -> None:
    """Raise BadUsage where a field is out of range; shares lie between 0 and 1."""
    for name in positive:
        if getattr(config, name) <= 0:
            raise BadUsage(f"{flag(name)}: must be more than 0")
    for name in not_negative:
        if getattr(config, name) < 0:
            raise BadUsage(f"{flag(name)}: must not be negative")
    for name in shares:
        if not 0 <= getattr(config, name) <= 1:
            raise BadUsage(f"{flag(name)}: must lie between 0 and 1")


def check_slices(batch_size: int, accumulate: int) -> None:
    """Raise BadUsage where an update does not part into equal slices, one or more a process."""
    slices = accumulate * int(os.environ.get("WORLD_SIZE", "1"))
    if batch_size % slices:
        raise BadUsage(
            f"--batch-size {batch_size} cannot be cut into {slices} equal slices",
            f"use a multiple of {slices} (processes x --accumulate)",
        )
