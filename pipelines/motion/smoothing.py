"""Zero-phase smoothing: takes the tremble out of a motion and leaves its accents."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.signal import savgol_filter

from pipelines.body.rotations import matrix_to_axis_angle
from pipelines.motion.motion import Motion

_ORDER = 3


def smoothed(motion: Motion, seconds: float = 0.3) -> Motion:
    """The motion through a cubic Savitzky-Golay filter, which passes about 7 Hz at 0.3 s.

    Rotation matrices are filtered entry by entry and projected back onto rotations, so there is no
    wrap-around. A motion shorter than the window comes back as it is.

    Args:
        motion: any frame rate.
        seconds: length of the window.
    """
    window = 2 * round(seconds * motion.fps / 2) + 1
    if window <= _ORDER + 1 or motion.frames < window:
        return motion
    rotations = nearest_rotations(savgol_filter(motion.rotations(), window, _ORDER, axis=0))
    trans = savgol_filter(motion.trans, window, _ORDER, axis=0)
    return replace(
        motion,
        poses=matrix_to_axis_angle(rotations).astype(np.float32),
        trans=trans.astype(np.float32),
    )


def nearest_rotations(matrices: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """The rotation closest to each matrix (..., 3, 3), by singular value decomposition."""
    left, _, right = np.linalg.svd(matrices)
    flip = np.ones((*matrices.shape[:-2], 1, 3))
    flip[..., 0, 2] = np.sign(np.linalg.det(left @ right))
    result: NDArray[np.float64] = (left * flip) @ right
    return result
