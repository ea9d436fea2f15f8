"""How much a motion trembles. Joints: (T, J, 3) metres."""

from __future__ import annotations

import numpy as np

from pipelines.metrics.joints import Array, checked


def jitter(joints_TJ3: Array, fps: float) -> float:
    """Mean norm of the joints' jerk in m/s^3: third differences times fps^3.

    Papers that give jitter in "10 m/s^3" (WHAM, GVHMR, InfiniteDance) divide this by ten. Noise on
    positions grows with fps^3, so compare motions at one frame rate only.
    """
    third = np.diff(checked(joints_TJ3, least_frames=4), n=3, axis=0) * fps**3
    return float(np.linalg.norm(third, axis=-1).mean())
