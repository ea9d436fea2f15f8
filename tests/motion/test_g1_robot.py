"""The robot's joints: order, mirror, and kinematics beside MuJoCo's of Unitree's own file."""

import numpy as np
import pytest

from pipelines.body.rotations import quaternion_to_matrix
from pipelines.motion.g1_robot import (
    G1,
    G1_JOINTS,
    G1_LIMITS,
    G1_PARENTS,
    carried_by,
    g1_axes,
    g1_pose,
)

# Printed by MuJoCo 4.0 from Unitree's g1_29dof.xml, for the angles of `turned`.
MUJOCO = {
    "left_ankle_roll": ([0.78849, 0.36067, 0.80668], [-0.29904, 0.29913, -0.90614]),
    "right_ankle_roll": ([0.81082, 0.42629, 0.59001], [0.35684, -0.22794, -0.90593]),
    "waist_pitch": ([0.05783, 0.1679, 0.81039], [0.63105, -0.50801, -0.58626]),
    "left_wrist_yaw": ([-0.02208, 0.39083, 1.01965], [-0.17255, -0.82748, 0.53433]),
    "right_wrist_yaw": ([-0.01839, 0.24078, 0.8679], [-0.57495, 0.20967, 0.79087]),
    "left_elbow": ([-0.10397, 0.26348, 0.92008], [0.50664, -0.86087, -0.04705]),
}


@pytest.fixture(scope="module")
def turned():
    angles = np.clip(np.linspace(-0.5, 0.9, 29), *G1_LIMITS.T)
    turn = quaternion_to_matrix(np.array([[0.8, 0.36, -0.48, 0.0]]))
    return g1_pose(angles[None], turn, np.array([[0.1, 0.2, 0.8]]))


@pytest.mark.parametrize("joint", MUJOCO)
def test_links_are_where_mujoco_has_them(turned, joint):
    places, turns = turned
    place, first_row = MUJOCO[joint]
    np.testing.assert_allclose(places[0, G1[joint]], place, atol=2e-5)
    np.testing.assert_allclose(turns[0, G1[joint], 0], first_row, atol=2e-5)


def test_the_order_is_that_of_unitrees_files():
    assert len(G1_JOINTS) == 29
    assert G1_JOINTS[0] == "left_hip_pitch_joint" and G1_JOINTS[11] == "right_ankle_roll_joint"
    assert G1_JOINTS[12:15] == ("waist_yaw_joint", "waist_roll_joint", "waist_pitch_joint")
    assert G1_JOINTS[15] == "left_shoulder_pitch_joint"
    assert G1_JOINTS[28] == "right_wrist_yaw_joint"
    assert [G1_PARENTS[n] for n in (0, 6, 12, 15, 22)] == [-1, -1, -1, 14, 14]


def test_the_right_side_is_the_left_seen_in_a_mirror():
    angles = np.random.default_rng(0).uniform(-0.3, 0.3, 29)
    mirrored = angles.copy()
    for name, joint in G1.items():
        sign = 1 if name.endswith(("pitch", "knee", "elbow")) else -1
        other = name.replace("left", "?").replace("right", "left").replace("?", "right")
        mirrored[G1[other]] = sign * angles[joint]
    still = np.eye(3)[None], np.zeros((1, 3))
    left = g1_pose(angles[None], *still)[0][0, G1["left_wrist_yaw"]]
    right = g1_pose(mirrored[None], *still)[0][0, G1["right_wrist_yaw"]]
    np.testing.assert_allclose(right, left * [1, -1, 1], atol=1e-9)


def test_at_zero_it_stands_straight_with_forearms_forward():
    places, _ = g1_pose(np.zeros((1, 29)), np.eye(3)[None], np.array([[0, 0, 0.793]]))
    foot = places[0, G1["left_ankle_roll"]]
    assert foot[2] == pytest.approx(0.035, abs=3e-3), "soles on the floor"
    assert foot[0] == pytest.approx(0, abs=1e-3)
    forearm = places[0, G1["left_wrist_yaw"]] - places[0, G1["left_elbow"]]
    assert forearm[0] > 0.18 and np.abs(forearm[1:]).max() < 0.02


def test_a_small_turn_of_a_joint_moves_what_it_carries_about_its_axis(turned):
    angles = np.clip(np.linspace(-0.5, 0.9, 29), *G1_LIMITS.T)
    turn, place = quaternion_to_matrix(np.array([[0.8, 0.36, -0.48, 0.0]])), np.zeros((1, 3))
    before, turns = g1_pose(angles[None], turn, place)
    axes, carried = g1_axes(turns)[0], carried_by()
    for joint in (G1["left_hip_roll"], G1["waist_yaw"], G1["right_elbow"]):
        changed = angles.copy()
        changed[joint] += 1e-6
        moved = (g1_pose(changed[None], turn, place)[0] - before)[0] / 1e-6
        wanted = np.cross(axes[joint], before[0] - before[0, joint]) * carried[:, joint, None]
        np.testing.assert_allclose(moved, wanted, atol=1e-5)
