"""How far a flat layer stands out."""

import numpy as np
import pytest

from pipelines.appearance_expert.puppet.posing.relief import HEAD_BODY, Body, relief

ROUND = Body(thickness=0.5, widest=1.0, ramp=0.0)


@pytest.fixture
def bar():
    """An upright bar, 80 wide and 200 tall, at x 60..140."""
    alpha = np.zeros((240, 200), np.float32)
    alpha[20:220, 60:140] = 1
    return alpha


def test_the_middle_stands_out_by_the_thickness_and_the_outline_not_at_all(bar):
    xy = np.array([[100.0, 120], [60, 120], [140, 120], [100, 20], [30, 120]])
    depth = relief(bar, xy, ROUND, unit=100.0)
    assert depth[0] == pytest.approx(0.5 * 40, rel=0.02)
    assert depth[1:] == pytest.approx(0, abs=1e-6)


def test_across_it_is_a_superellipse(bar):
    """Where the rise from the outline is over: (1 - |x|^2.4)^(1/2.4)."""
    across = np.array([0.0, 0.2, 0.4, 0.6])
    xy = np.stack([100 + 40 * across, np.full(4, 120.0)], axis=1)
    depth = relief(bar, xy, ROUND, unit=100.0)
    assert depth == pytest.approx(20 * (1 - across**2.4) ** (1 / 2.4), rel=0.03)


def test_left_and_right_are_alike(bar):
    side = np.arange(38)
    left, right = (
        relief(bar, np.stack([x, np.full(38, 100.0)], 1), HEAD_BODY, 60.0)
        for x in (99.4 - side, 99.6 + side)
    )
    assert left == pytest.approx(right, abs=0.5)


def test_what_is_wider_than_a_body_does_not_make_it_deeper(bar):
    xy = np.array([[100.0, 120]])
    assert relief(bar, xy, ROUND, unit=10.0)[0] == pytest.approx(0.5 * 10)
    assert relief(bar, xy, ROUND, unit=1000.0)[0] == pytest.approx(0.5 * 40, rel=0.02)


def test_nothing_is_flat():
    assert relief(np.zeros((20, 20), np.float32), np.ones((3, 2)), ROUND, 10.0).tolist() == [0] * 3
