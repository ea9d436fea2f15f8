"""The bones of arms and legs through a dance, and the vertices that hang on them.

Shapes: T frames, V vertices, B = 4 bones (trunk, upper, lower, tip), 3 joints between them.
Linear blending of matrices would pinch a bent elbow; blending the angle about the joint instead
moves the outer side on an arc and keeps the width (as dual quaternions do in 3D).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.appearance_expert.puppet.cutting.body_parts import CHAINS
from pipelines.appearance_expert.puppet.posing.feet import foot_shape
from pipelines.appearance_expert.puppet.posing.limb_skin import Skin
from pipelines.appearance_expert.puppet.posing.vectors import angle_of, steady_angle, wrapped
from pipelines.keypoints.person import POINT
from pipelines.keypoints.staged import StagedDance

Array = NDArray[np.float64]

MOST_STRETCH = 1.3
_TIP = 3
"""Number of the last bone, a hand or a foot."""
_TIP_RANGE = (0.6, 1.0)
_ARM_CENTRE = np.radians(30)
"""Arms hang and reach across the chest more than they reach behind the neck."""


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
    turn[:, 0] = _trunk_turn(dance)
    shape[:, 0] = np.eye(2)
    rest = [angle_of(trunk), *(angle_of(chain[k + 1] - chain[k]) for k in range(3))]
    down = float(np.sign(trunk[0])) if skin.is_arm else 0.0
    for bone in range(1, _TIP + 1):
        vector = vectors[:, bone - 1]
        angle = steady_angle(vector, weights[:, bone - 1], dance.fps)
        if bone == _TIP and not skin.is_arm:
            turn[:, _TIP] = turn[:, _TIP - 1]
            shape[:, _TIP] = foot_shape(chain, vectors, turn[:, _TIP])
            continue
        bend_rest = wrapped(np.asarray(rest[bone] - rest[bone - 1]), 0.0)
        centre = down * _ARM_CENTRE if bone == 1 else 0.0
        bend_rest = wrapped(bend_rest, centre)
        bend = wrapped(angle - (turn[:, bone - 1] + rest[bone - 1]), centre)
        turn[:, bone] = turn[:, bone - 1] + bend - bend_rest
        length = max(float(np.linalg.norm(chain[bone] - chain[bone - 1])), 1.0)
        if bone == _TIP:
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


def _trunk_turn(dance: StagedDance) -> Array:
    """(T,) angle of the trunk against upright, steady while it points at the camera."""
    bone = dance.points[:, POINT["neck"]] - dance.points[:, POINT["pelvis"]]
    weight = (bone[:, :2] ** 2).sum(-1) / np.maximum((bone**2).sum(-1), 1e-9)
    return wrapped(steady_angle(bone[:, :2], weight, dance.fps) + np.pi / 2, 0.0)


def _along_bone(angle: float, stretch: Array, slide: Array) -> Array:
    """(T, 2, 2): scale along the bone's direction, sheared across it; the width is kept."""
    cos, sin = np.cos(angle), np.sin(angle)
    turn = np.array([[cos, -sin], [sin, cos]])
    local = np.zeros((len(stretch), 2, 2))
    local[:, 0, 0], local[:, 1, 0], local[:, 1, 1] = stretch, slide, 1.0
    return np.asarray(turn @ local @ turn.T)
