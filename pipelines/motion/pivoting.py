"""Feet that turn on the spot: what does not bear the body leaves the floor.

Who turns on the ball of a foot lifts its heel, who turns on the heel lifts the toes; in captures
whose ankles hardly bend both stay down and scrape over the floor. Shapes: T frames, 4 foot points
in the order of FOOT_JOINTS.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, maximum_filter1d

from pipelines.body.feet import SOLE_DEPTH

Floats = NDArray[np.float64]

_RISE = np.array([0.035, 0.035, 0.065, 0.065])
"""Metres above the sole's height that a turning heel or toe is lifted."""
_RESTS, _TURNS = 0.15, 0.3
"""Metres per second: a point slower than the first stays down, one beyond the second is up."""
_CALM_FRAMES = 0.6
_PAIRS = ((0, 2), (2, 0), (1, 3), (3, 1))
"""A point of a foot and the one that it turns about."""


def clear_of_the_floor(targets_T43: Floats, stands_T4: NDArray[np.bool_], fps: float) -> Floats:
    """The foot points with those lifted that travel over the floor while their foot stands.

    The foot keeps its length: a heel that goes up comes nearer to its toes.
    """
    result = targets_T43.copy()
    steps = np.linalg.norm(np.diff(targets_T43[..., :2], axis=0), axis=-1) * fps
    speed = np.concatenate([steps, 0 * steps[:1]]) if len(steps) else np.zeros((1, 4))
    for point, firm in _PAIRS:
        share = np.clip((speed[:, point] - _RESTS) / (_TURNS - _RESTS), 0, 1)
        bears = stands_T4[:, firm] & (~stands_T4[:, point] | (speed[:, firm] < _RESTS))
        turning = share * bears
        height = targets_T43[:, point, 2] - SOLE_DEPTH[point]
        rise = maximum_filter1d(turning, 3) * np.maximum(_RISE[point] - height, 0)
        rise = gaussian_filter1d(rise, _CALM_FRAMES, mode="nearest")
        result[:, point] = _raised(targets_T43[:, point], targets_T43[:, firm], rise)
    return result


def _raised(moves_T3: Floats, stays_T3: Floats, rise_T: Floats) -> Floats:
    """The first points higher by `rise_T`, as far from the second as before."""
    reach = moves_T3 - stays_T3
    length = np.linalg.norm(reach, axis=-1)
    level = np.linalg.norm(reach[:, :2], axis=-1)
    height = np.clip(reach[:, 2] + rise_T, -length, length)
    drawn_in = np.sqrt(length**2 - height**2) / np.maximum(level, 1e-9)
    raised = np.concatenate([reach[:, :2] * drawn_in[:, None], height[:, None]], axis=1)
    return np.where(rise_T[:, None] > 1e-4, stays_T3 + raised, moves_T3)
