"""Poses are met to the bit, in the dancer's own place and facing."""

from dataclasses import replace

import numpy as np
import pytest

from pipelines.body.facing import forward_of, heading
from pipelines.motion.motion import Motion
from pipelines.motion_expert.editing.poses import PoseAt, with_poses
from pipelines.support.errors import UnsuitableInput

EVERYWHERE = np.ones(120, bool)


def dance(frames=120):
    poses = np.zeros((frames, 24, 3), np.float32)
    poses[:, 0, 0] = np.pi / 2
    poses[:, 17, 2] = 0.3 * np.sin(np.arange(frames) / 5)
    trans = np.zeros((frames, 3), np.float32)
    trans[:, 2] = 0.95
    return Motion(poses, trans, 30.0)


def pose(lift=0.0):
    one = dance(1)
    poses = one.poses.copy()
    poses[0, 16, 2], poses[0, 3, 0] = 1.0, 0.2
    return replace(one, poses=poses, trans=one.trans + np.float32([3, 2, lift]))


def test_a_pose_is_met_and_the_rest_of_the_dance_stays():
    before = dance()
    after = with_poses(before, (PoseAt(60, pose(), "--pose 2=p.npz"),), EVERYWHERE)
    np.testing.assert_array_equal(after.poses[60, 1:], pose().poses[0, 1:])
    far = np.r_[0:44, 77:120]
    np.testing.assert_array_equal(after.poses[far], before.poses[far])
    np.testing.assert_array_equal(after.trans[far], before.trans[far])
    steps = np.abs(np.diff(after.poses[:, 16, 2]))
    assert steps.max() < 0.2 and steps[30:90].max() > 0.05


def test_place_and_facing_are_the_dances():
    turned = pose()
    poses = turned.poses.copy()
    poses[0, 0] = [1.2, 1.2, 1.2]  # the rest pose turned by a third about the diagonal
    after = with_poses(dance(), (PoseAt(60, replace(turned, poses=poses), "p"),), EVERYWHERE)
    assert np.abs(after.trans[:, :2]).max() < 0.5
    facing = heading(forward_of(after.rotations()[60:61, 0]))
    assert float(facing[0]) == pytest.approx(0, abs=1e-3)


def test_a_pose_beside_what_stays_is_out_of_reach():
    stays = np.arange(120) < 58
    far = replace(pose(), trans=dance(1).trans + np.float32([0, 0, -0.4]))
    with pytest.raises(UnsuitableInput, match=r"--pose 2=p.npz: out of reach, .* 0.10 s before"):
        with_poses(dance(), (PoseAt(60, far, "--pose 2=p.npz"),), ~stays)
    with pytest.raises(UnsuitableInput, match="in a stretch that is kept"):
        with_poses(dance(), (PoseAt(50, pose(), "p"),), ~stays)


def test_two_poses_are_both_met():
    other = replace(pose(), poses=np.roll(pose().poses, 1, axis=1) * 0)
    poses = other.poses.copy()
    poses[0, 0, 0], poses[0, 18, 1] = np.pi / 2, 0.8
    other = replace(other, poses=poses)
    both = (PoseAt(60, pose(), "a"), PoseAt(70, other, "b"))
    after = with_poses(dance(), both, EVERYWHERE)
    np.testing.assert_array_equal(after.poses[60, 1:], pose().poses[0, 1:])
    np.testing.assert_array_equal(after.poses[70, 1:], other.poses[0, 1:])


@pytest.mark.parametrize(("lift", "where"), [(0.9, "over"), (-0.4, "in")])
def test_a_body_in_the_air_or_in_the_floor_is_refused(lift, where):
    with pytest.raises(UnsuitableInput, match=rf"its feet are \d\.\d+ m {where} the floor"):
        PoseAt(3, pose(lift), "p").checked()
    assert PoseAt(3, pose(), "p").checked().frame == 3
