"""Any humanoid skeleton's motion onto the SMPL skeleton, from the file's own rest pose.

For every SMPL joint there is one constant rotation, its mount, that turns the SMPL rest bone into
the frame of the source joint that drives it; the SMPL joint's global rotation is then the source's
times the mount. Limb bones end up exactly parallel to the source's; trunk, feet and head keep
their turn relative to the rest pose. `rest_mounts` finds the mounts from an anatomical rest pose,
`calibration.py` from the motion itself where the file's rest pose is no human pose.

Shapes: T frames, J joints of the source.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pipelines.body.rotations import axis_angle_to_matrix, matrix_to_axis_angle
from pipelines.body.skeleton import JOINT, JOINT_NAMES, OFFSETS, PARENTS, TO_Z_UP
from pipelines.motion.calibration import motion_mounts
from pipelines.motion.grounding import on_floor
from pipelines.motion.joint_names import find_parts
from pipelines.motion.motion import Motion
from pipelines.motion.parts import LIMB_CHILD, Floats, Parts, arc, unit
from pipelines.motion.source import SourceMotion

_UNDRIVEN = ("left_foot", "right_foot", "left_hand", "right_hand")
_FLAT_FOOTED = 0.985
_ALONG_AN_AXIS = 0.98
_LEG = ("hip", "knee", "ankle")


def retarget(source: SourceMotion) -> Motion:
    """Put a foreign skeleton's motion onto the SMPL skeleton, z up, in metres, on the floor.

    Raises:
        UnsuitableInput: joints are missing (they are named), or the motion is not finite.
    """
    source.validate()
    parts = Parts(source, find_parts(source.names, source.path))
    to_z_up = _z_up(parts)
    mounts = rest_mounts(parts) or motion_mounts(parts, to_z_up)
    turned = _driven_rotations(parts, mounts, to_z_up)
    local = turned.copy()
    for name in _UNDRIVEN:
        local[:, JOINT[name]] = np.eye(3)
    for joint, parent in enumerate(PARENTS):
        if parent >= 0 and JOINT_NAMES[joint] not in _UNDRIVEN:
            local[:, joint] = np.swapaxes(turned[:, parent], -1, -2) @ turned[:, joint]
    trans = _pelvis(parts, turned[:, 0], to_z_up)
    motion = Motion(
        poses=matrix_to_axis_angle(local).astype(np.float32),
        trans=trans.astype(np.float32),
        fps=source.fps,
        source=source.path,
    )
    return on_floor(motion.validate())


def rest_mounts(parts: Parts) -> dict[str, Floats] | None:
    """Mounts (3, 3) per SMPL joint name from the rest pose, or None if that is no human pose."""
    body = rest_frame(parts)
    if body is None:
        return None
    mounts = {name: body for name in JOINT_NAMES}
    for name, child in LIMB_CHILD.items():
        upper = name.replace("wrist", "elbow").replace("elbow", "shoulder")
        bone = parts.rest_bone(name, child)
        if bone is None:
            mounts[name] = mounts[name.replace("wrist", "elbow")]
        elif upper != name and _held_out_straight(parts, upper, bone, body):
            mounts[name] = mounts[upper]
        else:
            mounts[name] = arc(body @ OFFSETS[JOINT[child]], bone) @ body
    for side in ("left", "right"):
        mounts[f"{side}_ankle"] = _foot_rest_mount(parts, side, body)
    return mounts


def _held_out_straight(parts: Parts, upper: str, bone: Floats, body: Floats) -> bool:
    """Whether this is the forearm or hand of a T-pose arm, whose rest is our rest.

    Rigs rest with elbows a little bent so that IK knows the way, yet the motion put onto them was
    made for a straight T-pose: CMU's Daz-friendly files bend 17 degrees more than their ASF twins.
    """
    arm = unit(parts.rest[upper.replace("shoulder", "elbow")] - parts.rest[upper])
    return bool(abs(arm @ body[:, 0]) > 0.95 and arm @ unit(bone) > 0.9)


def _foot_rest_mount(parts: Parts, side: str, body: Floats) -> Floats:
    """A foot's mount: sole square to the shin seen from the front, heading that of its bone.

    CMU's skeletons rest with legs spread by 20 degrees and the feet turned with them; a shin that
    leans less belongs to a body standing flat.
    """
    foot = parts.rest_bone(f"{side}_ankle", f"{side}_foot")
    forward = body[:, 2]
    shin = unit(parts.rest[f"{side}_knee"] - parts.rest[f"{side}_ankle"])
    up = unit(shin - shin @ forward * forward)
    up = up if up @ body[:, 1] < _FLAT_FOOTED else body[:, 1]
    tilted = np.stack([np.cross(up, forward), up, forward], axis=-1)
    if foot is None:
        return np.asarray(tilted)
    smpl = tilted @ OFFSETS[JOINT[f"{side}_foot"]]
    heading = arc(smpl - smpl @ up * up, foot - foot @ up * up)
    result: Floats = heading @ tilted
    return result


def rest_frame(parts: Parts) -> Floats | None:
    """Columns left, up, forward of the rest pose, or None where nobody would stand like that."""
    rest = parts.rest
    left = unit(rest["left_hip"] - rest["right_hip"])
    rough_up = unit(rest["head"] - (rest["left_hip"] + rest["right_hip"]) / 2)
    axis = int(np.abs(rough_up).argmax())
    up = np.zeros(3)
    up[axis] = np.sign(rough_up[axis])
    left = _on_axis(unit(left - left @ up * up))
    forward = np.cross(left, up)
    shoulders = unit(rest["left_shoulder"] - rest["right_shoulder"])
    checks = [bool(rough_up @ up > 0.9), bool(shoulders @ left > 0.7)]
    for side in ("left", "right"):
        for upper, lower in pairwise(_LEG):
            bone = rest[f"{side}_{lower}"] - rest[f"{side}_{upper}"]
            checks.append(bool(-unit(bone) @ up > 0.7))
        foot = parts.rest_bone(f"{side}_ankle", f"{side}_foot")
        checks.append(foot is None or bool(unit(foot) @ forward > 0.5))
    return np.stack([left, up, forward], axis=-1) if all(checks) else None


def _on_axis(direction: Floats) -> Floats:
    """The coordinate axis beside a direction; hips are seldom drawn quite symmetric."""
    axis = int(np.abs(direction).argmax())
    if abs(direction[axis]) < _ALONG_AN_AXIS:
        return direction
    snapped: Floats = np.sign(direction[axis]) * np.eye(3)[axis]
    return snapped


def _z_up(parts: Parts) -> Floats:
    """Rotation of the file's world into ours; up is where the head is, most of the time."""
    ankles = (parts.at("left_ankle") + parts.at("right_ankle")) / 2
    rise = unit(parts.at("head") - ankles).mean(0)
    axis = int(np.abs(rise).argmax())
    if axis == 2:
        return np.eye(3) if rise[2] > 0 else np.diag([1.0, -1.0, -1.0])
    if axis == 1:
        return TO_Z_UP if rise[1] > 0 else TO_Z_UP.T
    quarter = axis_angle_to_matrix(np.array([0, -np.pi / 2, 0]))
    return quarter if rise[0] > 0 else quarter.T


def _driven_rotations(parts: Parts, mounts: dict[str, Floats], to_z_up: Floats) -> Floats:
    """Global rotations (T, 24, 3, 3) of the SMPL joints."""
    turned = np.empty((parts.frames, 24, 3, 3))
    spine = parts.spine_turns(mounts)
    for name, joint in JOINT.items():
        if name in spine:
            turned[:, joint] = spine[name]
        elif name in parts.index and name in mounts and name not in _UNDRIVEN:
            turned[:, joint] = parts.turn(name) @ mounts[name]
        else:
            turned[:, joint] = turned[:, PARENTS[joint]]
    result: Floats = to_z_up @ turned
    return result


def _pelvis(parts: Parts, pelvis_turn: Floats, to_z_up: Floats) -> NDArray[np.float64]:
    """Pelvis positions such that the middle of the hips follows the source's, scaled by legs."""
    scale = _leg_length(OFFSETS[[JOINT["left_knee"], JOINT["left_ankle"]]]) / _leg_length(
        np.array([
            parts.rest["left_knee"] - parts.rest["left_hip"],
            parts.rest["left_ankle"] - parts.rest["left_knee"],
        ])
    )  # fmt: skip
    hips = (parts.at("left_hip") + parts.at("right_hip")) / 2 @ to_z_up.T * scale
    middle = (OFFSETS[JOINT["left_hip"]] + OFFSETS[JOINT["right_hip"]]) / 2
    result: Floats = hips - pelvis_turn @ middle
    return result


def _leg_length(bones_23: Floats) -> float:
    return float(np.linalg.norm(bones_23, axis=-1).sum())
