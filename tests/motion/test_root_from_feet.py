from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from pipelines.body.feet import foot_heights
from pipelines.motion.motion import Motion
from pipelines.motion.root_from_feet import root_from_feet, without_travel
from pipelines.motion.soles import level_soles


def walking(speed: float = 0.5, seconds: float = 6.0, fps: float = 30.0) -> Motion:
    """A body that walks along x: the standing foot moves back under it at the body's speed."""
    frames = round(seconds * fps)
    phase = np.arange(frames) / fps * 1.5
    poses = np.zeros((frames, 24, 3))
    poses[:, 0] = [np.pi / 2, 0, 0]
    length = 0.82  # hip to ankle
    for side, shift in ((0, 0.0), (1, 0.5)):
        cycle = (phase + shift) % 1
        stands = cycle < 0.6
        span = speed * 0.6 / 1.5
        along = np.where(
            stands, span / 2 - cycle / 0.6 * span, -span / 2 + (cycle - 0.6) / 0.4 * span
        )
        raised = np.where(stands, 0.0, np.sin(np.pi * (cycle - 0.6) / 0.4))
        poses[:, 1 + side, 2] = along / length
        poses[:, 4 + side, 0] = 0.9 * raised
        poses[:, 1 + side, 0] = -0.45 * raised
    trans = np.zeros((frames, 3))
    trans[:, 0] = speed * np.arange(frames) / fps
    motion = Motion(poses.astype(np.float32), trans.astype(np.float32), fps)
    trans[:, 2] -= foot_heights(motion.joints()).min(1)
    return replace(motion, trans=trans.astype(np.float32))


@pytest.mark.parametrize("speed", [0.0, 0.4, 0.7])
@pytest.mark.parametrize("fps", [30.0, 60.0])
def test_a_walk_gets_its_way_back(speed: float, fps: float) -> None:
    motion = walking(speed, fps=fps)
    solved, contacts = root_from_feet(without_travel(motion))
    way = solved.trans[-1, 0] - solved.trans[0, 0]
    assert way == pytest.approx(motion.trans[-1, 0], abs=0.12 * max(motion.trans[-1, 0], 1.0))
    assert np.abs(solved.trans[:, 1]).max() < 0.1
    assert 0.4 < contacts.max(1).mean() <= 1


def test_the_way_in_the_file_is_not_looked_at() -> None:
    motion = walking()
    elsewhere = replace(motion, trans=motion.trans + np.float32([3, -2, 0]))
    assert (root_from_feet(motion)[0].trans == root_from_feet(elsewhere)[0].trans).all()


def test_level_soles_lie_level_and_raised_feet_stay(standing: Callable[..., Motion]) -> None:
    motion = standing()
    poses = motion.poses.copy()
    poses[:, [4, 5], 0] += 0.5  # bent knees that the ankles do not follow
    bent = replace(motion, poses=poses)
    trans = bent.trans.copy()
    trans[:, 2] -= foot_heights(bent.joints()).min(1)
    bent = replace(bent, trans=trans)
    flat = foot_heights(level_soles(bent).joints())
    tilt = np.abs(flat[:, :2] - flat[:, 2:])
    assert tilt.max() < 0.005 < np.abs(np.diff(foot_heights(bent.joints())[:, [0, 2]])).max()
    high = replace(bent, trans=bent.trans + np.float32([0, 0, 0.5]))
    assert level_soles(high).poses == pytest.approx(high.poses, abs=1e-5)
