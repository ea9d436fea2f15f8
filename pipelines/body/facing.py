"""Which way a dancer faces: an angle about the vertical.

0 faces -y, where a camera of heading 0 stands; it grows towards +x. Radians, z up.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.body.skeleton import JOINT

Array = NDArray[np.floating[Any]]

_SIDES = ("left", "right")


def heading(forward: Array) -> Array:
    """Angle (...) of directions (..., 2 or 3), of which x and y count."""
    angle: Array = np.arctan2(forward[..., 0], -forward[..., 1])
    return angle


def forward_of(rotations: Array) -> Array:
    """Where parts of the body with these global rotations (..., 3, 3) look: along their own z."""
    return rotations[..., :, 2]


def front_heading(joints_TJ3: Array) -> float:
    """Where the dancer faces most of the time, from joints (T, 24, 3) alone.

    The dancer faces where the line from right to left, hips and shoulders together, turned by a
    quarter points.
    """
    left, right = ([JOINT[f"{side}_{part}"] for part in ("hip", "shoulder")] for side in _SIDES)
    across = (joints_TJ3[:, left] - joints_TJ3[:, right]).sum(1)[:, :2]
    across = across / np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-9)
    x, y = across.mean(0)
    return float(np.arctan2(y, x))
