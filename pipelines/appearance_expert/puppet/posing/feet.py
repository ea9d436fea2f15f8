"""Feet turn with the shank, and are sheared towards where the toes point.

Shapes: T frames.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipelines.appearance_expert.puppet.posing.vectors import unit

Array = NDArray[np.float64]

_MOST_FORESHORTENING = 2.5
_TOES_TO_TOES, _SHANK_TO_SHANK, _UNDISTORTED = 1.0, 0.8, 0.6
"""Weights of the three wishes."""
_LEAST, _MOST = -0.8, 1.5
"""Bounds of the matrix's entries."""


def foot_shape(chain: Array, vectors: Array, turn: Array) -> Array:
    """(T, 2, 2) feet turned with the shank and sheared towards where the toes point.

    Regularised least squares between three wishes: toes to toes, shank to shank, no distortion.
    """
    shank = unit(chain[2] - chain[1])
    toes = chain[3] - chain[2]
    size = max(float(np.linalg.norm(toes)), 1.0)
    cos, sin = np.cos(-turn), np.sin(-turn)
    wish = vectors[:, 2] * foreshortening(size, vectors[:, 2])
    wish = np.stack([cos * wish[:, 0] - sin * wish[:, 1], sin * wish[:, 0] + cos * wish[:, 1]], 1)
    source = np.stack([toes / size, shank], axis=1)  # (2, k) columns
    weight = np.diag([_TOES_TO_TOES, _SHANK_TO_SHANK])
    goal = np.stack([wish / size, np.broadcast_to(shank, wish.shape)], axis=2)  # (T, 2, k)
    keep = _UNDISTORTED * np.eye(2)
    normal = source @ weight @ source.T + keep
    limited = np.asarray((goal @ weight @ source.T + keep) @ np.linalg.inv(normal))
    return np.clip(limited, _LEAST, _MOST)


def foreshortening(size: float, toes_T2: Array) -> float:
    """How much longer the picture shows a foot than the dance does.

    A picture taken from above shows the whole back of a foot whose toes point at the camera; seen
    as the dance's camera sees it, the foot would be a stump above the ground.
    """
    usual = float(np.median(np.linalg.norm(toes_T2, axis=1)))
    return float(np.clip(size / max(usual, 1e-6), 1.0, _MOST_FORESHORTENING))
