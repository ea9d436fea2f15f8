"""New dances out of two: the legs of one, trunk and arms of another to the same song
(docs/reference/dance-library.md#variation).

Both keep the song's beat, so the halves keep it together; the feet stay where they stood.

Shapes: T frames, K bars.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from pipelines.body.rotations import axis_angle_to_matrix, matrix_to_axis_angle
from pipelines.body.skeleton import JOINT_NAMES
from pipelines.motion.motion import Motion
from pipelines.motion_expert.library.song_plan import SongPlan
from pipelines.motion_expert.library.storage import FPS

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_LEGS = ("pelvis", "hip", "knee", "ankle", "foot")
_ABOVE = np.array([j for j, name in enumerate(JOINT_NAMES) if name.split("_")[-1] not in _LEGS])
_FADE_SECONDS = 0.12
"""Sigma of the passage from one trunk to the other."""


def bars_varied(bars: int, variation: float, seed: int) -> Flags:
    """(K,) which bars have another trunk: each with this probability, more with more variation."""
    return np.asarray(np.random.default_rng(seed).random(bars) < variation)


def share_of_other(plan: SongPlan, varied_K: Flags, frames: int) -> Floats:
    """(T,) 0 where a dance has its own trunk, 1 where the other's, passing at the bars' ends."""
    starts = plan.pulses[plan.per_bar : -1 : plan.per_bar]
    bar = np.searchsorted(starts, np.arange(frames) / FPS, side="right")
    flags = varied_K[bar].astype(np.float64)
    return np.asarray(gaussian_filter1d(flags, _FADE_SECONDS * FPS, mode="nearest"))


def with_trunk_of(dance: Motion, other: Motion, share_T: Floats) -> Motion:
    """The dance with so much of the other's trunk, head and arms; the other frames stay."""
    rows = np.flatnonzero(share_T > 0)
    own = axis_angle_to_matrix(dance.poses[np.ix_(rows, _ABOVE)])
    theirs = axis_angle_to_matrix(other.poses[np.ix_(rows, _ABOVE)])
    way = matrix_to_axis_angle(np.swapaxes(own, -1, -2) @ theirs)
    mixed = own @ axis_angle_to_matrix(share_T[rows, None, None] * way)
    poses = dance.poses.copy()
    poses[np.ix_(rows, _ABOVE)] = matrix_to_axis_angle(mixed)
    return replace(dance, poses=poses)
