"""Moments as people write them: 75, 1:15 or 0:01:15.5."""

from __future__ import annotations

import math
from collections.abc import Callable

from pipelines.support.errors import BadUsage

HOW = "give seconds, or minutes:seconds such as 1:02.5"


def time_given(flag: str) -> Callable[[str], float]:
    """What reads the time that `flag` gives; raises BadUsage for what is none."""

    def read(text: str) -> float:
        try:
            return seconds_of(text)
        except ValueError:
            raise BadUsage(f"{flag} {text}: not a time", HOW) from None

    return read


def seconds_of(text: str) -> float:
    """The seconds that "62.5", "1:02.5" or "0:01:02.5" says; raises ValueError for anything else.

    Whether it may be negative or endless is for the option to say.
    """
    parts = text.strip().split(":")
    if not 1 <= len(parts) <= 3:
        raise ValueError(f"{text!r} is not a time")
    *whole, last = parts
    if not all(part.isdecimal() for part in whole):
        raise ValueError(f"{text!r} is not a time")
    seconds = float(last)
    if whole and not (math.isfinite(seconds) and 0 <= seconds < 60):
        raise ValueError(f"{text!r} is not a time")
    for place, part in enumerate(reversed(whole), start=1):
        seconds += 60**place * int(part)
    return seconds
