from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from pipelines.body.feet import foot_heights
from pipelines.body.rotations import axis_angle_to_matrix, matrix_to_axis_angle
from pipelines.motion import root_from_feet as root_from_feet_module
from pipelines.motion.motion import Motion
from pipelines.motion.root_from_feet import root_from_feet, without_travel
from pipelines.motion.soles import level_soles


def walking(speed: float = 0.5, seconds: float = 6.0, fps: float = 30.0) -> Motion:
    """A body that walks along x: the standing foot moves back under it at the body's speed."""
    frames = round(seconds * fps)
    phase = np.arange(frames) / fps * 1.5
    poses = np.zeros((frames, 24, 3))
    poses[:, 0] = [np.pi / 2, 0, 0]
    length = 0.82  # hip to ankle
    for side, shift in ((0, 0.0), (1, 0.5)):
        cycle = (phase + shift) % 1
        stands = cycle < 0.6
        span = speed * 0.6 / 1.5
        along = np.where(
            stands, span / 2 - cycle / 0.6 * span, -span / 2 + (cycle - 0.6) / 0.4 * span
        )
        raised = np.where(stands, 0.0, np.sin(np.pi * (cycle - 0.6) / 0.4))
        poses[:, 1 + side, 2] = along / length
        poses[:, 4 + side, 0] = 0.9 * raised
        poses[:, 1 + side, 0] = -0.45 * raised
    trans = np.zeros((frames, 3))
    trans[:, 0] = speed * np.arange(frames) / fps
    motion = Motion(poses.astype(np.float32), trans.astype(np.float32), fps)
    trans[:, 2] -= foot_heights(motion.joints()).min(1)
    return replace(motion, trans=trans.astype(np.float32))


@pytest.mark.parametrize("speed", [0.0, 0.4, 0.7])
@pytest.mark.parametrize("fps", [30.0, 60.0])
def test_a_walk_gets_its_way_back(speed: float, fps: float) -> None:
    motion = walking(speed, fps=fps)
    solved, contacts = root_from_feet(without_travel(motion))
    way = solved.trans[-1, 0] - solved.trans[0, 0]
    assert way == pytest.approx(motion.trans[-1, 0], abs=0.12 * max(motion.trans[-1, 0], 1.0))
    assert np.abs(solved.trans[:, 1]).max() < 0.1
    assert 0.4 < contacts.max(1).mean() <= 1


def test_the_way_in_the_file_is_not_looked_at() -> None:
    motion = walking()
    elsewhere = replace(motion, trans=motion.trans + np.float32([3, -2, 0]))
    assert (root_from_feet(motion)[0].trans == root_from_feet(elsewhere)[0].trans).all()


def test_level_soles_lie_level_and_raised_feet_stay(standing: Callable[..., Motion]) -> None:
    motion = standing()
    poses = motion.poses.copy()
    poses[:, [4, 5], 0] += 0.5  # bent knees that the ankles do not follow
    bent = replace(motion, poses=poses)
    trans = bent.trans.copy()
    trans[:, 2] -= foot_heights(bent.joints()).min(1)
    bent = replace(bent, trans=trans)
    flat = foot_heights(level_soles(bent).joints())
    tilt = np.abs(flat[:, :2] - flat[:, 2:])
    assert tilt.max() < 0.005 < np.abs(np.diff(foot_heights(bent.joints())[:, [0, 2]])).max()
    high = replace(bent, trans=bent.trans + np.float32([0, 0, 0.5]))
    assert level_soles(high).poses == pytest.approx(high.poses, abs=1e-5)


def test_a_turned_walk_has_the_turned_way() -> None:
    motion = walking(0.6, seconds=3)
    solved = root_from_feet(motion)[0].trans
    poses = motion.poses.copy()
    about_z = axis_angle_to_matrix(np.array([0, 0, np.pi / 2]))
    poses[:, 0] = matrix_to_axis_angle(about_z @ axis_angle_to_matrix(poses[:, 0]))
    quarter = replace(motion, poses=poses)
    there = root_from_feet(quarter)[0].trans
    np.testing.assert_allclose(there[:, 0], -solved[:, 1], atol=2e-3)
    np.testing.assert_allclose(there[:, 1], solved[:, 0], atol=2e-3)


def test_the_solution_begins_at_the_origin_and_keeps_heights_and_poses() -> None:
    motion = walking(0.5, seconds=2)
    solved, contacts = root_from_feet(replace(motion, trans=motion.trans + np.float32([5, 1, 0])))
    np.testing.assert_array_equal(solved.trans[0, :2], [0, 0])
    np.testing.assert_array_equal(solved.trans[:, 2], motion.trans[:, 2])
    np.testing.assert_array_equal(solved.poses, motion.poses)
    assert contacts.shape == (motion.frames, 4) and contacts.dtype == np.float32
    assert set(np.unique(contacts)) <= {0.0, 1.0}


def test_feet_in_the_air_keep_the_speed_they_left_with() -> None:
    """Frames 20 to 30 have no pull: the velocity goes on as it was begun with, straight."""
    wanted = np.zeros((60, 4, 2))
    wanted[..., 0] = 1.5
    wanted[20:30] = -9
    pull = np.ones((60, 4))
    pull[20:30] = 0
    velocity = root_from_feet_module._smooth_robust(wanted, pull, 30.0)
    np.testing.assert_allclose(velocity, np.tile([1.5, 0], (60, 1)), atol=0.02)


def test_a_foot_that_slides_lets_go() -> None:
    """Three points say 0.5; one that says 4 does not draw the mean to 1.4."""
    wanted = np.zeros((60, 4, 2))
    wanted[..., 0] = 0.5
    wanted[:, 3, 0] = 4.0
    velocity = root_from_feet_module._smooth_robust(wanted, np.ones((60, 4)), 30.0)
    np.testing.assert_allclose(velocity[:, 0], 0.5, atol=0.05)


@pytest.mark.parametrize("frames", [3, 4, 9])
def test_bends_are_what_second_differences_measure(frames: int) -> None:
    """The banded matrix is D' D of the plain matrix D."""
    plain = np.diff(np.eye(frames), n=2, axis=0)
    square = plain.T @ plain
    bands = root_from_feet_module._second_differences(frames)
    for row, above in ((2, 0), (1, 1), (0, 2)):
        np.testing.assert_allclose(bands[row, above:], np.diagonal(square, above))
