"""Rows of legs: one for each motion, eight pictures a second, feet that stand marked."""

import numpy as np
from feet_sheet import BAND, HEIGHT, WIDTH, legs, sheet


def test_a_row_for_each_motion_and_eight_pictures_a_second(dance):
    motion = dance(frames=60, size=0.1)
    found = sheet({"one": motion, "other": motion}, start=0.5, seconds=1.0)
    assert found.shape == (2 * (BAND + HEIGHT), 8 * WIDTH, 3)
    np.testing.assert_array_equal(found[BAND : BAND + HEIGHT], found[2 * BAND + HEIGHT :])


def test_the_way_of_the_body_moves_the_legs_over_the_ticks(dance):
    motion = dance(frames=60, size=0.1)
    here, there = (legs(motion, 30, middle) for middle in (0.0, 0.3))
    assert not np.array_equal(here, there)
