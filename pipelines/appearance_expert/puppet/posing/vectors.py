"""Small geometry of bones on the canvas: directions, angles that do not jump, smooth steps."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solveh_banded

Array = NDArray[np.float64]

_SMOOTHNESS = 0.03
_LEAST_WEIGHT = 1e-4


def unit(vector: Array) -> Array:
    """The direction of a vector (2,); downwards where it has none."""
    length = float(np.linalg.norm(vector))
    return vector / length if length > 1e-6 else np.array([0.0, 1.0])


def angle_of(vector: Array) -> float:
    """Radians from the x axis towards the y axis, in (-pi, pi]."""
    return float(np.arctan2(vector[1], vector[0]))


def wrapped(angle: Array, centre: float) -> Array:
    """The same angles within pi of a centre."""
    return np.asarray((angle - centre + np.pi) % (2 * np.pi) - np.pi + centre)


def smoothstep(x: Array) -> Array:
    """0 up to 0, 1 from 1 on, and a cubic without corners between them."""
    x = np.clip(x, 0, 1)
    return np.asarray(x * x * (3 - 2 * x))


def steady_angle(vectors_T2: Array, weights: Array, fps: float) -> Array:
    """Angles (T,) of vectors; where a vector is short, the angle passes smoothly over.

    Minimises sum w (a_t - angle_t)^2 + s sum (a_t+1 - a_t)^2.
    """
    angle = np.unwrap(np.arctan2(vectors_T2[:, 1], vectors_T2[:, 0]))
    if len(angle) < 3:
        return angle
    weight = weights**1.5 + _LEAST_WEIGHT
    pull = _SMOOTHNESS * (fps / 30.0) ** 2
    banded = np.zeros((2, len(angle)))
    banded[0, 1:] = -pull
    banded[1] = weight + 2 * pull
    banded[1, [0, -1]] -= pull
    return np.asarray(solveh_banded(banded, weight * angle))
