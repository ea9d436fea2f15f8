"""The SMPL skeleton: joint order, parents, rest offsets and forward kinematics.

Offsets are EDGE's (MIT; docs/reference/body.md#skeleton): metres, rest pose y up, facing +z, left
on +x. A motion's root rotation carries that rest body into the z-up world
(docs/reference/body.md#axes-and-units), so a dancer standing in the rest pose has the root
axis-angle (pi/2, 0, 0) and faces -y.

Shapes: T frames, J = 24 joints.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

JOINT_NAMES: tuple[str, ...] = (
    "pelvis", "left_hip", "right_hip", "spine1", "left_knee", "right_knee", "spine2",
    "left_ankle", "right_ankle", "spine3", "left_foot", "right_foot", "neck", "left_collar",
    "right_collar", "head", "left_shoulder", "right_shoulder", "left_elbow", "right_elbow",
    "left_wrist", "right_wrist", "left_hand", "right_hand",
)  # fmt: skip

JOINT: dict[str, int] = {name: index for index, name in enumerate(JOINT_NAMES)}

PARENTS: tuple[int, ...] = (
    -1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19, 20, 21,
)  # fmt: skip

OFFSETS: NDArray[np.float64] = np.array([
    [0.0, 0.0, 0.0],
    [0.05858135, -0.08228004, -0.01766408],
    [-0.06030973, -0.09051332, -0.01354254],
    [0.00443945, 0.12440352, -0.03838522],
    [0.04345142, -0.38646945, 0.008037],
    [-0.04325663, -0.38368791, -0.00484304],
    [0.00448844, 0.1379564, 0.02682033],
    [-0.01479032, -0.42687458, -0.037428],
    [0.01905555, -0.4200455, -0.03456167],
    [-0.00226458, 0.05603239, 0.00285505],
    [0.04105436, -0.06028581, 0.12204243],
    [-0.03483987, -0.06210566, 0.13032329],
    [-0.0133902, 0.21163553, -0.03346758],
    [0.07170245, 0.11399969, -0.01889817],
    [-0.08295366, 0.11247234, -0.02370739],
    [0.01011321, 0.08893734, 0.05040987],
    [0.12292141, 0.04520509, -0.019046],
    [-0.11322832, 0.04685326, -0.00847207],
    [0.2553319, -0.01564902, -0.02294649],
    [-0.26012748, -0.01436928, -0.03126873],
    [0.26570925, 0.01269811, -0.00737473],
    [-0.26910836, 0.00679372, -0.00602676],
    [0.08669055, -0.01063603, -0.01559429],
    [-0.0887537, -0.00865157, -0.01010708],
])  # fmt: skip

FOOT_JOINTS: tuple[int, ...] = (7, 8, 10, 11)
"""Left ankle, right ankle, left toes, right toes: the order of the four contact labels."""

MIRROR: tuple[int, ...] = tuple(
    JOINT[name.replace("left", "?").replace("right", "left").replace("?", "right")]
    for name in JOINT_NAMES
)
"""For each joint, the joint on the other side of the body."""

TO_Z_UP: NDArray[np.float64] = np.array([[1.0, 0, 0], [0, 0, -1.0], [0, 1.0, 0]])
"""Rotation of a y-up world into a z-up one: (x, y, z) -> (x, -z, y)."""


def forward_kinematics(
    rotations_TJ33: NDArray[np.floating[Any]],
    trans_T3: NDArray[np.floating[Any]],
    offsets_J3: NDArray[np.floating[Any]] = OFFSETS,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Joint positions and global rotations of a posed skeleton.

    Args:
        rotations_TJ33: (T, 24, 3, 3) local rotation matrices.
        trans_T3: (T, 3) position of the pelvis, metres; no rest-pelvis offset is added.
        offsets_J3: (24, 3) each joint's offset from its parent, in the parent's frame.

    Returns:
        positions (T, 24, 3) in metres and global rotations (T, 24, 3, 3).
    """
    rotations = np.asarray(rotations_TJ33, dtype=np.float64)
    positions = np.empty((*rotations.shape[:-2], 3))
    globals_ = np.empty_like(rotations)
    positions[:, 0] = trans_T3
    globals_[:, 0] = rotations[:, 0]
    for joint, parent in enumerate(PARENTS):
        if parent < 0:
            continue
        positions[:, joint] = positions[:, parent] + globals_[:, parent] @ offsets_J3[joint]
        globals_[:, joint] = globals_[:, parent] @ rotations[:, joint]
    return positions, globals_
