from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipelines.body.feet import SOLE_DEPTH, foot_heights
from pipelines.body.skeleton import FOOT_JOINTS
from pipelines.metrics.feet import foot_skating_ratio
from pipelines.motion import stepping_over
from pipelines.motion.motion import Motion
from pipelines.motion.standing import dancing_part
from pipelines.motion.stepping_over import step_over
from pipelines.support.runs import runs


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


def test_a_foot_that_stands_stays_in_one_place_and_at_the_sole_s_height() -> None:
    motion, contacts = shuffling()
    joints = step_over(motion, contacts).joints()[:, list(FOOT_JOINTS)]
    ankle = joints[:, 0]
    for start, stop in runs(contacts[:, 0] > 0.5):
        inner = ankle[start + 3 : stop - 3, :2]
        if len(inner) > 2:
            assert np.ptp(inner, axis=0).max() < 0.02, (start, stop)


def test_the_motion_given_is_not_changed_and_the_length_stays() -> None:
    motion, contacts = shuffling()
    before = motion.poses.copy(), motion.trans.copy(), contacts.copy()
    result = step_over(motion, contacts)
    for now, then in zip((motion.poses, motion.trans, contacts), before, strict=True):
        np.testing.assert_array_equal(now, then)
    assert (result.frames, result.fps) == (motion.frames, motion.fps)


def test_where_it_happens_and_which_way_does_not_matter() -> None:
    motion, contacts = shuffling(60)
    moved = replace(motion, trans=motion.trans + np.float32([1.5, -2, 0]))
    here, there = step_over(motion, contacts), step_over(moved, contacts)
    np.testing.assert_allclose(there.trans - here.trans, moved.trans - motion.trans, atol=1e-5)
    np.testing.assert_allclose(there.joints() - moved.trans[:, None],
                               here.joints() - motion.trans[:, None], atol=2e-3)  # fmt: skip


def test_contacts_of_one_frame_are_none() -> None:
    foot = np.zeros((20, 2, 3))
    stands = np.zeros((20, 2), bool)
    stands[3, 0] = stands[8:10, 1] = stands[12:20] = True
    assert stepping_over._held(foot, stands) == [(8, 10), (12, 20)]


def test_a_contact_that_drifts_too_far_is_two_with_a_step_between() -> None:
    foot = np.zeros((20, 2, 3))
    foot[:, :, 0] = np.linspace(0, 0.25, 20)[:, None]
    stands = np.ones((20, 2), bool)
    assert stepping_over._held(foot, stands) == [(0, 8), (11, 20)]
    assert stepping_over._held(foot * 0.5, stands) == [(0, 20)]


def test_a_swing_is_cleared_by_an_arc_that_starts_and_ends_low() -> None:
    targets = np.zeros((30, 4, 3))
    targets[..., 2] = SOLE_DEPTH
    targets[15:, [0, 2], 0] = 0.3
    lift = stepping_over._clearing(targets, [(0, 10), (20, 30)], (0, 2), 30.0)
    np.testing.assert_allclose(lift[10:20], [0.06, *[0.085] * 8, 0.06])
    assert not lift[:10].any() and not lift[20:].any()
    fast = stepping_over._clearing(targets, [(0, 10), (20, 30)], (0, 2), 60.0)
    np.testing.assert_allclose(fast[10:14], [0.03, 0.06, 0.085, 0.085])
    targets[15:, [0, 2], 0] = 0.01
    assert not stepping_over._clearing(targets, [(0, 10), (20, 30)], (0, 2), 30.0).any()


def test_a_foot_that_stands_firmly_does_not_tremble():
    """What is faster than the easing comes through otherwise."""
    random = np.random.default_rng(3)
    one, _ = shuffling()
    motion = replace(
        one, poses=np.repeat(one.poses[:1], 60, 0), trans=np.repeat(one.trans[:1], 60, 0)
    )
    shaken = motion.trans + 0.01 * random.normal(size=(60, 3)).astype(np.float32) * [1, 1, 0]
    shaking = replace(motion, trans=shaken.astype(np.float32))
    contacts = np.ones((60, 4))
    speeds = [
        np.linalg.norm(np.diff(m.joints()[:, [7, 8], :2], axis=0), axis=-1).max() * 30
        for m in (step_over(shaking, contacts), step_over(shaking, contacts, firmly=True))
    ]
    assert speeds[1] < 0.05 < 0.2 < speeds[0]
