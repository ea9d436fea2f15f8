"""Where the dancer's body goes: turned to the camera, contacts, and steps kept on the stage.

World: metres, z up. Shapes: T frames, 24 joints.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, median_filter

from pipelines.body.facing import forward_of, heading
from pipelines.body.feet import STAGING_CONTACT, level_of, point_speeds
from pipelines.body.skeleton import JOINT, forward_kinematics

Array = NDArray[np.floating[Any]]

_CHEST = JOINT["spine3"]
_ANKLES = [JOINT["left_ankle"], JOINT["right_ankle"]]
_TOES = [JOINT["left_foot"], JOINT["right_foot"]]

_DRIFT_SECONDS = 2.5
"""Sigma of the filter that tells slow wandering from steps."""


def turned_to_camera(rotations: Array, trans: Array) -> tuple[Array, Array]:
    """The same dance turned about the vertical so that its mean facing is -y, at the camera.

    A dance that spins evenly has no mean facing; then its first frame decides.
    """
    globals_T33 = forward_kinematics(rotations, trans)[1][:, _CHEST]
    forward_T2 = forward_of(globals_T33)[:, :2]
    mean = forward_T2.mean(0)
    if np.linalg.norm(mean) < 0.15:
        mean = forward_T2[0]
    angle = -float(heading(mean))
    cosine, sine = np.cos(angle), np.sin(angle)
    turn = np.array([[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1]])
    turned = np.array(rotations, dtype=np.float64)
    turned[:, 0] = turn @ turned[:, 0]
    return turned, np.asarray(trans, dtype=np.float64) @ turn.T


def lowest_feet(joints_TJ3: Array, ankle_height: float, toe_height: float) -> NDArray[np.float64]:
    """Height (T, 2) of the left and right sole: the lower of heel and toes."""
    ankles = joints_TJ3[:, _ANKLES, 2] - ankle_height
    toes = joints_TJ3[:, _TOES, 2] - toe_height
    soles: NDArray[np.float64] = np.minimum(ankles, toes)
    return soles


def foot_contacts(joints_TJ3: Array, soles_T2: Array, fps: float) -> NDArray[np.bool_]:
    """(T, 2) which foot stands: low and slow, single-frame flickers removed."""
    feet_T23 = (joints_TJ3[:, _ANKLES] + joints_TJ3[:, _TOES]) / 2
    above_T2 = soles_T2 - level_of(soles_T2.min(1))
    standing = STAGING_CONTACT.holds(point_speeds(feet_T23, fps), above_T2)
    window = 2 * max(1, round(fps * 0.05)) + 1
    filtered: NDArray[np.bool_] = median_filter(standing, size=(window, 1), mode="nearest")
    return filtered


def contained(track_T: Array, fps: float, drift: float, limit: float) -> NDArray[np.float64]:
    """A horizontal track that starts at 0 and keeps its steps but not its way.

    Args:
        track_T: (T,) metres along one axis.
        drift: share in [0, 1] of the slow wandering to take out.
        limit: metres either side of the middle into which the rest is pressed smoothly.
    """
    track = np.asarray(track_T, dtype=np.float64)
    if drift > 0 and len(track) > 1:
        track = track - drift * gaussian_filter1d(track, _DRIFT_SECONDS * fps, mode="nearest")
    if np.isfinite(limit):
        track = softly_limited(track - (track.max() + track.min()) / 2, limit)
    held: NDArray[np.float64] = track - track[0]
    return held


def softly_limited(track: Array, limit: float) -> NDArray[np.float64]:
    """`track` pressed smoothly into (-limit, limit); small values stay as they are."""
    pressed: NDArray[np.float64] = limit * np.tanh(np.asarray(track, dtype=np.float64) / limit)
    return pressed
