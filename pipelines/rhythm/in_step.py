"""How far a dance steps beside the beat, and how firmly: dances of one set can be made to agree.

Most takes keep time, but each in its own way: one lands on the beat, another between two. Of dance
that was paired with music afterwards that means nothing, and a network that hears all of it learns
that a step may fall anywhere. Measured over windows of 5 s of the pairs of
docs/lab/motion-training.md, feet hold their own place in the beat at R .52, a common one at .30.

Shapes: T frames, N windows.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

STEP_PHASE = -2.0
"""Radians of a beat at which feet are fastest where steps land on it, as those of salsa, modern and
most street dance do."""
_STILL = 0.05
_FEWEST_CYCLES = 3
_UNSTEADY = 0.05
"""Odds of a window that keeps no time at all beside those of one that keeps it perfectly."""

Float = NDArray[np.float64]
Whole = NDArray[np.int64]


def step_swing(foot_speed_T: Float, count_T: Float) -> complex:
    """How the feet's speed swings with the beat: its size is R, its angle where feet are fastest.

    The first harmonics of all whole cycles between beats, added up, over the sum of their sizes
    (as `metrics.phase_locking` has them); 0 for feet that stand still, for fewer than three cycles
    and where there is no count.

    Args:
        foot_speed_T: m/s. count_T: of beats (`beat_clock.count_beats`).
    """
    if not np.isfinite(count_T).all() or foot_speed_T.mean() < _STILL:
        return 0j
    cycle = np.floor(count_T)
    starts = np.flatnonzero(np.diff(cycle)) + 1
    if len(starts) <= _FEWEST_CYCLES:
        return 0j
    inside = slice(starts[0], starts[-1])
    edges, frames = starts[:-1] - starts[0], np.diff(starts)
    speed, turn = foot_speed_T[inside], np.exp(2j * np.pi * count_T[inside])
    mean = np.repeat(np.add.reduceat(speed, edges) / frames, frames)
    harmonics = np.add.reduceat((speed - mean) * turn, edges) / frames
    size = float(np.abs(harmonics).sum())
    return complex(harmonics.sum()) / size if size > 0 else 0j


def beats_beside(swing: complex) -> float:
    """By how many beats, -0.5 to 0.5, the music has to come later for the steps to land on it."""
    if swing == 0:
        return 0.0
    turns = (np.angle(swing) - STEP_PHASE) / (2 * np.pi)
    return float(turns - np.round(turns))


def heard_in_step(
    foot_speed_T: Float, count_T: Float, first_N: Whole, ends: tuple[Whole, Whole], window: int
) -> tuple[Whole, Float]:
    """Where in their songs windows of dance should listen so that their steps land on the beats.

    Args:
        foot_speed_T: m/s, of one dance or of several in a row. count_T: of their songs' beats.
        first_N: first frame of each window, `window` frames long.
        ends: (N,) the first and the last frame at which a window may begin to listen.

    Returns:
        (N,) the frame at which it begins to listen, where it would have to leave its song its own
        first frame; and (N,) how much it should be drawn: the more firmly it keeps time the more
        often, never where it would have to leave its song.
    """
    firm_N = np.zeros(len(first_N))
    heard_N = first_N.copy()
    for row, first in enumerate(first_N):
        span = slice(first, first + window)
        count = count_T[span]
        swing = step_swing(foot_speed_T[span], count)
        if swing != 0:
            beats_a_frame = (count[-1] - count[0]) / (window - 1)
            heard_N[row] -= round(beats_beside(swing) / beats_a_frame)
            firm_N[row] = abs(swing) ** 2
    inside_N = (heard_N >= ends[0]) & (heard_N <= ends[1])
    return np.where(inside_N, heard_N, first_N), (_UNSTEADY + firm_N) * inside_N
