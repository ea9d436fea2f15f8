"""Wrists that follow the arm, for captures in which they are rigid.

Where wrists were captured, how they bend depends on how the forearm is held and turns: what hangs
bends otherwise than what is raised, and a hand lags behind its arm. A ridge regression learns that
from such takes and gives it to others, gently: what it cannot tell stays straight
(docs/reference/dance-library.md#wrists).

Shapes: T frames. An arm's frames are those of the left one; the right arm is learned and bent as
its mirror image.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from pipelines.body.rotations import axis_angle_to_matrix, matrix_to_axis_angle
from pipelines.body.skeleton import JOINT, forward_kinematics
from pipelines.motion.motion import Motion

Floats = NDArray[np.float64]

_CHEST, _ELBOW = JOINT["spine3"], JOINT["left_elbow"]
_LEFT, _RIGHT = JOINT["left_wrist"], JOINT["right_wrist"]
_RIDGE = 0.05
_CALM_SECONDS = 0.07
_FURTHEST = 0.6
"""Radians that a wrist bends at most about either axis."""
_RIGID = 0.05
"""Radians: a take whose wrists move less than that has none."""


@dataclass(frozen=True)
class WristHabit:
    """How wrists bend with their arms.

    Attributes:
        mean, scale: (D,) of what is known of an arm.
        weights: (D + 1, 2) radians about the wrist's y and z per deviation; the last row is the
            mean bend.
    """

    mean: Floats
    scale: Floats
    weights: Floats


def are_rigid(motion: Motion) -> bool:
    """Whether neither wrist turns."""
    return bool(motion.poses[:, [_LEFT, _RIGHT]].std(0).max() < _RIGID)


def learned_wrists(motions: Sequence[Motion]) -> WristHabit | None:
    """The habit of takes whose wrists move, or None if there are none of more than a second."""
    known = [m for m in motions if m.seconds > 1 and not are_rigid(m)]
    if not known:
        return None
    both = [side for motion in known for side in (motion, motion.mirrored())]
    arms = np.concatenate([_arm(side) for side in both])
    bends = np.concatenate([side.poses[:, _LEFT, 1:] for side in both]).astype(np.float64)
    mean, scale = arms.mean(0), np.maximum(arms.std(0), 1e-3)
    x, y = (arms - mean) / scale, bends - bends.mean(0)
    ridge = _RIDGE * len(x) * np.eye(x.shape[1])
    weights = np.linalg.solve(x.T @ x + ridge, x.T @ y)
    return WristHabit(mean, scale, np.concatenate([weights, bends.mean(0)[None]]))


def with_wrists(motion: Motion, habit: WristHabit) -> Motion:
    """The motion with both wrists bent by the habit."""
    poses = motion.poses.copy()
    poses[:, _LEFT] = _bends(motion, habit)
    mirrored = motion.mirrored()
    mirrored.poses[:, _LEFT] = _bends(mirrored, habit)
    poses[:, _RIGHT] = mirrored.mirrored().poses[:, _RIGHT]
    return replace(motion, poses=poses)


def _bends(motion: Motion, habit: WristHabit) -> NDArray[np.float32]:
    """(T, 3) rotation vectors of the left wrist."""
    arm = (_arm(motion) - habit.mean) / habit.scale
    # An arm held as no teacher held it tells no more than the furthest that was seen.
    bend = np.clip(arm, -3, 3) @ habit.weights[:-1] + habit.weights[-1]
    calm = gaussian_filter1d(bend, _CALM_SECONDS * motion.fps, axis=0, mode="nearest")
    bounded = _FURTHEST * np.tanh(calm / _FURTHEST)
    return np.pad(bounded, ((0, 0), (1, 0))).astype(np.float32)


def _arm(motion: Motion) -> Floats:
    """(T, 13) of the left arm: where the forearm and its upper side point in the chest's frame,
    where down is in the forearm's, how far the elbow is bent, and how fast the forearm turns."""
    rotations = axis_angle_to_matrix(motion.poses)
    turned = forward_kinematics(rotations, motion.trans)[1]
    forearm = turned[:, _ELBOW]
    held = np.swapaxes(turned[:, _CHEST], -1, -2) @ forearm
    bent = np.linalg.norm(matrix_to_axis_angle(rotations[:, _ELBOW]), axis=-1, keepdims=True)
    step = matrix_to_axis_angle(np.swapaxes(forearm[:-1], -1, -2) @ forearm[1:]) * motion.fps
    turning = gaussian_filter1d(np.concatenate([step, step[-1:]]), 1.0, axis=0, mode="nearest")
    return np.concatenate([held[..., 0], held[..., 1], forearm[:, 2], bent, turning], axis=1)
