"""The neutral SMPL-X skeleton: sides, axes, and lengths that a person has."""

import numpy as np
import pytest

from pipelines.body.skeleton import JOINT
from pipelines.body.smplx_skeleton import SMPLX_NEUTRAL_REST, smplx_offsets


def test_left_is_on_plus_x_and_feet_point_to_plus_z():
    for name, joint in JOINT.items():
        if joint < 22 and "_" in name:
            assert np.sign(SMPLX_NEUTRAL_REST[joint, 0]) == (1 if name.startswith("left") else -1)
    feet = SMPLX_NEUTRAL_REST[[10, 11]] - SMPLX_NEUTRAL_REST[[7, 8]]
    assert (feet[:, 2] > 0.1).all() and (feet[:, 1] < 0).all()


def test_the_arms_are_level_and_the_pelvis_is_a_third_of_a_metre_below_the_origin():
    arms = SMPLX_NEUTRAL_REST[[20, 21]] - SMPLX_NEUTRAL_REST[[16, 17]]
    assert np.abs(arms[:, 1] / arms[:, 0]).max() < 0.1
    assert SMPLX_NEUTRAL_REST[0, 1] == pytest.approx(-0.351407)


def test_offsets_lead_from_parent_to_child_and_hands_end_at_the_wrist():
    offsets = smplx_offsets()
    leg = offsets[[1, 4, 7, 10]].sum(0) + SMPLX_NEUTRAL_REST[0]
    np.testing.assert_allclose(leg, SMPLX_NEUTRAL_REST[10])
    np.testing.assert_array_equal(offsets[[0, 22, 23]], 0)
