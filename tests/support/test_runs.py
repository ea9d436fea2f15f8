"""Runs of true values."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.support.runs import runs


@pytest.mark.parametrize(
    ("marks", "found"),
    [("", []), ("....", []), ("###", [(0, 3)]), ("#.##.", [(0, 1), (2, 4)]), ("..#", [(2, 3)])],
)
def test_runs_start_and_stop_where_values_change(marks, found):
    assert runs(np.array([mark == "#" for mark in marks], dtype=bool)) == found


@given(st.lists(st.booleans()))
def test_runs_are_the_mask_and_never_touch(values):
    mask = np.array(values, dtype=bool)
    again = np.zeros_like(mask)
    found = runs(mask)
    for start, stop in found:
        again[start:stop] = True
    np.testing.assert_array_equal(again, mask)
    assert all(before[1] < after[0] for before, after in pairwise(found))
