"""Where a dance is seen from: the front of its file, or of the dancer; and turned to be seen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pipelines.body.facing import front_heading
from pipelines.body.rotations import axis_angle_to_matrix, matrix_to_axis_angle
from pipelines.motion.motion import Motion

_OWN_FRONT = np.pi / 4
"""A dance that faces its file's own front this nearly is seen from there."""


def front_of(dance: Motion) -> float:
    """Heading of the front: the file's own, unless the dancer mostly faces somewhere else."""
    heading = front_heading(thinned(dance, 1000).joints())
    return 0.0 if abs(heading) < _OWN_FRONT else heading


def faced(dance: Motion) -> Motion:
    """The dance turned about where it begins, so that the dancer mostly faces the file's front."""
    turn = axis_angle_to_matrix(np.array([0.0, 0.0, -front_heading(thinned(dance, 1000).joints())]))
    poses = dance.poses.copy()
    poses[:, 0] = matrix_to_axis_angle(turn @ axis_angle_to_matrix(dance.poses[:, 0]))
    about = dance.trans[0] * np.array([1.0, 1.0, 0.0])
    trans = ((dance.trans - about) @ turn.T + about).astype(dance.trans.dtype)
    return replace(dance, poses=poses, trans=trans)


def thinned(dance: Motion, frames: int) -> Motion:
    """About so many frames of a dance, evenly spread."""
    step = max(1, dance.frames // frames)
    return replace(dance, poses=dance.poses[::step], trans=dance.trans[::step])
