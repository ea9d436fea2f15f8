"""Short faults of a dance taken out: a spike bridged in the joints that have it, sliding feet held.

Everything else stays to the bit. Shapes: T frames, 24 joints.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pipelines.body.rotations import axis_angle_to_matrix, matrix_to_axis_angle
from pipelines.body.skeleton import JOINT
from pipelines.motion.foot_lock import lock_feet
from pipelines.motion.motion import Motion

Floats = NDArray[np.float64]

_EASE_SECONDS = 0.25
"""Seconds before and after a stretch over which held feet are eased into."""


def bridged(motion: Motion, start: int, stop: int, joints: Sequence[int]) -> Motion:
    """The motion with frames `start` to `stop` of these joints drawn by the shortest way between
    their neighbours; the pelvis's place, where it is among them, by a cubic with the speeds there.

    CustomDance's "smooth". A stretch at either end of the motion holds what is on its other side.
    """
    before, after = max(0, start - 1), min(motion.frames - 1, stop)
    if start == 0:
        before = after
    if stop >= motion.frames:
        after = before
    share = (np.arange(start, stop) - (start - 1)) / (stop - start + 1)
    poses, trans = motion.poses.copy(), motion.trans.copy()
    rows, columns = np.arange(start, stop), np.array(joints)
    one = axis_angle_to_matrix(motion.poses[before, columns])
    other = axis_angle_to_matrix(motion.poses[after, columns])
    way = matrix_to_axis_angle(np.swapaxes(one, -1, -2) @ other)
    between = one @ axis_angle_to_matrix(share[:, None, None] * way)
    poses[np.ix_(rows, columns)] = matrix_to_axis_angle(between)
    if JOINT["pelvis"] in joints:
        trans[rows] = _cubic(motion, before, after, share)
    return replace(motion, poses=poses, trans=trans)


def _cubic(motion: Motion, before: int, after: int, share: Floats) -> NDArray[np.float32]:
    """Hermite's curve through both places with the speeds outside."""
    place = motion.trans.astype(np.float64)
    length = max(1, after - before)
    slope = [place[before] - place[max(0, before - 1)],
             place[min(motion.frames - 1, after + 1)] - place[after]]  # fmt: skip
    t = share[:, None]
    curve = (
        (2 * t**3 - 3 * t**2 + 1) * place[before] + (t**3 - 2 * t**2 + t) * length * slope[0]
        + (3 * t**2 - 2 * t**3) * place[after] + (t**3 - t**2) * length * slope[1]
    )  # fmt: skip
    return np.asarray(curve, dtype=np.float32)


def feet_held(motion: Motion, spans: Sequence[tuple[int, int]]) -> Motion:
    """The motion with planted feet locked within spans of frames, and eased into around them."""
    share = np.zeros(motion.frames)
    ease = max(1, round(_EASE_SECONDS * motion.fps))
    frames = np.arange(motion.frames)
    for start, stop in spans:
        near = np.minimum(frames - (start - ease), stop + ease - 1 - frames) / ease
        share = np.maximum(share, np.clip(near, 0, 1))
    rows = np.flatnonzero(share > 0)
    if not len(rows):
        return motion
    held = lock_feet(motion)
    own = axis_angle_to_matrix(motion.poses[rows])
    way = matrix_to_axis_angle(np.swapaxes(own, -1, -2) @ axis_angle_to_matrix(held.poses[rows]))
    eased = (share * share * (3 - 2 * share))[rows]
    poses, trans = motion.poses.copy(), motion.trans.copy()
    poses[rows] = matrix_to_axis_angle(own @ axis_angle_to_matrix(eased[:, None, None] * way))
    trans[rows] += (eased[:, None] * (held.trans[rows] - motion.trans[rows])).astype(np.float32)
    return replace(motion, poses=poses, trans=trans)
