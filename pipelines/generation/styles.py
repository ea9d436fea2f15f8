"""`--genre`: one style, or styles over time as "house@0,krump@0:16"."""

from __future__ import annotations

import re
from collections.abc import Callable

from pipelines.support.clock import seconds_of
from pipelines.support.errors import BadUsage

Styles = tuple[tuple[float, str], ...]
_AT = re.compile(r"\s*(?P<name>[^@,]+?)\s*(?:@\s*(?P<time>[\d:.]+)\s*)?")
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


def _seconds(text: str, whole: str) -> float:
    try:
        return seconds_of(text)
    except ValueError:
        raise BadUsage(f"--genre {whole}: {text!r} is not a time", _HINT) from None
