"""A first pose from landmarks alone: trunk from hips and shoulders, limbs by their bend planes.

Good enough to begin least squares from (`refine`). Shapes: T frames, 33 landmarks, 24 joints.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipelines.body.rotations import axis_angle_to_matrix, matrix_to_axis_angle
from pipelines.body.skeleton import JOINT, OFFSETS, PARENTS
from pipelines.capture.turning import arc, dot, frame_of, unit
from pipelines.keypoints.skeletons import BLAZEPOSE, BLAZEPOSE_FEET

Floats = NDArray[np.float64]

HINGES: dict[int, tuple[float, float, float]] = {
    JOINT["left_knee"]: (1.0, 0.0, 0.0),
    JOINT["right_knee"]: (1.0, 0.0, 0.0),
    JOINT["left_elbow"]: (0.0, -1.0, 0.0),
    JOINT["right_elbow"]: (0.0, 1.0, 0.0),
}
"""Joints that bend one way, and the axis, in the upper bone's frame, of bending more."""
_CLEARLY_BENT = 0.35
"""Sine of a bend from which its plane is believed."""
_SPINE = ("spine1", "spine2", "spine3")


def start_pose(world_T33x3: Floats) -> Floats:
    """Local rotations (T, 24, 3, 3) of a body that stands about as the landmarks say.

    Args:
        world_T33x3: metres, y down, z away from the camera; finite.
    """
    at = {name: world_T33x3[:, index] for name, index in (BLAZEPOSE | BLAZEPOSE_FEET).items()}
    turned = np.tile(np.eye(3), (len(world_T33x3), 24, 1, 1))
    hips = (at["left_hip"] + at["right_hip"]) / 2
    shoulders = (at["left_shoulder"] + at["right_shoulder"]) / 2
    up = shoulders - hips
    pelvis = _upright(at["left_hip"] - at["right_hip"], up)
    chest = _upright(at["left_shoulder"] - at["right_shoulder"], up)
    turned[:, JOINT["pelvis"]] = pelvis
    twist = matrix_to_axis_angle(np.swapaxes(pelvis, -1, -2) @ chest)
    for number, name in enumerate(_SPINE):
        turned[:, JOINT[name]] = pelvis @ axis_angle_to_matrix(twist * (number + 1) / 3)
    _head(turned, at, chest)
    for side in ("left", "right"):
        for name in ("collar", "shoulder", "elbow", "wrist", "hand"):
            turned[:, JOINT[f"{side}_{name}"]] = chest
        _limb(turned, at, side, ("shoulder", "elbow", "wrist"), chest)
        turned[:, JOINT[f"{side}_wrist"]] = turned[:, JOINT[f"{side}_elbow"]]
        turned[:, JOINT[f"{side}_hand"]] = turned[:, JOINT[f"{side}_elbow"]]
        _limb(turned, at, side, ("hip", "knee", "ankle"), pelvis)
        _foot(turned, at, side)
    return local_of(turned)


def local_of(globals_TJ33: Floats) -> Floats:
    """Local rotations of global ones."""
    local = globals_TJ33.copy()
    for joint, parent in enumerate(PARENTS):
        if parent >= 0:
            local[:, joint] = np.swapaxes(globals_TJ33[:, parent], -1, -2) @ globals_TJ33[:, joint]
    return local


def _upright(across: Floats, up: Floats) -> Floats:
    """The frame of a part of the trunk: y along the spine, x towards the left side."""
    frame = frame_of(up, across)
    return np.stack([frame[..., 1], frame[..., 0], -frame[..., 2]], axis=-1)


def _head(turned: Floats, at: dict[str, Floats], chest: Floats) -> None:
    across = at["left_ear"] - at["right_ear"]
    ahead = at["nose"] - (at["left_ear"] + at["right_ear"]) / 2
    x = unit(across)
    # At rest the nose lies a little below the ears' height and far before them.
    head = np.stack([x, unit(np.cross(ahead, x)), np.zeros_like(x)], axis=-1)
    head[..., 2] = np.cross(head[..., 0], head[..., 1])
    head[..., 1] = np.cross(head[..., 2], head[..., 0])
    bend = matrix_to_axis_angle(np.swapaxes(chest, -1, -2) @ head)
    turned[:, JOINT["neck"]] = chest @ axis_angle_to_matrix(bend / 2)
    turned[:, JOINT["head"]] = chest @ axis_angle_to_matrix(bend)


def _limb(
    turned: Floats, at: dict[str, Floats], side: str, names: tuple[str, str, str], trunk: Floats
) -> None:
    """Both bones of a limb by the directions of its landmarks and the plane that they bend in.

    A limb that is nearly straight takes the plane that needs no twist.
    """
    upper, middle, end = (f"{side}_{name}" for name in names)
    first, second = unit(at[middle] - at[upper]), unit(at[end] - at[middle])
    bone, hinge = unit(OFFSETS[JOINT[middle]]), np.array(HINGES[JOINT[middle]])
    rest_hinge = unit(hinge - (hinge @ bone) * bone)
    swing = arc(np.einsum("tij,j->ti", trunk, bone), first) @ trunk
    plain = np.einsum("tij,j->ti", swing, rest_hinge)
    bend = np.cross(first, second)
    sine = np.linalg.norm(bend, axis=-1, keepdims=True)
    believed = np.clip(sine / _CLEARLY_BENT, 0, 1) * (dot(bend, plain) > -0.5 * sine)
    axis = believed * unit(bend) + (1 - believed) * plain
    axis = unit(axis - dot(axis, first) * first)
    rest = np.stack([bone, rest_hinge, np.cross(bone, rest_hinge)], axis=-1)
    now = np.stack([first, axis, np.cross(first, axis)], axis=-1)
    turned[:, JOINT[upper]] = now @ rest.T
    angle = np.arctan2(dot(np.cross(first, second), axis), dot(first, second))
    angle = np.maximum(angle, 0)
    turned[:, JOINT[middle]] = turned[:, JOINT[upper]] @ axis_angle_to_matrix(angle * hinge)


def _foot(turned: Floats, at: dict[str, Floats], side: str) -> None:
    knee, ankle = JOINT[f"{side}_knee"], JOINT[f"{side}_ankle"]
    ahead = unit(at[f"{side}_foot"] - at[f"{side}_heel"])
    rest = unit(turned[:, knee] @ np.array([0.0, 0.0, 1.0]))
    turned[:, ankle] = arc(rest, ahead) @ turned[:, knee]
    turned[:, JOINT[f"{side}_foot"]] = turned[:, ankle]
