"""Keeping a dancer where the camera can frame them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.ndimage import gaussian_filter1d

from pipelines.motion.motion import Motion

_SLOW_SECONDS = 2.0
"""Wanderings slower than this are drift; steps and turns are faster and stay as danced."""


def in_place(motion: Motion, radius: float = 1.2) -> Motion:
    """The motion with its slow wandering kept within `radius` metres of its middle.

    Up to half the radius nothing changes; beyond, the slow part of the path is bent towards the
    edge, which it never crosses. Planted feet slide a little by this: lock them afterwards.
    """
    path = motion.trans[:, :2].astype(np.float64)
    # Point reflection at both ends carries a steady walk on, so that it counts as slow to the end.
    edge = min(motion.frames - 1, round(3 * _SLOW_SECONDS * motion.fps))
    longer = np.pad(path, ((edge, edge), (0, 0)), mode="reflect", reflect_type="odd")
    slow = gaussian_filter1d(longer, _SLOW_SECONDS * motion.fps / 2, axis=0)[edge:][: len(path)]
    slow -= (slow.min(axis=0) + slow.max(axis=0)) / 2
    distance = np.linalg.norm(slow, axis=1, keepdims=True)
    free = radius / 2
    bent = free + (radius - free) * np.tanh(np.maximum(distance - free, 0) / (radius - free))
    shrink = np.where(distance > free, bent / np.maximum(distance, 1e-9), 1.0)
    trans = motion.trans.copy()
    trans[:, :2] -= (slow * (1 - shrink)).astype(np.float32)
    return replace(motion, trans=trans)
