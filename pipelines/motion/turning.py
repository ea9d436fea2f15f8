"""Encoded motion turned about the vertical, and brought to face the front.

Shapes: B windows, W frames of a window, D = 151 columns or the first 13, which a turn can change.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipelines.body.facing import heading
from pipelines.motion import layout

Array = NDArray[np.float32]

_PAIRS = ((layout.root_x, layout.root_y), (layout.pelvis_x, layout.pelvis_y))
"""Columns that a turn mixes: the root's x with its y, and the first row of its rotation with the
second (the 6D form stores just these two)."""


def turn(x_BWD: Array, yaw_B: Array) -> None:
    """Turn encoded windows about the vertical axis by `yaw_B` radians, in place."""
    cos, sin = np.cos(yaw_B)[:, None, None], np.sin(yaw_B)[:, None, None]
    for first, second in _PAIRS:
        a, b = x_BWD[..., first].copy(), x_BWD[..., second].copy()
        x_BWD[..., first] = cos * a - sin * b
        x_BWD[..., second] = sin * a + cos * b


def face_front(x_BWD: Array) -> None:
    """Move windows over the origin and turn them to face -y on average, in place.

    Every window is brought to the same place, so a model never has to learn where a dance starts
    or which way the studio lay, and dances of any length stay where their windows were.
    """
    x_BWD[..., layout.root_xy] -= x_BWD[..., layout.root_xy].mean(1, keepdims=True)
    front = x_BWD[..., (layout.front_x, layout.front_y)].mean(1)
    turn(x_BWD, -heading(front))


def turned_every_way(x_ND: Array) -> Array:
    """Frames (N, D) -> (2N, D) whose extremes are those of the frames turned by every angle.

    A pair (a, b) turned about the vertical sweeps the circle of radius √(a² + b²).
    """
    outer = x_ND.copy()
    inner = x_ND.copy()
    for first, second in _PAIRS:
        radius = np.hypot(x_ND[:, first], x_ND[:, second])
        outer[:, first] = outer[:, second] = radius
        inner[:, first] = inner[:, second] = -radius
    return np.concatenate([outer, inner])
