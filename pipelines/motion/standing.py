"""Where a take dances and where it merely stands about."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from pipelines.body.feet import point_speeds
from pipelines.motion.motion import Motion

_AROUND_SECONDS = 0.25
_STANDING_SHARE, _STANDING_SPEED = 0.35, 0.2


def joint_speed(motion: Motion) -> NDArray[np.float64]:
    """Mean speed (T,) of all joints in m/s."""
    return np.asarray(point_speeds(motion.joints(), motion.fps).mean(axis=1))


def dancing_part(motion: Motion) -> tuple[int, int]:
    """[start, stop) frames without the standing at the head and the tail of a take.

    Standing is slower than 35 % of the take's median speed, and than .2 m/s in any case, over
    about half a second. (0, 0) for a take that stands throughout.
    """
    speed = joint_speed(motion)
    calm = gaussian_filter1d(speed, _AROUND_SECONDS * motion.fps, mode="nearest")
    moves = np.flatnonzero(calm > max(_STANDING_SHARE * float(np.median(speed)), _STANDING_SPEED))
    return (int(moves[0]), int(moves[-1]) + 1) if len(moves) else (0, 0)
