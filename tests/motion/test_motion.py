from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from pipelines.body.skeleton import JOINT, MIRROR, OFFSETS
from pipelines.motion.motion import Motion
from pipelines.support.errors import UnsuitableInput


def test_a_mirrored_dance_has_mirrored_joints(swaying):
    motion = swaying(20)
    ours, mirrored = motion.joints(), motion.mirrored().joints()
    # The table's two body halves differ by up to 2 cm a bone, so the mirror image is not exact.
    np.testing.assert_allclose(mirrored[:, list(MIRROR)] * [-1, 1, 1], ours, atol=0.08)
    np.testing.assert_array_equal(motion.mirrored().mirrored().poses, motion.poses)


def test_resampling_keeps_the_length_and_hits_shared_instants(swaying):
    motion = swaying(60, fps=60)
    half = motion.resampled(30)
    assert half.frames == 30
    assert half.seconds == motion.seconds
    np.testing.assert_allclose(half.joints(), motion.joints()[::2], atol=1e-5)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda m: replace(m, poses=m.poses[:, :22]), "poses are"),
        (lambda m: replace(m, trans=m.trans[:3]), "trans is"),
        (lambda m: m.sliced(0, 0), "no frames"),
        (lambda m: replace(m, trans=np.where(np.arange(20)[:, None] == 7, np.inf, m.trans)), "7"),
        (lambda m: replace(m, fps=0.0), "frame rate"),
    ],
)
def test_what_is_wrong_is_named(swaying, change, says):
    with pytest.raises(UnsuitableInput, match=says):
        change(swaying(20)).validate()


def test_resampling_a_long_dance_has_no_seams():
    """Longer than what is worked on at a time; a steady turn has a closed form."""
    times = np.arange(6000) / 120
    poses = np.zeros((6000, 24, 3), dtype=np.float32)
    poses[:, 16, 2] = 0.05 * times
    trans = np.stack([times, 0 * times, 0 * times + 1], axis=-1).astype(np.float32)
    dance = Motion(poses, trans, 120.0).resampled(59.94)
    seconds = np.arange(dance.frames) / 59.94
    inside = seconds <= times[-1]
    np.testing.assert_allclose(dance.poses[inside, 16, 2], 0.05 * seconds[inside], atol=1e-5)
    np.testing.assert_allclose(dance.trans[inside, 0], seconds[inside], atol=1e-4)
    assert np.abs(np.diff(dance.joints(), axis=0)).max() < 0.02


def test_length_is_frames_over_rate(swaying):
    motion = swaying(45, 30.0)
    assert (motion.frames, motion.seconds) == (45, 1.5)
    assert motion.sliced(10, 25).frames == 15
    np.testing.assert_array_equal(motion.sliced(10, 25).poses, motion.poses[10:25])
    assert motion.sliced(40, 99).frames == 5


def test_labels_travel_along(swaying):
    motion = replace(swaying(40), genre="salsa", gender="male", betas=np.ones(10, "f4"))
    for other in (motion.sliced(0, 9), motion.resampled(24), motion.mirrored()):
        assert (other.genre, other.gender, other.source) == ("salsa", "male", "swaying")
        np.testing.assert_array_equal(other.betas, motion.betas)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 999), x=st.floats(-9, 9), yaw=st.floats(-3, 3))
def test_joints_follow_the_path_and_the_heading(seed, x, yaw):
    random = np.random.default_rng(seed)
    poses = random.normal(size=(4, 24, 3)).astype("f4")
    motion = Motion(poses, random.normal(size=(4, 3)).astype("f4"), 30.0)
    moved = replace(motion, trans=motion.trans + np.float32([x, -x, 1]))
    np.testing.assert_allclose(moved.joints(), motion.joints() + np.array([x, -x, 1]), atol=1e-5)
    spin = Rotation.from_euler("z", yaw)
    turned_poses = poses.copy()
    turned_poses[:, 0] = (spin * Rotation.from_rotvec(poses[:, 0])).as_rotvec()
    turned = replace(motion, poses=turned_poses, trans=spin.apply(motion.trans).astype("f4"))
    expected = spin.apply(motion.joints().reshape(-1, 3)).reshape(4, 24, 3)
    np.testing.assert_allclose(turned.joints(), expected, atol=1e-5)


def test_joints_of_a_long_dance_equal_those_of_its_pieces(swaying):
    """Longer than what is worked on at a time."""
    motion = swaying(2100)
    whole = motion.joints()
    np.testing.assert_allclose(whole[2040:2060], motion.sliced(2040, 2060).joints(), atol=1e-12)


def test_other_offsets_are_another_skeleton(standing):
    motion = standing(2)
    longer = OFFSETS.copy()
    longer[JOINT["left_knee"]] *= 2
    drop = motion.joints()[0, JOINT["left_ankle"]] - motion.joints(longer)[0, JOINT["left_ankle"]]
    assert drop[2] == pytest.approx(-OFFSETS[JOINT["left_knee"], 1], abs=1e-6)


@pytest.mark.parametrize(("fps", "other"), [(30.0, 60.0), (60.0, 24.0), (24.0, 29.97)])
def test_resampling_there_and_back_returns_near_the_dance(swaying, fps, other):
    motion = swaying(120, fps)
    back = motion.resampled(other).resampled(fps)
    shared = min(back.frames, motion.frames) - 2
    apart = np.abs(back.joints()[:shared] - motion.joints()[:shared])
    assert abs(back.frames - motion.frames) <= 1
    assert apart.max() < 0.05 and apart.mean() < 0.005


def test_the_same_rate_is_the_same_dance(swaying):
    motion = swaying(20)
    assert motion.resampled(30.0) is motion


def test_times_outside_the_dance_take_its_ends(swaying):
    motion = swaying(30)
    found = motion.at_times(np.array([-1.0, 0.0, 29 / 30, 9.0]), 10.0)
    assert found.fps == 10.0
    np.testing.assert_allclose(found.joints()[0], motion.joints()[0], atol=1e-5)
    np.testing.assert_allclose(found.joints()[3], motion.joints()[-1], atol=1e-5)


def test_between_two_frames_a_turn_goes_the_short_way():
    """From 170 to -170 degrees about z: half-way is 180, not 0."""
    poses = np.zeros((2, 24, 3), np.float32)
    poses[:, 16, 2] = np.radians([170, -170])
    motion = Motion(poses, np.zeros((2, 3), np.float32), 1.0)
    (middle,) = motion.at_times(np.array([0.5]), 1.0).poses[:, 16]
    assert np.linalg.norm(middle) == pytest.approx(np.pi, abs=1e-4)


def test_reversed_times_play_backwards(swaying):
    motion = swaying(30)
    backwards = motion.at_times(np.arange(29, -1, -1) / 30, 30.0)
    np.testing.assert_allclose(backwards.joints(), motion.joints()[::-1], atol=1e-5)
