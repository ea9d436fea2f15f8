"""Legs that need a second look: crossed or folded ones, and ones the detector guessed too short."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipelines.keypoints.anatomy import Points
from pipelines.keypoints.person import POINT

_LEG = ("knee", "ankle", "foot")
_SIDES = ("left", "right")

_DOWN_THE_LEG = (0.46, 0.93, 1.0)

_LEVEL = 0.8
"""Thighs that go down by less than this share of what they come forward are a sitter's,"""
_FLAT = 0.12
"""and so are thighs that hardly go down at all, next to the torso's length."""

_SHORT = 0.035
"""Of the body's height: the matte may reach this far below the toes before legs are stretched."""


def without_folded_legs(points: Points) -> Points:
    """Seated, kneeling or cross-legged people dance with what is above their hips.

    Their legs cannot be laid out straight from one picture; they get confidence 0.
    """
    if not points.has("left_hip", "right_hip", "left_knee", "right_knee"):
        return points
    torso = points.get("pelvis")[1] - points.get("neck")[1]
    thighs = [points.get(f"{side}_knee") - points.get(f"{side}_hip") for side in _SIDES]
    if all(down < max(_LEVEL * abs(away), _FLAT * torso) for _, down, away in thighs):
        for name in (f"{side}_{joint}" for side in _SIDES for joint in _LEG):
            points.confidence[POINT[name]] = 0.0
    return points


def corrected_legs(points: Points, matte: NDArray[np.float32]) -> Points:
    """Straighten legs whose feet the detector put well above the figure's lowest pixels.

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
        hip, foot = points.get(f"{side}_hip"), points.get(f"{side}_foot")
        foot[1] += missing
        for joint, share in zip(_LEG, _DOWN_THE_LEG, strict=True):
            index = POINT[f"{side}_{joint}"]
            points.xy[index] = (hip + share * (foot - hip))[:2]
            points.depth[index] = 0.0
    return points
