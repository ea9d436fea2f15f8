"""Where a dance is seen from: the front of its file, or of the dancer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pipelines.body.facing import front_heading
from pipelines.motion.motion import Motion

_OWN_FRONT = np.pi / 4
"""A dance that faces its file's own front this nearly is seen from there."""


def front_of(dance: Motion) -> float:
    """Heading of the front: the file's own, unless the dancer mostly faces somewhere else."""
    heading = front_heading(thinned(dance, 1000).joints())
    return 0.0 if abs(heading) < _OWN_FRONT else heading


def thinned(dance: Motion, frames: int) -> Motion:
    """About so many frames of a dance, evenly spread."""
    step = max(1, dance.frames // frames)
    return replace(dance, poses=dance.poses[::step], trans=dance.trans[::step])
