"""Soles lie flat near the floor; feet in the air and everything else keep their pose."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipelines.body.feet import SOLE_DEPTH
from pipelines.body.skeleton import FOOT_JOINTS, JOINT
from pipelines.motion.soles import LEVEL_BELOW, level_soles

SIDES = {"left": (0, 2), "right": (1, 3)}


def tilted(standing, angle: float, frames: int = 30, height: float = 0.0):
    """A dancer whose ankles are bent by an angle; positive lifts the toes."""
    motion = standing(frames)
    poses, trans = motion.poses.copy(), motion.trans.copy()
    poses[:, [JOINT["left_ankle"], JOINT["right_ankle"]], 0] = -angle
    bent = replace(motion, poses=poses)
    trans[:, 2] += height - (bent.joints()[0, list(FOOT_JOINTS), 2] - SOLE_DEPTH).min()
    return replace(bent, trans=trans)


def drop(motion, side: str) -> np.ndarray:
    """How far the toes lie below the ankle, metres (T,)."""
    ankle, toes = SIDES[side]
    joints = motion.joints()
    return joints[:, FOOT_JOINTS[ankle], 2] - joints[:, FOOT_JOINTS[toes], 2]


@pytest.mark.parametrize("angle", [-0.5, -0.2, 0.1, 0.4])
@pytest.mark.parametrize("side", SIDES)
def test_a_tilted_foot_on_the_floor_becomes_level(standing, angle, side):
    motion = tilted(standing, angle)
    assert abs(drop(motion, side)[0] - 0.06) > 0.005
    np.testing.assert_allclose(drop(level_soles(motion), side), 0.06, atol=1e-4)


def test_a_level_foot_stays_and_twice_is_once(standing):
    once = level_soles(tilted(standing, 0.3))
    twice = level_soles(once)
    np.testing.assert_allclose(twice.joints(), once.joints(), atol=1e-4)


def test_the_foot_keeps_its_heading(standing):
    motion = tilted(standing, 0.3)
    poses = motion.poses.copy()
    poses[:, JOINT["left_hip"], 1] = 0.8  # the whole leg turned out
    motion = replace(motion, poses=poses)
    before, after = motion.joints(), level_soles(motion).joints()
    for ankle, toes in SIDES.values():
        way = [j[:, FOOT_JOINTS[toes], :2] - j[:, FOOT_JOINTS[ankle], :2] for j in (before, after)]
        headings = [np.arctan2(w[:, 1], w[:, 0]) for w in way]
        np.testing.assert_allclose(headings[0], headings[1], atol=1e-4)


def test_ankles_stay_in_place_and_only_ankles_turn(standing):
    motion = tilted(standing, 0.4)
    level = level_soles(motion)
    ankles = [FOOT_JOINTS[0], FOOT_JOINTS[1]]
    np.testing.assert_allclose(level.joints()[:, ankles], motion.joints()[:, ankles], atol=1e-6)
    rest = [j for j in range(24) if j not in (JOINT["left_ankle"], JOINT["right_ankle"])]
    np.testing.assert_allclose(level.poses[:, rest], motion.poses[:, rest], atol=1e-6)
    np.testing.assert_array_equal(level.trans, motion.trans)


def test_a_foot_in_the_air_keeps_its_pose(standing):
    motion = tilted(standing, 0.4, height=LEVEL_BELOW + 0.02)
    np.testing.assert_allclose(level_soles(motion).joints(), motion.joints(), atol=1e-6)


def test_between_floor_and_air_the_foot_turns_by_a_share(standing):
    """At three quarters of the height, half of the turn."""
    low, middle, high = (
        drop(level_soles(tilted(standing, 0.4, height=h * LEVEL_BELOW)), "left")[0] - 0.06
        for h in (0.5, 0.75, 1.0)
    )
    assert low == pytest.approx(0, abs=1e-3)
    assert abs(middle) == pytest.approx(abs(high) / 2, rel=0.1)


def test_one_foot_up_and_one_down_are_treated_apart(standing):
    motion = tilted(standing, 0.3)
    poses = motion.poses.copy()
    poses[:, JOINT["left_hip"], 0] = -1.2
    motion = replace(motion, poses=poses)
    level = level_soles(motion)
    np.testing.assert_allclose(drop(level, "right"), 0.06, atol=1e-4)
    np.testing.assert_allclose(drop(level, "left"), drop(motion, "left"), atol=1e-5)


def test_a_foot_coming_down_turns_without_a_jump(standing):
    motion = tilted(standing, 0.4, frames=90)
    trans = motion.trans.copy()
    trans[:, 2] += 0.3 * np.clip((45 - np.arange(90)) / 15, 0, 1)
    turned = drop(level_soles(replace(motion, trans=trans)), "left")
    assert np.abs(np.diff(turned)).max() < 0.25 * np.ptp(turned)
    assert turned[0] == pytest.approx(drop(motion, "left")[0], abs=1e-4)
    assert turned[-1] == pytest.approx(0.06, abs=1e-4)
