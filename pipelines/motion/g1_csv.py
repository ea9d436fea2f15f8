"""Dances of the Unitree G1 as the retargeted LAFAN1 collection keeps them (.g1.csv), both ways.

No header, a line per frame, 30 a second: the pelvis's place, its quaternion x, y, z, w, and 29
angles in Unitree's order; metres, radians, z up (docs/reference/body.md#unitree-g1).
"""

from __future__ import annotations

import io
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from pipelines.body.gltf import continuous, refuse_empty
from pipelines.body.mesh import BodyMesh
from pipelines.body.skeleton import JOINT, OFFSETS
from pipelines.motion.g1_retarget import TO_BODY, G1Dance, onto_g1
from pipelines.motion.g1_robot import G1, G1_JOINTS, g1_pose
from pipelines.motion.motion import Motion
from pipelines.motion.parts import arc
from pipelines.motion.retarget import retarget
from pipelines.motion.source import SourceMotion
from pipelines.support.errors import UnsuitableInput
from pipelines.support.files import write_text

FPS = 30.0
_COLUMNS = 7 + len(G1_JOINTS)

# Our joint -> the robot's joint where it lies and whose link turns with it, and its parent of ours.
_LIMBS = {
    "hip": ("hip_roll", "hip_yaw", "pelvis"), "knee": ("knee", "knee", "hip"),
    "ankle": ("ankle_roll", "ankle_roll", "knee"), "foot": ("ankle_roll", "ankle_roll", "ankle"),
    "shoulder": ("shoulder_roll", "shoulder_yaw", "spine1"),
    "elbow": ("elbow", "elbow", "shoulder"),
    "wrist": ("wrist_pitch", "wrist_yaw", "elbow"), "hand": ("wrist_yaw", "wrist_yaw", "wrist"),
}  # fmt: skip
_ENDS = {"foot": np.array([0.12, 0.0, -0.03]), "hand": np.array([0.09, 0.0, 0.0])}
_HEAD = np.array([0.0, 0.0, 0.42])
# The stand with level arms from which the dancer's turns are counted.
_LEVEL_ARMS = np.zeros(len(G1))
for _side, _sign in (("left", 1.0), ("right", -1.0)):
    _LEVEL_ARMS[G1[f"{_side}_shoulder_roll"]] = _sign * np.pi / 2
    _LEVEL_ARMS[G1[f"{_side}_elbow"]] = np.pi / 2


def write_g1_csv(motion: Motion, path: Path, body: BodyMesh) -> str:
    """Write the dance for the robot, whole or not at all.

    Returns:
        What it cost: how far limbs are off, and which joints reached their limits.

    Raises:
        UnsuitableInput: no frames, or values that are not finite.
    """
    refuse_empty(path, motion.poses, motion.trans)
    dance = onto_g1(motion.resampled(FPS), body.offsets)
    quaternions = Rotation.from_matrix(dance.turn).as_quat()
    turns = continuous(quaternions) * (1 if quaternions[0, 3] >= 0 else -1)
    table = io.StringIO()
    rows = np.concatenate([dance.place, turns, dance.angles], axis=1)
    np.savetxt(table, rows, fmt="%.6f", delimiter=",")
    write_text(path, table.getvalue())
    return f"{path}: {_cost(dance)}"


def read_g1_csv(path: Path) -> Motion:
    """A robot's dance on our skeleton, on the floor; it has no head, neck, collars or toes.

    Raises:
        UnsuitableInput: not a table of 36 columns, or not of quaternions.
    """
    try:
        rows = np.loadtxt(path, delimiter=",", ndmin=2, dtype=np.float64)
    except (ValueError, UnicodeDecodeError) as error:
        raise UnsuitableInput(f"{path}: not a table of numbers ({error})") from error
    if rows.shape[1:] != (_COLUMNS,):
        raise UnsuitableInput(
            f"{path}: {rows.shape[1]} columns, expected {_COLUMNS}",
            "x, y, z, a quaternion x, y, z, w, and 29 angles, without a header",
        )
    lengths = np.linalg.norm(rows[:, 3:7], axis=1)
    if not np.isfinite(rows).all() or np.abs(lengths - 1).max() > 0.01:
        raise UnsuitableInput(f"{path}: columns 4 to 7 are no unit quaternions, or numbers are NaN")
    turn = Rotation.from_quat(rows[:, 3:7]).as_matrix()
    return retarget(_as_source(rows[:, :3], turn, rows[:, 7:], str(path)))


def _cost(dance: G1Dance) -> str:
    off = np.degrees(dance.off)
    said = f"limbs point {off.mean():.1f} degrees off the dancer's, {off.max():.0f} at most"
    most = np.argsort(-dance.limited, kind="stable")[:3]
    held = [f"{G1_JOINTS[n]} {dance.limited[n]:.0%}" for n in most if dance.limited[n] > 0.005]
    return f"{said}; at their limits, of the frames: {', '.join(held)}" if held else said


def _as_source(
    place: NDArray[np.float64], turn: NDArray[np.float64], angles: NDArray[np.float64], path: str
) -> SourceMotion:
    """The robot as a person's skeleton that rests with level arms, facing +x, z up."""
    rest_at, rest_turns = _person(np.zeros((1, 3)), np.eye(3)[None], _LEVEL_ARMS[None])
    _, turns = _person(place, turn, angles)
    names, parents = _skeleton()
    rest_at, rest_turns, straight = rest_at[0], rest_turns[0], {}
    for side in ("left", "right"):
        for part, end in pairwise(("shoulder", "elbow", "wrist", "hand")):
            # Arms rest as ours do: the robot's are crooked in another way when they are level.
            joint, child = names.index(f"{side}_{part}"), names.index(f"{side}_{end}")
            bone, way = rest_at[child] - rest_at[joint], TO_BODY.T @ OFFSETS[JOINT[names[child]]]
            way = way / np.linalg.norm(way)
            rest_turns[joint] = arc(bone, way) @ rest_turns[joint]
            straight[child] = np.linalg.norm(bone) * way
    turned = turns @ np.swapaxes(rest_turns, -1, -2)
    local, offsets = turned.copy(), np.zeros((len(names), 3))
    for joint, parent in enumerate(parents):
        if parent >= 0:
            local[:, joint] = np.swapaxes(turned[:, parent], -1, -2) @ turned[:, joint]
            offsets[joint] = straight.get(joint, rest_at[joint] - rest_at[parent])
    return SourceMotion(names, parents, offsets, local, place, FPS, path)


def _skeleton() -> tuple[tuple[str, ...], tuple[int, ...]]:
    names, above = ["pelvis", "spine1", "head"], ["", "pelvis", "spine1"]
    for side in ("left", "right"):
        for part, (*_, parent) in _LIMBS.items():
            names.append(f"{side}_{part}")
            above.append(parent if parent in ("pelvis", "spine1") else f"{side}_{parent}")
    return tuple(names), tuple(names.index(name) if name else -1 for name in above)


def _person(
    place: NDArray[np.float64], turn: NDArray[np.float64], angles: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Places and turns of `_skeleton`'s joints."""
    at, turns = g1_pose(angles, turn, place)
    chest = G1["waist_pitch"]
    places = [place, at[:, chest], at[:, chest] + turns[:, chest] @ _HEAD]
    turned = [turn, turns[:, chest], turns[:, chest]]
    for side in ("left", "right"):
        for part, (where, link, _) in _LIMBS.items():
            end = turns[:, G1[f"{side}_{link}"]] @ _ENDS.get(part, np.zeros(3))
            places.append(at[:, G1[f"{side}_{where}"]] + end)
            turned.append(turns[:, G1[f"{side}_{link}"]])
    return np.stack(places, axis=1), np.stack(turned, axis=1)
