"""Joints in the world, against the exact recovery and against a hand-made path."""

import numpy as np
import torch

from pipelines.body.skeleton import TO_Z_UP
from pipelines.motion_expert.infinitedance import columns
from pipelines.motion_expert.infinitedance.features import decode, encode
from pipelines.motion_expert.infinitedance.recovery import world_joints


def test_the_same_as_the_exact_recovery(dance):
    features = np.stack([encode(dance(seed)) for seed in range(3)])
    joints = world_joints(torch.from_numpy(features)).numpy()
    for window, found in zip(features, joints, strict=True):
        expected = decode(window).joints()[:, :22] @ TO_Z_UP
        np.testing.assert_allclose(found, expected, atol=1e-4)


def test_gradients_reach_the_velocities_of_the_root():
    features = torch.zeros(1, 5, columns.WIDTH, requires_grad=True)
    world_joints(features)[0, -1, 0, 0].backward()
    # x at the end is the sum of the steps before it; the last step leads nowhere.
    assert features.grad[0, :, columns.ground_velocity.start].tolist() == [1, 1, 1, 1, 0]
