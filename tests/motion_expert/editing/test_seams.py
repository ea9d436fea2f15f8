"""Seams: values and speeds go on, what stays stays, and feet keep their places."""

from dataclasses import replace

import numpy as np
import pytest

from pipelines.motion.motion import Motion
from pipelines.motion_expert.editing.seams import _dying_out, joined_at_ends, settled_between


def standing(frames=90):
    poses = np.zeros((frames, 24, 3), np.float32)
    poses[:, 0, 0] = np.pi / 2
    trans = np.zeros((frames, 3), np.float32)
    trans[:, 2] = 0.95
    return Motion(poses, trans, 30.0)


def swaying(frames=90, phase=0.0):
    motion = standing(frames)
    poses = motion.poses.copy()
    seconds = np.arange(frames) / 30
    poses[:, 16, 2] = 0.6 * np.sin(2 * np.pi * seconds + phase)
    poses[:, 3, 0] = 0.2 * np.sin(np.pi * seconds + phase)
    return replace(motion, poses=poses)


def test_an_offset_dies_out_with_its_value_and_speed():
    slope = 0.02
    offset = np.array([[1.0], [1.0 - slope]])  # the last frame, and the one before it
    fading = _dying_out(offset, 400)[:, 0]
    assert fading[0] == pytest.approx(1.0 + slope, abs=1e-3)
    assert fading[-1] == pytest.approx(0, abs=1e-6)
    assert abs(fading[-1] - fading[-2]) < 1e-5
    np.testing.assert_array_equal(_dying_out(np.zeros((2, 3)), 5), np.zeros((5, 3)))


def test_joined_without_a_jump_and_as_it_was_in_the_middle():
    known, other = swaying(), swaying(phase=0.7)
    joined = joined_at_ends(known, other, 30, 60, reach=9)
    np.testing.assert_array_equal(joined.poses[40:50], other.poses[40:50])
    whole = np.concatenate([known.poses[:30], joined.poses[30:60], known.poses[60:]])
    apart = np.abs(np.diff(whole[:, 16, 2], n=2))
    raw = np.concatenate([known.poses[:30], other.poses[30:60], known.poses[60:]])
    assert apart.max() < 0.3 * np.abs(np.diff(raw[:, 16, 2], n=2)).max()


def test_at_the_ends_of_a_dance_nothing_is_joined():
    known, other = swaying(), swaying(phase=0.7)
    whole = joined_at_ends(known, other, 0, 90)
    np.testing.assert_allclose(whole.poses, other.poses, atol=1e-6)


def test_what_stays_stays_to_the_bit_and_a_standing_foot_in_its_place():
    known = swaying()
    other = swaying(phase=0.7)
    way = np.zeros(90)
    way[30:60] = 0.06 * np.hanning(30)
    drifting = replace(other, trans=other.trans + way[:, None] * [1, 0, 0])
    drifting = replace(drifting, trans=drifting.trans.astype(np.float32))
    mixed = known.poses.copy(), known.trans.copy()
    mixed[0][30:60], mixed[1][30:60] = drifting.poses[30:60], drifting.trans[30:60]
    settled = settled_between(known, Motion(*mixed, 30.0), np.ones((90, 4)), 30, 60)
    outside = np.r_[0:30, 60:90]
    np.testing.assert_array_equal(settled.poses[outside], known.poses[outside])
    np.testing.assert_array_equal(settled.trans[outside], known.trans[outside])
    feet = settled.joints()[:, [10, 11], :2]
    assert np.ptp(feet, axis=0).max() < 0.03
