"""264 and 266 numbers a frame: exact both ways."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from pipelines.body.skeleton import JOINT, TO_Z_UP
from pipelines.motion.motion import Motion
from pipelines.motion_expert.infinitedance import columns
from pipelines.motion_expert.infinitedance.features import (
    columns_of,
    decode,
    encode,
    encode_full,
    from_start,
    half_angles,
    matrix_of_columns,
)
from pipelines.support.errors import UnsuitableInput

BODY = slice(1, columns.JOINTS)


def degrees(one, other):
    """The largest angle between local rotations."""
    between = np.swapaxes(one, -1, -2) @ other
    return np.degrees(Rotation.from_matrix(between.reshape(-1, 3, 3)).magnitude().max())


@settings(max_examples=40, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000), frames=st.integers(2, 60), tumbling=st.booleans())
def test_266_numbers_give_the_dance_back(dance, seed, frames, tumbling):
    motion = dance(seed, frames, tumbling)
    back = decode(encode_full(motion), "Jazz")
    assert (back.fps, back.genre, back.frames) == (30.0, "Jazz", frames)
    assert np.abs(back.joints() - motion.joints()).max() < 1e-3
    assert degrees(back.rotations(), motion.rotations()) < 0.2


@settings(max_examples=40, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000), tumbling=st.booleans())
def test_264_numbers_give_it_back_from_the_origin(dance, seed, tumbling):
    motion = dance(seed, tumbling=tumbling)
    back = decode(encode(motion))
    first_J3 = motion.joints()[0] @ TO_Z_UP
    away = Rotation.from_euler("z", 2 * half_angles(first_J3[None])[0])
    shift = motion.trans[0] * [1, 1, 0]
    assert np.abs(back.joints() - away.apply((motion.joints() - shift).reshape(-1, 3)).reshape(
        -1, 24, 3)).max() < 1e-3  # fmt: skip
    assert degrees(back.rotations()[:, BODY], motion.rotations()[:, BODY]) < 0.2


@settings(max_examples=20, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000))
def test_the_other_way_round_too(dance, seed):
    features = encode(dance(seed))
    # A displacement of exactly the threshold may fall on either side.
    again = encode(decode(features))
    np.testing.assert_allclose(
        again[:, : columns.contacts.start], features[:, : columns.contacts.start], atol=2e-5
    )
    assert (again[:, columns.contacts] != features[:, columns.contacts]).mean() < 0.01


def test_long_songs_do_not_drift(dance):
    motion = dance(3, 9000)
    back = decode(encode_full(motion))
    assert np.abs(back.joints() - motion.joints()).max() < 1e-3


def test_columns_of_a_dancer_who_walks_where_she_looks(standing):
    motion = standing()
    motion.trans[:, 1] -= 0.03 * np.arange(4)  # the rest pose faces -y
    features = encode(motion)
    assert features.shape == (4, 264)
    np.testing.assert_allclose(features[:, columns.height], 0.956, atol=1e-6)
    np.testing.assert_allclose(features[:, columns.yaw_velocity], 0, atol=1e-6)
    facing = half_angles(motion.joints() @ TO_Z_UP)[0] * 2  # the rest body is not quite symmetric
    forward = 0.03 * np.array([np.sin(facing), np.cos(facing)])
    np.testing.assert_allclose(features[:, columns.ground_velocity], [forward] * 4, atol=1e-6)
    velocities = features[:, columns.velocities].reshape(4, 22, 3)
    np.testing.assert_allclose(np.linalg.norm(velocities, axis=-1), 0.03, atol=1e-6)
    ankle = features[:, columns.places].reshape(4, 21, 3)[:, JOINT["left_ankle"] - 1]
    assert ankle[:, 1] == pytest.approx(0.956 - 0.89562, abs=1e-4)


def test_a_turn_is_counted_by_halves(standing):
    motion = standing(91)
    angle = np.linspace(0, 3 * np.pi, 91)
    turned = Rotation.from_euler("z", angle[:, None]) * Rotation.from_euler("x", np.pi / 2)
    poses = motion.poses.copy()
    poses[:, 0] = turned.as_rotvec()
    features = encode(Motion(poses, motion.trans, 30.0))
    np.testing.assert_allclose(features[:, columns.yaw_velocity], -np.pi / 60, atol=1e-5)
    assert features[-1, columns.yaw] == pytest.approx(-1.5 * np.pi, abs=1e-4)
    np.testing.assert_allclose(from_start(features[30:])[:, 1], features[:61, 1], atol=1e-4)


@pytest.mark.parametrize(("step", "planted"), [(0.0446, 1.0), (0.0449, 0.0)])
def test_a_foot_is_planted_below_the_root_of_two_thousandths(standing, step, planted):
    motion = standing()
    motion.trans[:, 0] += step * np.arange(4)
    assert (encode(motion)[:, columns.contacts] == planted).all()


def test_the_tilt_follows_all_joints_where_they_disagree(dance):
    motion = dance(5)
    features = encode_full(motion)
    noisy = features.copy()
    noise = np.random.default_rng(0).normal(0, 0.02, noisy[:, 2 + columns.places.start :][
        :, :63].shape)  # fmt: skip
    noisy[:, 2 + columns.places.start : 2 + columns.places.stop] += noise
    assert degrees(decode(noisy).rotations()[:, :1], motion.rotations()[:, :1]) < 4


@given(st.integers(0, 10_000))
def test_columns_are_read_as_columns(seed):
    matrix = Rotation.random(random_state=seed).as_matrix()
    six = columns_of(matrix)
    np.testing.assert_allclose(six, [*matrix[:, 0], *matrix[:, 1]])
    np.testing.assert_allclose(matrix_of_columns(six), matrix, atol=1e-12)
    skewed = six * 3 + np.concatenate([np.zeros(3), six[:3]])
    np.testing.assert_allclose(matrix_of_columns(skewed), matrix, atol=1e-12)


def test_columns_on_one_line_are_no_rotation():
    assert np.isfinite(matrix_of_columns(np.zeros((2, 6)))).all()


def test_an_upright_shoulder_line_keeps_the_facing_of_before():
    joints = np.zeros((2, 22, 3))
    joints[0, [1, 16]] = [0, 0, 1]  # left towards +z: facing -x
    joints[1, [1, 16]] = [0, 1, 0]
    np.testing.assert_allclose(half_angles(joints), [np.pi / 4, np.pi / 4])


def test_what_cannot_be_encoded_or_decoded(standing):
    with pytest.raises(UnsuitableInput, match="60 per second"):
        encode(Motion(standing().poses, standing().trans, 60.0))
    with pytest.raises(UnsuitableInput, match="at least 2"):
        encode(standing(1))
    with pytest.raises(UnsuitableInput, match="263 wide"):
        decode(np.zeros((4, 263), np.float32))
