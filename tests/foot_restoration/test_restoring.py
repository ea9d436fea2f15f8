from dataclasses import replace

import numpy as np
import pytest
import torch

from pipelines.body.skeleton import FOOT_JOINTS
from pipelines.foot_restoration import columns
from pipelines.foot_restoration.restoring import Restoring, restored
from pipelines.motion.grounding import on_floor

OTHERS = [joint for joint in range(24) if joint not in columns.TURNED]
ONE_STEP = Restoring(steps=1, threshold=0.0, shape=0.0)


def test_the_body_turns_as_before_to_the_last_bit(dance, unlearned):
    motion = dance(frames=70)
    torch.nn.init.normal_(unlearned.network.leave.weight, std=0.3)
    found = restored(motion, unlearned, Restoring(steps=3))
    np.testing.assert_array_equal(found.poses[:, OTHERS], motion.poses[:, OTHERS])
    assert not np.array_equal(found.poses[:, columns.TURNED], motion.poses[:, columns.TURNED])
    assert found.fps == motion.fps and found.frames == motion.frames
    found.validate()


def test_no_correction_is_no_change_where_no_foot_stands(dance, unlearned):
    motion = on_floor(dance(frames=70))
    with torch.no_grad():
        unlearned.network.leave.bias[-4:] = -9
    high = replace(motion, trans=motion.trans)
    found = restored(high, unlearned, ONE_STEP)
    away = np.abs(found.joints() - motion.joints())
    assert np.median(away) < 1e-3


def test_feet_that_the_model_says_stand_stand(dance, unlearned):
    with torch.no_grad():
        unlearned.network.leave.bias[-4:] = 9
    found = restored(dance(frames=70, size=0.2), unlearned, ONE_STEP)
    steps = np.linalg.norm(np.diff(found.joints()[:, list(FOOT_JOINTS)], axis=0), axis=-1)
    assert np.median(steps) < 2e-3


def test_the_same_again(dance, unlearned):
    motion = dance(frames=45)
    one, two = (restored(motion, unlearned, Restoring(steps=4, noise=1)) for _ in range(2))
    np.testing.assert_array_equal(one.poses, two.poses)
    np.testing.assert_array_equal(one.trans, two.trans)
    other = restored(motion, unlearned, Restoring(steps=4, noise=1, seed=1))
    assert not np.array_equal(one.trans, other.trans)


@pytest.mark.parametrize("fps", [24.0, 60.0])
def test_any_frame_rate(dance, unlearned, fps):
    motion = dance(frames=round(3 * fps), fps=fps)
    found = restored(motion, unlearned, ONE_STEP)
    assert (found.frames, found.fps) == (motion.frames, fps)
    np.testing.assert_array_equal(found.poses[:, OTHERS], motion.poses[:, OTHERS])
    at_30 = restored(motion.resampled(30.0), unlearned, ONE_STEP).resampled(fps)
    away = np.linalg.norm(found.joints() - at_30.joints(), axis=-1)
    assert np.median(away[:-2]) < 0.01


@pytest.mark.parametrize("frames", [1, 2, 5])
def test_short_motions(dance, unlearned, frames):
    assert restored(dance(frames=frames), unlearned, Restoring(steps=2)).frames == frames


def test_windows_fade_into_each_other(dance, unlearned):
    """A long dance is restored as its parts are, away from their ends."""
    motion = on_floor(dance(frames=200))
    torch.nn.init.normal_(unlearned.network.leave.weight, std=0.05)
    found = restored(motion, unlearned, ONE_STEP)
    assert np.isfinite(found.poses).all()
    rise = np.abs(np.diff(found.trans[:, 2], n=2)).max()
    assert rise < 0.05
