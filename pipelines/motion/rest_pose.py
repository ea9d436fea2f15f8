"""The same dance told from another rest pose: a straight T-pose, an A-pose, a robot's stand.

SMPL's rest pose is a T-pose only roughly: arms hang by 3 and lie back by 5 degrees, legs spread by
6, feet point outwards by 15 to 19. Other formats count their rotations from arms exactly along x,
legs exactly down, feet exactly forward. Each joint gets one constant turn, its mount, that carries
the new rest direction of its bone onto the old one; new rest offsets and new rotations then put
every joint where it was (docs/reference/body.md#other-rest-poses).

Shapes: T frames, J = 24 joints.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.body.skeleton import JOINT, JOINT_NAMES, PARENTS
from pipelines.motion.parts import LIMB_CHILD, arc

Array = NDArray[np.floating[Any]]

DOWN, LEFT = np.array([0.0, -1.0, 0.0]), np.array([1.0, 0.0, 0.0])


@dataclass(frozen=True)
class Reposed:
    """A dance counted from another rest pose.

    Attributes:
        offsets: (24, 3) rest offsets of that pose, metres, y up, facing +z.
        rotations: (T, 24, 3, 3) local rotations, the root's in the z-up world.
        mounts: (24, 3, 3), by which the old global rotations were turned from the right.
    """

    offsets: NDArray[np.float64]
    rotations: NDArray[np.float64]
    mounts: NDArray[np.float64]


def reposed(rotations_TJ33: Array, offsets_J3: Array, arm_droop: float = 0.0) -> Reposed:
    """A dance counted from a stand with straight legs, feet forward and level or hanging arms.

    Args:
        rotations_TJ33: (T, 24, 3, 3) local rotations of a Motion.
        offsets_J3: (24, 3) rest offsets of the body that dances.
        arm_droop: radians by which straight arms hang below level: 0 is a T-pose.
    """
    mounts = _mounts(offsets_J3, _directions(arm_droop))
    offsets, rotations = np.array(offsets_J3, dtype=np.float64), np.empty_like(rotations_TJ33)
    for joint, parent in enumerate(PARENTS):
        if parent < 0:
            rotations[:, joint] = rotations_TJ33[:, joint] @ mounts[joint]
            continue
        offsets[joint] = mounts[parent].T @ offsets_J3[joint]
        rotations[:, joint] = mounts[parent].T @ rotations_TJ33[:, joint] @ mounts[joint]
    return Reposed(offsets, rotations, mounts)


def sole_height(offsets_J3: Array, sole: float) -> float:
    """Height of the pelvis, metres, when the rest pose stands on the floor.

    Args:
        offsets_J3: (24, 3) rest offsets.
        sole: from the lower toe joint down to the floor.
    """
    toes = []
    for side in ("left", "right"):
        chain = [JOINT[f"{side}_{part}"] for part in ("hip", "knee", "ankle", "foot")]
        toes.append(float(np.asarray(offsets_J3)[chain, 1].sum()))
    return sole - min(toes)


def _directions(arm_droop: float) -> dict[str, NDArray[np.float64]]:
    """Rest direction of each limb's bone, by the joint at its upper end."""
    hanging = np.array([np.cos(arm_droop), -np.sin(arm_droop), 0.0])
    found = {}
    for side, sign in (("left", 1.0), ("right", -1.0)):
        for joint in ("hip", "knee"):
            found[f"{side}_{joint}"] = DOWN
        for joint in ("shoulder", "elbow", "wrist"):
            found[f"{side}_{joint}"] = hanging * np.array([sign, 1.0, 1.0])
    return found


def _mounts(
    offsets_J3: Array, directions: Mapping[str, NDArray[np.float64]]
) -> NDArray[np.float64]:
    mounts = np.tile(np.eye(3), (24, 1, 1))
    for joint, name in enumerate(JOINT_NAMES):
        if name in directions:
            bone = np.asarray(offsets_J3[JOINT[LIMB_CHILD[name]]], dtype=np.float64)
            mounts[joint] = arc(directions[name], bone) if np.linalg.norm(bone) > 1e-6 else (
                mounts[PARENTS[joint]]
            )  # fmt: skip
        elif name.endswith("_ankle"):
            mounts[joint] = _heading(offsets_J3[JOINT[name.replace("ankle", "foot")]])
        elif name.endswith(("_foot", "_hand")):
            mounts[joint] = mounts[PARENTS[joint]]
    return mounts


def _heading(foot: Array) -> NDArray[np.float64]:
    """The turn about the vertical that carries +z onto the way a foot points."""
    forward = np.array([0.0, 0.0, 1.0])
    level = np.array([foot[0], 0.0, foot[2]], dtype=np.float64)
    return arc(forward, level) if np.linalg.norm(level) > 1e-6 else np.eye(3)
