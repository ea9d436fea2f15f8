"""Legs that need a second look: folded ones are left out, short ones reach down to the matte."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.keypoints.anatomy import Points, complete
from pipelines.keypoints.person import POINT
from pipelines.keypoints.posture import corrected_legs, without_folded_legs

LEGS = [
    POINT[f"{side}_{joint}"] for side in ("left", "right") for joint in ("knee", "ankle", "foot")
]
REST = [index for index in range(29) if index not in LEGS]


def body(**moved: tuple[float, ...]) -> Points:
    """A standing person of 200 pixels, head at 20, toes at 220; some points elsewhere.

    Places are x, y and, where it is not 3, depth.
    """
    places = {
        "nose": (100, 30), "left_ear": (108, 30), "right_ear": (92, 30),
        "left_shoulder": (120, 60), "right_shoulder": (80, 60), "left_elbow": (128, 90),
        "right_elbow": (72, 90), "left_wrist": (130, 118), "right_wrist": (70, 118),
        "left_hip": (112, 120), "right_hip": (88, 120), "left_knee": (112, 165),
        "right_knee": (88, 165), "left_ankle": (112, 210), "right_ankle": (88, 210),
        "left_foot": (116, 220), "right_foot": (84, 220),
    }  # fmt: skip
    points = Points()
    for name, place in (places | moved).items():
        points.set(name, np.array([*place, 3.0][:3]), 0.9)
    return complete(points)


def copied(points: Points) -> Points:
    other = Points()
    other.xy, other.depth = points.xy.copy(), points.depth.copy()
    other.confidence = points.confidence.copy()
    return other


def assert_same(one: Points, other: Points) -> None:
    for name in ("xy", "depth", "confidence"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


CROSSED = {"left_knee": (170, 126), "right_knee": (30, 126)}
KNEES_UP = {"left_knee": (118, 100), "right_knee": (82, 100)}
SITTING = {"left_knee": (114, 150, -42), "right_knee": (86, 150, -42)}


@pytest.mark.parametrize(
    "legs", [CROSSED, KNEES_UP, SITTING], ids=["crossed", "knees up", "seated"]
)
def test_folded_legs_lose_their_confidence_and_nothing_else(legs):
    before = body(**legs)
    after = without_folded_legs(copied(before))
    assert (after.confidence[LEGS] == 0).all()
    np.testing.assert_array_equal(after.confidence[REST], before.confidence[REST])
    np.testing.assert_array_equal(after.xy, before.xy)


@pytest.mark.parametrize(
    "legs",
    [
        {},
        {"left_knee": (150, 168), "right_knee": (50, 168)},  # a wide stance
        {"left_knee": (160, 125)},  # one leg kicks, the other stands
        {"right_knee": (86, 100)},  # one knee is raised
        {"left_knee": (114, 150, -32), "right_knee": (86, 150, -32)},  # knees bent a little
    ],
    ids=["standing", "wide", "kick", "knee", "bent"],
)
def test_standing_and_dancing_legs_stay(legs):
    before = body(**legs)
    assert_same(without_folded_legs(copied(before)), before)


def test_legs_that_nobody_saw_are_not_judged():
    points = body(**SITTING)
    points.confidence[POINT["left_knee"]] = 0
    before = copied(points)
    assert_same(without_folded_legs(points), before)


def test_a_larger_picture_changes_no_judgement():
    for legs in (SITTING, {}):
        points = body(**legs)
        points.xy *= 5
        points.depth *= 5
        folded = (without_folded_legs(points).confidence[LEGS] == 0).all()
        assert folded == bool(legs)


def matte(lowest: int) -> np.ndarray:
    solid = np.zeros((400, 200), np.float32)
    solid[20 : lowest + 1, 60:140] = 1.0
    return solid


def doubtful(trust: float = 0.5, **moved: tuple[float, float]) -> Points:
    points = body(**moved)
    points.confidence[[POINT["left_ankle"], POINT["right_ankle"]]] = trust
    return points


def test_doubted_legs_are_stretched_to_the_lowest_pixel():
    after = corrected_legs(doubtful(), matte(280))
    assert after.get("left_foot")[1] == pytest.approx(280)
    assert after.get("right_foot")[1] == pytest.approx(280)
    for side in ("left", "right"):
        hip, knee, ankle, foot = (
            after.get(f"{side}_{j}") for j in ("hip", "knee", "ankle", "foot")
        )
        # Straight: knee and ankle lie on the line from hip to toes.
        for joint, share in ((knee, 0.46), (ankle, 0.93)):
            np.testing.assert_allclose(joint[:2], (hip + share * (foot - hip))[:2], atol=1e-9)
        assert (after.depth[LEGS] == 0).all()


def test_the_longer_leg_reaches_down_and_the_other_keeps_its_distance():
    after = corrected_legs(doubtful(left_foot=(116, 200)), matte(280))
    assert after.get("right_foot")[1] == pytest.approx(280)
    assert after.get("left_foot")[1] == pytest.approx(260)


def test_everything_above_the_knees_stays():
    before = doubtful()
    after = corrected_legs(copied(before), matte(280))
    np.testing.assert_array_equal(after.xy[REST], before.xy[REST])
    np.testing.assert_array_equal(after.confidence, before.confidence)


@pytest.mark.parametrize(
    ("points", "solid"),
    [
        (doubtful(0.9), matte(280)),  # the detector is sure of its ankles
        (doubtful(), matte(222)),  # the toes are at the bottom already
        (doubtful(), matte(150)),  # the matte ends above them
        (doubtful(), np.zeros((400, 200), np.float32)),  # there is no matte
        (doubtful(0.0), matte(280)),  # there are no ankles
    ],
    ids=["sure", "reached", "above", "no matte", "no ankles"],
)
def test_other_legs_are_left_alone(points, solid):
    before = copied(points)
    assert_same(corrected_legs(points, solid), before)


def test_twice_is_once():
    once = corrected_legs(doubtful(), matte(280))
    twice = corrected_legs(copied(once), matte(280))
    np.testing.assert_allclose(twice.xy, once.xy)
