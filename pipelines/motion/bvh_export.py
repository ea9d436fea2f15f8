"""Writing a Motion as BVH for Blender, Unity, MotionBuilder and friends, and knowing it again.

Centimetres, y up, the rest pose of the offset table facing +z: what BVH importers expect by
default. Joints carry their SMPL names; the rest pose is the T-pose, so every rotation is relative
to it.
"""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from pipelines.body.rotations import matrix_to_axis_angle
from pipelines.body.skeleton import JOINT, JOINT_NAMES, OFFSETS, PARENTS, TO_Z_UP
from pipelines.motion.motion import Motion
from pipelines.motion.source import SourceMotion
from pipelines.support.files import write_text

_CENTIMETRES = 100.0
_ORDER = "ZXY"
_TIPS = {
    "head": (0.0, 0.17, 0.02), "left_foot": (0.0, 0.0, 0.07), "right_foot": (0.0, 0.0, 0.07),
    "left_hand": (0.09, 0.0, 0.0), "right_hand": (-0.09, 0.0, 0.0),
}  # fmt: skip


def save_bvh(motion: Motion, path: Path) -> None:
    """Write a motion as BVH: centimetres, y up, SMPL joint names. Whole or not at all."""
    names, lines = _hierarchy()
    order = [JOINT[name] for name in names]
    local = motion.rotations()
    local[:, 0] = TO_Z_UP.T @ local[:, 0]
    angles = Rotation.from_matrix(local[:, order].reshape(-1, 3, 3)).as_euler(_ORDER, degrees=True)
    places = motion.trans.astype(np.float64) @ TO_Z_UP * _CENTIMETRES
    rows = np.concatenate([places, angles.reshape(motion.frames, -1)], axis=1)
    table = io.StringIO()
    np.savetxt(table, rows, fmt="%.6f")
    write_text(
        path,
        "\n".join([
            *lines, "MOTION", f"Frames: {motion.frames}", f"Frame Time: {1 / motion.fps:.8f}",
        ])
        + "\n" + table.getvalue(),
    )  # fmt: skip


def own_motion(source: SourceMotion) -> Motion | None:
    """The Motion in a BVH that `save_bvh` wrote, unchanged; None if the skeleton is another.

    Recognised by joint names and by offsets that are those of our table.
    """
    index = {name: joint for joint, name in enumerate(source.names)}
    if not all(name in index for name in JOINT_NAMES):
        return None
    order = [index[name] for name in JOINT_NAMES]
    if not np.allclose(source.offsets[order][1:], OFFSETS[1:] * _CENTIMETRES, atol=0.01):
        return None
    local = source.rotations[:, order].copy()
    local[:, 0] = TO_Z_UP @ local[:, 0]
    return Motion(
        poses=matrix_to_axis_angle(local).astype(np.float32),
        trans=(source.root / _CENTIMETRES @ TO_Z_UP.T).astype(np.float32),
        fps=source.fps,
        source=source.path,
    ).validate()


def _hierarchy() -> tuple[list[str], list[str]]:
    """Joint names in the order of the file, and the lines of its HIERARCHY section."""
    names: list[str] = []
    lines = ["HIERARCHY"]

    def write(joint: int, depth: int) -> None:
        name, pad = JOINT_NAMES[joint], "  " * depth
        names.append(name)
        places = "6 Xposition Yposition Zposition" if joint == 0 else "3"
        lines.append(f"{pad}{'ROOT' if joint == 0 else 'JOINT'} {name}")
        lines.append(f"{pad}{{")
        lines.append(f"{pad}  OFFSET {_centimetres(OFFSETS[joint])}")
        lines.append(f"{pad}  CHANNELS {places} Zrotation Xrotation Yrotation")
        for child, parent in enumerate(PARENTS):
            if parent == joint:
                write(child, depth + 1)
        if name in _TIPS:
            tip = _centimetres(np.array(_TIPS[name]))
            lines.extend([f"{pad}  End Site", f"{pad}  {{", f"{pad}    OFFSET {tip}", f"{pad}  }}"])
        lines.append(f"{pad}}}")

    write(0, 0)
    return names, lines


def _centimetres(metres: NDArray[np.float64]) -> str:
    return " ".join(f"{value * _CENTIMETRES:.6f}" for value in metres)
