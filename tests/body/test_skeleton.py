import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipelines.body.rotations import axis_angle_to_matrix
from pipelines.body.skeleton import (
    JOINT,
    JOINT_NAMES,
    MIRROR,
    OFFSETS,
    PARENTS,
    TO_Z_UP,
    forward_kinematics,
)

REST = np.tile(np.eye(3), (1, 24, 1, 1))


def test_rest_pose_has_the_golden_positions_of_the_spec():
    positions, _ = forward_kinematics(REST, np.zeros((1, 3)))
    golden = {
        "left_knee": (0.10203, -0.46875, -0.00963),
        "left_ankle": (0.08724, -0.89562, -0.04706),
        "left_foot": (0.12830, -0.95591, 0.07499),
        "right_foot": (-0.11935, -0.95635, 0.07738),
        "head": (0.00339, 0.61897, 0.00823),
        "left_wrist": (0.72233, 0.47465, -0.07698),
    }
    for name, place in golden.items():
        np.testing.assert_allclose(positions[0, JOINT[name]], place, atol=1.1e-5, err_msg=name)


def test_the_pelvis_stands_exactly_where_trans_says():
    positions, _ = forward_kinematics(REST, np.array([[1.0, 2.0, 3.0]]))
    np.testing.assert_array_equal(positions[0, 0], [1, 2, 3])


def test_turning_to_z_up_makes_a_dancer_face_minus_y_with_left_on_plus_x():
    rotations = REST.copy()
    rotations[:, 0] = TO_Z_UP
    positions, _ = forward_kinematics(rotations, np.zeros((1, 3)))
    assert positions[0, JOINT["head"], 2] > 0.6
    assert positions[0, JOINT["left_wrist"], 0] > 0.7
    assert positions[0, JOINT["left_foot"], 1] < positions[0, JOINT["left_ankle"], 1] - 0.1


def test_parents_come_before_children_and_mirror_swaps_sides():
    assert all(parent < joint for joint, parent in enumerate(PARENTS))
    assert [MIRROR[MIRROR[joint]] for joint in range(24)] == list(range(24))
    assert JOINT_NAMES[MIRROR[JOINT["left_wrist"]]] == "right_wrist"
    assert MIRROR[JOINT["spine2"]] == JOINT["spine2"]


@given(st.integers(0, 10_000))
def test_bones_keep_their_length_in_any_pose(seed):
    rng = np.random.default_rng(seed)
    rotations = axis_angle_to_matrix(rng.normal(size=(3, 24, 3)))
    positions, turned = forward_kinematics(rotations, rng.normal(size=(3, 3)))
    for joint, parent in enumerate(PARENTS):
        if parent >= 0:
            lengths = np.linalg.norm(positions[:, joint] - positions[:, parent], axis=-1)
            np.testing.assert_allclose(lengths, np.linalg.norm(OFFSETS[joint]), atol=1e-12)
    np.testing.assert_allclose(
        turned @ np.swapaxes(turned, -1, -2), np.eye(3) + turned * 0, atol=1e-9
    )
