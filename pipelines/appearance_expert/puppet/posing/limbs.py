"""Skinning of arms and legs: bones joined by blended angles, as wide as in the picture.

Shapes: T frames, V vertices, B = 4 bones (trunk, upper, lower, tip), 3 joints between them.
Linear blending of matrices would pinch a bent elbow; blending the angle about the joint instead
moves the outer side on an arc and keeps the width (as dual quaternions do in 3D).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solveh_banded

from pipelines.appearance_expert.puppet.cutting.capsules import Capsule
from pipelines.appearance_expert.puppet.cutting.figure import (
    CHAINS,
    LEFT_ARM,
    RIGHT_ARM,
    Figure,
)
from pipelines.keypoints.person import POINT
from pipelines.keypoints.staged import StagedDance

Array = NDArray[np.float64]

MOST_STRETCH = 1.3
_SMOOTHNESS = 0.03
_FOLDED = np.cos(np.radians(105))
"""Cosine between neighbouring bones below which a limb is folded on itself in the picture."""
_MOST_FORESHORTENING = 2.5
_TIP_RANGE = (0.6, 1.0)
_ARM_CENTRE = np.radians(30)
"""Arms hang and reach across the chest more than they reach behind the neck."""


@dataclass(frozen=True)
class Skin:
    """How the vertices of one limb hang on its joints.

    Attributes:
        joint: (V,) which of the three joints a vertex turns about.
        blend: (V,) 0 on the bone before that joint, 1 on the bone after it.
        xy: (V, 2) places in texture space.
        chain: (4, 2) joints root, middle, end, tip in texture space.
        trunk: (2,) direction of the trunk's bone at the root.
        is_arm: whether it is an arm.
    """

    joint: NDArray[np.int64]
    blend: Array
    xy: Array
    chain: Array
    trunk: Array
    is_arm: bool
    radii: tuple[float, ...]

    def is_web(self, triangles: NDArray[np.int32]) -> NDArray[np.bool_]:
        """(N,) triangles that join two bones far from the joint between them.

        Where a limb is folded in the picture its bones touch; they must part when it opens.
        """
        bones = np.diff(self.chain, axis=0)
        bones /= np.maximum(np.linalg.norm(bones, axis=1, keepdims=True), 1e-6)
        if float((bones[:-1] * bones[1:]).sum(1).min()) > _FOLDED:
            return np.zeros(len(triangles), dtype=np.bool_)
        along = (self.joint + self.blend)[triangles]
        jumps = np.ptp(along, axis=1) > 0.3
        middle = self.xy[triangles].mean(1)
        gap = np.linalg.norm(middle[:, None] - self.chain[:3], axis=2)
        near = (gap < 1.7 * np.asarray(self.radii)).any(1)
        return np.asarray(jumps & ~near & (along.min(1) > 0.5))


def skin_limb(part: int, xy: Array, figure: Figure, capsules: list[Capsule]) -> Skin:
    """Weights of the vertices xy (V, 2) of one limb's mesh."""
    chain = np.stack([figure.point(name) for name in CHAINS[part]])
    is_arm = part in (LEFT_ARM, RIGHT_ARM)
    neck, pelvis = figure.point("neck"), figure.point("pelvis")
    trunk = _unit(chain[0] - neck) if is_arm else _unit(pelvis - neck)
    bones = [trunk, *(_unit(chain[k + 1] - chain[k]) for k in range(3))]
    radii = [capsule.radius for capsule in capsules if capsule.part == part]
    softness = [0.75 * radii[0], 0.75 * min(radii[0], radii[1]), 0.6 * radii[2]]
    nearest = _nearest_bone(xy, chain, radii)
    along = np.zeros(len(xy))
    for joint in range(3):
        tangent = _bisector(bones[joint], bones[joint + 1])
        offset = (xy - chain[joint]) @ tangent
        far = np.linalg.norm(xy - chain[joint], axis=1) / (1.3 * radii[joint])
        sharp = softness[joint] / np.maximum(1, far) ** 2 if joint else softness[joint]
        rise = _smoothstep(offset / (2 * sharp) + 0.5)
        before = nearest == joint - 1 if joint else np.zeros(len(xy), dtype=bool)
        beside = before | (nearest == joint)
        along += np.where(beside, rise, (nearest > joint).astype(float))
    joint_index = np.clip(np.floor(along), 0, 2).astype(np.int64)
    return Skin(joint_index, along - joint_index, xy, chain, trunk, is_arm, tuple(radii))


def _nearest_bone(xy: Array, chain: Array, radii: list[float]) -> NDArray[np.int64]:
    distances = []
    for k in range(3):
        axis = chain[k + 1] - chain[k]
        share = np.clip((xy - chain[k]) @ axis / max(float(axis @ axis), 1e-9), 0, 1)
        gap = np.linalg.norm(xy - chain[k] - share[:, None] * axis, axis=1)
        distances.append(gap / radii[k])
    return np.asarray(np.argmin(distances, axis=0))


def _unit(vector: Array) -> Array:
    length = float(np.linalg.norm(vector))
    return vector / length if length > 1e-6 else np.array([0.0, 1.0])


def _bisector(before: Array, after: Array) -> Array:
    total = before + after
    if np.linalg.norm(total) < 0.2:  # folded back on itself: one side is before, one after
        return _unit(after - 0.9 * before)
    return _unit(total)


def _smoothstep(x: Array) -> Array:
    x = np.clip(x, 0, 1)
    return np.asarray(x * x * (3 - 2 * x))


@dataclass(frozen=True)
class LimbTrack:
    """The bones of one limb through a dance.

    Attributes:
        joints: (T, 3, 2) canvas places of the joints.
        turn: (T, 4) angle by which each bone is turned against the picture.
        shape: (T, 4, 2, 2) what is done to each bone before it is turned.
    """

    joints: Array
    turn: Array
    shape: Array


def track_limb(part: int, skin: Skin, dance: StagedDance, mirrored: bool) -> LimbTrack:
    """Bone transforms of a limb for every frame; `mirrored` is the limb seen from behind."""
    flip = np.array([-1.0 if mirrored else 1.0, 1.0])
    chain, trunk = skin.chain * flip, skin.trunk * flip
    vectors = _clamped(part, skin, dance)
    joints = _joints(part, dance, vectors)
    weights = _weights(part, dance)
    frames = len(joints)
    turn = np.zeros((frames, 4))
    shape = np.zeros((frames, 4, 2, 2))
    turn[:, 0] = _trunk_turn(skin, dance)
    shape[:, 0] = np.eye(2)
    rest = [_angle(trunk), *(_angle(chain[k + 1] - chain[k]) for k in range(3))]
    down = float(np.sign(trunk[0])) if skin.is_arm else 0.0
    for bone in range(1, 4):
        vector = vectors[:, bone - 1]
        angle = _steady_angle(vector, weights[:, bone - 1], dance.fps)
        if bone == 3 and not skin.is_arm:
            turn[:, 3] = turn[:, 2]
            shape[:, 3] = _foot_shape(chain, vectors, turn[:, 2])
            continue
        bend_rest = _wrap(np.asarray(rest[bone] - rest[bone - 1]), 0.0)
        centre = down * _ARM_CENTRE if bone == 1 else 0.0
        bend_rest = _wrap(bend_rest, centre)
        bend = _wrap(angle - (turn[:, bone - 1] + rest[bone - 1]), centre)
        turn[:, bone] = turn[:, bone - 1] + bend - bend_rest
        length = max(float(np.linalg.norm(chain[bone] - chain[bone - 1])), 1.0)
        if bone == 3:
            stretch = np.clip(weights[:, 2] ** 0.5, *_TIP_RANGE)
            slide = np.zeros(frames)
        else:
            cos, sin = np.cos(angle), np.sin(angle)
            stretch = (vector[:, 0] * cos + vector[:, 1] * sin) / length
            slide = (vector[:, 1] * cos - vector[:, 0] * sin) / length
        shape[:, bone] = _along_bone(rest[bone], stretch, slide)
    return LimbTrack(joints, turn, shape)


def pose_limb(skin: Skin, track: LimbTrack, frame: int, mirrored: bool) -> Array:
    """Canvas places (V, 2) of a limb's vertices."""
    flip = np.array([-1.0 if mirrored else 1.0, 1.0])
    offset = (skin.xy - skin.chain[skin.joint]) * flip
    before, after, blend = skin.joint, skin.joint + 1, skin.blend
    turn = track.turn[frame]
    shape = track.shape[frame]
    angle = turn[before] + blend * (turn[after] - turn[before])
    mixed = shape[before] + blend[:, None, None] * (shape[after] - shape[before])
    shaped = np.einsum("vij,vj->vi", mixed, offset)
    cos, sin = np.cos(angle), np.sin(angle)
    turned = np.stack(
        [cos * shaped[:, 0] - sin * shaped[:, 1], sin * shaped[:, 0] + cos * shaped[:, 1]], axis=1
    )
    return np.asarray(track.joints[frame, skin.joint] + turned)


def _clamped(part: int, skin: Skin, dance: StagedDance) -> Array:
    """(T, 3, 2) bone vectors on the canvas, none longer than its texture can be stretched."""
    points = dance.xy[:, [POINT[name] for name in CHAINS[part]]]
    vectors = np.diff(points, axis=1)
    lengths = np.linalg.norm(vectors, axis=-1)
    rest = np.maximum(np.linalg.norm(np.diff(skin.chain, axis=0), axis=-1), 1.0)
    shrink = np.minimum(1.0, MOST_STRETCH * rest / np.maximum(lengths, 1e-6))
    return np.asarray(vectors * shrink[..., None])


def _joints(part: int, dance: StagedDance, vectors: Array) -> Array:
    root = dance.xy[:, POINT[CHAINS[part][0]]]
    return np.stack([root, root + vectors[:, 0], root + vectors[:, 0] + vectors[:, 1]], axis=1)


def _weights(part: int, dance: StagedDance) -> Array:
    """(T, 3) how much of each bone lies in the picture plane, squared, in [0, 1]."""
    points = dance.points[:, [POINT[name] for name in CHAINS[part]]]
    bones = np.diff(points, axis=1)
    seen = (bones[..., :2] ** 2).sum(-1)
    return np.asarray(seen / np.maximum((bones**2).sum(-1), 1e-9))


def _trunk_turn(skin: Skin, dance: StagedDance) -> Array:
    """(T,) angle of the trunk against upright, steady while it points at the camera."""
    bone = dance.points[:, POINT["neck"]] - dance.points[:, POINT["pelvis"]]
    weight = (bone[:, :2] ** 2).sum(-1) / np.maximum((bone**2).sum(-1), 1e-9)
    return _wrap(_steady_angle(bone[:, :2], weight, dance.fps) + np.pi / 2, 0.0)


def _steady_angle(vectors_T2: Array, weights: Array, fps: float) -> Array:
    """Angles (T,) of vectors; where a vector is short, the angle passes smoothly over.

    Minimises sum w (a_t - angle_t)^2 + s sum (a_t+1 - a_t)^2.
    """
    angle = np.unwrap(np.arctan2(vectors_T2[:, 1], vectors_T2[:, 0]))
    if len(angle) < 3:
        return angle
    weight = weights**1.5 + 1e-4
    pull = _SMOOTHNESS * (fps / 30.0) ** 2
    banded = np.zeros((2, len(angle)))
    banded[0, 1:] = -pull
    banded[1] = weight + 2 * pull
    banded[1, [0, -1]] -= pull
    return np.asarray(solveh_banded(banded, weight * angle))


def _wrap(angle: Array, centre: float) -> Array:
    return np.asarray((angle - centre + np.pi) % (2 * np.pi) - np.pi + centre)


def _angle(vector: Array) -> float:
    return float(np.arctan2(vector[1], vector[0]))


def _along_bone(angle: float, stretch: Array, slide: Array) -> Array:
    """(T, 2, 2): scale along the bone's direction, sheared across it; the width is kept."""
    cos, sin = np.cos(angle), np.sin(angle)
    turn = np.array([[cos, -sin], [sin, cos]])
    local = np.zeros((len(stretch), 2, 2))
    local[:, 0, 0], local[:, 1, 0], local[:, 1, 1] = stretch, slide, 1.0
    return np.asarray(turn @ local @ turn.T)


def _foreshortening(size: float, toes_T2: Array) -> float:
    """How much longer the picture shows a foot than the dance does.

    A picture taken from above shows the whole back of a foot whose toes point at the camera; seen
    as the dance's camera sees it, the foot would be a stump above the ground.
    """
    usual = float(np.median(np.linalg.norm(toes_T2, axis=1)))
    return float(np.clip(size / max(usual, 1e-6), 1.0, _MOST_FORESHORTENING))


def _foot_shape(chain: Array, vectors: Array, turn: Array) -> Array:
    """(T, 2, 2) feet turned with the shank and sheared towards where the toes point.

    Regularised least squares between three wishes: toes to toes, shank to shank, no distortion.
    """
    shank = _unit(chain[2] - chain[1])
    toes = chain[3] - chain[2]
    size = max(float(np.linalg.norm(toes)), 1.0)
    cos, sin = np.cos(-turn), np.sin(-turn)
    wish = vectors[:, 2] * _foreshortening(size, vectors[:, 2])
    wish = np.stack([cos * wish[:, 0] - sin * wish[:, 1], sin * wish[:, 0] + cos * wish[:, 1]], 1)
    source = np.stack([toes / size, shank], axis=1)  # (2, k) columns
    weight = np.diag([1.0, 0.8])
    goal = np.stack([wish / size, np.broadcast_to(shank, wish.shape)], axis=2)  # (T, 2, k)
    keep = 0.6 * np.eye(2)
    normal = source @ weight @ source.T + keep
    limited = np.asarray((goal @ weight @ source.T + keep) @ np.linalg.inv(normal))
    return np.clip(limited, -0.8, 1.5)
