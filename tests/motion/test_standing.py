"""Where a take dances: standing at its head and tail is cut off, pauses inside are not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipelines.body.skeleton import JOINT, OFFSETS
from pipelines.motion.motion import Motion
from pipelines.motion.standing import dancing_part, joint_speed


def gliding(speeds, fps=30.0):
    """The whole body moves along x at the given metres per second."""
    frames = len(speeds)
    poses = np.zeros((frames, 24, 3), dtype=np.float32)
    poses[:, 0, 0] = np.pi / 2
    trans = np.zeros((frames, 3), dtype=np.float32)
    trans[:, 0] = np.cumsum(np.asarray(speeds) / fps)
    return Motion(poses, trans, fps)


@pytest.mark.parametrize("fps", [24.0, 30.0, 120.0])
def test_speed_of_a_body_that_glides_is_its_speed(fps):
    speed = joint_speed(gliding(np.full(50, 0.7), fps))
    assert speed.shape == (50,)
    np.testing.assert_allclose(speed, 0.7, rtol=1e-3)


def test_speed_is_the_mean_over_all_joints(standing):
    motion = standing(30)
    poses = motion.poses.copy()
    poses[:, JOINT["right_hand"], 2] = np.arange(30) * 0.1  # turns about itself: no place changes
    np.testing.assert_allclose(joint_speed(replace(motion, poses=poses)), 0, atol=1e-6)
    poses[:, JOINT["right_wrist"], 2] = np.arange(30) * 0.1  # carries the hand round, 3 rad/s
    radius = np.hypot(*OFFSETS[JOINT["right_hand"], :2])
    speed = joint_speed(replace(motion, poses=poses))[5:-5]
    np.testing.assert_allclose(speed, 3 * radius / 24, rtol=0.01)


def test_head_and_tail_are_cut_off_where_the_dance_begins_and_ends():
    speeds = np.zeros(300)
    speeds[90:210] = 1.0
    start, stop = dancing_part(gliding(speeds))
    # Speed is judged over about half a second, so the edges are that exact.
    assert abs(start - 90) <= 8 and abs(stop - 210) <= 8


def test_a_pause_inside_is_part_of_the_dance():
    speeds = np.ones(300)
    speeds[:60] = speeds[250:] = 0
    speeds[120:160] = 0
    start, stop = dancing_part(gliding(speeds))
    assert start < 70 and stop > 240


def test_a_dance_without_standing_is_whole():
    assert dancing_part(gliding(np.ones(120))) == (0, 120)


def test_who_stands_throughout_does_not_dance(standing):
    assert dancing_part(standing(60)) == (0, 0)
    assert dancing_part(gliding(np.full(60, 0.15))) == (0, 0)


def test_slow_for_a_fast_dance_is_standing():
    """A third of the median and less: 0.5 m/s stands beside 2 m/s and dances beside 0.6."""
    for median, dances in ((2.0, False), (0.6, True)):
        speeds = np.full(300, median)
        speeds[:60] = 0.5
        start, _ = dancing_part(gliding(speeds))
        assert (start < 10) is dances


def test_a_twitch_is_no_dance():
    speeds = np.zeros(300)
    speeds[150] = 1.0
    assert dancing_part(gliding(speeds)) == (0, 0)
