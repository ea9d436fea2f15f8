"""Forward kinematics on tensors against the skeleton's, and its gradients."""

from itertools import pairwise

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.body import kinematics
from pipelines.body.rotations import axis_angle_to_matrix, matrix_to_6d
from pipelines.body.skeleton import JOINT, PARENTS, forward_kinematics


@settings(max_examples=20, deadline=None, derandomize=True)
@given(batch=st.integers(1, 3), frames=st.integers(1, 6), seed=st.integers(0, 1000))
def test_same_as_the_skeletons(batch, frames, seed):
    rng = np.random.default_rng(seed)
    rotations = axis_angle_to_matrix(rng.normal(0, 1, (batch, frames, 24, 3)))
    root = rng.normal(0, 1, (batch, frames, 3))
    sixes = torch.from_numpy(matrix_to_6d(rotations).reshape(batch, frames, 144))
    found = kinematics.joint_positions(torch.from_numpy(root), sixes)
    for sample in range(batch):
        expected, _ = forward_kinematics(rotations[sample], root[sample])
        np.testing.assert_allclose(found[sample], expected, atol=1e-6)


def test_rest_pose_golden_values():
    """docs/reference/body.md#skeleton: identity rotations, root at the origin, y up."""
    sixes = torch.tensor([1.0, 0, 0, 0, 1, 0]).repeat(24)[None, None]
    rest = kinematics.joint_positions(torch.zeros(1, 1, 3), sixes)[0, 0]
    for name, place in {
        "left_ankle": (0.08724, -0.89562, -0.04706), "left_foot": (0.12830, -0.95591, 0.07499),
        "head": (0.00339, 0.61897, 0.00823), "left_wrist": (0.72233, 0.47465, -0.07698),
    }.items():  # fmt: skip
        np.testing.assert_allclose(rest[JOINT[name]], place, atol=1e-5)


def test_levels_hold_every_joint_once_after_its_parent():
    levels = [list(range(24))[level] for level in kinematics._LEVELS]
    order = [joint for level in levels for joint in level]
    assert sorted(order) == list(range(1, 24))
    for before, level in pairwise([[0], *levels]):
        assert all(PARENTS[joint] in before for joint in level)


def test_any_six_numbers_give_a_rotation():
    sixes = torch.randn(50, 6, generator=torch.Generator().manual_seed(0)) * 10
    matrices = kinematics.matrix_from_6d(sixes)
    identity = torch.eye(3).expand(50, 3, 3)
    assert torch.allclose(matrices @ matrices.transpose(-1, -2), identity, atol=1e-5)
    assert torch.allclose(torch.linalg.det(matrices), torch.ones(50), atol=1e-5)
    assert torch.isfinite(kinematics.matrix_from_6d(torch.zeros(1, 6))).all()


def test_gradients():
    make = torch.Generator().manual_seed(0)
    root = torch.randn(1, 1, 3, generator=make, dtype=torch.float64, requires_grad=True)
    sixes = torch.randn(1, 1, 144, generator=make, dtype=torch.float64, requires_grad=True)
    offsets32 = 1e-6  # offsets are stored in single precision, which gradients do not see
    assert torch.autograd.gradcheck(kinematics.joint_positions, (root, sixes), atol=offsets32)
