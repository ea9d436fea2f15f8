"""How much of a body lies inside itself or under the floor. Joints: (T, J, 3) metres, z up.

The body is a handful of capsules on the joints, so that no licensed mesh is needed:
docs/reference/metrics.md#penetration. Published figures of penetration mean other things and cannot
stand beside these.

Shapes: T frames, C capsules, P sample points of one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.body.skeleton import JOINT
from pipelines.metrics.joints import Array, Float, checked

TOLERANCE = 0.01
"""Metres that count as touching."""
_ALONG, _AROUND = 4, 6
_CHUNK = 256


@dataclass(frozen=True)
class Capsule:
    """All points within `radius` metres of the line from joint `start` to joint `end`."""

    start: str
    end: str
    radius: float

    def touches(self, other: Capsule) -> bool:
        """Whether the two are neighbours, which overlap in every pose."""
        return bool({self.start, self.end} & {other.start, other.end})


def _both(start: str, end: str, radius: float) -> list[Capsule]:
    return [Capsule(f"{s}_{start}", f"{s}_{end}", radius) for s in ("left", "right")]


CAPSULES: tuple[Capsule, ...] = (
    Capsule("pelvis", "spine3", 0.10), Capsule("neck", "head", 0.07),
    *_both("shoulder", "elbow", 0.04), *_both("elbow", "wrist", 0.03),
    *_both("hip", "knee", 0.055), *_both("knee", "ankle", 0.04), *_both("ankle", "foot", 0.0),
)  # fmt: skip
"""Slimmer than flesh: what they share is an error in any body. Feet are lines on their soles."""
_TRUNK = CAPSULES[0]
_AT_TRUNK = ("hip", "shoulder")


@dataclass(frozen=True)
class Penetration:
    """Shares of the body's points, means over frames; and how deep those lie, metres.

    Attributes:
        own: inside another part of the body that is no neighbour. own_depth: their mean, 0 if none.
        floor: under the floor. floor_depth: likewise.
    """

    own: float
    own_depth: float
    floor: float
    floor_depth: float


def self_penetration(joints_TJ3: Array, fps: float) -> float:
    """Share of the body's points more than 1 cm inside another part of it."""
    return penetration(joints_TJ3).own


def floor_penetration(joints_TJ3: Array, fps: float) -> float:
    """Share of the body's points more than 1 cm under the floor."""
    return penetration(joints_TJ3).floor


def penetration(joints_TJ3: Array) -> Penetration:
    """Both kinds at once.

    The floor is where the second percentile of the toes' heights is, as for `strict` foot skating.
    """
    joints = checked(joints_TJ3, least_frames=1)
    toes = joints[:, [JOINT["left_foot"], JOINT["right_foot"]], 2]
    floor = np.percentile(toes, 2)
    inside, under = [], []
    for first in range(0, len(joints), _CHUNK):
        starts, ends = _lines(joints[first : first + _CHUNK])
        points = _surfaces(starts, ends)
        inside.append(_depths(points, starts, ends))
        under.append(floor - points[..., 2])
    return Penetration(*_share(np.concatenate(inside)), *_share(np.concatenate(under)))


def depth_in_itself(joints_TJ3: Array) -> Float:
    """(T,) metres that the body's deepest point lies in another part of it; 0 for none."""
    joints = checked(joints_TJ3, least_frames=1)
    deepest = []
    for first in range(0, len(joints), _CHUNK):
        starts, ends = _lines(joints[first : first + _CHUNK])
        depths = _depths(_surfaces(starts, ends), starts, ends)
        deepest.append(np.maximum(depths.max((1, 2)), 0))
    return np.concatenate(deepest)


def _share(depth_TCP: Float) -> tuple[float, float]:
    deep = depth_TCP > TOLERANCE
    return float(deep.mean()), float(depth_TCP[deep].mean()) if deep.any() else 0.0


def _lines(joints_TJ3: Float) -> tuple[Float, Float]:
    """Both ends (T, C, 3) of every capsule's line."""
    starts = joints_TJ3[:, [JOINT[c.start] for c in CAPSULES]]
    return starts, joints_TJ3[:, [JOINT[c.end] for c in CAPSULES]]


def _surfaces(starts_TC3: Float, ends_TC3: Float) -> Float:
    """Points (T, C, P, 3) on the capsules' sides."""
    axis = ends_TC3 - starts_TC3
    axis = axis / np.maximum(np.linalg.norm(axis, axis=-1, keepdims=True), 1e-9)
    # Any direction that is not along the axis will do to begin the ring with.
    other = np.where(np.abs(axis[..., 2:]) < 0.9, [0.0, 0.0, 1.0], [1.0, 0.0, 0.0])
    first = np.cross(axis, other)
    first = first / np.linalg.norm(first, axis=-1, keepdims=True)
    second = np.cross(axis, first)
    angle = np.arange(_AROUND) * 2 * np.pi / _AROUND
    ring = (
        first[..., None, :] * np.cos(angle)[:, None] + second[..., None, :] * np.sin(angle)[:, None]
    )
    ring = ring * np.array([c.radius for c in CAPSULES])[:, None, None]
    along = np.linspace(0, 1, _ALONG)[:, None]
    line = starts_TC3[..., None, :] + along * (ends_TC3 - starts_TC3)[..., None, :]
    points: Float = line[..., :, None, :] + ring[..., None, :, :]
    return points.reshape(*starts_TC3.shape[:2], -1, 3)


def _apart(one: Capsule, other: Capsule) -> bool:
    """Whether two capsules should not overlap: no neighbours, none of them hung on the other."""
    if one is other or one.touches(other):
        return False
    hung = other if one is _TRUNK else one if other is _TRUNK else None
    return hung is None or not hung.start.endswith(_AT_TRUNK)


def _depths(points_TCP3: Float, starts_TC3: Float, ends_TC3: Float) -> Float:
    """How deep each point lies in the capsule that it is deepest in, (T, C, P); -1 for none."""
    deepest = np.full(points_TCP3.shape[:-1], -1.0)
    for number, into in enumerate(CAPSULES):
        of = [n for n, c in enumerate(CAPSULES) if _apart(c, into)]
        start, line = starts_TC3[:, number], ends_TC3[:, number] - starts_TC3[:, number]
        away = points_TCP3[:, of] - start[:, None, None]
        length = np.maximum((line * line).sum(-1), 1e-12)
        along = np.einsum("tcpk,tk->tcp", away, line) / length[:, None, None]
        nearest = np.clip(along, 0, 1)[..., None] * line[:, None, None]
        depth = into.radius - np.linalg.norm(away - nearest, axis=-1)
        deepest[:, of] = np.maximum(deepest[:, of], depth)
    return deepest
