"""Styles of the library: their names, how they hold the beat, and which dance unasked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from pipelines.motion_expert.interface import genre_among
from pipelines.support.errors import BadUsage


@dataclass(frozen=True)
class Style:
    """How a style is danced.

    Attributes:
        phase: radians; where between two beats real dancers' speed peaks (0 on the beat, pi
            half-way), measured on their own music where that is known.
        by: which speed holds the beat, "feet" or "body".
        liking: None: danced only when asked for; else a cost of choosing it unasked.
        rhythm: how much more than elsewhere a bar's rhythm counts where the style is asked for:
            where few bars keep the beat.
        facing: how much more its facing counts: where dancers turn away much.
        energy: how much more its energy counts where it is asked for: where bars that keep the
            beat are wilder than the style mostly is.
        wide: cost of holding the hands far from each other all the time, where the style is asked
            for: where bars that keep the beat do so more than its dancers.
    """

    phase: float = -1.6
    by: str = "feet"
    liking: float | None = None
    rhythm: float = 1.0
    facing: float = 1.0
    energy: float = 1.0
    wide: float = 0.0


STYLES: dict[str, Style] = {
    "house": Style(-1.9, liking=0.45),
    "la hip-hop": Style(-2.1, liking=0.15),
    "middle hip-hop": Style(-2.1, liking=0.0, energy=3.0),
    "lock": Style(-2.2, liking=0.0, rhythm=1.7),
    "waack": Style(-2.0, liking=0.0, rhythm=2.5),
    "break": Style(-2.0, liking=0.2, facing=5.0),
    "popping": Style(np.pi, "body", liking=0.3, rhythm=1.5),
    "krump": Style(-2.3, "body", wide=1.5),
    "street jazz": Style(-2.1),
    "ballet jazz": Style(-2.1),
    "commercial": Style(-1.6, liking=0.0),
    "party": Style(-1.6, liking=0.1),
    "shuffle": Style(-1.6, liking=0.0),
    "west coast": Style(-1.6),
    "jazz walk": Style(-1.6),
    "salsa": Style(-1.6, rhythm=1.5, facing=3.0),
    "modern": Style(-1.6),
    "indian": Style(-1.6),
    "jackson": Style(-1.6),
}
"""Every other name is danced with the first values; `liking_of` says when."""

_OTHER_NAMES = {
    "breakdance": "break", "breaking": "break", "locking": "lock", "waacking": "waack",
    "pop": "popping", "krumping": "krump", "hip-hop": "la hip-hop", "hiphop": "la hip-hop",
    "mjackson": "jackson", "ballet": "ballet jazz", "jazz": "street jazz",
}  # fmt: skip


def style_of(genre: str) -> Style:
    """What is known of a style, by any of its names."""
    return STYLES.get(genre) or STYLES.get(_OTHER_NAMES.get(genre, ""), Style())


def liking_of(genre: str) -> float | None:
    """The cost of choosing a style unasked; None: only when asked for.

    A style that is in no table is of a library of somebody's own, who wants to see it danced.
    """
    known = genre in STYLES or genre in _OTHER_NAMES
    return style_of(genre).liking if known else 0.0


def find_genre(asked: str, known: Iterable[str]) -> str:
    """The library's name for a style, however it is written.

    Raises:
        BadUsage: the library does not have it; the message lists what it has.
    """
    names = sorted(set(known))
    found, nearest = genre_among(asked, names, _OTHER_NAMES)
    if found is None:
        hint = f"{nearest}it has {', '.join(names)}"
        raise BadUsage(f"--genre {asked}: not in this library", hint)
    return found
