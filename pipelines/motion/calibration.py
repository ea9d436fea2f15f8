"""How a source's joints sit in its bones, learnt from how they move.

Rigs whose bones lie along their own x axis (LAFAN1, SOMA, many FBX conversions) say nothing
anatomical in their rest pose. What is anatomical shows in the motion: hips and shoulders give left,
knees and elbows bend about one axis, a planted sole is level, a head looks ahead on average.

Shapes: T frames. Frames of reference have columns left, up, forward.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipelines.body.feet import LEVEL_SOLE, level_of, point_speeds
from pipelines.body.skeleton import JOINT, OFFSETS
from pipelines.motion.parts import Floats, Parts, frame_of, mean_rotation, unit

_HINGES = {"left_hip": (1.0, 0, 0), "left_shoulder": (0, -1.0, 0), "right_shoulder": (0, 1.0, 0)}
"""Axis, in the SMPL rest pose, of upper bone x lower bone when knee or elbow bends."""
_ALONG_AN_AXIS = 0.85


def motion_mounts(parts: Parts, to_z_up: Floats) -> dict[str, Floats]:
    """Mounts (3, 3) per SMPL joint name (see `retarget`), estimated from the motion."""
    mounts = {"pelvis": _pelvis_mount(parts)}
    mounts |= _trunk_mounts(parts, mounts["pelvis"])
    chest = _chest_turn(parts) @ mounts["spine3"]
    for name in ("neck", "head", "left_collar", "right_collar"):
        if name in parts.index:
            mounts[name] = _settled(parts.turn(name), chest)
    for side in ("left", "right"):
        mounts |= _limb_mounts(parts, f"{side}_hip", f"{side}_knee", f"{side}_ankle")
        mounts |= _limb_mounts(parts, f"{side}_shoulder", f"{side}_elbow", f"{side}_wrist")
        forearm = parts.turn(f"{side}_elbow") @ mounts[f"{side}_elbow"]
        mounts[f"{side}_wrist"] = _settled(parts.turn(f"{side}_wrist"), forearm)
        mounts[f"{side}_ankle"] = _foot_mount(parts, side, mounts[f"{side}_knee"], to_z_up)
    return mounts


def _pelvis_mount(parts: Parts) -> Floats:
    turn = parts.turn("pelvis")
    left = _fixed(turn, parts.at("left_hip") - parts.at("right_hip"))
    up = unit(_fixed(turn, unit(parts.at("head") - parts.at("pelvis"))))
    axis = int(np.abs(up).argmax())
    if abs(up[axis]) > _ALONG_AN_AXIS:
        # Riggers draw the pelvis along an axis; a mean over much bending forward only blurs it.
        up = np.sign(up[axis]) * np.eye(3)[axis]
    return frame_of(left, up)


def _trunk_mounts(parts: Parts, pelvis_mount: Floats) -> dict[str, Floats]:
    """Mounts of the spine joints: up is along the bone, left is between hips and shoulders."""
    hips = unit(parts.at("left_hip") - parts.at("right_hip"))
    shoulders = unit(parts.at("left_shoulder") - parts.at("right_shoulder"))
    mounts: dict[str, Floats] = {"spine3": pelvis_mount}
    tops = [*parts.spine[1:], parts.index.get("neck", parts.index["head"])]
    for position, (joint, above) in enumerate(zip(parts.spine, tops, strict=True)):
        share = (position + 1) / len(parts.spine)
        left = _fixed(parts.turn_of(joint), (1 - share) * hips + share * shoulders)
        up = _fixed(parts.turn_of(joint), parts.place_of(above) - parts.place_of(joint))
        primary, secondary, third = np.moveaxis(frame_of(up, left), -1, 0)
        mounts[f"spine {position}"] = np.stack([secondary, primary, -third], axis=-1)
        mounts["spine3"] = mounts[f"spine {position}"]
    return mounts


def _chest_turn(parts: Parts) -> Floats:
    return parts.turn_of(parts.spine[-1]) if parts.spine else parts.turn("pelvis")


def _limb_mounts(parts: Parts, upper: str, middle: str, end: str) -> dict[str, Floats]:
    """Mounts of the two bones of a leg or arm: along the bone, and about the hinge between them."""
    upper_bone = unit(parts.at(middle) - parts.at(upper))
    lower_bone = unit(parts.at(end) - parts.at(middle))
    hinge = np.cross(upper_bone, lower_bone)
    smpl_hinge = np.array(_HINGES["left_hip" if "hip" in upper else upper])
    mounts = {}
    for name, child, bone in ((upper, middle, upper_bone), (middle, end, lower_bone)):
        turn = parts.turn(name)
        # Unscaled cross products weigh each frame by how far the limb is bent.
        source = frame_of(_fixed(turn, bone), _fixed(turn, hinge))
        smpl = frame_of(OFFSETS[JOINT[child]], smpl_hinge)
        mounts[name] = source @ smpl.T
    return mounts


def _foot_mount(parts: Parts, side: str, knee_mount: Floats, to_z_up: Floats) -> Floats:
    """Mount of a foot: its sole is level while it is planted, and it points at its toes."""
    ankle, toes, turn = f"{side}_ankle", f"{side}_foot", parts.turn(f"{side}_ankle")
    if toes not in parts.index:
        return _settled(turn, parts.turn(f"{side}_knee") @ knee_mount)
    planted = _planted(parts, ankle, toes, to_z_up)
    up = to_z_up.T @ np.array([0, 0, 1.0])
    sole = _fixed(turn[planted], np.broadcast_to(up, (int(planted.sum()), 3)))
    bone = _fixed(turn, parts.at(toes) - parts.at(ankle))
    smpl = frame_of(np.array([0, 1.0, 0]), OFFSETS[JOINT[toes]])
    mount: Floats = frame_of(sole, bone) @ smpl.T
    return mount


def _planted(parts: Parts, ankle: str, toes: str, to_z_up: Floats) -> NDArray[np.bool_]:
    """Frames (T,) bool in which ankle and toes are both low and slow, in units of leg length."""
    leg = np.linalg.norm(parts.rest[ankle] - parts.rest[ankle.replace("ankle", "hip")])
    low = np.ones(parts.frames, dtype=bool)
    slowest = np.zeros(parts.frames)
    for part in (ankle, toes):
        place = parts.at(part) @ to_z_up.T / leg
        slowest = np.maximum(slowest, point_speeds(place, parts.fps))
        low &= place[:, 2] < level_of(place[:, 2]) + LEVEL_SOLE.height
    score = slowest + np.where(low, 0.0, 1e3)
    enough = min(max(10, parts.frames // 50), parts.frames)
    planted: NDArray[np.bool_] = score <= max(LEVEL_SOLE.speed, np.sort(score)[enough - 1])
    return planted


def _settled(turn: Floats, reference: Floats) -> Floats:
    """Mount that makes a joint follow `reference` on average."""
    return mean_rotation(np.swapaxes(turn, -1, -2) @ reference)


def _fixed(turn: Floats, vectors: Floats) -> Floats:
    """Vectors (T, 3) seen from a turning joint (T, 3, 3), averaged: (3,)."""
    return np.asarray(np.einsum("tji,tj->i", turn, vectors) / len(turn))
