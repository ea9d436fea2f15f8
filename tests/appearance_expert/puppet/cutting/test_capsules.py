"""Bones with thickness: distances by their formula, radii by the width of what is drawn."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.appearance_expert.puppet.cutting.body_parts import (
    CHAINS,
    HEAD,
    LEFT_ARM,
    LEFT_LEG,
    RIGHT_ARM,
    RIGHT_LEG,
)
from pipelines.appearance_expert.puppet.cutting.capsules import (
    distance_to_segment,
    head_capsule,
    limb_capsules,
    outside_polygon,
    torso_polygon,
)

places = st.tuples(st.floats(-20, 40), st.floats(-20, 40)).map(np.array)


@settings(max_examples=40)
@given(places, places)
def test_the_distance_to_a_segment_is_the_least_over_its_points(start, end):
    shape = (12, 17)
    y, x = np.mgrid[: shape[0], : shape[1]] + 0.5
    along = start + np.linspace(0, 1, 400)[:, None] * (end - start)
    least = np.hypot(x[..., None] - along[:, 0], y[..., None] - along[:, 1]).min(-1)
    assert distance_to_segment(shape, start, end) == pytest.approx(least, abs=0.1)


def test_a_bone_without_length_is_a_point():
    point = np.array([3.5, 2.5])
    distance = distance_to_segment((6, 8), point, point)
    assert distance[2, 3] == 0
    assert distance[2, 7] == pytest.approx(4) and distance[5, 7] == pytest.approx(5)


def test_inside_the_polygon_is_zero_and_outside_grows():
    corners = np.array([[10.0, 10], [30, 10], [30, 30], [10, 30]])
    distance = outside_polygon((50, 60), corners)
    assert (distance[10:31, 10:31] == 0).all()
    assert distance[20, 45] == pytest.approx(15, abs=0.1)


def test_the_trunk_lies_inside_the_arms_and_past_the_hips(figure):
    corners = torso_polygon(figure)
    assert corners[0] == pytest.approx([64, 50]) and corners[3] == pytest.approx([96, 50])
    assert corners[4] == pytest.approx([94.4, 110]) and corners[5] == pytest.approx([65.6, 110])
    mirrored = corners[[3, 2, 1, 0, 5, 4]] * [-1, 1] + [160, 0]
    assert mirrored == pytest.approx(corners)


def test_radii_follow_the_width_of_the_limbs(cut):
    """Half of what conftest draws, one pixel for the rim, and a tenth and one more for cloth."""
    radius = {(c.part, c.place): c.radius for c in limb_capsules(cut.figure)}
    for bone, half in {(LEFT_ARM, 0): 11, (LEFT_ARM, 1): 9, (LEFT_LEG, 1): 11}.items():
        assert radius[bone] == pytest.approx(1.1 * (half + 1) + 1, abs=1.2)
    for part, twin in ((LEFT_ARM, RIGHT_ARM), (LEFT_LEG, RIGHT_LEG)):
        for place in range(3):
            assert radius[part, place] <= 1.2 * radius[twin, place] + 1e-9
            assert radius[twin, place] <= 1.2 * radius[part, place] + 1e-9


def test_bones_join_end_to_end_and_hands_have_fingers(cut):
    figure = cut.figure
    for part, chain in CHAINS.items():
        bones = [c for c in limb_capsules(figure) if c.part == part]
        assert [c.place for c in bones] == [0, 1, 2]
        for bone, following in pairwise(bones):
            assert (bone.end == following.start).all()
        tip = figure.point(chain[3]) - figure.point(chain[2])
        longer = 1.7 if part in (LEFT_ARM, RIGHT_ARM) else 1.0
        assert bones[2].end - bones[2].start == pytest.approx(longer * tip)


def test_the_head_goes_up_from_the_neck(cut):
    head = head_capsule(cut.figure)
    neck = cut.figure.point("neck")
    assert head.part == HEAD
    assert head.end[1] < head.start[1] < neck[1]
    assert head.start[0] == pytest.approx(neck[0], abs=1)
    assert head.radius >= 0.66 * cut.figure.unit
