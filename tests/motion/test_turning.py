"""Encoded motion turned about the vertical and brought to face the front."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from pipelines.body.skeleton import JOINT
from pipelines.motion import layout
from pipelines.motion.motion import Motion
from pipelines.motion.representation import decode, encode
from pipelines.motion.turning import face_front, turn, turned_every_way

seeds = st.integers(0, 10_000)


def dance(seed, frames=12):
    """Every joint turns and the body travels; the root stands roughly upright."""
    rng = np.random.default_rng(seed)
    poses = np.cumsum(rng.normal(0, 0.05, (frames, 24, 3)), axis=0) + rng.normal(0, 0.4, (24, 3))
    heading = Rotation.from_euler("z", rng.uniform(-np.pi, np.pi))
    lean = Rotation.from_rotvec(rng.normal(0, 0.15, (frames, 3)))
    poses[:, 0] = (heading * lean * Rotation.from_euler("x", np.pi / 2)).as_rotvec()
    trans = np.array([1, 2, 0.9]) + np.cumsum(rng.normal(0, 0.02, (frames, 3)), axis=0)
    return encode(Motion(poses.astype(np.float32), trans.astype(np.float32), 30.0))


def turned(features, angle):
    batch = features[None].copy()
    turn(batch, np.array([angle], np.float32))
    return batch[0]


def facing_front(features):
    batch = features[None].copy()
    face_front(batch)
    return batch[0]


def joints(features):
    return decode(features)[0].joints()


@settings(max_examples=30, deadline=None, derandomize=True)
@given(seed=seeds, angle=st.floats(-4, 4))
def test_turning_turns_the_joints_about_the_vertical(seed, angle):
    features = dance(seed)
    expected = Rotation.from_euler("z", angle).apply(joints(features).reshape(-1, 3))
    np.testing.assert_allclose(joints(turned(features, angle)).reshape(-1, 3), expected, atol=2e-5)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(seed=seeds, angle=st.floats(-10, 10), x=st.floats(-9, 9))
def test_face_front_forgets_place_and_heading_only(seed, angle, x):
    features = dance(seed)
    front = facing_front(features)
    moved = turned(features, angle)
    moved[:, layout.root_x] += np.float32(x)
    np.testing.assert_allclose(joints(facing_front(moved)), joints(front), atol=5e-5)
    np.testing.assert_allclose(front[:, layout.root_xy].mean(0), 0, atol=1e-5)
    kept = np.r_[layout.contacts, layout.root_z, layout.heading.stop : layout.WIDTH]
    np.testing.assert_array_equal(front[:, kept], features[:, kept])


def test_windows_are_turned_each_by_its_own_angle():
    batch = np.stack([dance(seed) for seed in range(3)])
    alone = [facing_front(window) for window in batch]
    face_front(batch)
    np.testing.assert_array_equal(batch, alone)


def test_the_rest_pose_faces_front_already():
    poses = np.zeros((3, 24, 3), np.float32)
    poses[:, 0, 0] = np.pi / 2
    features = encode(Motion(poses, np.zeros((3, 3), np.float32), 30.0))
    np.testing.assert_allclose(facing_front(features), features, atol=1e-6)
    toes, pelvis = joints(turned(features, np.pi / 2))[0, [JOINT["left_foot"], JOINT["pelvis"]]]
    assert toes[0] - pelvis[0] > 0.05  # from facing -y a quarter turn to the left faces +x


def test_the_extremes_over_all_angles_bound_every_turn_and_are_reached():
    features = dance(5)
    every = turned_every_way(features)
    angles = np.linspace(-np.pi, np.pi, 721)
    found = np.concatenate([turned(features, angle) for angle in angles])
    assert (found.min(0) >= every.min(0) - 1e-5).all()
    assert (found.max(0) <= every.max(0) + 1e-5).all()
    np.testing.assert_allclose(found.max(0), every.max(0), atol=1e-3)
