"""Where a part goes on behind another."""

import numpy as np
import pytest

from pipelines.appearance_expert.puppet.cutting.body_parts import (
    HEAD,
    LEFT_ARM,
    LEFT_LEG,
    RIGHT_ARM,
    RIGHT_LEG,
    TORSO,
)
from pipelines.appearance_expert.puppet.cutting.capsules import Capsule
from pipelines.appearance_expert.puppet.cutting.hidden import hidden_behind


def test_the_trunk_goes_on_behind_an_arm_that_crosses_it(figure, labels):
    labels[70:78, 62:120] = LEFT_ARM
    hidden = hidden_behind(TORSO, figure, labels, [])
    assert hidden[71:77, 66:94].all()
    assert not hidden[:, 104:].any()  # beside the trunk there is none


def test_the_trunk_ends_where_its_outline_does(figure, labels):
    labels[60:100, 98:140] = LEFT_ARM
    hidden = hidden_behind(TORSO, figure, labels, [])
    assert not hidden[:, 110:].any() and not (hidden & (labels == TORSO)).any()


@pytest.mark.parametrize("part", [RIGHT_ARM, HEAD])
def test_arms_and_head_go_on_behind_arms_inside_their_bones_only(figure, labels, part):
    labels[60:90, 40:60] = LEFT_ARM
    bone = Capsule(part, 0, np.array([50.0, 50.0]), np.array([50.0, 100.0]), 5.0)
    hidden = hidden_behind(part, figure, labels, [bone])
    assert hidden[62:88, 47:53].all()
    assert not hidden[:, :45].any() and not hidden[:, 55:].any()


def test_a_leg_goes_on_behind_the_other_and_behind_a_skirt(figure, labels):
    labels[112:150, 62:98] = TORSO  # a skirt down to the knees
    labels[170:180, 68:98] = RIGHT_LEG  # the other shank crosses
    bone = Capsule(LEFT_LEG, 0, np.array([90.0, 110.0]), np.array([90.0, 190.0]), 8.0)
    hidden = hidden_behind(LEFT_LEG, figure, labels, [bone])
    assert hidden[120:150, 85:95].all() and hidden[170:180, 85:95].all()
    assert not hidden[:116].any()  # above a third of a unit below the hips it is all trunk
    assert not hidden[150:168].any()  # the leg itself
