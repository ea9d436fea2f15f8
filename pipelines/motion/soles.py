"""Soles that lie flat when a foot is down, for captures whose ankles hardly turn.

Shapes: T frames, 4 foot points in the order of FOOT_JOINTS.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from pipelines.body.feet import SOLE_DEPTH, foot_heights
from pipelines.body.rotations import axis_angle_to_matrix, matrix_to_axis_angle
from pipelines.body.skeleton import FOOT_JOINTS, JOINT, forward_kinematics
from pipelines.motion.motion import Motion

LEVEL_BELOW = 0.10
"""Metres: a foot with a point nearer to the floor than this is levelled, from half of it fully."""
_CALM_SECONDS = 0.05


def level_soles(motion: Motion) -> Motion:
    """The motion with ankles turned so that soles near the floor, z = 0, are level.

    Retargeting onto a skeleton without toes or with rigid ankles leaves the foot square to the
    shin: with every bend of the knee the toes dip into the floor and the whole body is lifted.
    """
    rotations = motion.rotations()
    positions, turned = forward_kinematics(rotations, motion.trans.astype(np.float64))
    heights = foot_heights(positions)
    for side, (ankle, toes) in {"left": (0, 2), "right": (1, 3)}.items():
        joint, knee = JOINT[f"{side}_ankle"], JOINT[f"{side}_knee"]
        low = heights[:, [ankle, toes]].min(1)
        share = np.clip(2 - low / (0.5 * LEVEL_BELOW), 0, 1)
        share = gaussian_filter1d(share, _CALM_SECONDS * motion.fps, mode="nearest")
        foot = positions[:, FOOT_JOINTS[toes]] - positions[:, FOOT_JOINTS[ankle]]
        turn = axis_angle_to_matrix(share[:, None] * _levelling(foot, SOLE_DEPTH[ankle]))
        parent = np.swapaxes(turned[:, knee], -1, -2)
        rotations[:, joint] = parent @ turn @ turned[:, joint]
    return replace(motion, poses=matrix_to_axis_angle(rotations).astype(np.float32))


def _levelling(foot_T3: NDArray[np.float64], drop: float) -> NDArray[np.float64]:
    """Rotation vectors (T, 3) that bring the toes `drop` metres below the ankle."""
    flat = np.hypot(foot_T3[:, 0], foot_T3[:, 1])
    length = np.linalg.norm(foot_T3, axis=-1)
    wanted = -np.arcsin(np.clip(drop / length, 0, 1))
    angle = np.arctan2(foot_T3[:, 2], flat) - wanted
    # Turning about this axis by a positive angle lowers the toes.
    axis = np.stack([-foot_T3[:, 1], foot_T3[:, 0], np.zeros(len(foot_T3))], -1)
    axis /= np.maximum(flat, 1e-6)[:, None]
    return np.asarray(axis * angle[:, None])
