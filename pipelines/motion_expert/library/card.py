"""What a library holds, for people: takes, styles, tempi, and what was left out and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pipelines.motion_expert.library.storage import FPS, Library, TakeEntry

_FEW_MINUTES = 1.0


def library_facts(library: Library) -> dict[str, Any]:
    """JSON-able: takes, minutes, and of each style its takes, minutes and tempi."""
    return {
        "takes": len(library.takes),
        "minutes": round(len(library.steps) / FPS / 60, 2),
        "styles": {
            name: _style(library, name) for name in sorted({t.genre for t in library.takes})
        },
        "left_out": list(library.left_out),
    }


def library_card(name: str, library: Library, notes: Sequence[str]) -> str:
    """A page of Markdown; the same library gives the same page.

    Args:
        name: of the run.
        library: what is described.
        notes: one line per take that is not what it might be.
    """
    facts = library_facts(library)
    lines = [
        f"# {name}: a dance library",
        "",
        f"{facts['takes']} takes, {facts['minutes']:.1f} minutes. The dances made from it are "
        "re-arranged captures:",
        "bars of these takes, joined; whoever owns the takes has a say in the dances.",
        "",
        "| style | takes | choreographies | minutes | counts a minute | counted by its song |",
        "|---|---|---|---|---|---|",
    ]
    for style, one in facts["styles"].items():
        low, high = one["counts_per_minute"]
        lines.append(
            f"| {style} | {one['takes']} | {one['choreographies']} | {one['minutes']:.1f} | "
            f"{low:.0f} to {high:.0f} | {one['counted_by_song']} |"
        )
    for title, rows in (("Left out", library.left_out), ("Notes", notes)):
        if rows:
            lines += ["", f"## {title}", "", *(f"- {row}" for row in rows)]
    return "\n".join(lines) + "\n"


def library_doubts(library: Library) -> list[str]:
    """What its dances will lack, one line each."""
    minutes = len(library.steps) / FPS / 60
    if len(library.takes) == 1:
        return ["one take only: every dance will be made of its bars, over and over"]
    if minutes < _FEW_MINUTES:
        return [f"{60 * minutes:.0f} s of dance in all: longer songs will hear it again and again"]
    return []


def _style(library: Library, name: str) -> dict[str, Any]:
    takes = [take for take in library.takes if take.genre == name]
    rates = [_rate(library, take) for take in takes]
    return {
        "takes": len(takes),
        "choreographies": len({take.choreography for take in takes}),
        "minutes": round(sum(take.frames for take in takes) / FPS / 60, 2),
        "counts_per_minute": [round(min(rates), 1), round(max(rates), 1)],
        "counted_by_song": sum(take.readings[0].known for take in takes),
    }


def _rate(library: Library, take: TakeEntry) -> float:
    """Counts a minute of a take's most trusted reading."""
    first = take.readings[0]
    times = library.pulses[first.first : first.first + first.count]
    return float(60 / np.median(np.diff(times)))
