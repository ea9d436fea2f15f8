"""Where the body goes, found again from feet that stand: for captures whose root was lost.

The body moves over the floor so that whichever foot bears it stays where it is. Root velocity is
a smooth robust least-squares fit to both feet at once: a foot pulls the more, the lower and the
calmer it is, and one that the fit cannot hold (in a slide, in the air) lets go. A jump keeps the
speed it was begun with. What the feet do not show, such as a glide on both, is lost
(docs/reference/dance-library.md#the-way-found-from-the-feet).

Shapes: T frames, 2 feet, left and right, 4 foot points in the order of FOOT_JOINTS.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solveh_banded
from scipy.ndimage import gaussian_filter1d

from pipelines.body.feet import SOLVED_CONTACT, foot_heights
from pipelines.body.skeleton import FOOT_JOINTS
from pipelines.motion.motion import Motion

Floats = NDArray[np.float64]

_HEIGHT = 0.02
"""Metres above the lower foot at which a foot's pull has fallen to 60 %."""
_SPEED = 0.25
"""Metres per second of gliding that a foot is believed to be standing with (Geman-McClure)."""
_STIFFNESS = 0.8
"""Against bends of the velocity, per frame squared at 30 fps."""
_ROUNDS, _WIDE = 20, 8.0


def without_travel(motion: Motion) -> Motion:
    """The motion on the spot: its root's way over the floor taken out (to test the solver)."""
    trans = motion.trans.copy()
    trans[:, :2] = 0
    return replace(motion, trans=trans)


def root_from_feet(motion: Motion) -> tuple[Motion, NDArray[np.float32]]:
    """The motion with its way over the floor solved anew, and when each foot point stands.

    Args:
        motion: heights above the floor z = 0 are right; x and y of the root are not looked at.

    Returns:
        The motion, starting at x = y = 0, and contacts (T, 4), 0 or 1.
    """
    still = without_travel(motion)
    joints = still.joints()
    feet_T42 = gaussian_filter1d(
        joints[:, list(FOOT_JOINTS), :2], 0.03 * motion.fps, axis=0, mode="nearest"
    )
    glide_T42 = np.gradient(feet_T42, axis=0) * motion.fps
    heights = np.maximum(foot_heights(joints), 0)
    pull_T4 = np.exp(-0.5 * (heights / _HEIGHT) ** 2)
    velocity = _smooth_robust(-glide_T42, pull_T4, motion.fps)
    way = np.cumsum(velocity, axis=0) / motion.fps
    trans = motion.trans.copy()
    trans[:, :2] = (way - way[0]).astype(np.float32)
    slide = np.linalg.norm(velocity[:, None] + glide_T42, axis=-1)
    stands = SOLVED_CONTACT.holds(slide, heights)
    return replace(motion, trans=trans), stands.astype(np.float32)


def _smooth_robust(wanted_T42: Floats, pull_T4: Floats, fps: float) -> Floats:
    """(T, 2): the smooth velocity that agrees with the feet, by reweighted least squares."""
    frames = len(wanted_T42)
    stiffness = _STIFFNESS * (fps / 30.0) ** 4
    smooth = _second_differences(frames) * stiffness
    weight = pull_T4
    velocity = np.zeros((frames, 2))
    # From a tolerance that takes both feet in to one that chooses between them.
    for tolerance in np.geomspace(_WIDE, 1, _ROUNDS) * _SPEED:
        banded = smooth.copy()
        banded[2] += weight.sum(1) + 1e-4
        velocity = solveh_banded(banded, (weight[..., None] * wanted_T42).sum(1))
        residual = np.linalg.norm(wanted_T42 - velocity[:, None], axis=-1)
        weight = pull_T4 / (1 + (residual / tolerance) ** 2) ** 2
    return np.asarray(velocity)


def _second_differences(frames: int) -> Floats:
    """D' D of second differences as the upper bands (3, T) that `solveh_banded` takes."""
    bands = np.zeros((3, frames))
    values, count = (1.0, -2.0, 1.0), max(0, frames - 2)
    for first in range(3):
        for second in range(first, 3):
            row = 2 - (second - first)
            bands[row, second : second + count] += values[first] * values[second]
    return bands
