"""Arms that the trunk carries."""

import numpy as np
import pytest

from pipelines.appearance_expert.puppet.cutting.body_parts import LEFT_ARM, RIGHT_ARM, TORSO
from pipelines.appearance_expert.puppet.cutting.held import (
    MOST_ACROSS,
    MOST_THICKNESS,
    arms_to_hold,
    carried_by_trunk,
    shares_across,
)


def test_share_across_is_the_length_before_the_trunk(figure, arm):
    capsules = arm(LEFT_ARM, (120, 80), (80, 80), (70, 80))
    share = shares_across(figure, capsules)[LEFT_ARM]
    assert share == pytest.approx((96 - 70) / 50, abs=0.1)  # the trunk's edge is at x = 96 or so
    beside = arm(LEFT_ARM, (115, 80), (118, 110), (118, 120))
    assert shares_across(figure, beside)[LEFT_ARM] == 0


def test_an_arm_is_held_from_a_third_of_it_on(figure, arm):
    """The forearm and hand are 60 pixels long and reach into the trunk, whose edge is at 96."""
    for reach in (5, 10, 15, 25, 30):
        capsules = arm(LEFT_ARM, (156 - reach, 80), (106 - reach, 80), (96 - reach, 80))
        share = shares_across(figure, capsules)[LEFT_ARM]
        assert share == pytest.approx(reach / 60, abs=0.06)
        assert (LEFT_ARM in arms_to_hold(figure, capsules)) == (share > MOST_ACROSS)


def test_hands_that_touch_are_held_together(figure, arm):
    left = arm(LEFT_ARM, (120, 85), (84, 100), (76, 104))
    right = arm(RIGHT_ARM, (40, 90), (54, 118), (80, 101))
    assert shares_across(figure, left + right)[RIGHT_ARM] < MOST_ACROSS
    assert arms_to_hold(figure, left + right) == (LEFT_ARM, RIGHT_ARM)
    away = arm(RIGHT_ARM, (40, 90), (30, 120), (28, 130))
    assert arms_to_hold(figure, left + away) == (LEFT_ARM,)


@pytest.mark.parametrize("excess", [-0.01, 0.01])
def test_a_sleeve_as_wide_as_long_is_held(figure, arm, excess):
    elbow, wrist = (125, 80), (130, 105)
    length = np.hypot(5, 25)
    radius = (MOST_THICKNESS + excess) * length / 2
    held = arms_to_hold(figure, arm(LEFT_ARM, elbow, wrist, (131, 112), radius))
    assert held == ((LEFT_ARM,) if excess > 0 else ())


def test_the_trunk_carries_the_bones_of_a_held_arm_as_they_are(figure, arm):
    wide = arm(LEFT_ARM, (125, 80), (130, 105), (131, 112), radius=12.0)
    carrying, carried = carried_by_trunk(figure, wide, (LEFT_ARM,))
    assert LEFT_ARM not in carrying.limbs and RIGHT_ARM in carrying.limbs
    assert {c.part for c in carried} == {TORSO}
    assert [(c.place, *c.start, *c.end) for c in carried] == [
        (c.place, *c.start, *c.end) for c in wide
    ]
