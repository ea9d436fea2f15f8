"""Spikes are bridged in their joints alone, feet are held where they slide."""

from dataclasses import replace

import numpy as np

from pipelines.motion.mending import bridged, feet_held
from pipelines.motion.motion import Motion


def swaying(frames=120):
    poses = np.zeros((frames, 24, 3), np.float32)
    poses[:, 0, 0] = np.pi / 2
    poses[:, 16, 2] = 0.02 * np.arange(frames)
    trans = np.zeros((frames, 3), np.float32)
    trans[:, 2] = 0.95
    return Motion(poses, trans, 30.0)


def test_a_spike_on_a_straight_way_is_gone():
    motion = swaying()
    poses = motion.poses.copy()
    poses[60, 16] = [1, 1, 1]
    mended = bridged(replace(motion, poses=poses), 59, 62, (16,))
    np.testing.assert_allclose(mended.poses, motion.poses, atol=1e-5)


def test_nothing_else_is_touched():
    random = np.random.default_rng(0)
    poses = random.normal(0, 0.2, (60, 24, 3)).astype(np.float32)
    motion = Motion(poses, random.normal(size=(60, 3)).astype(np.float32), 30.0)
    mended = bridged(motion, 20, 30, (16, 18))
    others = [joint for joint in range(24) if joint not in (16, 18)]
    np.testing.assert_array_equal(mended.poses[:, others], poses[:, others])
    np.testing.assert_array_equal(mended.trans, motion.trans)
    np.testing.assert_array_equal(np.delete(mended.poses, range(20, 30), 0),
                                  np.delete(poses, range(20, 30), 0))  # fmt: skip


def test_the_pelvis_goes_on_with_its_speed():
    motion = swaying()
    trans = motion.trans.copy()
    trans[:, 0] = 0.01 * np.arange(120)
    thrown = trans.copy()
    thrown[50:54, 0] += 1
    mended = bridged(replace(motion, trans=thrown), 50, 54, (0,))
    np.testing.assert_allclose(mended.trans, trans, atol=1e-5)


def test_at_the_ends_the_nearest_frame_is_held():
    motion = swaying()
    np.testing.assert_allclose(bridged(motion, 0, 5, (16,)).poses[:5, 16, 2], 0.1, atol=1e-6)
    np.testing.assert_allclose(bridged(motion, 115, 120, (16,)).poses[115:, 16, 2], 2.28, atol=1e-5)


def test_feet_are_held_where_they_slide_and_the_rest_stays():
    motion = swaying()
    trans = motion.trans.copy()
    trans[50:60, 0] = 0.03 * np.sin(np.linspace(0, np.pi, 10))
    sliding = replace(motion, trans=trans)
    mended = feet_held(sliding, [(50, 60)])
    far = np.r_[0:40, 70:120]
    np.testing.assert_array_equal(mended.poses[far], sliding.poses[far])
    way = np.ptp(mended.joints()[50:60, 10, 0])
    assert way < 0.5 * np.ptp(sliding.joints()[50:60, 10, 0])
    assert feet_held(sliding, []) is sliding
