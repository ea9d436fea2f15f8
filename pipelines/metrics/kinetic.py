"""Kinetic features: how much each joint moves, and how hard.

Per joint three numbers (mean squared horizontal speed, mean squared vertical speed, mean norm of
the acceleration), joint-major: (3 J,). Three definitions are in use, which are not comparable
with each other: docs/reference/metrics.md#kinetic-features.

Joints are (T, J, 3) metres, z up.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipelines.metrics.joints import Array, Float, checked

_STRICT_WINDOW_SECONDS = 2 / 30  # two frames to either side at the 30 fps that dances are kept in


def kinetic_features(joints_TJ3: Array, fps: float) -> Float:
    """Features with the motion's own frame rate, real accelerations and no padding.

    The smoothing window is 5 frames at 30 fps and as long in seconds at other rates. Unlike both
    published versions, the result does not depend on where the dancer stands, and little on fps.
    """
    half = max(1, round(_STRICT_WINDOW_SECONDS * fps))
    return _windowed(checked(joints_TJ3), 1.0 / fps, half, misplaced_parenthesis=False)


def kinetic_features_fairmotion(
    joints_TJ3: Array, frame_time: float = 1 / 60, misplaced_parenthesis: bool = True
) -> Float:
    """The version of mint, Bailando, Lodge and InfiniteDance.

    Args:
        joints_TJ3: centred as the protocol to be reproduced centres them.
        frame_time: 1/60 in the published code, whatever the data's rate.
        misplaced_parenthesis: the published code divides only one of two positions by the frame
            time, so that its "acceleration" is about 3540 times the distance from the origin.
    """
    return _windowed(checked(joints_TJ3), frame_time, 2, misplaced_parenthesis)


def kinetic_features_megadance(joints_TJ3: Array, frame_time: float = 1 / 30) -> Float:
    """The version of MEGADance and MACE-Dance: a box filter over zero-padded ends.

    MACE keeps only the first 66 numbers (22 joints): slice the result to reproduce it.
    """
    velocity = _difference(checked(joints_TJ3)) / frame_time
    smooth = _zero_padded_box(velocity)
    acceleration = _zero_padded_box(_difference(smooth) / frame_time)
    return _joint_major(
        (smooth[..., :2] ** 2).sum(-1).mean(0),
        (smooth[..., 2] ** 2).mean(0),
        np.linalg.norm(acceleration, axis=-1).mean(0),
    )


def _windowed(joints: Float, frame_time: float, half: int, misplaced_parenthesis: bool) -> Float:
    frames = len(joints)
    velocity = (joints[1:] - joints[:-1]) / frame_time  # of frames 1 .. T-1
    before, here, after = joints[:-2], joints[1:-1], joints[2:]
    later = (after - here) / frame_time
    earlier = (here - before) / frame_time
    if misplaced_parenthesis:
        earlier = here - before / frame_time
    acceleration = (later - earlier) / frame_time  # of frames 1 .. T-2
    centres = np.arange(1, frames)
    smooth = _window_mean(velocity, centres, half)
    energy = np.linalg.norm(_window_mean(acceleration, centres, half), axis=-1)
    return _joint_major(
        (smooth[..., :2] ** 2).sum(-1).mean(0), (smooth[..., 2] ** 2).mean(0), energy.mean(0)
    )


def _window_mean(values: Float, centres: NDArray[np.intp], half: int) -> Float:
    """Means over frames centre-half .. centre+half of values that begin at frame 1."""
    total = np.concatenate([np.zeros_like(values[:1]), values.cumsum(axis=0)])
    low = np.clip(centres - half - 1, 0, len(values))
    high = np.clip(centres + half, 0, len(values))
    count = np.maximum(high - low, 1)[:, None, None]
    mean: Float = (total[high] - total[low]) / count
    return mean


def _difference(values: Float) -> Float:
    steps = np.diff(values, axis=0)
    return np.concatenate([steps[:1], steps])


def _zero_padded_box(values: Float) -> Float:
    padded = np.pad(values, ((2, 2), (0, 0), (0, 0)))
    total = np.concatenate([np.zeros_like(padded[:1]), padded.cumsum(axis=0)])
    box: Float = (total[5:] - total[:-5]) / 5
    return box


def _joint_major(*per_joint: Float) -> Float:
    return np.stack(per_joint, axis=-1).reshape(-1)
