"""How each take is counted to a song of some tempo (docs/reference/dance-library.md#counting).

Shapes: B pulses.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.motion_expert.library.storage import FPS, Library, TakeEntry
from pipelines.rhythm.pulses import Pulses

Floats = NDArray[np.float64]

SLOWEST_SPEED, FASTEST_SPEED = 0.72, 1.28
"""Speeds of the dance against the take as recorded that a viewer takes for granted."""
_LOG_SPEED_COST = 6.0
_HALF_TIME_COST = 0.25
"""Against counting a known beat in halves, as half-time dances are over fast music."""


@dataclass(frozen=True)
class Counted:
    """A take with the reading that fits the song best.

    Attributes:
        number: of the take in the library.
        times: (B,) seconds of its pulses, all within the take.
        known: whether it is the grid of its own music.
    """

    number: int
    times: Floats
    known: bool


def counted_takes(
    library: Library, bpm: float, wanted: Callable[[TakeEntry], bool], speeds: tuple[float, float]
) -> list[Counted]:
    """Each wanted take in its best reading for a tempo; those that no reading fits are left out."""
    found = []
    for number, take in enumerate(library.takes):
        if not wanted(take):
            continue
        best: tuple[float, Pulses] | None = None
        for reading in take.readings:
            times = library.pulses[reading.first : reading.first + reading.count]
            pulses = Pulses(times, reading.confidence, reading.known)
            for level, cost in ((pulses, 0.0), *_other_levels(pulses)):
                speed = bpm / level.bpm
                if not speeds[0] <= speed <= speeds[1]:
                    continue
                score = reading.confidence - cost - _LOG_SPEED_COST * np.log(speed) ** 2
                if best is None or score > best[0]:
                    best = score, level
        if best is not None:
            last = (take.frames - 1) / FPS
            inside = best[1].times[(best[1].times >= -1e-6) & (best[1].times <= last + 1.5 / FPS)]
            if len(inside) > 2:
                found.append(Counted(number, np.clip(inside, 0, last), best[1].known))
    return found


def _other_levels(pulses: Pulses) -> tuple[tuple[Pulses, float], ...]:
    """A known grid counted in halves, as half-time dances are over fast music."""
    if not pulses.known:
        return ()
    return ((pulses.doubled(), _HALF_TIME_COST),)
