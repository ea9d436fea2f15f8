import numpy as np
import pytest
import torch

from pipelines.body.rotations import axis_angle_to_matrix, matrix_to_axis_angle
from pipelines.foot_restoration import columns
from pipelines.foot_restoration.encoding import (
    encode,
    headings,
    integrated,
    path,
    posed,
    recovered,
    turned,
    turned_by,
)


@pytest.fixture
def encoded(dance):
    motion = dance(frames=50)
    return motion, torch.from_numpy(encode(motion))[None]


def in_the_world(places_T3, motion):
    """Places that were found from 0 on, where the motion really is."""
    whole = turned(places_T3, np.full(len(places_T3), headings(motion)[0]))
    start = [*motion.trans[0, :2], 0]
    return whole + start


def test_root_and_places_give_the_feet_back(encoded):
    motion, x_1TK = encoded
    feet = recovered(x_1TK, columns.FEET)[0].double().numpy()
    np.testing.assert_allclose(
        in_the_world(feet, motion), motion.joints()[:, list(columns.FEET)], atol=2e-5
    )


def test_ways_add_up_to_the_same_places(encoded):
    motion, x_1TK = encoded
    way = in_the_world(integrated(x_1TK, columns.LEGS)[0].double().numpy(), motion)
    legs = motion.joints()[:, list(columns.LEGS)]
    start = [*motion.trans[0, :2], 0]
    np.testing.assert_allclose(way - start, legs - legs[:1], atol=2e-5)


def test_rotations_give_the_same_places(encoded):
    _, x_1TK = encoded
    local = x_1TK[..., columns.positions(columns.LEGS)].unflatten(-1, (6, 3))
    torch.testing.assert_close(posed(x_1TK), local, atol=2e-6, rtol=0)


@pytest.mark.parametrize(("angle", "x", "y"), [(0.0, 3.0, -1.0), (2.5, 0.0, 0.0), (-3.1, 1, 2)])
def test_where_it_stands_and_faces_makes_no_difference(dance, angle, x, y):
    motion = dance(frames=12)
    turn = axis_angle_to_matrix(np.array([0, 0, angle]))
    poses, trans = motion.poses.copy(), motion.trans @ turn.T
    poses[:, 0] = matrix_to_axis_angle(turn @ motion.rotations()[:, 0])
    moved = type(motion)(poses, (trans + np.array([x, y, 0])).astype(np.float32), motion.fps)
    np.testing.assert_allclose(encode(moved), encode(motion), atol=2e-5)


def test_the_path_starts_at_nothing_and_follows_the_root(encoded):
    motion, x_1TK = encoded
    angle, root = (part[0].double().numpy() for part in path(x_1TK))
    assert angle[0] == 0 and (root[0, :2] == 0).all()
    np.testing.assert_allclose(angle, headings(motion) - headings(motion)[0], atol=1e-5)
    np.testing.assert_allclose(in_the_world(root, motion), motion.joints()[:, 0], atol=2e-5)


def test_headings_turn_on_without_jumps(dance):
    motion = dance(frames=80)
    poses = motion.poses.copy()
    spin = axis_angle_to_matrix(np.arange(80)[:, None] * [0, 0, 0.2])
    poses[:, 0] = matrix_to_axis_angle(spin @ motion.rotations()[:, 0])
    found = headings(type(motion)(poses, motion.trans, 30.0))
    np.testing.assert_allclose(found - headings(motion), 0.2 * np.arange(80), atol=1e-5)


def test_both_turns_are_the_same_turn():
    rng = np.random.default_rng(0)
    vectors, angle = rng.normal(size=(5, 2, 3)), rng.normal(size=5)
    of_tensors = turned_by(torch.from_numpy(vectors), torch.from_numpy(angle)[:, None])
    np.testing.assert_allclose(of_tensors.numpy(), turned(vectors, angle), atol=1e-12)
