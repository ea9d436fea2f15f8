"""Feet that travel while the other one bears the body leave the floor.

A network's feet glide where a dancer's step over. Shapes: T frames, 2 feet, left and right, 4 foot
points in the order of FOOT_JOINTS.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, maximum_filter1d

from pipelines.body.feet import SOLE_DEPTH, point_speeds
from pipelines.motion.footwork import bearing_cost, bearing_left

Floats = NDArray[np.float64]

_CLEARANCE = 0.08
"""Metres between a swinging sole and the floor."""
_STANDING, _SWINGING = 0.2, 0.5
"""Metres per second: a foot slower than the first stays down, one beyond the second is up."""
_CALMING_SECONDS = 0.03
_EASE_SECONDS = 0.05


def swing_lift(feet_T43: Floats, fps: float) -> Floats:
    """How far (T, 2) to raise each foot so that it clears the floor, z = 0, where it swings.

    A foot that is up already stays as it is, and so does the foot that bears the body: a dancer
    whose feet both glide is not lifted off the floor.
    """
    speeds = point_speeds(feet_T43[..., :2], fps, _CALMING_SECONDS)
    speed = np.maximum(speeds[:, :2], speeds[:, 2:])
    heights = feet_T43[..., 2] - SOLE_DEPTH
    height = np.minimum(heights[:, :2], heights[:, 2:])
    rise = np.clip((speed - _STANDING) / (_SWINGING - _STANDING), 0, 1)
    # One frame more to either side: the foot is up before it is fast.
    wanted = maximum_filter1d(_CLEARANCE * rise**2 * (3 - 2 * rise), 3, axis=0)
    left = bearing_left(bearing_cost(height, speed))
    bears = np.stack([left, ~left], axis=1).astype(float)
    ease = _EASE_SECONDS * fps
    wanted, bears = (gaussian_filter1d(x, ease, axis=0, mode="nearest") for x in (wanted, bears))
    lift = np.maximum(wanted * (1 - bears) - np.maximum(height, 0), 0)
    return np.asarray(gaussian_filter1d(lift, 0.02 * fps, axis=0, mode="nearest"))
