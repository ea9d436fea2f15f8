"""When a foot stands, and how high the floor is."""

import numpy as np
import pytest

from pipelines.body.feet import (
    EDGE_CONTACT,
    FLOOR_CONTACT,
    SOLE_DEPTH,
    STAGING_CONTACT,
    STANCE_BEGINS,
    STANCE_LASTS,
    ContactRule,
    floor_height,
    foot_heights,
    level_of,
    point_speeds,
)
from pipelines.body.skeleton import FOOT_JOINTS


def test_a_foot_stands_where_it_is_slow_and_low():
    rule = ContactRule(0.3, 0.05)
    speed, height = np.array([0.0, 0.29, 0.3, 0.1]), np.array([0.0, 0.049, 0.0, 0.05])
    assert rule.holds(speed, height).tolist() == [True, True, False, False]


def test_a_rule_without_height_asks_for_the_speed_alone():
    assert EDGE_CONTACT.holds(np.array([[0.29, 0.31]])).tolist() == [[True, False]]


def test_a_stance_lasts_longer_than_it_begins_and_floors_are_found_more_strictly_than_stages():
    assert STANCE_BEGINS.speed < STANCE_LASTS.speed
    assert STANCE_BEGINS.height < STANCE_LASTS.height
    assert FLOOR_CONTACT.height < STAGING_CONTACT.height


def test_speed_of_an_even_glide_in_metres_per_second():
    places = np.zeros((20, 4, 3))
    places[:, 2, 0] = np.arange(20) * 0.02
    speeds = point_speeds(places, 30.0)
    assert speeds.shape == (20, 4)
    np.testing.assert_allclose(speeds[:, 2], 0.6)
    assert (speeds[:, [0, 1, 3]] == 0).all()
    np.testing.assert_array_equal(point_speeds(places[:1], 30.0), np.zeros((1, 4)))


def test_smoothing_calms_a_tremble_and_leaves_a_glide():
    places = np.zeros((60, 2, 3))
    places[:, 0, 0] = 0.01 * np.sin(np.pi / 2 * np.arange(60))
    places[:, 1, 0] = np.arange(60) * 0.01
    plain, calm = (point_speeds(places, 60.0, seconds)[20:40] for seconds in (0.0, 0.03))
    assert calm[:, 0].max() < 0.05 * plain[:, 0].max()
    np.testing.assert_allclose(calm[:, 1], plain[:, 1])


def test_the_level_is_where_a_body_is_low_not_where_it_leaps_or_sinks_once():
    lowest = np.full(100, 0.3)
    lowest[40:90] = 0.9
    lowest[5] = -1.0
    assert level_of(lowest) == pytest.approx(0.3)


def standing(frames, height):
    joints = np.zeros((frames, 24, 3))
    joints[:, list(FOOT_JOINTS), 2] = height + SOLE_DEPTH
    return joints


def test_the_floor_lies_under_feet_that_stand_however_high_they_swing():
    joints = standing(90, 0.2)
    swing = np.abs(np.sin(np.arange(90) / 4))
    joints[:, [7, 10], 2] += swing[:, None]
    joints[:, [7, 10], 0] += np.arange(90)[:, None] / 10
    assert floor_height(joints, 30.0) == pytest.approx(0.2)


def test_a_dance_in_which_no_foot_ever_rests_still_has_a_floor():
    joints = standing(30, 0.0)
    joints[..., 0] += np.arange(30)[:, None]  # 30 m/s
    assert floor_height(joints, 30.0) == pytest.approx(0.0)
    np.testing.assert_allclose(foot_heights(joints), 0, atol=1e-12)
