from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipelines.motion.motion import Motion
from pipelines.motion.wrists import are_rigid, learned_wrists, with_wrists


def waving(seed: int, habit: float, frames: int = 240) -> Motion:
    """Arms that swing and bend, wrists that bend by `habit` times what the elbow does."""
    random = np.random.default_rng(seed)
    at = np.arange(frames) / 30
    poses = np.zeros((frames, 24, 3), np.float32)
    poses[:, 0, 0] = np.pi / 2
    for side, sign in ((0, 1.0), (1, -1.0)):
        swing = np.sin(at * random.uniform(2, 5) + random.uniform(0, 6))
        bend = 0.8 + 0.6 * np.sin(at * random.uniform(2, 5))
        poses[:, 16 + side, 2] = sign * (-0.6 + 0.5 * swing)
        poses[:, 18 + side, 1] = -sign * bend
        poses[:, 20 + side, 2] = sign * habit * (bend - 0.8)
    return Motion(poses, np.zeros((frames, 3), np.float32), 30.0)


def test_wrists_are_bent_as_those_of_the_teachers() -> None:
    habit = learned_wrists([waving(seed, 0.4) for seed in range(4)])
    assert habit is not None
    true = waving(9, 0.4)
    still = waving(9, 0.0)
    assert are_rigid(still) and not are_rigid(true)
    found = with_wrists(still, habit)
    for wrist in (20, 21):
        own, given = true.poses[:, wrist, 2], found.poses[:, wrist, 2]
        assert np.corrcoef(own, given)[0, 1] > 0.9
        assert 0.5 < given.std() / own.std() < 1.2
    others = [joint for joint in range(24) if joint not in (20, 21)]
    np.testing.assert_array_equal(found.poses[:, others], still.poses[:, others])
    assert not are_rigid(found)


def test_the_mirror_image_gets_the_mirror_image() -> None:
    habit = learned_wrists([waving(1, 0.4)])
    assert habit is not None
    still = waving(2, 0.0)
    one = with_wrists(still, habit).mirrored().poses
    other = with_wrists(still.mirrored(), habit).poses
    np.testing.assert_allclose(one, other, atol=1e-5)


def test_an_arm_as_nobody_held_it_bends_its_wrist_within_reason() -> None:
    habit = learned_wrists([waving(1, 0.4)])
    assert habit is not None
    strange = waving(3, 0.0)
    strange.poses[:, 18, 0] = np.linspace(-40, 40, strange.frames)
    bends = with_wrists(strange, habit).poses[:, [20, 21]]
    assert np.isfinite(bends).all() and np.abs(bends).max() < 0.6


@pytest.mark.parametrize("teachers", [[], [waving(1, 0.0)], [waving(1, 0.4).sliced(0, 20)]])
def test_nothing_is_learned_from_rigid_wrists(teachers: list[Motion]) -> None:
    assert learned_wrists(teachers) is None


def test_the_motion_given_is_not_changed() -> None:
    habit = learned_wrists([waving(1, 0.4)])
    assert habit is not None
    still = replace(waving(2, 0.0))
    before = still.poses.copy()
    with_wrists(still, habit)
    np.testing.assert_array_equal(still.poses, before)
