"""Motion magnitude in closed form."""

import numpy as np
import pytest

from pipelines.metrics.magnitude import motion_magnitude
from pipelines.motion.motion import Motion
from pipelines.support.errors import UnsuitableInput


def turning(step, frames=200, fps=30.0):
    """The neck turns about its own y by so many radians a frame; the body walks."""
    poses = np.zeros((frames, 24, 3), np.float32)
    poses[:, 12, 1] = step * np.arange(frames)
    trans = np.cumsum(np.full((frames, 3), 0.1, np.float32), axis=0)
    return Motion(poses, trans, fps)


def test_a_walking_statue_has_none():
    assert motion_magnitude(turning(0.0)) == 0.0


def test_one_turning_joint():
    # Row 1 of the matrix is (cos, 0, sin); row 2 stays. Over whole turns the mean of |sin| and
    # |cos| is 2 / pi, and the difference over a step is 2 sin(step / 2) times one of them.
    step = 2 * np.pi / 100
    expected = 2 * (2 / np.pi) * 2 * np.sin(step / 2) / (24 * 6) * 30
    assert motion_magnitude(turning(step, 101)) == pytest.approx(expected, rel=1e-3)


def test_a_single_frame_does_not_move():
    with pytest.raises(UnsuitableInput):
        motion_magnitude(turning(0.1, 1))
