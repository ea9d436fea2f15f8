"""What is said over time: styles as "house@0,krump@0:16", energies, and which way to face."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

from pipelines.support.clock import seconds_of
from pipelines.support.errors import BadUsage
from pipelines.support.progress import Progress

Value = TypeVar("Value", float, str)
OverTime = tuple[tuple[float, Value], ...]
Styles = OverTime[str]
_AT = re.compile(r"\s*(?P<name>[^@,]+?)\s*(?:@\s*(?P<time>[\d:.]+)\s*)?")
FACINGS = {"front": 0.0, "right": 90.0, "back": 180.0, "left": -90.0}
"""Degrees to the right of the picture."""
_HINT = 'write it as --genre house, or --genre "house@0,krump@0:16"'


def parse_styles(text: str | None, known: Callable[[str], str]) -> Styles:
    """(second from which on, style) in order of time, from what `--genre` says; () for None.

    Args:
        text: names with the time from which each holds, in seconds or minutes:seconds; the first
            may leave it out and then holds from the beginning.
        known: from a name as written to the expert's name for it; raises BadUsage for another.

    Raises BadUsage where it cannot be read, or two styles begin at once.
    """
    if text is None:
        return ()
    found: list[tuple[float, str]] = []
    for number, part in enumerate(text.split(",")):
        match = _AT.fullmatch(part)
        if match is None or (match["time"] is None and number > 0):
            raise BadUsage(f"--genre {text}: {part.strip() or 'nothing'!r} has no time", _HINT)
        found.append((_seconds(match["time"] or "0", text), known(match["name"])))
    found.sort(key=lambda style: style[0])
    if len({second for second, _ in found}) < len(found):
        raise BadUsage(f"--genre {text}: two styles begin at the same time", _HINT)
    return tuple(found)


def parse_energies(text: str | None) -> tuple[tuple[float, float], ...]:
    """(second from which on, energy 0 to 1) in order of time, from what `--energy-at` says.

    Raises BadUsage where it cannot be read.
    """
    found = []
    for part in text.split(",") if text is not None else ():
        value, _, time = part.partition("@")
        try:
            energy, second = float(value), seconds_of(time or "0")
        except ValueError:
            raise BadUsage(f"--energy-at {text}: {part.strip()!r} is no energy and time",
                           'write it as "0.3@0,0.9@0:16"') from None  # fmt: skip
        if not 0 <= energy <= 1:
            raise BadUsage(f"--energy-at {text}: {energy:g} must lie in 0 ... 1")
        found.append((second, energy))
    return tuple(sorted(found))


def parse_facings(text: str | None) -> tuple[tuple[float, float], ...]:
    """(second from which on, degrees to the picture's right) in order of time, of `--facing`.

    Raises BadUsage where it cannot be read.
    """
    found = []
    for part in text.split(",") if text is not None else ():
        name, _, time = part.strip().partition("@")
        try:
            angle = FACINGS[name.strip()] if name.strip() in FACINGS else float(name)
            second = seconds_of(time or "0")
        except ValueError:
            raise BadUsage(f"--facing {text}: {part.strip()!r} is no way to face and time",
                           'write it as "left@0:08,front@0:12", or 45@0:08') from None  # fmt: skip
        if not -360 <= angle <= 360:
            raise BadUsage(f"--facing {text}: {angle:g} degrees", "from -180 to 180")
        found.append((second, angle))
    return tuple(sorted(found))


def before_the_end(
    flag: str, said: OverTime[Value], seconds: float, progress: Progress
) -> OverTime[Value]:
    """What is said of a dance of so many seconds; warns of what begins when it is over."""
    for second, value in said:
        if second >= seconds:
            shown = f"{value:g}" if isinstance(value, float) else value
            progress.warn(f"{flag} {shown}@{second:g}: the dance ends after {seconds:.2f} s")
    return tuple(one for one in said if one[0] < seconds)


def _seconds(text: str, whole: str) -> float:
    try:
        return seconds_of(text)
    except ValueError:
        raise BadUsage(f"--genre {whole}: {text!r} is not a time", _HINT) from None
