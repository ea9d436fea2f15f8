"""Dances as Vocaloid Motion Data (.vmd) for MikuMikuDance and what reads its files.

Key frames at 30 a second of the standard bones, named in Shift-JIS: the centre moves, the others
turn; leg IK is switched off, so that legs do as the key frames say. Axes, units and the pose that
rotations are counted from: docs/reference/body.md#mikumikudance.
"""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from pipelines.body.gltf import continuous, refuse_empty
from pipelines.body.mesh import SOLE_METRES, BodyMesh
from pipelines.body.skeleton import JOINT, TO_Z_UP, forward_kinematics
from pipelines.motion.motion import Motion
from pipelines.motion.rest_pose import Reposed, reposed, sole_height
from pipelines.support.files import atomic_path

FPS = 30.0
UNITS_PER_METRE = 12.5
ARM_DROOP = float(np.radians(35.0))
"""How far below level the arms of MMD's models hang at rest: 30 to 40 degrees."""

CENTRE, LOWER_BODY = "センター", "下半身"
IK_BONES = ("左足ＩＫ", "右足ＩＫ", "左つま先ＩＫ", "右つま先ＩＫ")

BONES: dict[str, tuple[str, str]] = {
    "上半身": ("spine1", ""), "上半身2": ("spine3", "spine1"), "首": ("neck", "spine3"),
    "頭": ("head", "neck"),
    "左肩": ("left_collar", "spine3"), "左腕": ("left_shoulder", "left_collar"),
    "左ひじ": ("left_elbow", "left_shoulder"), "左手首": ("left_wrist", "left_elbow"),
    "右肩": ("right_collar", "spine3"), "右腕": ("right_shoulder", "right_collar"),
    "右ひじ": ("right_elbow", "right_shoulder"), "右手首": ("right_wrist", "right_elbow"),
    LOWER_BODY: ("pelvis", ""),
    "左足": ("left_hip", "pelvis"), "左ひざ": ("left_knee", "left_hip"),
    "左足首": ("left_ankle", "left_knee"),
    "右足": ("right_hip", "pelvis"), "右ひざ": ("right_knee", "right_hip"),
    "右足首": ("right_ankle", "right_knee"),
}  # fmt: skip
"""Bone -> (our joint that turns it, our joint that turns its parent; "": the world).

Trunk and hips both hang on the waist, which is our spine1: 上半身 turns what is above it, 下半身
what is below.
"""

_MAGIC, _MODEL = b"Vocaloid Motion Data 0002", "macedance"
# Linear interpolation: control points (20, 20) and (107, 107) of 127, for x, y, z and rotation.
_STRAIGHT = bytes([20] * 8 + [107] * 8)
_ROWS = [_STRAIGHT[row:] + bytes([1] * min(row, 1) + [0] * (row - 1)) for row in range(4)]
# Each row is the last one moved on by a byte; two bytes of the first say that physics works.
_CURVES = _ROWS[0][:2] + bytes(2) + b"".join([_ROWS[0][4:], *_ROWS[1:]])


def save_vmd(motion: Motion, path: Path, body: BodyMesh) -> None:
    """Write the dance at 30 frames a second, whole or not at all.

    Args:
        body: whose proportions the dance has.

    Raises:
        UnsuitableInput: no frames, or values that are not finite.
    """
    refuse_empty(path, motion.poses, motion.trans)
    dance = motion.resampled(FPS)
    told = reposed(dance.rotations(), body.offsets, ARM_DROOP)
    turns, centre = _turns(told), _centre(told, dance)
    frames = b"".join(_bone(name, turns[name], np.zeros_like(centre)) for name in turns)
    frames = _bone(CENTRE, np.tile([0.0, 0, 0, 1], (dance.frames, 1)), centre) + frames
    count = dance.frames * (len(turns) + 1)
    with atomic_path(path) as temporary, temporary.open("wb") as stream:
        stream.write(_MAGIC.ljust(30, b"\0") + _named(_MODEL, 20))
        stream.write(struct.pack("<I", count) + frames)
        # No morphs, cameras, lights, shadows; then what is shown and which IK works.
        stream.write(struct.pack("<4I", 0, 0, 0, 0) + struct.pack("<IIBI", 1, 0, 1, len(IK_BONES)))
        stream.write(b"".join(_named(name, 20) + b"\0" for name in IK_BONES))


def _turns(told: Reposed) -> dict[str, NDArray[np.float64]]:
    """Quaternions (T, 4) xyzw of each bone relative to its parent, in MMD's axes."""
    globals_ = forward_kinematics(told.rotations, np.zeros((len(told.rotations), 3)))[1]
    found = {}
    for bone, (joint, parent) in BONES.items():
        turn = globals_[:, JOINT[joint]]
        above = globals_[:, JOINT[parent]] if parent else TO_Z_UP
        local = Rotation.from_matrix(np.swapaxes(above, -1, -2) @ turn).as_quat()
        # Mirroring z turns a right-handed rotation into a left-handed one.
        found[bone] = continuous(local * np.array([-1.0, -1.0, 1.0, 1.0]))
    return found


def _centre(told: Reposed, dance: Motion) -> NDArray[np.float64]:
    """Where the waist is (T, 3), in MMD's units and axes, less where it rests."""
    waist = forward_kinematics(told.rotations, dance.trans, told.offsets)[0][:, JOINT["spine1"]]
    upright = waist @ TO_Z_UP
    rest = told.offsets[JOINT["spine1"]] + [0, sole_height(told.offsets, SOLE_METRES), 0]
    moved: NDArray[np.float64] = (upright - rest) * UNITS_PER_METRE * np.array([1.0, 1.0, -1.0])
    return moved


def _bone(name: str, turns_T4: NDArray[np.float64], places_T3: NDArray[np.float64]) -> bytes:
    """One bone's key frames, one after the other."""
    record = np.dtype([("name", "S15"), ("frame", "<u4"), ("place", "<f4", 3), ("turn", "<f4", 4),
                       ("curves", "V64")])  # fmt: skip
    keys = np.zeros(len(turns_T4), dtype=record)
    keys["name"] = _named(name, 15)
    keys["frame"] = np.arange(len(keys))
    keys["place"], keys["turn"] = places_T3, turns_T4
    keys["curves"] = np.void(_CURVES)
    return keys.tobytes()


def _named(name: str, size: int) -> bytes:
    return name.encode("shift_jis").ljust(size, b"\0")
