"""Which samples of a picture a triangle covers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.body.triangles import columns_covered, rows_covered

SIZE = 24


def covered(corners):
    """(SIZE, SIZE) samples of a small picture that belong to the triangle."""
    corners = np.asarray(corners, dtype=np.float64)
    grid = np.zeros((SIZE, SIZE), dtype=int)
    first, last = rows_covered(corners)
    for row in range(max(0, first), min(SIZE, last)):
        begin, end = columns_covered(corners, row + 0.5)
        grid[row, max(0, begin) : max(0, min(SIZE, end))] += 1
    return grid


def test_a_right_angle_covers_the_samples_whose_centres_lie_in_it():
    grid = covered([(2, 2), (10, 2), (2, 10)])
    rows, columns = np.indices(grid.shape) + 0.5
    inside = (columns > 2) & (rows > 2) & (columns + rows < 12)
    np.testing.assert_array_equal(grid, inside.astype(int))


@pytest.mark.parametrize("turn", [0, 1, 2])
def test_the_order_of_the_corners_does_not_matter(turn):
    corners = np.array([(1.3, 2.7), (20.1, 5.5), (7.9, 21.2)])
    expected = covered(corners)
    np.testing.assert_array_equal(covered(np.roll(corners, turn, axis=0)), expected)
    np.testing.assert_array_equal(covered(np.roll(corners, turn, axis=0)[::-1]), expected)
    assert expected.sum() == pytest.approx(168, abs=15)  # its area


@settings(max_examples=60, deadline=None, derandomize=True)
@given(middle=st.tuples(*[st.integers(1, 2 * SIZE - 1)] * 2))
def test_triangles_round_a_point_share_out_the_square_without_gap_or_overlap(middle):
    """Half-integer middles put edges through the centres of samples, where ties are decided."""
    centre = np.array(middle) / 2
    ring = np.array([(0, 0), (SIZE, 0), (SIZE, SIZE), (0, SIZE)], dtype=float)
    fan = [covered([centre, ring[k], ring[(k + 1) % 4]]) for k in range(4)]
    np.testing.assert_array_equal(sum(fan), np.ones((SIZE, SIZE), dtype=int))


def test_slivers_and_points_cover_nothing():
    assert covered([(3, 3), (3, 3), (3, 3)]).sum() == 0
    assert covered([(1, 5.2), (20, 5.2), (9, 5.2)]).sum() == 0
