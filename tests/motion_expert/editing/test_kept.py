"""What of a dance stays."""

import numpy as np

from pipelines.body.skeleton import JOINT, JOINT_NAMES
from pipelines.motion.motion import Motion
from pipelines.motion_expert.editing.joint_groups import JOINT_GROUPS
from pipelines.motion_expert.editing.kept import Kept, joints_of


def motion(seed, frames=10):
    random = np.random.default_rng(seed)
    poses = random.normal(size=(frames, 24, 3)).astype(np.float32)
    return Motion(poses, random.normal(size=(frames, 3)).astype(np.float32), 30.0)


def test_upper_and_lower_are_the_whole_body_and_share_nothing():
    upper, lower = set(joints_of("upper")), set(joints_of("lower"))
    assert upper | lower == set(range(len(JOINT_NAMES))) and not upper & lower
    assert JOINT["pelvis"] in lower and JOINT["spine1"] in upper


def test_arms_are_of_their_side_and_of_the_upper_body():
    left, right = joints_of("left-arm"), joints_of("right-arm")
    assert {JOINT_NAMES[joint] for joint in left} == {
        "left_collar", "left_shoulder", "left_elbow", "left_wrist", "left_hand"
    }  # fmt: skip
    assert len(right) == 5 and set(left) | set(right) | set(joints_of("head")) < set(
        joints_of("upper")
    )
    assert set(JOINT_GROUPS) == {"upper", "lower", "left-arm", "right-arm", "head"}


def test_gaps_are_what_does_not_stay_as_a_whole():
    stays = np.array([True, True, False, False, True, False, False, False, True, True])
    assert Kept.of(motion(0), stays).gaps() == [(2, 4), (5, 8)]
    assert Kept.of(motion(0), stays, ["upper"]).gaps() == [(2, 4), (5, 8)]
    assert Kept.of(motion(0), np.zeros(10, bool), ["left-arm"]).gaps() == [(0, 10)]


def test_what_stays_comes_back_to_the_bit_and_nothing_else():
    stays = np.arange(10) < 4
    known, new = motion(0), motion(1)
    back = Kept.of(known, stays, ["upper"]).put_back(new)
    upper, lower = joints_of("upper"), joints_of("lower")
    np.testing.assert_array_equal(back.poses[:4], known.poses[:4])
    np.testing.assert_array_equal(back.poses[:, upper], known.poses[:, upper])
    np.testing.assert_array_equal(back.poses[4:, lower], new.poses[4:, lower])
    np.testing.assert_array_equal(back.trans[:4], known.trans[:4])
    np.testing.assert_array_equal(back.trans[4:], new.trans[4:])
    held = Kept.of(known, stays, ["lower"]).put_back(new)
    np.testing.assert_array_equal(held.trans, known.trans)
