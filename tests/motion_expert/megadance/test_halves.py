"""Splitting the body and its way, and putting both together again."""

import numpy as np
import torch

from pipelines.motion.representation import encode
from pipelines.motion_expert.megadance.halves import (
    LOWER,
    UPPER,
    HalfScaling,
    join,
    root_way,
    split,
)


def test_every_joint_is_in_one_half():
    assert sorted(UPPER + LOWER) == list(range(24))


def test_split_and_joined_it_is_the_same(dances):
    x = torch.from_numpy(encode(dances().motion))[None]
    up, down = split(x)
    assert (up.shape, down.shape) == ((1, 96, 90), (1, 96, 57))
    velocity, sixes = join(up, down)
    torch.testing.assert_close(sixes, x[..., 7:])
    torch.testing.assert_close(velocity[:, :-1], x[..., 4:7].diff(dim=1))
    assert not velocity[:, -1].any()
    torch.testing.assert_close(root_way(velocity) + x[:, :1, 4:7], x[..., 4:7], atol=1e-5, rtol=0)


def test_rotations_share_one_deviation_and_every_column_has_its_own_mean(dances):
    x = np.stack([encode(dances(seed=n).motion) for n in (0, 1)])
    scaling = HalfScaling.fit(x)
    steps = np.diff(x[..., 4:7], axis=1)
    np.testing.assert_allclose(scaling.up_std, x[..., 7:].std(), rtol=1e-5)
    np.testing.assert_allclose(scaling.down_std[:3], steps.std(), rtol=1e-4)
    np.testing.assert_allclose(scaling.down_mean[:3], steps.mean((0, 1)), atol=1e-6)
    up, down = split(torch.from_numpy(x))
    np.testing.assert_allclose(scaling.up_mean, up.mean((0, 1)), atol=1e-5)
    np.testing.assert_allclose(scaling.down_mean[3:], down[..., 3:].mean((0, 1)), atol=1e-5)


def test_a_dance_that_never_moves_has_no_scale_of_zero():
    scaling = HalfScaling.fit(np.zeros((1, 9, 151), np.float32))
    assert min(scaling.up_std.min(), scaling.down_std.min()) > 0
