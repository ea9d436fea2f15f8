"""How far a dancer sinks into the floor or floats over it. Joints: (T, J, 3) metres, z up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.metrics.joints import Array, checked

FLOATING = 0.05
"""Metres over the floor that a lowest joint may be without floating."""


@dataclass(frozen=True)
class GroundDeviation:
    """Means over frames, millimetres.

    Attributes:
        sinking: how far the lowest joint is under the floor.
        floating: how far it is over the floor, in frames in which that is more than 5 cm.
    """

    sinking: float
    floating: float


def ground_deviation(joints_TJ3: Array) -> GroundDeviation:
    """The two parts of the foot-ground deviation (docs/reference/metrics.md#foot-ground-deviation).

    The floor is the fifth percentile of the lowest joint's height.
    """
    lowest = checked(joints_TJ3, least_frames=1)[..., 2].min(axis=1)
    over = lowest - np.percentile(lowest, 5)
    floating = np.where(over > FLOATING, over, 0.0)
    return GroundDeviation(1000 * float(np.maximum(-over, 0).mean()), 1000 * float(floating.mean()))


def foot_ground_deviation(joints_TJ3: Array, fps: float) -> float:
    """FGD in millimetres: sinking and floating together; the same at every rate."""
    parts = ground_deviation(joints_TJ3)
    return parts.sinking + parts.floating
