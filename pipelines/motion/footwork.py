"""Steps that carry the body: the root follows from the foot that bears it.

A network places the root and swings the legs apart from each other, so that the bearing foot
glides. Here the root is moved by what the bearing foot would have glided; the dancer then steps
off a foot that stands. Shapes: T frames, 2 feet, left and right.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from pipelines.body.feet import foot_heights
from pipelines.body.skeleton import FOOT_JOINTS
from pipelines.motion.motion import Motion

Floats = NDArray[np.float64]

_HEIGHT, _SPEED = 0.03, 0.5
"""Metres and metres per second that speak equally against a foot bearing the body."""
_SWITCH = 2.0
_HANDOVER_SECONDS = 0.05
_STILL, _GLIDING = 0.15, 0.4
"""Metres per second: a foot slower than the first is left alone, one beyond the second held."""
_AIRBORNE = 0.06
_WANDERING_SECONDS = 4.0
_EVEN_SECONDS = 0.06
"""Evens the root's way: it takes most of the added jerk, and costs a tenth of the standing."""


def stepping(motion: Motion) -> Motion:
    """The motion with its root moved level so that the bearing foot stands.

    Feet that stand already stay as they are; a leap keeps its flight. Slow wandering that would
    come of it, over several seconds, is taken out again. Floor at z = 0.
    """
    if motion.frames < 3:
        return motion
    joints = motion.joints()
    feet = np.asarray(joints[:, list(FOOT_JOINTS), :2], dtype=np.float64)
    feet_T22 = 0.5 * (feet[:, :2] + feet[:, 2:])
    calm = gaussian_filter1d(feet_T22, 0.03 * motion.fps, axis=0, mode="nearest")
    velocity = np.gradient(calm, axis=0) * motion.fps
    speed = np.linalg.norm(velocity, axis=-1)
    heights = foot_heights(joints)
    height = np.minimum(heights[:, :2], heights[:, 2:])
    left = bearing_left(bearing_cost(height, speed))
    share = gaussian_filter1d(left.astype(float), _HANDOVER_SECONDS * motion.fps, mode="nearest")
    hold = _rise((speed - _STILL) / (_GLIDING - _STILL))[..., None] * velocity
    glide = share[:, None] * hold[:, 0] + (1 - share)[:, None] * hold[:, 1]
    glide *= (1 - _rise((height.min(1) - _AIRBORNE) / _AIRBORNE))[:, None]
    way = -np.cumsum(glide, axis=0) / motion.fps
    edge = min(motion.frames - 1, round(3 * _WANDERING_SECONDS * motion.fps))
    longer = np.pad(way, ((edge, edge), (0, 0)), mode="reflect", reflect_type="odd")
    slow = gaussian_filter1d(longer, _WANDERING_SECONDS * motion.fps, axis=0)[edge:][: len(way)]
    move = gaussian_filter1d(way - slow, _EVEN_SECONDS * motion.fps, axis=0, mode="nearest")
    trans = motion.trans.copy()
    trans[:, :2] += move.astype(np.float32)
    return replace(motion, trans=trans)


def bearing_cost(height_T2: Floats, speed_T2: Floats) -> Floats:
    """What speaks against each foot bearing the body (T, 2): it is the higher one, or it glides."""
    above = height_T2 - height_T2.min(1, keepdims=True)
    return np.asarray(above / _HEIGHT + speed_T2 / _SPEED)


def bearing_left(cost_T2: NDArray[np.floating[Any]]) -> NDArray[np.bool_]:
    """(T,) whether the left foot bears the body: the cheapest sequence, each change costing."""
    frames = len(cost_T2)
    total = np.array(cost_T2[0], dtype=np.float64)
    came_from = np.zeros((frames, 2), dtype=np.int64)
    for frame in range(1, frames):
        change = total[::-1] + _SWITCH
        came_from[frame] = np.where(change < total, [1, 0], [0, 1])
        total = np.minimum(total, change) + cost_T2[frame]
    foot = int(total.argmin())
    left = np.zeros(frames, dtype=np.bool_)
    for frame in range(frames - 1, -1, -1):
        left[frame] = foot == 0
        foot = int(came_from[frame, foot])
    return left


def _rise(x: Floats) -> Floats:
    x = np.clip(x, 0, 1)
    return np.asarray(x * x * (3 - 2 * x))
