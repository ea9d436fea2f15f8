"""Capsules that lie in each other or in the floor, in closed form."""

import numpy as np
import pytest

from pipelines.body.skeleton import JOINT, OFFSETS, forward_kinematics
from pipelines.metrics.penetration import (
    CAPSULES,
    TOLERANCE,
    floor_penetration,
    penetration,
    self_penetration,
)
from pipelines.motion.motion import Motion


def resting(frames=3):
    poses = np.zeros((frames, 24, 3), np.float32)
    poses[:, 0, 0] = np.pi / 2
    trans = np.zeros((frames, 3), np.float32)
    trans[:, 2] = 0.9564
    return Motion(poses, trans, 30.0).joints(OFFSETS)


def spread():
    """Every joint far from each other and no three in a line, a metre over the floor."""
    number = np.arange(24.0)
    joints = np.stack([10 * number, number**2, np.ones(24)], axis=-1)
    joints[[JOINT["left_foot"], JOINT["right_foot"]], 2] = 0
    return np.stack([joints, joints])


def test_the_rest_pose_is_clean():
    assert penetration(resting()).own == penetration(resting()).floor == 0.0


def test_a_forearm_in_the_trunk():
    """The left forearm lies along the axis of the trunk: all its points are 7 cm deep."""
    joints = spread()
    joints[:, JOINT["pelvis"]], joints[:, JOINT["spine3"]] = [0, 50, 1], [0, 50, 2]
    joints[:, JOINT["left_elbow"]], joints[:, JOINT["left_wrist"]] = [0, 50, 1.2], [0, 50, 1.8]
    joints[:, JOINT["left_shoulder"]] = [0, 70, 1.2]
    found = penetration(joints)
    # The forearm's 24 points; of the upper arm, whose line ends in the trunk, the 6 at the elbow
    # do not count: it hangs on the trunk. The trunk's own points are 7 cm outside the forearm.
    assert found.own == pytest.approx(24 / (24 * len(CAPSULES)))
    assert found.own_depth == pytest.approx(0.10 - 0.03)
    assert self_penetration(joints, 30.0) == found.own


def test_touching_is_no_penetration():
    """The head beside a shin: from 1 cm on it counts, and only the points on the near side."""
    for gap, counts in ((TOLERANCE / 2, False), (2 * TOLERANCE, True)):
        joints = spread()
        joints[:, JOINT["neck"]], joints[:, JOINT["head"]] = [0, 80, 1], [0.6, 80, 1]
        away = 0.07 + 0.04 - gap
        joints[:, JOINT["left_knee"]] = [0.1, 80 + away, 1]
        joints[:, JOINT["left_ankle"]] = [0.5, 80 + away, 1]
        joints[:, JOINT["left_hip"]], joints[:, JOINT["left_foot"]] = [0, 95, 1], [0, 99, 0]
        assert (penetration(joints).own > 0) == counts


def test_under_the_floor():
    joints = np.repeat(resting(1), 100, axis=0)
    joints[:, JOINT["left_wrist"], 2] = -0.5
    joints[:, JOINT["left_elbow"], 2] = -0.5
    below = floor_penetration(joints, 30.0)
    # The forearm's 24 points, and those of the upper arm that lie below: its last 6 and a few.
    assert (24 + 6) / 288 <= below <= (24 + 12) / 288
    assert penetration(joints).floor_depth > 0.2


def test_whole_bodies_turned_and_moved_are_the_same():
    """A tumbling dance has the same share inside itself, wherever it stands."""
    random = np.random.default_rng(1)
    poses = random.normal(0, 0.7, (20, 24, 3)).astype(np.float32)
    joints = Motion(poses, np.zeros((20, 3), np.float32), 30.0).joints()
    matrix, _ = np.linalg.qr(random.normal(size=(3, 3)))
    matrix *= np.sign(np.linalg.det(matrix))
    moved = joints @ matrix.T + [1.0, 2.0, 3.0]
    here, there = penetration(joints), penetration(moved)
    assert here.own > 0
    assert there.own == pytest.approx(here.own, abs=0.02)  # rings begin elsewhere


def test_more_frames_than_a_chunk():
    joints, _ = forward_kinematics(np.tile(np.eye(3), (600, 24, 1, 1)), np.zeros((600, 3)))
    assert penetration(joints).own == 0.0
