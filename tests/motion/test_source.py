"""Foreign skeletons: forward kinematics against closed forms, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from pipelines.body.skeleton import JOINT_NAMES, OFFSETS, PARENTS, forward_kinematics
from pipelines.motion.source import SourceMotion
from pipelines.support.errors import UnsuitableInput


def arm(degrees: list[float]) -> SourceMotion:
    """A chain of three joints along x, a metre apart; every joint turns about z by the angle."""
    turns = Rotation.from_rotvec(np.outer(np.radians(degrees), [0, 0, 1.0])).as_matrix()
    return SourceMotion(
        names=("shoulder", "elbow", "hand"),
        parents=(-1, 0, 1),
        offsets=np.array([[0.0, 0, 0], [1, 0, 0], [1, 0, 0]]),
        rotations=np.repeat(turns[:, None], 3, axis=1),
        root=np.tile([0.0, 0.0, 5.0], (len(degrees), 1)),
        fps=30.0,
        path="arm.bvh",
    )


def test_a_planar_arm_has_its_closed_form():
    degrees = [0.0, 30.0, 90.0, -45.0]
    positions, turns = arm(degrees).pose()
    a = np.radians(degrees)
    np.testing.assert_allclose(positions[:, 0], np.tile([0, 0, 5.0], (4, 1)))
    np.testing.assert_allclose(
        positions[:, 1, :2], np.stack([np.cos(a), np.sin(a)], -1), atol=1e-12
    )
    hand = np.stack([np.cos(a) + np.cos(2 * a), np.sin(a) + np.sin(2 * a)], -1)
    np.testing.assert_allclose(positions[:, 2, :2], hand, atol=1e-12)
    # The hand's own turn is the sum of all three.
    np.testing.assert_allclose(turns[:, 2, 0, 0], np.cos(3 * a), atol=1e-12)


def test_our_skeleton_as_a_foreign_one_poses_alike():
    turns = Rotation.random(5 * 24, random_state=1).as_matrix().reshape(5, 24, 3, 3)
    trans = np.random.default_rng(0).normal(size=(5, 3))
    source = SourceMotion(JOINT_NAMES, PARENTS, OFFSETS, turns, trans, 30.0)
    for ours, theirs in zip(source.pose(), forward_kinematics(turns, trans), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-12)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000))
def test_translations_that_are_the_offsets_change_nothing(seed):
    rng = np.random.default_rng(seed)
    still = arm(list(rng.uniform(-180, 180, 6)))
    told = replace(still, translations=np.tile(still.offsets, (6, 1, 1)))
    for ours, theirs in zip(still.pose(), told.pose(), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-12)


def test_a_bone_that_grows_moves_its_children_along_it():
    source = arm([90.0, 90.0])
    translations = np.tile(source.offsets, (2, 1, 1))
    translations[1, 1] = [3.0, 0, 0]
    positions, _ = replace(source, translations=translations).pose()
    np.testing.assert_allclose(
        positions[1] - positions[0], [[0, 0, 0], [0, 2, 0], [0, 2, 0]], atol=1e-12
    )


def test_rest_positions_are_sums_of_offsets_and_forget_the_root():
    source = arm([77.0])
    np.testing.assert_allclose(source.rest_positions(), [[0, 0, 0], [1, 0, 0], [2, 0, 0]])
    shifted = replace(source, offsets=np.array([[9.0, 9, 9], [1, 0, 0], [1, 0, 0]]))
    np.testing.assert_allclose(shifted.rest_positions(), source.rest_positions())


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"rotations": np.zeros((0, 3, 3, 3))}, "arm.bvh: holds no frames"),
        ({"fps": 0.0}, "frame rate 0.0 is not plausible"),
        ({"fps": -30.0}, "not plausible"),
        ({"fps": 1001.0}, "not plausible"),
        ({"fps": float("nan")}, "not plausible"),
        ({"root": np.array([[0, np.nan, 0]])}, "arm.bvh: holds NaN or infinity"),
        ({"offsets": np.full((3, 3), np.inf)}, "holds NaN or infinity"),
        ({"translations": np.full((1, 3, 3), np.nan)}, "holds NaN or infinity"),
    ],
)
def test_what_cannot_be_danced_is_refused(change, says):
    with pytest.raises(UnsuitableInput, match=says):
        replace(arm([0.0]), **change).validate()


def test_a_sound_source_validates_to_itself():
    source = arm([1.0, 2.0])
    assert source.validate() is source
    assert replace(source, fps=1000.0).validate().fps == 1000.0
