import time
from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.transform import Rotation

from pipelines.body.skeleton import FOOT_JOINTS, JOINT, OFFSETS, PARENTS
from pipelines.motion.foot_lock import clean_up, lock_feet
from pipelines.motion.formats import load_motion

FEET = list(FOOT_JOINTS)


def steps(motion, joint):
    """Distance (T - 1,) in millimetres that a joint moves from frame to frame."""
    return np.linalg.norm(np.diff(motion.joints()[:, joint], axis=0), axis=-1) * 1000


def crouched(motion, by=0.06):
    """The same dancer with bent knees, feet where they were."""
    poses, trans = motion.poses.copy(), motion.trans.copy()
    poses[:, [1, 2], 0] -= 0.35
    poses[:, [4, 5], 0] += 0.7
    poses[:, [7, 8], 0] -= 0.35
    bent = replace(motion, poses=poses)
    trans[:, 2] -= (bent.joints()[0, [10, 11], 2].min() - 0.002).astype(np.float32)
    return replace(bent, trans=trans)


def test_sliding_feet_are_locked(standing):
    motion = crouched(standing(90))
    trans = motion.trans.copy()
    trans[:, 0] += 0.08 * np.sin(np.arange(90) / 30 * 2 * np.pi * 0.4)
    sliding = replace(motion, trans=trans.astype(np.float32))
    assert max(steps(sliding, joint).max() for joint in FEET) > 4
    locked = lock_feet(sliding)
    for joint in FEET:
        assert steps(locked, joint).max() < 2
    np.testing.assert_allclose(locked.trans[:, :2], sliding.trans[:, :2], atol=1e-6)


def test_given_contacts_rule_and_feet_without_contact_stay(standing):
    motion = crouched(standing(60))
    trans = motion.trans.copy()
    trans[:, 1] += np.linspace(0, 0.15, 60)
    sliding = replace(motion, trans=trans.astype(np.float32))
    contacts = np.zeros((60, 4))
    contacts[20:40, [0, 2]] = 1
    locked = lock_feet(sliding, contacts)
    assert steps(locked, JOINT["left_foot"])[20:39].max() < 0.1
    np.testing.assert_allclose(
        locked.joints()[:, JOINT["right_foot"]], sliding.joints()[:, JOINT["right_foot"]], atol=1e-2
    )
    np.testing.assert_allclose(locked.joints()[:10], sliding.joints()[:10], atol=1e-3)


def test_bones_keep_their_length_and_the_trunk_its_pose(swaying):
    motion = swaying(90)
    locked = lock_feet(motion)
    joints = locked.joints()
    for joint, parent in enumerate(PARENTS):
        if parent >= 0:
            lengths = np.linalg.norm(joints[:, joint] - joints[:, parent], axis=-1)
            np.testing.assert_allclose(lengths, np.linalg.norm(OFFSETS[joint]), atol=1e-5)
    legs = [JOINT[f"{s}_{j}"] for s in ("left", "right") for j in ("hip", "knee", "ankle")]
    rest = [joint for joint in range(24) if joint not in legs]
    turned = Rotation.from_rotvec(locked.poses[:, rest].reshape(-1, 3)).inv()
    turned = turned * Rotation.from_rotvec(motion.poses[:, rest].reshape(-1, 3))
    assert turned.magnitude().max() < 1e-4


def test_feet_leave_the_floor_alone(standing):
    motion = crouched(standing(60))
    trans = motion.trans.copy()
    trans[:, 2] -= 0.05 * np.sin(np.linspace(0, np.pi, 60))
    sunk = replace(motion, trans=trans.astype(np.float32))
    assert sunk.joints()[:, FEET, 2].min() < -0.03
    assert lock_feet(sunk).joints()[:, FEET, 2].min() > -1e-3


def test_a_leg_too_short_is_stretched_without_a_pop(standing):
    motion = standing(60)
    trans = motion.trans.copy()
    trans[:, 2] += 0.1 * np.sin(np.linspace(0, np.pi, 60)) ** 2
    contacts = np.ones((60, 4))
    reached = lock_feet(replace(motion, trans=trans.astype(np.float32)), contacts)
    joints = reached.joints()
    assert np.abs(joints[:, [10, 11], 2]).max() < 0.03
    knees = np.linalg.norm(np.diff(joints[:, [4, 5]], n=2, axis=0), axis=-1)
    assert knees.max() < 0.01


def test_a_standing_dancer_is_left_alone(standing):
    motion = standing(60)
    np.testing.assert_allclose(clean_up(motion).joints(), motion.joints(), atol=2e-3)


def test_an_empty_or_single_frame_passes(standing):
    assert clean_up(standing(1)).frames == 1
    assert clean_up(standing(3)).frames == 3


@pytest.mark.parametrize(
    ("archive", "name", "fps"),
    [("cmu-60-61-salsa", "61_12_scaled.bvh", 60), ("cmu-85-breakdance-fbx", "85_03_30fps.npz", 30)],
)
def test_real_dance_changes_little_and_a_second_pass_less(real_motion, archive, name, fps):
    motion = load_motion(real_motion(archive, name), fps_override=fps).resampled(30)
    motion = motion.sliced(10, motion.frames)
    once = lock_feet(motion)
    moved = np.linalg.norm(once.joints() - motion.joints(), axis=-1)
    assert np.median(moved) < 0.005
    assert np.percentile(moved, 95) < 0.04
    again = np.linalg.norm(lock_feet(once).joints() - once.joints(), axis=-1)
    assert np.percentile(again, 95) < 0.005
    jolt = [np.abs(np.diff(m.joints()[:, [4, 5, 7, 8]], n=2, axis=0)).max() for m in (motion, once)]
    assert jolt[1] < 1.5 * jolt[0]


def test_a_drifting_noisy_dance_comes_out_still_and_calm(real_motion):
    motion = load_motion(real_motion("cmu-131-michael-jackson-style", "131_09.amc")).resampled(30)
    rng = np.random.default_rng(0)
    drift = gaussian_filter1d(rng.normal(size=motion.trans.shape), 8, axis=0) * [0.25, 0.25, 0.05]
    noise = gaussian_filter1d(rng.normal(size=motion.poses.shape), 1.5, axis=0) * 0.04
    noisy = replace(
        motion,
        poses=(motion.poses + noise).astype(np.float32),
        trans=(motion.trans + drift).astype(np.float32),
    )
    clean = clean_up(noisy)
    jerk = [np.abs(np.diff(m.joints(), n=3, axis=0)).mean() for m in (noisy, clean)]
    assert jerk[1] < 0.6 * jerk[0]
    low = [m.joints()[:, FEET, 2].min() for m in (noisy, clean)]
    assert low[1] > -0.005 > low[0]


def test_a_minute_takes_less_than_two_seconds(swaying):
    motion = swaying(1800)
    start = time.process_time()
    clean_up(motion)
    assert time.process_time() - start < 2
