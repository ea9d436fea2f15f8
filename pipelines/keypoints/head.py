"""Nose, eyes and ears as fixed points of the head, and which of them the camera sees.

Head axes are SMPL's: x to the dancer's left, y up, z out of the face; the origin is the head
joint at the base of the skull.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]

FACE_OFFSETS: NDArray[np.float64] = np.array([
    [0.0, 0.060, 0.115],
    [0.032, 0.098, 0.088],
    [-0.032, 0.098, 0.088],
    [0.075, 0.070, 0.005],
    [-0.075, 0.070, 0.005],
])  # fmt: skip
"""(5, 3) metres, in person.FACE_NAMES order, for an adult head 0.23 m high."""

HEAD_TOP = np.array([0.0, 0.19, 0.02])
"""The crown of the same head."""

_NORMALS: NDArray[np.float64] = np.array([
    [0.0, 0.0, 1.0],
    [0.30, 0.0, 0.954],
    [-0.30, 0.0, 0.954],
    [1.0, 0.0, 0.0],
    [-1.0, 0.0, 0.0],
])  # fmt: skip

# Cosine between outward normal and the way to the camera at which a point is gone and is wholly
# there. Ears stand off the head: the far one is still seen until the head turns about 20 degrees.
_GONE: NDArray[np.float64] = np.array([-0.10, -0.05, -0.05, -0.50, -0.50])
_THERE: NDArray[np.float64] = np.array([0.20, 0.25, 0.25, -0.25, -0.25])


def face_points(
    head_T3: Array, rotation_T33: Array, offsets_53: Array = FACE_OFFSETS
) -> NDArray[np.float64]:
    """Positions (T, 5, 3) of the face points of a head at `head_T3` turned by `rotation_T33`."""
    placed: NDArray[np.float64] = head_T3[:, None] + np.einsum(
        "tij,kj->tki", rotation_T33, offsets_53
    )
    return placed


def face_visibility(points_T53: Array, rotation_T33: Array) -> NDArray[np.float64]:
    """How far the camera sees each face point, (T, 5) in [0, 1]: by its outward normal.

    Args:
        points_T53: (T, 5, 3) camera axes, the camera at the origin.
        rotation_T33: (T, 3, 3) head rotation in camera axes.
    """
    normals_T53 = np.einsum("tij,kj->tki", rotation_T33, _NORMALS)
    towards_T53 = -points_T53 / np.linalg.norm(points_T53, axis=-1, keepdims=True)
    cosine_T5 = (normals_T53 * towards_T53).sum(-1)
    ramp = np.clip((cosine_T5 - _GONE) / (_THERE - _GONE), 0.0, 1.0)
    smooth: NDArray[np.float64] = ramp * ramp * (3 - 2 * ramp)
    return smooth
