from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipelines.body.feet import foot_heights
from pipelines.metrics.feet import foot_skating_ratio
from pipelines.motion.motion import Motion
from pipelines.motion.standing import dancing_part
from pipelines.motion.stepping_over import step_over


def shuffling(frames: int = 120) -> tuple[Motion, np.ndarray]:
    """Feet that change places without leaving the floor, five frames each, and true contacts."""
    poses = np.zeros((frames, 24, 3), np.float32)
    poses[:, 0, 0] = np.pi / 2
    poses[:, [4, 5], 0] = 0.6
    poses[:, [1, 2, 7, 8], 0] = -0.3
    contacts = np.ones((frames, 4), np.float32)
    swing = np.zeros((frames, 2))
    for start in range(10, frames - 10, 20):
        for side, first in ((0, start), (1, start + 10)):
            step = np.clip((np.arange(frames) - first) / 5, 0, 1)
            swing[:, side] += 0.25 * (1 if start % 40 == 10 else -1) * step
            contacts[first + 1 : first + 5, [side, side + 2]] = 0
    poses[:, 1, 2] += swing[:, 0]
    poses[:, 2, 2] += swing[:, 1]
    trans = np.zeros((frames, 3), np.float32)
    motion = Motion(poses, trans, 30.0)
    trans[:, 2] = -foot_heights(motion.joints()).min(1)
    return replace(motion, trans=trans), contacts


def test_feet_stand_or_step_but_do_not_slide() -> None:
    motion, contacts = shuffling()
    result = step_over(motion, contacts)
    assert foot_skating_ratio(motion.joints(), 30).ratio > 0.2
    assert foot_skating_ratio(result.joints(), 30).ratio < 0.06
    heights = foot_heights(result.joints())
    lifted = heights[:, :2][contacts[:, :2] == 0]
    assert np.median(lifted) > 0.05
    assert np.abs(heights[:, :2][contacts[:, :2] == 1]).max() < 0.09


def test_nobody_flies() -> None:
    motion, contacts = shuffling()
    result = step_over(motion, contacts)
    assert foot_heights(result.joints()).min(1).max() < 0.04


def test_standing_feet_are_left_alone() -> None:
    motion, contacts = shuffling()
    still = motion.sliced(0, 9)
    assert step_over(still, contacts[:9]).poses == pytest.approx(still.poses, abs=0.05)
    assert step_over(motion.sliced(0, 2), contacts[:2]).frames == 2


def test_standing_about_is_cut_off_at_both_ends() -> None:
    frames = np.arange(300)
    poses = np.zeros((300, 24, 3), np.float32)
    poses[:, 16, 2] = np.where((frames > 90) & (frames < 210), np.sin(frames / 3), 0)
    poses[:, 1, 0] = poses[:, 2, 0] = poses[:, 3, 0] = poses[:, 16, 2]
    motion = Motion(poses, np.zeros((300, 3), np.float32), 30.0)
    start, stop = dancing_part(motion)
    assert start == pytest.approx(90, abs=20) and stop == pytest.approx(210, abs=20)
    assert dancing_part(motion.sliced(0, 60)) == (0, 0)
