"""The floor under a captured dance, and the way over it, by the feet that stand.

The camera tells where the dancer is across the sight and hardly how far away; a foot that stands
tells that the body above it moves as the leg says. Both together are one linear problem per axis:
docs/reference/capture.md#the-way. At the end the feet are restored and held. Shapes: T frames,
J = 24 joints, 4 foot points.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solveh_banded
from scipy.ndimage import gaussian_filter1d, percentile_filter

from pipelines.body.feet import CAPTURED_BEGINS, CAPTURED_LASTS, foot_heights, point_speeds
from pipelines.body.skeleton import FOOT_JOINTS, JOINT
from pipelines.foot_restoration.treatment import NONE, RESTORE, treated
from pipelines.motion.foot_lock import lock_feet
from pipelines.motion.motion import Motion

Floats = NDArray[np.float64]

_FLESH = {"pelvis": 0.09, "head": 0.10, "left_knee": 0.05, "right_knee": 0.05, "left_hand": 0.03,
          "right_hand": 0.03, "left_elbow": 0.05, "right_elbow": 0.05}  # fmt: skip
"""How far joints that a body can rest on are above the floor then, metres."""
_WINDOW_SECONDS, _LOW_PERCENT, _SETTLING_SECONDS = 1.6, 25, 0.35
_ACROSS, _AWAY = 0.03, 0.15
"""Metres that the camera's word is off by, across the sight and along it."""
_STEP, _HEIGHT = 0.004, 0.03
"""Metres that a standing foot slides per frame at 30 fps; how low it is."""
_BEND = 0.02
"""Metres per frame squared of the body's way, at 30 fps."""
_ROUNDS, _WIDE = 12, 10.0
_CALMING_SECONDS = 0.05
_SURE, _PERHAPS = 0.9, 0.5
_WAY_SECONDS = 0.5
"""What of a way is slower than this stays as the camera and the steps say."""


def levelled(motion: Motion) -> Motion:
    """The motion with its lowest point mostly on z = 0, wherever it is in the room.

    The floor under a body that comes nearer or goes away is not seen to lie level, so it is looked
    for within 1.6 s at a time: jumps stay.
    """
    joints = motion.joints()
    lowest = foot_heights(joints).min(1)
    for name, flesh in _FLESH.items():
        lowest = np.minimum(lowest, joints[:, JOINT[name], 2] - flesh)
    window = 2 * round(_WINDOW_SECONDS * motion.fps / 2) + 1
    floor = percentile_filter(lowest, _LOW_PERCENT, size=window, mode="nearest")
    floor = gaussian_filter1d(floor, _SETTLING_SECONDS * motion.fps, mode="nearest")
    trans = motion.trans.copy()
    trans[:, 2] -= floor.astype(np.float32)
    return replace(motion, trans=trans)


def walked(motion: Motion) -> Motion:
    """The motion whose way over the floor, z = 0, follows the feet that stand and the camera.

    The camera looks along y.
    """
    if motion.frames < 5:
        return motion
    way = motion.trans[:, :2].astype(np.float64)
    joints = motion.joints()
    feet = joints[:, list(FOOT_JOINTS), :2] - way[:, None]
    heights = np.maximum(foot_heights(joints), 0)
    pull = np.exp(-0.5 * (heights / _HEIGHT) ** 2)
    pull = np.minimum(pull[1:], pull[:-1])
    wanted = -np.diff(feet, axis=0)
    rate = 30.0 / motion.fps
    weight = pull
    found = way
    for wide in np.geomspace(_WIDE, 1, _ROUNDS):
        found = np.stack(
            [
                _solved(way[:, axis], believed, wanted[..., axis], weight, rate)
                for axis, believed in ((0, _ACROSS), (1, _AWAY))
            ],
            axis=-1,
        )
        off = np.linalg.norm(np.diff(found, axis=0)[:, None] - wanted, axis=-1)
        weight = pull / (1 + (off / (wide * _STEP * rate)) ** 2) ** 2
    trans = motion.trans.copy()
    trans[:, :2] = found
    return replace(motion, trans=trans)


def planted(motion: Motion, feet: str) -> Motion:
    """The motion whose feet stand still when they stand.

    Args:
        motion: on the floor z = 0.
        feet: as `foot_restoration.treatment` has it; restored feet are held as well, and the way
            over the floor stays, which the camera knows better than the restoration.
    """
    if feet == NONE:
        return motion
    if feet == RESTORE:
        restored = treated(motion, RESTORE)
        off = (motion.trans - restored.trans)[:, :2].astype(np.float64)
        trans = restored.trans.copy()
        trans[:, :2] += gaussian_filter1d(off, _WAY_SECONDS * motion.fps, axis=0, mode="nearest")
        motion = replace(restored, trans=trans)
    return lock_feet(motion, stands(motion))


def stands(motion: Motion) -> NDArray[np.float32]:
    """(T, 4) how likely each foot point stands, for `lock_feet`."""
    joints = motion.joints()
    speed = point_speeds(joints[:, list(FOOT_JOINTS)], motion.fps, _CALMING_SECONDS)
    heights = foot_heights(joints)
    likely = np.where(CAPTURED_LASTS.holds(speed, heights), _PERHAPS, 0.0)
    likely[CAPTURED_BEGINS.holds(speed, heights)] = _SURE
    return likely.astype(np.float32)


def _solved(said_T: Floats, believed: float, wanted_T4: Floats, weight_T4: Floats, rate: float
            ) -> Floats:  # fmt: skip
    """The place along one axis, by the camera's word, the feet's steps and little bending."""
    frames = len(said_T)
    bands = np.zeros((3, frames))
    bands[2] += 1 / believed**2 / (0.5 * 30.0 / rate)  # a word holds for about half a second
    right = bands[2] * said_T
    steps = weight_T4.sum(1) / (_STEP * rate) ** 2
    push = (weight_T4 * wanted_T4).sum(1) / (_STEP * rate) ** 2
    bands[2, :-1] += steps
    bands[2, 1:] += steps
    bands[1, 1:] -= steps
    right[:-1] -= push
    right[1:] += push
    stiff = 1 / (_BEND * rate**2) ** 2
    for first, one in enumerate((1.0, -2.0, 1.0)):
        for second, other in list(enumerate((1.0, -2.0, 1.0)))[first:]:
            bands[2 - (second - first), second : second + frames - 2] += stiff * one * other
    return np.asarray(solveh_banded(bands, right))
