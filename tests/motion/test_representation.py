"""151 numbers per frame: encoding, contact labels, scaling."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from pipelines.body.skeleton import JOINT
from pipelines.motion import layout
from pipelines.motion.motion import Motion
from pipelines.motion.representation import Normalizer, Standardizer, decode, encode


def dance(seed, frames=12):
    """Every joint turns and the body travels; the root stands roughly upright."""
    rng = np.random.default_rng(seed)
    poses = np.cumsum(rng.normal(0, 0.05, (frames, 24, 3)), axis=0) + rng.normal(0, 0.4, (24, 3))
    heading = Rotation.from_euler("z", rng.uniform(-np.pi, np.pi))
    lean = Rotation.from_rotvec(rng.normal(0, 0.15, (frames, 3)))
    poses[:, 0] = (heading * lean * Rotation.from_euler("x", np.pi / 2)).as_rotvec()
    trans = np.array([1, 2, 0.9]) + np.cumsum(rng.normal(0, 0.02, (frames, 3)), axis=0)
    return Motion(poses.astype(np.float32), trans.astype(np.float32), 30.0)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000), frames=st.integers(1, 20))
def test_round_trip(seed, frames):
    motion = dance(seed, frames)
    back, contacts = decode(encode(motion), "Jazz")
    np.testing.assert_allclose(back.rotations(), motion.rotations(), atol=2e-6)
    np.testing.assert_array_equal(back.trans, motion.trans)
    assert (back.fps, back.genre, contacts.shape) == (30.0, "Jazz", (frames, 4))


def test_columns():
    motion = dance(0)
    features = encode(motion)
    assert (features.shape, features.dtype) == ((12, 151), np.float32)
    np.testing.assert_array_equal(features[:, layout.root], motion.trans)
    # Row-major 6D: the first two rows of each matrix, joint after joint.
    knee = features[:, layout.sixes].reshape(-1, 24, 6)[:, JOINT["left_knee"]]
    rows = motion.rotations()[:, JOINT["left_knee"], :2].reshape(-1, 6)
    np.testing.assert_allclose(knee, rows, atol=1e-6)
    assert set(np.unique(features[:, layout.contacts])) <= {0.0, 1.0}


def sliding(speeds):
    """The whole body moves along x at the given metres per second."""
    trans = np.zeros((len(speeds) + 1, 3), np.float32)
    trans[1:, 0] = np.cumsum(np.asarray(speeds) / 30)
    return Motion(np.zeros((len(trans), 24, 3), np.float32), trans, 30.0)


def test_a_foot_is_planted_below_three_tenths_of_a_metre_per_second():
    contacts = encode(sliding([0.0, 0.29, 0.31, 2.0, 0.1]))[:, layout.contacts]
    assert contacts[:, 0].tolist() == [1, 1, 0, 0, 1, 1]
    assert (contacts == contacts[:, :1]).all()


def test_the_last_frame_always_counts_as_planted():
    assert encode(sliding([5.0, 5.0]))[:, layout.contacts].tolist() == [[0] * 4, [0] * 4, [1] * 4]
    assert encode(sliding([]))[:, layout.contacts].tolist() == [[1] * 4]


def test_contacts_are_per_foot_point():
    poses = np.zeros((5, 24, 3), np.float32)
    poses[:, JOINT["left_knee"], 0] = np.arange(5) * 0.3  # the left shin swings
    poses[:, JOINT["right_ankle"], 0] = np.arange(5) * 0.3  # the right foot alone turns
    contacts = encode(Motion(poses, np.zeros((5, 3), np.float32), 30.0))[:4, layout.contacts]
    # left ankle, right ankle, left toes, right toes
    assert contacts.tolist() == [[0, 1, 0, 0]] * 4


def test_normalizer_scales_fits_and_clips():
    rng = np.random.default_rng(0)
    sequences = [rng.normal(0, 5, (20, 4)).astype(np.float32) for _ in range(3)]
    for sequence in sequences:
        sequence[:, 3] = 7.0
    normalizer = Normalizer.fit(sequences)
    stacked = np.concatenate(sequences)
    scaled = normalizer.transform(stacked)
    np.testing.assert_allclose(scaled[:, :3].min(0), -1, atol=1e-6)
    np.testing.assert_allclose(scaled[:, :3].max(0), 1, atol=1e-6)
    assert normalizer.scale[3] == 1.0
    assert np.isfinite(scaled).all()
    np.testing.assert_allclose(normalizer.inverse(scaled)[:, :3], stacked[:, :3], atol=1e-5)
    np.testing.assert_allclose(normalizer.inverse(scaled)[:, 3], 7.0)
    far = normalizer.transform(stacked * 100)
    assert (far.min(), far.max()) == (-1.0, 1.0)
    np.testing.assert_array_equal(
        normalizer.inverse(np.full((1, 4), 9.0)), normalizer.inverse(np.ones((1, 4)))
    )


def test_standardizer():
    rng = np.random.default_rng(1)
    music = (rng.normal(3, [0.1, 200, 1], (500, 3))).astype(np.float32)
    music[:, 2] = 4
    scaled = Standardizer.fit([music[:100], music[100:]]).transform(music)
    np.testing.assert_allclose(scaled[:, :2].mean(0), 0, atol=1e-4)
    np.testing.assert_allclose(scaled[:, :2].std(0), 1, atol=1e-4)
    np.testing.assert_allclose(scaled[:, 2], 0, atol=1e-5)


@pytest.mark.parametrize("rows", [[0.0] * 6, [1, 1, -1, 1, 1, -1], [0, 1, 0, 0, -1, 0]])
def test_two_rows_on_one_line_decode_to_no_turn(rows):
    features = encode(dance(0))
    before = decode(features)[0].poses
    features[3, layout.six(5)] = rows
    after = decode(features)[0].poses
    np.testing.assert_array_equal(after[3, 5], 0)
    after[3, 5] = before[3, 5]
    np.testing.assert_array_equal(after, before)


def test_a_rotation_that_the_rows_hardly_say_goes_from_the_one_before_to_the_one_after():
    """A turn by half a circle as the mean of before and after: rows that shrink, then grow."""
    motion = Motion(np.zeros((11, 24, 3), np.float32), np.zeros((11, 3), np.float32), 30.0)
    features = encode(motion)
    start, end = np.array([1.0, 0, 0, 0, 1, 0]), np.array([-1.0, 0, 0, 0, -1, 0])
    share = np.linspace(0, 1, 11)[:, None]
    wavering = (1 - share) * start + share * end + np.array([0, 0, 0.05, 0, 0, -0.05])
    features[:, layout.pelvis] = wavering
    followed, _ = decode(features)
    bridged, _ = decode(features, least_area=0.25)
    turned = [np.linalg.norm(Rotation.from_matrix(m.rotations()[:, 0]).inv().as_rotvec(), axis=-1)
              for m in (followed, bridged)]  # fmt: skip
    assert np.abs(np.diff(turned[0])).max() > 1.5
    assert np.abs(np.diff(turned[1])).max() < 0.9
    np.testing.assert_allclose(bridged.poses[:, 1:], 0, atol=1e-6)
    sure, _ = decode(encode(motion), least_area=0.25)
    np.testing.assert_array_equal(sure.poses, decode(encode(motion))[0].poses)
    features[:, layout.pelvis] = 0
    assert np.isfinite(decode(features, least_area=0.25)[0].poses).all()
