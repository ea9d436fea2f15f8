"""The Unitree G1 with 29 joints: where they sit, how far they go, and where they carry its limbs.

docs/reference/body.md#unitree-g1. Metres, radians; the robot's own axes: x forward, y left, z up.
Shapes: T frames, R = 29 joints in the order of Unitree's files.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.body.rotations import axis_angle_to_matrix, quaternion_to_matrix

Array = NDArray[np.floating[Any]]
Floats = NDArray[np.float64]

_X, _Y, _Z = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)
_LEVEL = (1.0, 0.0, 0.0, 0.0)

# Name, place in the link before, its turn there (w, x, y, z), axis, from, to: of the left side.
_LEG = (
    ("hip_pitch", (0, 0.064452, -0.1027), _LEVEL, _Y, -2.5307, 2.8798),
    ("hip_roll", (0, 0.052, -0.030465), (0.996179, 0, -0.0873386, 0), _X, -0.5236, 2.9671),
    ("hip_yaw", (0.025001, 0, -0.12412), _LEVEL, _Z, -2.7576, 2.7576),
    ("knee", (-0.078273, 0.0021489, -0.17734), (0.996179, 0, 0.0873386, 0), _Y, -0.087267, 2.8798),
    ("ankle_pitch", (0, -9.4445e-05, -0.30001), _LEVEL, _Y, -0.87267, 0.5236),
    ("ankle_roll", (0, 0, -0.017558), _LEVEL, _X, -0.2618, 0.2618),
)
_WAIST = (
    ("waist_yaw", (0, 0, 0), _LEVEL, _Z, -2.618, 2.618),
    ("waist_roll", (-0.0039635, 0, 0.035), _LEVEL, _X, -0.52, 0.52),
    ("waist_pitch", (0, 0, 0.019), _LEVEL, _Y, -0.52, 0.52),
)
_ARM = (
    ("shoulder_pitch", (0.0039563, 0.10022, 0.23778), (0.990264, 0.139201, 1.39722e-05,
     -9.94055e-05), _Y, -3.0892, 2.6704),
    ("shoulder_roll", (0, 0.038, -0.013831), (0.990268, -0.139172, 0, 0), _X, -1.5882, 2.2515),
    ("shoulder_yaw", (0, 0.00624, -0.1032), _LEVEL, _Z, -2.618, 2.618),
    ("elbow", (0.015783, 0, -0.080518), _LEVEL, _Y, -1.0472, 2.0944),
    ("wrist_roll", (0.1, 0.00188791, -0.01), _LEVEL, _X, -1.97222, 1.97222),
    ("wrist_pitch", (0.038, 0, 0), _LEVEL, _Y, -1.61443, 1.61443),
    ("wrist_yaw", (0.046, 0, 0), _LEVEL, _Z, -1.61443, 1.61443),
)  # fmt: skip

SOLES: Floats = np.array([
    [-0.05, 0.025, -0.035], [-0.05, -0.025, -0.035], [0.12, 0.03, -0.035], [0.12, -0.03, -0.035],
])  # fmt: skip
"""What of a foot touches the floor, in the link of the ankle's roll."""


def _right(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """A joint of the left side seen in a mirror; turns about y keep their sense."""
    name, (x, y, z), (w, qx, qy, qz), axis, low, high = row
    if axis != _Y:
        low, high = -high, -low
    return (name, (x, -y, z), (w, -qx, qy, -qz), axis, low, high)


_SIDES: tuple[tuple[str, Any], ...] = (("left", lambda row: row), ("right", _right))
_ROWS = [
    *((f"{side}_{made[0]}", *made[1:]) for side, of in _SIDES for made in map(of, _LEG)),
    *_WAIST,
    *((f"{side}_{made[0]}", *made[1:]) for side, of in _SIDES for made in map(of, _ARM)),
]

G1_JOINTS: tuple[str, ...] = tuple(f"{row[0]}_joint" for row in _ROWS)
G1: dict[str, int] = {name.removesuffix("_joint"): n for n, name in enumerate(G1_JOINTS)}
G1_PARENTS: tuple[int, ...] = tuple(
    G1["waist_pitch"] if name.endswith("shoulder_pitch")
    else -1 if name in ("left_hip_pitch", "right_hip_pitch", "waist_yaw") else number - 1
    for name, number in G1.items()
)  # fmt: skip
"""The joint before each; -1: the pelvis."""
G1_LIMITS: Floats = np.array([row[4:] for row in _ROWS], dtype=np.float64)
"""(29, 2) from, to."""
_PLACES = np.array([row[1] for row in _ROWS], dtype=np.float64)
_MOUNTS = quaternion_to_matrix(np.array([row[2] for row in _ROWS], dtype=np.float64))
_AXES = np.array([row[3] for row in _ROWS], dtype=np.float64)


def g1_pose(angles_TR: Array, turn_T33: Array, place_T3: Array) -> tuple[Floats, Floats]:
    """Forward kinematics.

    Args:
        angles_TR: (T, 29) of the joints.
        turn_T33: (T, 3, 3) of the pelvis in the world.
        place_T3: (T, 3) of the pelvis.

    Returns:
        Places (T, 29, 3) of the joints and turns (T, 29, 3, 3) of the links that they move.
    """
    angles = np.asarray(angles_TR, dtype=np.float64)
    local = _MOUNTS @ axis_angle_to_matrix(angles[..., None] * _AXES)
    places, turns = np.empty((*angles.shape, 3)), np.empty((*angles.shape, 3, 3))
    for joint, parent in enumerate(G1_PARENTS):
        before = turn_T33 if parent < 0 else turns[:, parent]
        start = place_T3 if parent < 0 else places[:, parent]
        places[:, joint] = start + before @ _PLACES[joint]
        turns[:, joint] = before @ local[:, joint]
    return places, turns


def g1_axes(turns_TR33: Array) -> Floats:
    """Axes (T, 29, 3) of the joints in the world, from the turns of the links that they move."""
    return np.asarray(np.einsum("trij,rj->tri", turns_TR33, _AXES))


def carried_by() -> NDArray[np.bool_]:
    """(29, 29): whether joint k, second, moves the link of joint j, first."""
    found = np.eye(len(G1), dtype=bool)
    for joint, parent in enumerate(G1_PARENTS):
        if parent >= 0:
            found[joint] |= found[parent]
    return found
