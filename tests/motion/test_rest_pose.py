"""Other rest poses: every joint stays where it was, and the new rest is as straight as it says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from pipelines.body.mesh import SOLE_METRES
from pipelines.body.skeleton import JOINT, OFFSETS, forward_kinematics
from pipelines.motion.rest_pose import reposed, sole_height


@settings(max_examples=20)
@given(seed=st.integers(0, 999), droop=st.floats(0, 1.5), size=st.floats(0.5, 2))
def test_every_joint_stays_where_it_was(seed, droop, size):
    turns = Rotation.random(2 * 24, random_state=seed).as_matrix().reshape(2, 24, 3, 3)
    trans = np.random.default_rng(seed).normal(size=(2, 3))
    found = reposed(turns, OFFSETS * size, droop)
    before = forward_kinematics(turns, trans, OFFSETS * size)[0]
    after = forward_kinematics(found.rotations, trans, found.offsets)[0]
    np.testing.assert_allclose(after, before, atol=1e-12)


@pytest.mark.parametrize("droop", [0.0, 0.6])
def test_limbs_rest_along_the_axes(droop):
    offsets = reposed(np.tile(np.eye(3), (1, 24, 1, 1)), OFFSETS, droop).offsets
    for side, sign in (("left", 1), ("right", -1)):
        for name in ("knee", "ankle"):
            bone = offsets[JOINT[f"{side}_{name}"]]
            np.testing.assert_allclose(bone / np.linalg.norm(bone), [0, -1, 0], atol=1e-12)
        for name in ("elbow", "wrist", "hand"):
            bone = offsets[JOINT[f"{side}_{name}"]]
            arm = [sign * np.cos(droop), -np.sin(droop), 0]
            np.testing.assert_allclose(bone / np.linalg.norm(bone), arm, atol=1e-12)
        foot = offsets[JOINT[f"{side}_foot"]]
        assert foot[2] > 0.1 and foot[0] == pytest.approx(0, abs=1e-12)


def test_our_rest_is_as_crooked_as_the_reference_says():
    arm, leg = OFFSETS[JOINT["left_elbow"]], OFFSETS[JOINT["left_knee"]]
    np.testing.assert_allclose(arm / np.linalg.norm(arm), [0.994, -0.061, -0.089], atol=1e-3)
    np.testing.assert_allclose(leg / np.linalg.norm(leg), [0.111, -0.994, 0.021], atol=1e-3)
    out = [np.degrees(np.arctan2(OFFSETS[j, 0], OFFSETS[j, 2])) for j in (10, 11)]
    np.testing.assert_allclose(out, [19, -15], atol=0.5)


def test_mounts_are_the_constant_turn_between_old_and_new_global_rotations():
    turns = Rotation.random(24, random_state=1).as_matrix()[None]
    found = reposed(turns, OFFSETS, 0.4)
    before = forward_kinematics(turns, np.zeros((1, 3)))[1]
    after = forward_kinematics(found.rotations, np.zeros((1, 3)), found.offsets)[1]
    np.testing.assert_allclose(after[0], before[0] @ found.mounts, atol=1e-12)


def test_bones_without_length_turn_with_their_parent():
    offsets = OFFSETS.copy()
    offsets[[22, 23]] = 0
    found = reposed(np.tile(np.eye(3), (1, 24, 1, 1)), offsets)
    np.testing.assert_allclose(found.mounts[20], found.mounts[18])
    assert np.isfinite(found.rotations).all()


def test_the_pelvis_stands_as_high_as_legs_and_sole_are_long():
    assert sole_height(OFFSETS, 0.0) == pytest.approx(0.956, abs=1e-3)
    straight = reposed(np.tile(np.eye(3), (1, 24, 1, 1)), OFFSETS).offsets
    assert sole_height(straight, SOLE_METRES) == pytest.approx(0.978, abs=1e-3)
