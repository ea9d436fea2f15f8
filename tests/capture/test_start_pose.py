"""A first pose points every bone where the landmarks lie."""

import numpy as np
from made_landmarks import known_dance, landmarks_of

from pipelines.body.rotations import axis_angle_to_matrix
from pipelines.body.skeleton import JOINT, OFFSETS, forward_kinematics
from pipelines.capture.start_pose import HINGES, local_of, start_pose
from pipelines.capture.turning import dot, unit


def test_limbs_point_where_their_landmarks_do():
    found = landmarks_of(known_dance(30))
    joints, _ = forward_kinematics(start_pose(found.world), np.zeros((30, 3)), OFFSETS)
    for bone, marks in ((("left_knee", "left_ankle"), (25, 27)),
                        (("right_elbow", "right_wrist"), (14, 16))):  # fmt: skip
        ours = unit(joints[:, JOINT[bone[1]]] - joints[:, JOINT[bone[0]]])
        theirs = unit(found.world[:, marks[1]] - found.world[:, marks[0]])
        assert np.degrees(np.arccos(dot(ours, theirs).min())) < 12


def test_knees_and_elbows_only_bend():
    rotations = start_pose(landmarks_of(known_dance(10)).world)
    for joint, axis in HINGES.items():
        turned = rotations[:, joint] @ np.array(axis)
        np.testing.assert_allclose(turned, np.tile(axis, (10, 1)), atol=1e-9)


def test_local_rotations_lead_back_to_the_global_ones():
    local = axis_angle_to_matrix(np.random.default_rng(0).normal(size=(3, 24, 3)))
    _, turned = forward_kinematics(local, np.zeros((3, 3)))
    np.testing.assert_allclose(local_of(turned), local, atol=1e-9)
