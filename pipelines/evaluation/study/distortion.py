"""A dance that anybody who looks sees is broken, for the pairs that tell who pays attention."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.transform import Rotation

from pipelines.metrics.joints import Float
from pipelines.motion.motion import Motion

_TWIST, _TREMBLE = 0.7, 0.12
"""Radians: how far joints are turned out of their way, and how they shake on top of it."""
_TWIST_SECONDS = 0.25
_FLOAT = 0.2
"""Metres by which the whole body is carried up and aside."""


def distorted(dance: Motion, seed: int) -> Motion:
    """The dance with every joint twisted and trembling, and a body that floats off the floor."""
    random = np.random.default_rng(seed)
    width = max(_TWIST_SECONDS * dance.fps, 1.0)

    def wandering(*shape: int) -> Float:
        """Smooth noise of deviation 1."""
        noise = gaussian_filter1d(random.normal(size=(dance.frames, *shape)), width, axis=0)
        # What is left of white noise after a Gaussian of so many frames.
        return np.asarray(noise * np.sqrt(2 * np.sqrt(np.pi) * width))

    turns = _TWIST * wandering(24, 3) + _TREMBLE * random.normal(size=(dance.frames, 24, 3))
    turns[:, 0] *= 0.3
    twisted = Rotation.from_rotvec(dance.poses.reshape(-1, 3)) * Rotation.from_rotvec(
        turns.reshape(-1, 3)
    )
    poses = twisted.as_rotvec().reshape(dance.poses.shape).astype(np.float32)
    lift = np.abs(_FLOAT * wandering(3))
    trans = (dance.trans + lift + 0.02 * random.normal(size=(dance.frames, 3))).astype(np.float32)
    return replace(dance, poses=poses, trans=trans)
