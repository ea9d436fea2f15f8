"""When a foot stands, and how high the floor is.

What a foot that stands still may do depends on who asks: labels for training follow EDGE, a search
for the floor must be strict, a repair needs hysteresis, and a stage must not let a foot go that
only trembles. All of them are rules of this one form. The metrics keep their published thresholds
to themselves (`metrics.feet`): those define a score, not a foot.

Shapes: T frames, J joints, P points of the feet.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from pipelines.body.skeleton import FOOT_JOINTS

Array = NDArray[np.floating[Any]]

SOLE_DEPTH: NDArray[np.float64] = np.array([0.06, 0.06, 0.0, 0.0])
"""How far each foot joint (ankles, toes) is above the floor in a standing SMPL body, metres.

The toe joints of the offset table are 0.956 m below the pelvis and count as floor.
"""


@dataclass(frozen=True)
class ContactRule:
    """A point that is both slow and low stands.

    Attributes:
        speed: below it a point is slow, metres per second.
        height: below it a point is low, metres over whatever the user of the rule measures from.
    """

    speed: float
    height: float = np.inf

    def holds(self, speed: Array, height: Array | float = 0.0) -> NDArray[np.bool_]:
        """Where both are below the rule's; of one shape, or `height` left out."""
        return np.asarray((speed < self.speed) & (height < self.height))


EDGE_CONTACT = ContactRule(0.3)
"""Labels of encoded motion: 1 cm per frame at 30 fps (docs/reference/motion.md#contact-labels)."""
FLOOR_CONTACT = ContactRule(EDGE_CONTACT.speed, 0.03)
"""What tells where the floor is; heights over the lowest foot point of the frame."""
STANCE_BEGINS, STANCE_LASTS = ContactRule(0.25, 0.05), ContactRule(0.45, 0.09)
"""Feet to be repaired: a single threshold flickers. Heights of soles over the floor."""
STAGING_CONTACT = ContactRule(0.35, 0.06)
"""Feet to be held where the stage moves the body; heights over `level_of` the lower sole."""
SOLVED_CONTACT = ContactRule(0.35, 0.04)
"""Feet that stand once the way of a lost root is found from them; slides and heights of soles."""
CAPTURED_BEGINS, CAPTURED_LASTS = ContactRule(0.5, 0.05), ContactRule(0.8, 0.08)
"""Feet read off a video, which tremble by centimetres; heights of soles over the floor."""
LEVEL_SOLE = ContactRule(0.2, 0.05)
"""Feet whose soles lie flat, of a rig in any unit: lengths in legs, heights over `level_of`."""


def point_speeds(points_TP3: Array, fps: float, smoothing: float = 0.0) -> NDArray[np.float64]:
    """Speed (T, P) by central differences; 0 for a single frame.

    Args:
        points_TP3: (T, ..., D) metres.
        smoothing: seconds, sigma of a Gaussian over the places before; 0: none.
    """
    if len(points_TP3) < 2:
        return np.zeros(points_TP3.shape[:-1])
    if smoothing:
        points_TP3 = gaussian_filter1d(points_TP3, smoothing * fps, axis=0, mode="nearest")
    return np.asarray(np.linalg.norm(np.gradient(points_TP3, axis=0), axis=-1) * fps)


def foot_heights(joints_TJ3: Array) -> NDArray[np.float64]:
    """Height (T, 4) of each sole point above z = 0, in the order of FOOT_JOINTS."""
    return np.asarray(joints_TJ3[:, list(FOOT_JOINTS), 2] - SOLE_DEPTH, dtype=np.float64)


def level_of(lowest_T: Array) -> float:
    """The floor under a body: where its lowest point mostly is when it is low.

    The median of the lowest points would lie above the floor in a dance full of jumps, their
    minimum below it where a single frame sinks in.
    """
    return float(np.percentile(lowest_T, 10))


def floor_height(joints_TJ3: Array, fps: float) -> float:
    """Height of the floor that the feet stand on: a low quantile of where planted feet are."""
    heights = foot_heights(joints_TJ3)
    speed = point_speeds(joints_TJ3[:, list(FOOT_JOINTS)], fps)
    lowest = heights.min(axis=1)
    planted = (speed < FLOOR_CONTACT.speed) & (heights < lowest[:, None] + FLOOR_CONTACT.height)
    standing = lowest[planted.any(axis=1)]
    if len(standing) < 10:
        standing = lowest
    return float(np.percentile(standing, 20))
