"""Geometric ("manual") features: how often a dancer is in each of 32 named poses or movements.

Each is a yes or no per frame, averaged over frames 1 .. T-1, after Mueller's relational features:
docs/reference/metrics.md#geometric-features. Joints are (T, J >= 22, 3) metres, z up, centred as
the protocol wants.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.body.skeleton import JOINT
from pipelines.metrics.joints import Array, Float, checked

FEATURE_COUNT = 32
PUBLISHED_FRAME_TIME = 1 / 120
"""What every published script divides by, whatever the data's rate."""

Flags = NDArray[np.bool_]
Names = tuple[str, ...]


@dataclass(frozen=True)
class RestLengths:
    """Lengths of the rest pose in metres: the unit of all thresholds."""

    upper_arm: float
    shoulders: float
    hips: float


REST_LENGTHS = RestLengths(0.2568381, 0.3908484, 0.1192471)
MISINDEXED_REST_LENGTHS = RestLengths(0.2493235, 0.4857136, 0.4241398)
"""Of the older published file, which measures between the wrong joints."""


# Feature number, its joints, and the threshold as (rest length, factor). "zero", "up", "down" and
# "floor" are the origin, the unit vectors along z and the point of the lowest joint's height.
_NMOVE = (
    (0, ("neck", "right_hip", "left_hip", "right_wrist"), ("upper_arm", 1.8)),
    (1, ("neck", "left_hip", "right_hip", "left_wrist"), ("upper_arm", 1.8)),
)
_MOVE = (
    (4, ("spine1", "spine3", "spine3", "right_wrist"), ("upper_arm", 1.8)),
    (5, ("spine1", "spine3", "spine3", "left_wrist"), ("upper_arm", 1.8)),
    (9, ("left_wrist", "right_wrist", "right_wrist", "left_wrist"), ("upper_arm", 1.4)),
    (10, ("right_wrist", "pelvis", "left_wrist", "pelvis"), ("upper_arm", 1.4)),
    (11, ("left_wrist", "pelvis", "right_wrist", "pelvis"), ("upper_arm", 1.4)),
)
_NPLANE = (
    (2, ("spine3", "neck", "neck", "right_wrist"), ("upper_arm", 0.2)),
    (3, ("spine3", "neck", "neck", "left_wrist"), ("upper_arm", 0.2)),
    (8, ("left_shoulder", "right_shoulder", "left_wrist", "right_wrist"), ("shoulders", 2.5)),
    (16, ("zero", "up", "floor", "right_ankle"), ("upper_arm", 1.2)),
    (17, ("zero", "up", "floor", "left_ankle"), ("upper_arm", 1.2)),
    (18, ("left_hip", "right_hip", "left_ankle", "right_ankle"), ("hips", 2.1)),
    (29, ("zero", "down", "floor", "right_wrist"), ("upper_arm", -1.2)),
    (30, ("zero", "down", "floor", "left_wrist"), ("upper_arm", -1.2)),
)
_PLANE = (
    (14, ("pelvis", "left_hip", "left_foot", "right_ankle"), ("upper_arm", 0.38)),
    (15, ("pelvis", "right_hip", "right_foot", "left_ankle"), ("upper_arm", 0.38)),
    (27, ("right_ankle", "neck", "left_ankle", "pelvis"), ("upper_arm", 0.5)),
)
_FAST = (
    (12, ("right_wrist",), ("upper_arm", 2.5)),
    (13, ("left_wrist",), ("upper_arm", 2.5)),
    (21, ("right_ankle",), ("upper_arm", 2.5)),
    (22, ("left_ankle",), ("upper_arm", 2.5)),
    (31, ("pelvis",), ("upper_arm", 2.3)),
)
_ANGLE = (
    (6, ("right_elbow", "right_shoulder", "right_elbow", "right_wrist"), (0, 110)),
    (7, ("left_elbow", "left_shoulder", "left_elbow", "left_wrist"), (0, 110)),
    (19, ("right_knee", "right_hip", "right_knee", "right_ankle"), (0, 110)),
    (20, ("left_knee", "left_hip", "left_knee", "left_ankle"), (0, 110)),
    (23, ("neck", "pelvis", "right_shoulder", "right_elbow"), (25, 180)),
    (24, ("neck", "pelvis", "left_shoulder", "left_elbow"), (25, 180)),
    (25, ("neck", "pelvis", "right_hip", "right_knee"), (50, 180)),
    (26, ("neck", "pelvis", "left_hip", "left_knee"), (50, 180)),
    (28, ("neck", "pelvis", "zero", "up"), (70, 110)),
)
_JOINTS = 22
_PLACES = {name: k for name, k in JOINT.items() if k < _JOINTS} | {
    "zero": _JOINTS, "up": _JOINTS + 1, "down": _JOINTS + 2, "floor": _JOINTS + 3
}  # fmt: skip


class _Family:
    """Features of one kind, so that each kind is one pass over arrays (features, 3, frames)."""

    def __init__(self, listed: tuple[tuple[int, Names, tuple[str | float, float]], ...]) -> None:
        self.numbers = [number for number, _, _ in listed]
        self.joints = np.array([[_PLACES[name] for name in names] for _, names, _ in listed]).T
        self.limits = [limit for _, _, limit in listed]

    def thresholds(self, lengths: RestLengths) -> Float:
        """(features, 1) metres, or metres per second."""
        found = [getattr(lengths, str(unit)) * factor for unit, factor in self.limits]
        return np.array(found)[:, None]

    def bounds(self) -> tuple[Float, Float]:
        """(features, 1) cosines of the smallest and of the largest angle."""
        both = np.cos(np.radians(np.array(self.limits, dtype=np.float64)))
        return both[:, :1], both[:, 1:]


_FAMILIES = {
    "nmove": _Family(_NMOVE), "move": _Family(_MOVE), "nplane": _Family(_NPLANE),
    "plane": _Family(_PLANE), "fast": _Family(_FAST), "angle": _Family(_ANGLE),
}  # fmt: skip


def geometric_features(
    joints_TJ3: Array,
    frame_time: float,
    lengths: RestLengths = REST_LENGTHS,
    published_move: bool = False,
) -> Float:
    """Share of frames (32,) in which each feature holds.

    Args:
        joints_TJ3: metres, z up.
        frame_time: 1 / fps; PUBLISHED_FRAME_TIME to reproduce published numbers.
        lengths: the thresholds' units.
        published_move: reproduce that the published "move" ignores its fourth joint, which makes
            features 4 and 5 the same and blind to the wrists.
    """
    joints = checked(joints_TJ3, least_frames=2)[:, :_JOINTS].transpose(1, 2, 0)
    frames = joints.shape[2] - 1
    points = np.zeros((_JOINTS + 4, 3, frames))
    points[:_JOINTS] = joints[..., 1:]
    points[_PLACES["up"], 2], points[_PLACES["down"], 2] = 1.0, -1.0
    # All joints of the body, hands too, may be the lowest.
    points[_PLACES["floor"], 2] = np.asarray(joints_TJ3, dtype=np.float64)[1:, :, 2].min(axis=1)
    velocity = np.diff(joints, axis=2) / frame_time
    shares = np.empty(FEATURE_COUNT)
    for kind, flags in _flags(points, velocity, lengths, published_move).items():
        # A count of booleans is exact, and much faster than their mean.
        shares[_FAMILIES[kind].numbers] = np.count_nonzero(flags, axis=1) / frames
    return shares


def _flags(
    points: Float, velocity: Float, lengths: RestLengths, published_move: bool
) -> dict[str, Flags]:
    """Per kind (features, frames), whether each feature holds."""
    found: dict[str, Flags] = {}
    for kind in ("nmove", "plane"):
        family = _FAMILIES[kind]
        a, b, c, p = points[family.joints]
        normal = _cross(c - a, b - a)
        if kind == "nmove":
            moving = velocity[family.joints[3]] - velocity[family.joints[0]]
        else:
            moving = p - a
        found[kind] = _along(moving, normal) > family.thresholds(lengths)
    family = _FAMILIES["move"]
    one, two, three, four = family.joints
    moving = velocity[three] - velocity[one] if published_move else velocity[four] - velocity[three]
    found["move"] = _along(moving, points[two] - points[one]) > family.thresholds(lengths)
    family = _FAMILIES["nplane"]
    a, b, c, p = points[family.joints]
    found["nplane"] = _along(p - c, b - a) > family.thresholds(lengths)
    family = _FAMILIES["fast"]
    found["fast"] = _length(velocity[family.joints[0]]) > family.thresholds(lengths)
    family = _FAMILIES["angle"]
    a, b, c, p = points[family.joints]
    low, high = family.bounds()
    cosine = _cosine(b - a, p - c)
    found["angle"] = (cosine < low) & (cosine > high)
    return found


def _cross(a: Float, b: Float) -> Float:
    out = np.empty_like(a)
    out[:, 0] = a[:, 1] * b[:, 2] - a[:, 2] * b[:, 1]
    out[:, 1] = a[:, 2] * b[:, 0] - a[:, 0] * b[:, 2]
    out[:, 2] = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
    return out


def _dot(a: Float, b: Float) -> Float:
    product: Float = a[:, 0] * b[:, 0]
    product += a[:, 1] * b[:, 1]
    product += a[:, 2] * b[:, 2]
    return product


def _length(a: Float) -> Float:
    length: Float = np.sqrt(_dot(a, a))
    return length


def _along(vectors: Float, direction: Float) -> Float:
    """Components along a direction; NaN, which exceeds no threshold, where it has no length."""
    with np.errstate(invalid="ignore", divide="ignore"):
        component: Float = _dot(vectors, direction) / _length(direction)
    return component


def _cosine(a: Float, b: Float) -> Float:
    cosine = _along(a, b) / np.maximum(_length(a), 1e-300)
    clipped: Float = np.minimum(np.maximum(cosine, -1), 1)
    return clipped
