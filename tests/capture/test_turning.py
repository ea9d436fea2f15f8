"""Rotations from directions, and their calming."""

import numpy as np
import pytest

from pipelines.body.rotations import axis_angle_to_matrix, matrix_to_axis_angle
from pipelines.capture.turning import arc, calmed, frame_of, skew, unit


@pytest.fixture
def vectors():
    return np.random.default_rng(0).normal(size=(2, 20, 3))


def test_an_arc_leads_from_one_direction_to_the_other(vectors):
    one, other = map(unit, vectors)
    np.testing.assert_allclose((arc(one, other) @ one[..., None])[..., 0], other, atol=1e-9)


def test_skew_is_the_cross_product(vectors):
    np.testing.assert_allclose((skew(vectors[0]) @ vectors[1][..., None])[..., 0],
                               np.cross(*vectors))  # fmt: skip


def test_a_frame_is_a_rotation_with_its_first_axis_kept(vectors):
    frame = frame_of(*vectors)
    np.testing.assert_allclose(np.linalg.det(frame), 1.0)
    np.testing.assert_allclose(frame[..., 0], unit(vectors[0]))
    assert (np.einsum("ti,ti->t", frame[..., 1], vectors[1]) > 0).all()


def test_a_steady_turn_is_calm_already():
    turn = np.zeros((200, 3))
    turn[:, 2] = np.linspace(0, 4 * np.pi, 200)  # over half a turn, where quaternions change sign
    matrices = axis_angle_to_matrix(turn)
    off = matrix_to_axis_angle(np.swapaxes(matrices, -1, -2) @ calmed(matrices, 2.0))
    assert np.abs(off[10:-10]).max() < 1e-6


def test_trembling_is_calmed():
    tremble = 0.2 * np.random.default_rng(0).normal(size=(300, 3))
    calm = matrix_to_axis_angle(calmed(axis_angle_to_matrix(tremble), 3.0))
    assert calm.std() < 0.4 * tremble.std()
