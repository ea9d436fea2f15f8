from dataclasses import replace

import numpy as np

from pipelines.body.feet import foot_heights
from pipelines.body.skeleton import FOOT_JOINTS, JOINT
from pipelines.motion.foot_lock import both_feet_down, clean_up
from pipelines.motion.footwork import bearing_left, stepping
from pipelines.motion.grounding import settled

FEET = list(FOOT_JOINTS)


def crouched(motion):
    """Bent knees, feet under the hips, toes on the floor."""
    poses, trans = motion.poses.copy(), motion.trans.copy()
    poses[:, [1, 2], 0] -= 0.35
    poses[:, [4, 5], 0] += 0.7
    poses[:, [7, 8], 0] -= 0.35
    bent = replace(motion, poses=poses)
    trans[:, 2] -= bent.joints()[0, [10, 11], 2].min().astype(np.float32)
    return replace(bent, trans=trans)


def lifted(motion, side, angle):
    """The knee of one leg raised by an angle (T,), radians; the foot stays level."""
    poses = motion.poses.copy()
    hip, knee, ankle = (JOINT[f"{side}_{name}"] for name in ("hip", "knee", "ankle"))
    poses[:, hip, 0] -= angle
    poses[:, knee, 0] += 2 * angle
    poses[:, ankle, 0] -= angle
    return replace(motion, poses=poses.astype(np.float32))


def raised(motion, height_T):
    trans = motion.trans.copy()
    trans[:, 2] += np.asarray(height_T, np.float32)
    return replace(motion, trans=trans)


def test_a_dancer_who_floats_for_seconds_comes_down(standing):
    motion = standing(150)
    high = np.interp(np.arange(150), [0, 40, 100, 149], [0.2, 0.2, 0.0, 0.0])
    down = foot_heights(settled(raised(motion, high)).joints()).min(1)
    assert np.abs(down).max() < 0.04  # 0.1 m/s times the half second that a leap may last
    assert np.abs(down[:30]).max() < 1e-3


def test_a_leap_keeps_its_height(standing):
    motion = standing(90)
    flight = np.arange(-6, 7) / 30
    leap = np.zeros(90)
    leap[39:52] = 9.81 / 2 * (0.2**2 - flight**2)
    low = foot_heights(settled(raised(motion, leap)).joints()).min(1)
    np.testing.assert_allclose(low, leap, atol=0.01)


def test_a_foot_that_hovers_all_the_time_is_brought_down_and_a_held_up_one_is_not(standing):
    motion = crouched(standing(90))
    hovering = lifted(motion, "left", np.full(90, 0.12))
    before = foot_heights(hovering.joints())[:, [0, 2]].min(1)
    assert 0.02 < before.min() < 0.08
    assert foot_heights(both_feet_down(hovering).joints())[:, [0, 2]].min(1).max() < 0.01
    held = lifted(motion, "left", np.full(90, 0.6))
    np.testing.assert_allclose(both_feet_down(held).joints(), held.joints(), atol=1e-5)


def test_the_root_steps_off_the_bearing_foot(standing):
    """A second of walking forwards, one backwards, the root still: both feet glide as danced."""
    time = np.arange(180) / 30
    swing = np.sin(2 * np.pi * time)
    forwards = np.where(time % 2 < 1, 1, -1)
    motion = crouched(standing(180))
    poses = motion.poses.copy()
    for side, sign in (("left", 1), ("right", -1)):
        # Thighs swing fore and aft in opposition; the foot that is brought along is off the floor.
        poses[:, JOINT[f"{side}_hip"], 0] -= 0.2 * sign * swing
    walking = replace(motion, poses=poses)
    for side, sign in (("left", 1), ("right", -1)):
        brought = np.clip(sign * forwards * np.cos(2 * np.pi * time), 0, 1)
        walking = lifted(walking, side, 0.4 * brought)
    stepped = stepping(walking)

    def glide(dance):
        joints = dance.joints()
        low = foot_heights(joints)
        feet = np.linalg.norm(np.gradient(joints[:, FEET, :2], axis=0), axis=-1) * 30
        left = low[:, 0] < low[:, 1]
        return np.median(np.where(left, feet[:, 0], feet[:, 1]))

    assert glide(walking) > 0.25
    assert glide(stepped) < 0.4 * glide(walking)
    assert np.ptp(stepped.trans[:, 1]) > np.ptp(walking.trans[:, 1]) + 0.1
    np.testing.assert_array_equal(stepped.poses, walking.poses)
    np.testing.assert_array_equal(stepped.trans[:, 2], walking.trans[:, 2])


def test_a_dancer_whose_feet_stand_is_left_alone(standing):
    motion = crouched(standing(60))
    np.testing.assert_array_equal(stepping(motion).trans, motion.trans)
    one = motion.sliced(0, 1)
    assert stepping(one) is one
    np.testing.assert_allclose(clean_up(motion).joints(), motion.joints(), atol=0.02)


def test_the_bearing_foot_changes_only_when_it_pays():
    cost = np.zeros((30, 2))
    cost[:10, 1] = cost[20:, 1] = 1  # the left foot is better,
    cost[10:20, 0] = 1  # then the right one for long,
    cost[24, 0] = 3  # and once for a moment
    expected = np.ones(30, bool)
    expected[10:20] = False
    np.testing.assert_array_equal(bearing_left(cost), expected)
