"""Where something new meets what stays: no jump, no kink, feet in their places.

Shapes: T frames at 30 fps, 24 joints, 4 foot points in the order of FOOT_JOINTS.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.body.rotations import axis_angle_to_matrix, matrix_to_axis_angle
from pipelines.motion.motion import Motion
from pipelines.motion.stepping_over import step_over

Floats = NDArray[np.float64]

_AROUND = 30
"""Frames on either side of a gap that are looked at."""
_CLOSED_FRAMES = 9
"""Frames over which what is left of a seam's misfit is taken out."""


def settled_between(
    known: Motion, motion: Motion, contacts_T4: NDArray[np.floating[Any]], start: int, stop: int
) -> Motion:
    """The known dance with frames `start` to `stop` of the other, planted and joined without seams.

    Args:
        known: T frames; those outside the gap come back to the bit.
        motion: T frames, of which those of the gap count, and a few beyond both of its ends.
        contacts_T4: 0 to 1, of the result.
    """
    low, high = max(0, start - _AROUND), min(known.frames, stop + _AROUND)
    around = motion.sliced(low, high)
    planted = step_over(around, contacts_T4[low:high])
    closed = joined_at_ends(known.sliced(low, high), planted, start - low, stop - low)
    poses, trans = known.poses.copy(), known.trans.copy()
    poses[start:stop] = closed.poses[start - low : stop - low]
    trans[start:stop] = closed.trans[start - low : stop - low]
    return replace(known, poses=poses, trans=trans)


def joined_at_ends(
    known: Motion, motion: Motion, start: int, stop: int, reach: int = _CLOSED_FRAMES
) -> Motion:
    """The motion eased, over `reach` frames inside the gap, out of the known one's way into its own
    and back: place and speed go on at both ends.

    Both reach over the gap's ends by two frames or more, or the gap ends where the dance does.
    """
    reach = min(reach, (stop - start) // 2)
    rotations = motion.rotations()
    trans = motion.trans.astype(np.float64)
    if reach < 1:
        return motion
    for edge, step in ((start - 1, 1), (stop, -1)):
        if not 0 <= edge - step < motion.frames or not 0 <= edge < motion.frames:
            continue
        outside = [edge, edge - step]
        turn = _turns(motion.poses[outside], known.poses[outside])
        way = (known.trans[outside] - motion.trans[outside]).astype(np.float64)
        rows = edge + step * np.arange(1, reach + 1)
        rotations[rows] = rotations[rows] @ axis_angle_to_matrix(_dying_out(turn, reach))
        trans[rows] += _dying_out(way, reach)
    inside = slice(max(0, start), stop)
    poses, place = motion.poses.copy(), motion.trans.copy()
    poses[inside] = matrix_to_axis_angle(rotations[inside])
    place[inside] = trans[inside]
    return replace(motion, poses=poses, trans=place)


def _turns(poses_FJ3: NDArray[np.floating[Any]], wanted_FJ3: NDArray[np.floating[Any]]) -> Floats:
    """Rotation vectors (F, 24, 3) from poses to wanted ones."""
    now, then = axis_angle_to_matrix(poses_FJ3), axis_angle_to_matrix(wanted_FJ3)
    return np.asarray(matrix_to_axis_angle(np.swapaxes(now, -1, -2) @ then), dtype=np.float64)


def _dying_out(offset_2: Floats, reach: int) -> Floats:
    """(reach, ...) an offset that goes on from its last frame [0] with its speed to nothing.

    The quintic of inertial blending: value and slope as they are, all else nought.
    """
    shape = (-1, *([1] * (offset_2.ndim - 1)))
    share = (np.arange(1, reach + 1) / (reach + 1)).reshape(shape)
    left = 1 - share
    value = left**3 * (1 + 3 * share + 6 * share**2)
    slope = left**3 * (share + 3 * share**2)
    speed = (offset_2[0] - offset_2[1]) * (reach + 1)
    return np.asarray(value * offset_2[0] + slope * speed)
