"""Shadows on the ground."""

from dataclasses import replace

import numpy as np
import pytest

from pipelines.appearance_expert.puppet.painting.shadow import Shadow
from pipelines.keypoints.person import POINT

PLATE = np.full((360, 240, 3), 200, np.float32)


def cast(dance, frame=0):
    return Shadow(dance).cast(PLATE.copy(), frame)[..., 0]


def lifted(dance, side, pixels):
    """One foot in the air through the whole dance, and not on the ground."""
    foot = 0 if side == "left" else 1
    xy, contact = dance.xy.copy(), dance.contact.copy()
    for name in ("ankle", "foot"):
        xy[:, POINT[f"{side}_{name}"], 1] -= pixels
    contact[1:, foot] = False
    xy[0] = dance.xy[0]  # it begins on the ground
    return replace(dance, xy=xy, contact=contact)


def test_the_plate_is_darkest_under_the_feet(standing, hanging):
    shaded = cast(standing(hanging))
    left = 0.45 * 142 + 0.55 * 150
    row, column = np.unravel_index(shaded.argmin(), shaded.shape)
    assert row == pytest.approx(330, abs=2)
    assert min(abs(column - left), abs(column - (240 - left))) < 3
    assert (shaded[:290] == 200).all() and (shaded <= 200).all()


def test_one_foot_alone_darkens_by_its_share(standing, hanging):
    """42 % under a standing foot at its centre; the body's faint one comes on top."""
    dance = standing(hanging)
    xy = dance.xy.copy()
    xy[:, POINT["pelvis"], 0] = 5000
    for name in ("right_ankle", "right_foot"):
        xy[:, POINT[name], 0] = 5000
    assert cast(replace(dance, xy=xy)).min() == pytest.approx(200 * (1 - 0.42), rel=0.02)


def test_a_lifted_foot_casts_a_paler_and_wider_shadow_on_the_ground_below(standing, hanging):
    dance = standing(hanging, 40)
    low, high = cast(lifted(dance, "left", 30), 39), cast(lifted(dance, "left", 60), 39)
    on_ground = cast(dance, 39)
    x = round(0.45 * 142 + 0.55 * 150)
    assert on_ground[330, x] < low[330, x] < high[330, x]
    assert low[330, 240 - x] == pytest.approx(on_ground[330, 240 - x], abs=4)  # the other stays
    assert low[270:290].min() == 200  # nothing where the foot itself is


def test_each_foot_has_its_own_ground(standing, hanging):
    """One foot nearer to the camera is lower in the picture, and so is its shadow."""
    dance = standing(hanging)
    xy = dance.xy.copy()
    for name in ("left_ankle", "left_foot"):
        xy[:, POINT[name], 1] += 16
    shaded = cast(replace(dance, xy=xy))
    left, right = shaded[:, 146], shaded[:, 240 - 146]
    assert left.argmin() == pytest.approx(346, abs=2)
    assert right.argmin() == pytest.approx(330, abs=2)


def test_half_a_body_has_no_ground(standing, hanging):
    dance = replace(standing(hanging), coverage="upper")
    plate = PLATE.copy()
    assert Shadow(dance).cast(plate, 0) is plate


def test_the_plate_itself_stays_and_the_canvas_may_end_anywhere(standing, hanging):
    dance = standing(hanging)
    plate = PLATE.copy()
    far = replace(dance, xy=dance.xy + np.array([230.0, 25.0]))
    shaded = Shadow(far).cast(plate, 0)
    assert (plate == PLATE).all() and shaded.shape == PLATE.shape
    out = replace(dance, xy=dance.xy + np.array([9000.0, 0]))
    assert (Shadow(out).cast(plate, 0) == PLATE).all()
