"""A dance of which less is danced for a while."""

from dataclasses import replace

import numpy as np
import pytest

from pipelines.appearance_expert.puppet.cutting.body_parts import LEFT_ARM, LEFT_LEG, TORSO
from pipelines.appearance_expert.puppet.posing.softened import (
    FADE_SECONDS,
    reference_pose,
    shares_in_time,
    soften,
)
from pipelines.keypoints.person import POINT


@pytest.fixture
def dance(standing, hanging):
    """Three seconds in which the whole figure wanders to the right, frame by frame."""
    still = standing(hanging, 90)
    xy = still.xy + np.arange(90)[:, None, None] * [1.0, 0.0]
    points = still.points.copy()
    points[..., :2] = xy / still.pixels_per_metre
    return replace(still, xy=xy, points=points)


def wanted(frames, part, share, rows):
    shares = np.ones((frames, 6))
    shares[rows, part] = share
    return shares


def test_shares_are_low_where_wanted_and_smooth_around():
    shares = shares_in_time(wanted(90, TORSO, 0.2, slice(40, 50)), 30.0)[:, TORSO]
    assert shares[40:50].max() == pytest.approx(0.2, abs=1e-6)
    reach = 2 * round(FADE_SECONDS * 30 / 2) + 1
    assert (shares[: 40 - reach] == 1).all() and (shares[50 + reach :] == 1).all()
    assert np.abs(np.diff(shares)).max() < 0.8 / 4


def test_frames_that_are_fully_danced_stay_bit_by_bit(dance, hanging):
    still = reference_pose(hanging, dance)
    assert soften(dance, np.ones((90, 6)), still) is dance
    less = soften(dance, wanted(90, TORSO, 0.0, slice(40, 50)), still)
    for name in ("xy", "points", "rotations", "yaw", "depth"):
        one, other = getattr(less, name), getattr(dance, name)
        assert one[:25].tobytes() == other[:25].tobytes()
        assert one[65:].tobytes() == other[65:].tobytes()


def test_a_jump_within_the_span_is_gone_and_nothing_jumps_at_its_ends(dance, hanging):
    xy = dance.xy.copy()
    xy[42:48, POINT["head"]] -= [0, 150]
    less = soften(replace(dance, xy=xy), wanted(90, TORSO, 0.0, slice(38, 52)),
                  reference_pose(hanging, dance))  # fmt: skip
    steps = np.linalg.norm(np.diff(less.xy[:, POINT["head"]], axis=0), axis=1)
    assert steps.max() < 3.0  # it wanders by 1 a frame


def test_a_limb_may_dance_less_alone(dance, hanging):
    xy = dance.xy.copy()
    hand, foot = POINT["left_hand"], POINT["left_foot"]
    xy[40:50, hand] += [60.0, -60]
    xy[40:50, foot] += [60.0, -60]
    moving = replace(dance, xy=xy)
    for part, point in ((LEFT_ARM, hand), (LEFT_LEG, foot)):
        less = soften(moving, wanted(90, part, 0.0, slice(38, 52)), reference_pose(hanging, dance))
        assert np.linalg.norm(less.xy[45, point] - dance.xy[45, point]) < 12
        others = [n for n in range(29) if n not in (hand, foot) and "left" not in _name(n)]
        np.testing.assert_allclose(less.xy[45, others], moving.xy[45, others], atol=1e-9)


def _name(point):
    return next(name for name, number in POINT.items() if number == point)


def test_without_a_good_pose_the_picture_s_own_is_danced(dance, hanging):
    still = reference_pose(hanging, dance)
    np.testing.assert_allclose(
        still.xy - still.xy[POINT["pelvis"]], hanging.xy - hanging.xy[POINT["pelvis"]], atol=1e-9
    )
    less = soften(dance, np.zeros((90, 6)), still)
    np.testing.assert_allclose(less.xy, np.repeat(still.xy[None], 90, 0), atol=1e-6)
    np.testing.assert_allclose(less.rotations[3, 0], np.diag([1, -1, -1]), atol=1e-9)
