"""Foot-ground deviation in closed form."""

import numpy as np
import pytest

from pipelines.metrics.ground import foot_ground_deviation, ground_deviation


def at_heights(heights):
    joints = np.ones((len(heights), 24, 3))
    joints[:, 10, 2] = heights
    return joints


def test_steady_feet_deviate_by_nothing():
    assert foot_ground_deviation(at_heights(np.full(50, 0.3)), 30.0) == 0.0


def test_sinking_and_floating():
    heights = np.zeros(1000)
    heights[:10] = -0.02  # one in a hundred: the fifth percentile stays at 0
    heights[100:150] = 0.2
    heights[200:300] = 0.04  # not yet floating
    parts = ground_deviation(at_heights(heights))
    assert parts.sinking == pytest.approx(1000 * 0.02 * 0.01)
    assert parts.floating == pytest.approx(1000 * 0.2 * 0.05)
    assert foot_ground_deviation(at_heights(heights), 60.0) == pytest.approx(0.2 + 10)


def test_the_lowest_joint_counts_whichever_it_is():
    joints = at_heights(np.zeros(20))
    joints[:, 10, 2] = 0.5
    joints[:, 21, 2] = 0.0
    joints[10:, 21, 2] = 0.1
    assert ground_deviation(joints).floating == pytest.approx(50.0)
