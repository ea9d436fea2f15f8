"""From the points that detectors and people name to all 29, by SMPL's proportions."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.keypoints.fit import REST_POINTS
from pipelines.keypoints.person import POINT, POINT_NAMES

Array = NDArray[np.floating[Any]]

_SIDES = ("left", "right")


def _share_up(name: str) -> float:
    """Height of a rest joint between the middle of the hips (0) and of the shoulders (1)."""
    hips = (REST_POINTS["left_hip"] + REST_POINTS["right_hip"])[1] / 2
    shoulders = (REST_POINTS["left_shoulder"] + REST_POINTS["right_shoulder"])[1] / 2
    return float((REST_POINTS[name][1] - hips) / (shoulders - hips))


_UP_THE_TORSO = {name: _share_up(name) for name in ("pelvis", "spine1", "spine2", "spine3", "neck")}
_COLLAR_SHARE = float(REST_POINTS["left_collar"][0] / REST_POINTS["left_shoulder"][0])
_COLLAR_UP = _share_up("left_collar")

_HEAD_SHARE = 0.5
"""The head joint lies half-way between the neck and the middle of the ears."""

_HIP_DROP = 1.45
"""Torso length over shoulder width, where the hips are not seen."""


class Points:
    """The 29 points while they are being gathered; what is unknown has confidence 0."""

    def __init__(self) -> None:
        self.xy: NDArray[np.float64] = np.zeros((len(POINT_NAMES), 2))
        self.depth: NDArray[np.float64] = np.zeros(len(POINT_NAMES))
        self.confidence: NDArray[np.float64] = np.zeros(len(POINT_NAMES))

    def set(self, name: str, xyz: Array, confidence: float) -> None:
        """Set a point from (2,) or (3,) coordinates."""
        index = POINT[name]
        self.xy[index] = xyz[:2]
        self.depth[index] = xyz[2] if len(xyz) > 2 else 0.0
        self.confidence[index] = confidence

    def get(self, name: str) -> NDArray[np.float64]:
        """(3,) x, y, depth."""
        index = POINT[name]
        return np.array([*self.xy[index], self.depth[index]])

    def has(self, *names: str) -> bool:
        """Whether all of these are known."""
        return all(self.confidence[POINT[name]] > 0 for name in names)

    def trust(self, *names: str) -> float:
        """The least confidence among these."""
        return float(min(self.confidence[POINT[name]] for name in names))


def complete(points: Points) -> Points:
    """Fill in, in place, every point that follows from the known ones.

    Needs both shoulders. Hips that are not known are placed below them with confidence 0, and so
    is the torso's lower half.
    """
    _torso(points)
    _head(points)
    for side in _SIDES:
        _extend(points, f"{side}_elbow", f"{side}_wrist", f"{side}_hand", 0.30)
        _foot(points, side)
    return points


def _middle(points: Points, joint: str) -> NDArray[np.float64]:
    middle: NDArray[np.float64] = (points.get(f"left_{joint}") + points.get(f"right_{joint}")) / 2
    return middle


def _torso(points: Points) -> None:
    shoulders = _middle(points, "shoulder")
    across = points.get("left_shoulder") - points.get("right_shoulder")
    shoulder_trust = points.trust("left_shoulder", "right_shoulder")
    if not points.has("left_hip", "right_hip"):
        width = float(np.linalg.norm(across[:2]))
        down = shoulders + np.array([0.0, _HIP_DROP * width, 0.0])
        for side, sign in zip(_SIDES, (1.0, -1.0), strict=True):
            if not points.has(f"{side}_hip"):
                points.set(f"{side}_hip", down + sign * 0.3 * across, 0.0)
    hips = _middle(points, "hip")
    hip_trust = points.trust("left_hip", "right_hip")
    for name, share in _UP_THE_TORSO.items():
        trust = shoulder_trust if share > 0.7 else min(shoulder_trust, hip_trust)
        if not points.has(name):
            points.set(name, hips + share * (shoulders - hips), trust)
    for side, sign in zip(_SIDES, (1.0, -1.0), strict=True):
        if not points.has(f"{side}_collar"):
            base = hips + _COLLAR_UP * (shoulders - hips)
            points.set(f"{side}_collar", base + sign * _COLLAR_SHARE * across / 2, shoulder_trust)


def _head(points: Points) -> None:
    neck = points.get("neck")
    if points.has("left_ear", "right_ear"):
        centre, trust = _middle(points, "ear"), points.trust("left_ear", "right_ear")
    else:
        known = [
            name for name in ("nose", "left_eye", "right_eye", "left_ear", "right_ear")
            if points.has(name)
        ]  # fmt: skip
        if not known:
            return
        centre = np.mean([points.get(name) for name in known], axis=0)
        trust = points.trust(*known)
    if not points.has("head"):
        points.set("head", neck + _HEAD_SHARE * (centre - neck), trust)


def _extend(points: Points, before: str, end: str, beyond: str, share: float) -> None:
    if points.has(before, end) and not points.has(beyond):
        step = points.get(end) - points.get(before)
        points.set(beyond, points.get(end) + share * step, points.trust(before, end))


def _foot(points: Points, side: str) -> None:
    """Toes that nobody named point down and a little outwards, as seen from the front."""
    knee, ankle, foot = (f"{side}_{name}" for name in ("knee", "ankle", "foot"))
    if points.has(knee, ankle) and not points.has(foot):
        shin = float(np.linalg.norm(points.get(ankle)[:2] - points.get(knee)[:2]))
        outwards = np.sign(points.xy[POINT[ankle], 0] - points.xy[POINT["pelvis"], 0])
        step = np.array([0.10 * outwards, 0.16, 0.0]) * shin
        points.set(foot, points.get(ankle) + step, points.trust(knee, ankle))
