"""Putting a dancer onto the floor."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, minimum_filter1d

from pipelines.body.skeleton import FOOT_JOINTS
from pipelines.motion.motion import Motion

SOLE_DEPTH: NDArray[np.float64] = np.array([0.06, 0.06, 0.0, 0.0])
"""How far each foot joint (ankles, toes) is above the floor in a standing SMPL body, metres.

The toe joints of the offset table are 0.956 m below the pelvis and count as floor.
"""
_SLOW = 0.3
"""Speed of a planted foot, m/s, as EDGE has it (docs/reference/motion.md#contact-labels)."""
_LONGEST_JUMP = 0.5
"""Seconds that nobody stays in the air for: 30 cm high jumps last that long."""
_SETTLING = 0.1
"""Seconds: sigma of the filter that keeps the way down free of jolts."""


def foot_heights(joints_TJ3: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Height (T, 4) of each sole point above z = 0, in the order of FOOT_JOINTS."""
    return np.asarray(joints_TJ3[:, list(FOOT_JOINTS), 2] - SOLE_DEPTH, dtype=np.float64)


def floor_height(joints_TJ3: NDArray[np.floating[Any]], fps: float) -> float:
    """Height of the floor that the feet stand on: a low quantile of where planted feet are."""
    heights = foot_heights(joints_TJ3)
    feet = joints_TJ3[:, list(FOOT_JOINTS)]
    speed = np.zeros(heights.shape)
    if len(feet) > 1:
        speed = np.linalg.norm(np.gradient(feet, axis=0), axis=-1) * fps
    lowest = heights.min(axis=1)
    planted = (speed < _SLOW) & (heights < lowest[:, None] + 0.03)
    standing = lowest[planted.any(axis=1)]
    if len(standing) < 10:
        standing = lowest
    return float(np.percentile(standing, 20))


def on_floor(motion: Motion) -> Motion:
    """The same motion, moved up or down so that it stands on z = 0."""
    height = floor_height(motion.joints(), motion.fps)
    trans = motion.trans - np.array([0, 0, height], dtype=np.float32)
    return replace(motion, trans=trans)


def settled(motion: Motion) -> Motion:
    """The motion without floating: within any half second the lower foot comes down to z = 0.

    Leaps stay as high as they are; only what lasts longer than a leap can is taken out.
    """
    lowest = foot_heights(motion.joints()).min(axis=1)
    longest = 2 * round(_LONGEST_JUMP * motion.fps / 2) + 1
    floating = minimum_filter1d(lowest, longest, mode="nearest")
    floating = gaussian_filter1d(floating, _SETTLING * motion.fps, mode="nearest")
    trans = motion.trans.copy()
    trans[:, 2] -= np.maximum(floating, 0).astype(np.float32)
    return replace(motion, trans=trans)
