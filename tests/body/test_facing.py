"""Which way a dancer faces."""

import numpy as np
import pytest

from pipelines.body.camera import looking_at
from pipelines.body.facing import forward_of, front_heading, heading
from pipelines.body.rotations import axis_angle_to_matrix
from pipelines.body.skeleton import forward_kinematics


@pytest.fixture(params=[0.0, 0.8, -2.5])
def turned(request):
    """Five frames of the rest pose turned about the vertical, and by how much."""
    poses = np.zeros((5, 24, 3))
    poses[:, 0] = [np.pi / 2, 0, 0]
    rotations = axis_angle_to_matrix(poses)
    rotations[:, 0] = axis_angle_to_matrix(np.array([0, 0, request.param])) @ rotations[:, 0]
    return rotations, request.param


def test_a_body_faces_where_its_own_z_axis_points(turned):
    rotations, angle = turned
    np.testing.assert_allclose(heading(forward_of(rotations[:, 0])), angle, atol=1e-12)


def test_joints_alone_tell_the_same_but_for_a_crooked_skeleton(turned):
    rotations, angle = turned
    joints, _ = forward_kinematics(rotations, np.zeros((5, 3)))
    assert front_heading(joints) == pytest.approx(angle, abs=0.05)


def test_a_camera_of_that_heading_looks_into_the_face(turned):
    rotations, angle = turned
    np.testing.assert_allclose(looking_at(angle)[2], -forward_of(rotations[0, 0]), atol=1e-12)


def test_zero_faces_minus_y_and_a_quarter_faces_plus_x():
    assert heading(np.array([0.0, -1.0])) == 0
    assert heading(np.array([1.0, 0.0, 7.0])) == pytest.approx(np.pi / 2)
