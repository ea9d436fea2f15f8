import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.body.rotations import (
    axis_angle_to_matrix,
    euler_as_vectors,
    matrix_from_6d,
    matrix_to_6d,
    matrix_to_axis_angle,
    quaternion_to_matrix,
    read_as_euler,
    resample_rotations,
)

SEEDS = st.integers(0, 10_000)


def random_matrices(seed, *shape):
    return axis_angle_to_matrix(np.random.default_rng(seed).normal(size=(*shape, 3)))


def test_a_quarter_turn_about_z_takes_x_to_y():
    turn = axis_angle_to_matrix(np.array([0, 0, np.pi / 2]))
    np.testing.assert_allclose(turn @ [1, 0, 0], [0, 1, 0], atol=1e-12)


def test_6d_is_the_first_two_rows():
    matrix = np.arange(9.0).reshape(3, 3)
    np.testing.assert_array_equal(matrix_to_6d(matrix), [0, 1, 2, 3, 4, 5])


@given(SEEDS)
def test_6d_and_axis_angle_round_trips(seed):
    matrices = random_matrices(seed, 2, 5)
    np.testing.assert_allclose(matrix_from_6d(matrix_to_6d(matrices)), matrices, atol=1e-12)
    vectors = matrix_to_axis_angle(matrices)
    assert vectors.shape == (2, 5, 3)
    assert np.linalg.norm(vectors, axis=-1).max() <= np.pi + 1e-9
    np.testing.assert_allclose(axis_angle_to_matrix(vectors), matrices, atol=1e-9)


@given(SEEDS)
def test_6d_of_any_two_vectors_becomes_a_rotation(seed):
    sixes = np.random.default_rng(seed).normal(size=(4, 6))
    matrices = matrix_from_6d(sixes)
    np.testing.assert_allclose(matrices @ np.swapaxes(matrices, -1, -2), [np.eye(3)] * 4, atol=1e-9)
    np.testing.assert_allclose(np.linalg.det(matrices), 1, atol=1e-9)


def test_quaternions_are_wxyz_and_need_not_be_unit():
    half = np.sqrt(0.5)
    expected = axis_angle_to_matrix(np.array([np.pi / 2, 0, 0]))
    np.testing.assert_allclose(
        quaternion_to_matrix(np.array([half, half, 0, 0])), expected, atol=1e-12
    )
    np.testing.assert_allclose(
        quaternion_to_matrix(np.array([5.0, 5.0, 0, 0])), expected, atol=1e-12
    )


@pytest.mark.parametrize(("time", "angle"), [(-1.0, 0.0), (0.25, 0.25), (0.5, 0.5), (9.0, 1.0)])
def test_resampling_goes_along_the_arc_at_even_speed_and_stops_at_the_ends(time, angle):
    ends = axis_angle_to_matrix(np.array([[0, 0, 0], [0, 0, 1.0]]))
    result = resample_rotations(ends, np.array([0.0, 1.0]), np.array([time]))
    np.testing.assert_allclose(matrix_to_axis_angle(result)[0], [0, 0, angle], atol=1e-9)


def test_resampling_at_its_own_times_changes_nothing_and_one_frame_is_held():
    matrices = random_matrices(3, 6, 24)
    times = np.arange(6) / 30
    np.testing.assert_allclose(resample_rotations(matrices, times, times), matrices, atol=1e-9)
    assert resample_rotations(matrices[:1], times[:1], times).shape == (6, 24, 3, 3)


@given(SEEDS)
def test_reading_as_euler_angles_is_right_about_one_axis_alone(seed):
    random = np.random.default_rng(seed)
    a, b, c = random.uniform(-1.5, 1.5, 3)
    for axis, angle in enumerate((a, b, c)):
        vector = np.eye(3)[axis] * angle
        np.testing.assert_allclose(read_as_euler(vector), axis_angle_to_matrix(vector), atol=1e-12)
    x, y, z = (axis_angle_to_matrix(np.eye(3)[k] * v) for k, v in enumerate((a, b, c)))
    mistaken = read_as_euler(np.array([[a, b, c]]))
    assert mistaken.shape == (1, 3, 3)
    np.testing.assert_allclose(mistaken[0], z @ y @ x, atol=1e-12)


@given(SEEDS)
def test_what_was_read_as_euler_angles_comes_back(seed):
    vectors = np.random.default_rng(seed).uniform(-1.5, 1.5, (4, 2, 3))
    np.testing.assert_allclose(euler_as_vectors(read_as_euler(vectors)), vectors, atol=1e-9)
    wild = np.array([[0.3, 2.5, -0.2]])
    matrices = read_as_euler(wild)
    np.testing.assert_allclose(read_as_euler(euler_as_vectors(matrices)), matrices, atol=1e-9)
