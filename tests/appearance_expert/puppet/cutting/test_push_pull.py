"""Holes filled from coarse to fine."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.appearance_expert.puppet.cutting.push_pull import push_pull


def test_push_pull_keeps_what_is_known_and_continues_a_constant():
    colour = np.full((33, 47, 3), 80.0, np.float32)
    weight = np.zeros((33, 47), np.float32)
    weight[5:9, 6:12] = 1
    colour[weight == 0] = 7
    filled = push_pull(colour, weight)
    assert np.allclose(filled, 80, atol=0.5)


@settings(max_examples=30)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_what_is_known_stays_and_what_is_not_lies_between(height, width, seed):
    random = np.random.default_rng(seed)
    colour = random.uniform(0, 255, (height, width, 3)).astype(np.float32)
    weight = (random.uniform(size=(height, width)) < 0.4).astype(np.float32)
    weight[0, 0] = 1
    known = weight > 0
    filled = push_pull(colour, weight)
    assert filled[known] == pytest.approx(colour[known], abs=1e-3)
    lowest, highest = colour[known].min(0), colour[known].max(0)
    assert (filled >= lowest - 0.1).all() and (filled <= highest + 0.1).all()


def test_with_nothing_known_a_single_pixel_keeps_its_colour():
    colour = np.full((1, 1, 3), 9.0, np.float32)
    assert (push_pull(colour, np.zeros((1, 1), np.float32)) == 9).all()
