"""Which way the dancer faces, and where they hold still: what is said of a song's bars for it
(docs/reference/dance-library.md#staging).

Shapes: T frames at 30 fps, K bars of m pulses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pipelines.motion_expert.library.song_plan import SongPlan
from pipelines.motion_expert.library.storage import FPS

Floats = NDArray[np.float64]
Complex = NDArray[np.complex128]
OverTime = Sequence[tuple[float, float]]


def with_holds(plan: SongPlan, holds: OverTime) -> SongPlan:
    """The song as if the music stopped in [start, stop) seconds, from pulse to pulse."""
    if not holds:
        return plan
    stops = plan.stops.copy().ravel()
    for start, stop in holds:
        first, last = (int(np.abs(plan.pulses - second).argmin()) for second in (start, stop))
        first = min(first, len(stops) - 1)
        stops[first : max(last, first + 1)] = True
    return replace(plan, stops=stops.reshape(plan.stops.shape))


def facing_of_bars(plan: SongPlan, facings: OverTime) -> Complex | None:
    """(K,) where to face in each bar, 1 the camera; None where nothing is said."""
    if not facings:
        return None
    bounds = plan.pulses[:: plan.per_bar]
    return np.asarray(np.exp(1j * _angles(facings, (bounds[:-1] + bounds[1:]) / 2)))


def facing_of_frames(frames: int, facings: OverTime) -> Floats:
    """(T,) radians, where to face in each frame."""
    return _angles(facings, np.arange(frames) / FPS)


def _angles(facings: OverTime, seconds: Floats) -> Floats:
    """Radians at these seconds: what was said last, the camera before."""
    degrees = np.zeros(len(seconds))
    for second, angle in facings:
        degrees[seconds >= second] = angle
    return np.deg2rad(degrees)
