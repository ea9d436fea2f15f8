"""Steps made to fit the stage: feet that stood still in the dance stand still on the canvas.

When the root's track is pressed into the frame, a planted foot would be dragged along. Here each
stance keeps the shift that its middle has, swings blend from one stance to the next, and a
two-bone solution of each leg takes up the difference to the root.

Shapes: T frames, 24 joints. World: metres, z up.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from pipelines.body.rotations import axis_angle_to_matrix
from pipelines.body.skeleton import JOINT, forward_kinematics
from pipelines.support.runs import runs

Array = NDArray[np.floating[Any]]

_LEGS = tuple(
    tuple(JOINT[f"{side}_{name}"] for name in ("hip", "knee", "ankle"))
    for side in ("left", "right")
)
_PELVIS = JOINT["pelvis"]

_FURTHEST = 0.28
"""Of the leg's length: a foot is held back from its root's shift by no more than this."""

_STRAIGHT = 0.998
"""Of the leg's length: how far a leg may stretch."""


def held_shift(shift_T2: Array, contact_T: NDArray[np.bool_], fps: float) -> NDArray[np.float64]:
    """The shift (T, 2) of a foot: constant while it stands, blended while it swings.

    Args:
        shift_T2: shift of the root in each frame; contact_T: (T,) whether this foot stands.
    """
    shift = np.asarray(shift_T2, dtype=np.float64)
    stances = np.array(runs(contact_T))
    if not len(stances):
        return shift.copy()
    starts, ends = stances[:, 0], stances[:, 1] - 1
    frames = np.arange(len(shift))
    knots = np.ravel(np.stack([starts, ends], axis=1))
    held = np.repeat(
        [shift[a : b + 1].mean(0) for a, b in zip(starts, ends, strict=True)], 2, axis=0
    )
    blended = np.stack([np.interp(frames, knots, held[:, axis]) for axis in (0, 1)], axis=1)
    # Long before the first and long after the last stance the foot goes with the root again.
    away = np.maximum(starts[0] - frames, frames - ends[-1])
    weight = np.clip(1 - away / max(1.0, 0.5 * fps), 0, 1)[:, None]
    mixed: NDArray[np.float64] = weight * blended + (1 - weight) * shift
    return mixed


def planted(
    rotations: Array,
    root: Array,
    shifts_T22: Array,
    contact: NDArray[np.bool_],
    offsets: Array,
    fps: float,
) -> NDArray[np.float64]:
    """Local rotations (T, 24, 3, 3) whose planted feet do not follow the root's shift.

    Args:
        rotations: (T, 24, 3, 3) local; root (T, 3) the unshifted track.
        shifts_T22: (T, 2, 2) horizontal shift that the left and the right foot would get.
        contact: (T, 2) left and right foot standing.
        offsets: (24, 3) of the skeleton.
    """
    joints, globals_ = forward_kinematics(rotations, root, offsets)
    solved = np.array(rotations, dtype=np.float64)
    for side, (hip, knee, ankle) in enumerate(_LEGS):
        reach = float(np.linalg.norm(offsets[knee]) + np.linalg.norm(offsets[ankle]))
        lag = held_shift(shifts_T22[:, side], contact[:, side], fps) - shifts_T22[:, side]
        length = np.linalg.norm(lag, axis=1, keepdims=True)
        limit = _FURTHEST * reach
        lag = lag * (limit * np.tanh(length / limit) / np.maximum(length, 1e-9))
        lag = gaussian_filter1d(lag, 0.04 * fps, axis=0, mode="nearest")
        target = joints[:, ankle] + np.pad(lag, ((0, 0), (0, 1)))
        _bend(solved, globals_, joints, (hip, knee, ankle), target)
    return solved


def _bend(
    solved: NDArray[np.float64],
    globals_: Array,
    joints: Array,
    leg: tuple[int, ...],
    target_T3: Array,
) -> None:
    """Turn hip and knee so that the ankle lies at its target; the foot stays turned as it was."""
    hip, knee, ankle = leg
    thigh = joints[:, knee] - joints[:, hip]
    shin = joints[:, ankle] - joints[:, knee]
    upper, lower = np.linalg.norm(thigh, axis=1), np.linalg.norm(shin, axis=1)
    wanted = target_T3 - joints[:, hip]
    # One that the dance stretches further stays so where nothing is asked of it.
    own = np.linalg.norm(thigh + shin, axis=1)
    reach = np.maximum((upper + lower) * _STRAIGHT, own)
    distance = np.clip(np.linalg.norm(wanted, axis=1), np.abs(upper - lower) * 1.01, reach)
    # A straight leg has no plane of its own; it bends about the knee's side-to-side axis.
    axis = np.cross(thigh, shin) + 1e-3 * (upper * lower)[:, None] * globals_[:, hip, :, 0]
    axis /= np.linalg.norm(axis, axis=1, keepdims=True)
    cosine = (upper**2 + lower**2 - distance**2) / (2 * upper * lower)
    bend = np.pi - np.arccos(np.clip(cosine, -1, 1))
    now = np.arctan2((np.cross(thigh, shin) * axis).sum(1), (thigh * shin).sum(1))
    turn_knee = axis_angle_to_matrix(axis * (bend - now)[:, None])
    new_shin = np.einsum("tij,tj->ti", turn_knee, shin)
    swing = _between(thigh + new_shin, wanted)
    parent = globals_[:, _PELVIS]
    new_hip = swing @ globals_[:, hip]
    new_knee = swing @ turn_knee @ globals_[:, knee]
    solved[:, hip] = np.swapaxes(parent, 1, 2) @ new_hip
    solved[:, knee] = np.swapaxes(new_hip, 1, 2) @ new_knee
    solved[:, ankle] = np.swapaxes(new_knee, 1, 2) @ globals_[:, ankle]


def _between(start_T3: Array, end_T3: Array) -> NDArray[np.float64]:
    """The smallest rotations (T, 3, 3) that turn one direction into the other."""
    a = start_T3 / np.linalg.norm(start_T3, axis=1, keepdims=True)
    b = end_T3 / np.linalg.norm(end_T3, axis=1, keepdims=True)
    cross = np.cross(a, b)
    sine = np.linalg.norm(cross, axis=1, keepdims=True)
    angle = np.arctan2(sine, (a * b).sum(1, keepdims=True))
    return axis_angle_to_matrix(cross / np.maximum(sine, 1e-9) * angle)
