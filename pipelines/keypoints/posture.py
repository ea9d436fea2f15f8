"""Legs that need a second look: crossed or folded ones, and ones the detector guessed too short."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipelines.keypoints.anatomy import Points
from pipelines.keypoints.person import POINT

_LEG = ("knee", "ankle", "foot")
_SIDES = ("left", "right")

_FOLDED = 0.42
"""Thighs that go down by less than this share of the torso's length belong to somebody seated."""

_SHORT = 0.05
"""Of the body's height: the matte may reach this far below the toes before legs are stretched."""


def without_folded_legs(points: Points) -> Points:
    """Seated, kneeling or cross-legged people dance with what is above their hips.

    Their legs cannot be laid out straight from one picture; they get confidence 0.
    """
    if not points.has("left_hip", "right_hip", "left_knee", "right_knee"):
        return points
    torso = points.get("pelvis")[1] - points.get("neck")[1]
    thigh = max(points.get(f"{side}_knee")[1] - points.get(f"{side}_hip")[1] for side in _SIDES)
    shin = max(points.get(f"{side}_ankle")[1] - points.get(f"{side}_knee")[1] for side in _SIDES)
    # A stout cartoon has short thighs and shins alike; a seated person only short thighs.
    if torso > 0 and thigh < _FOLDED * torso and not 0.6 * thigh < shin < 1.6 * thigh:
        for name in (f"{side}_{joint}" for side in _SIDES for joint in _LEG):
            points.confidence[POINT[name]] = 0.0
    return points


def corrected_legs(points: Points, matte: NDArray[np.float32]) -> Points:
    """Stretch legs whose feet the detector put well above the figure's lowest pixels.

    It expects human proportions and, in a stout cartoon, misses feet that a robe half hides. Only
    done where it doubts the ankles itself.
    """
    ankles = [POINT["left_ankle"], POINT["right_ankle"]]
    if not (points.confidence[ankles] > 0).all() or points.confidence[ankles].mean() > 0.8:
        return points
    rows = np.flatnonzero((matte > 0.5).any(1))
    if not len(rows):
        return points
    toes = max(points.get(f"{side}_foot")[1] for side in _SIDES)
    missing = rows[-1] - toes
    if missing < _SHORT * (rows[-1] - rows[0]):
        return points
    for side in _SIDES:
        hip = points.xy[POINT[f"{side}_hip"], 1]
        factor = (rows[-1] - hip) / max(1.0, toes - hip)
        for joint in _LEG:
            index = POINT[f"{side}_{joint}"]
            points.xy[index, 1] = hip + factor * (points.xy[index, 1] - hip)
    return points
